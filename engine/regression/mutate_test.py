"""Changes one test of one field in every way that mutation testing knows: its operator, its numbers, its dates.

The edge of a comparison is moved once inward and once outward: turning ``over`` into ``at_least`` does one, and the number or
date of the comparison is moved the other way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from engine.fact_kind import NUMERIC, FieldType
from engine.fact_schema import FACT_KINDS
from engine.phrases import operand_text
from engine.policy.types import Operand, Operator, Test

_OPPOSITES = (
    (Operator.EQUAL, Operator.NOT),
    (Operator.OVER, Operator.AT_LEAST),
    (Operator.UNDER, Operator.AT_MOST),
    (Operator.HAS, Operator.LACKS),
    (Operator.HAS_ANY, Operator.LACKS_ALL),
    (Operator.STARTS_WITH, Operator.NOT_STARTS_WITH),
    (Operator.IN_RANGE, Operator.NOT_IN_RANGE),
    (Operator.IN, Operator.NOT_IN),
)
FLIPPED = {one: other for pair in _OPPOSITES for one, other in (pair, pair[::-1])}
# Which way the constant of a comparison is moved, so that with the flipped operator both sides of the edge are tried.
_DIRECTION = {Operator.AT_LEAST: -1, Operator.UNDER: -1, Operator.OVER: 1, Operator.AT_MOST: 1}


def mutated_tests(test: Test, kind: str) -> Iterator[tuple[str, Test]]:
    """Yields each changed form of a test of a fact of some kind, with what was changed in words."""
    if test.operator is not Operator.BETWEEN:
        yield _flipped(test)
    if test.operator is Operator.PRESENT:
        return
    for index, operand in enumerate(test.operands):
        for steps in _steps(test):
            moved = moved_operand(operand, steps, dated=_is_dated(test, kind), edge=test.operator is Operator.BETWEEN)
            if moved is not None:
                operands = (*test.operands[:index], moved, *test.operands[index + 1 :])
                change = f"{operand_text(operand)} becomes {operand_text(moved)}"
                yield change, msgspec.structs.replace(test, operands=operands)


def _flipped(test: Test) -> tuple[str, Test]:
    if test.operator is Operator.PRESENT:
        present = test.operands[0].constant is True
        operands = (Operand(constant=not present),)
        change = f"present {str(present).lower()} becomes {str(not present).lower()}"
        return change, msgspec.structs.replace(test, operands=operands)
    flipped = FLIPPED[test.operator]
    return f"{test.operator.value} becomes {flipped.value}", msgspec.structs.replace(test, operator=flipped)


def _steps(test: Test) -> tuple[int, ...]:
    if test.operator is Operator.BETWEEN:
        return (-1, 1)
    return (_DIRECTION.get(test.operator, 1),)


def _is_dated(test: Test, kind: str) -> bool | None:
    """Returns whether a field holds dates, or numbers (False), or neither or not known (None)."""
    declared = FACT_KINDS.get(kind)
    field = declared.fields.get(test.field) if declared is not None else None
    if field is None:
        return None
    if field.type is FieldType.DATE:
        return True
    return False if field.type in NUMERIC else None


def moved_operand(operand: Operand, steps: int, dated: bool | None = None, edge: bool = False) -> Operand | None:
    """Returns an operand moved by so many numbers or days, or None for one that is neither.

    ``edge`` moves also a bare ``$name.field`` or ``$value.id``, by a number or, where ``dated``, by a day.
    """
    if operand.operator:
        if operand.amount_value_id:
            return None
        amount = operand.amount + (-steps if operand.operator == "-" else steps)
        return msgspec.structs.replace(operand, amount=amount)
    if operand.name or operand.value_id:
        if not edge or dated is None:
            return None
        sign = "+" if steps > 0 else "-"
        return msgspec.structs.replace(operand, operator=sign, amount=abs(steps), unit="days" if dated else "")
    moved = moved_constant(operand.constant, steps)
    return None if moved is None else msgspec.structs.replace(operand, constant=moved)


def moved_constant(constant: object, steps: int) -> int | float | str | None:
    """Returns a number moved by so many, or a date by so many days; None for anything else."""
    if isinstance(constant, bool):
        return None
    if isinstance(constant, int | float):
        return constant + steps
    if isinstance(constant, str) and len(constant) == 10:
        try:
            return (date.fromisoformat(constant) + timedelta(days=steps)).isoformat()
        except (ValueError, OverflowError):
            return None
    return None
