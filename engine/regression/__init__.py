"""Golden tests of policies: run them, compare, explain what failed, and measure what they reach."""

from engine.regression.compare import Difference, differences
from engine.regression.coverage import Coverage, CoverageReport, Uncovered
from engine.regression.golden import FileResult, Report, Selection, TestResult, run_tests

__all__ = [
    "Coverage",
    "CoverageReport",
    "Difference",
    "FileResult",
    "Report",
    "Selection",
    "TestResult",
    "Uncovered",
    "differences",
    "run_tests",
]
