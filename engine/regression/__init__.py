"""Golden tests of policies: run them, compare, explain what failed, and measure what they reach and prove."""

from engine.regression.compare import Difference, differences
from engine.regression.coverage import Coverage, CoverageReport, Uncovered
from engine.regression.golden import FileResult, Report, Selection, TestResult, run_tests
from engine.regression.mutation import MutationReport, run_mutation, unknown_subjects

__all__ = [
    "Coverage",
    "CoverageReport",
    "Difference",
    "FileResult",
    "MutationReport",
    "Report",
    "Selection",
    "TestResult",
    "Uncovered",
    "differences",
    "run_mutation",
    "run_tests",
    "unknown_subjects",
]
