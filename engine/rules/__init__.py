"""Runs policy rules over facts: conditions on single facts in Python, joins, negation and chaining in durable_rules."""

from __future__ import annotations

from engine.rules.alpha import Selections
from engine.rules.compile import CompiledRules, compile_rules
from engine.rules.contract import RunContext, RunResult
from engine.rules.operands import evaluate_operand, report_numbers
from engine.rules.session import Session

__all__ = [
    "CompiledRules",
    "RunContext",
    "RunResult",
    "Selections",
    "Session",
    "compile_rules",
    "evaluate_operand",
    "report_numbers",
]
