"""Puts conditions into words, for explanations and for the answer to why a rule did not fire."""

from __future__ import annotations

from collections.abc import Mapping

from engine.fact import Fact
from engine.policy.types import Operand, Operator, Pattern, Test

_WORDS = {
    Operator.EQUAL: "is",
    Operator.NOT: "is not",
    Operator.OVER: "is over",
    Operator.UNDER: "is under",
    Operator.AT_LEAST: "is at least",
    Operator.AT_MOST: "is at most",
    Operator.BETWEEN: "is between",
    Operator.HAS: "has",
    Operator.LACKS: "lacks",
    Operator.HAS_ANY: "has any of",
    Operator.LACKS_ALL: "has none of",
    Operator.STARTS_WITH: "starts with",
    Operator.NOT_STARTS_WITH: "does not start with",
    Operator.IN_RANGE: "lies in",
    Operator.NOT_IN_RANGE: "does not lie in",
    Operator.IN: "stands in",
    Operator.NOT_IN: "does not stand in",
}


def operand_text(operand: Operand, bound: Mapping[str, Fact] | None = None) -> str:
    """Returns an operand in words, with the value of a bound fact's field where it is known."""
    if operand.name:
        text = f"{operand.name}.{operand.field}"
        fact = (bound or {}).get(operand.name)
        if fact is not None and operand.field in fact.fields:
            text += f" ({value_text(fact.fields[operand.field])})"
    elif operand.value_id:
        text = f"value {operand.value_id}"
    else:
        text = value_text(operand.constant)
    if operand.operator:
        amount = f"value {operand.amount_value_id}" if operand.amount_value_id else value_text(operand.amount)
        text += f" {operand.operator} {amount}" + (f" {operand.unit}" if operand.unit else "")
    return text


def money_text(cents: int) -> str:
    """Returns cents as dollars."""
    return f"${cents // 100:,}.{cents % 100:02d}" if cents >= 0 else f"-{money_text(-cents)}"


def value_text(value: object) -> str:
    """Returns a field's value as a reader would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return ", ".join(value_text(item) for item in value) or "none"
    return str(value)


def condition_text(test: Test, bound: Mapping[str, Fact] | None = None) -> str:
    """Returns one test in words."""
    field = test.field.replace("_", " ")
    if test.operator is Operator.PRESENT:
        return f"{field} is {'given' if test.operands[0].constant else 'not given'}"
    if test.table:
        return f"{field} {_WORDS[test.operator]} {test.table}.{test.column}"
    joiner = " and " if test.operator is Operator.BETWEEN else " or "
    return f"{field} {_WORDS[test.operator]} {joiner.join(operand_text(o, bound) for o in test.operands)}"


def pattern_text(pattern: Pattern, bound: Mapping[str, Fact] | None = None) -> str:
    """Returns one condition in words."""
    kind = pattern.kind.replace("_", " ")
    article = "an" if kind[0] in "aeiou" else "a"
    if not pattern.tests:
        return f"{article} {kind}"
    return f"{article} {kind} whose " + ", and ".join(condition_text(test, bound) for test in pattern.tests)
