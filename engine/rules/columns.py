"""Makes the numbers that facts carry into the kernel: joins compare these, never text, so no value can mislead the kernel."""

from __future__ import annotations

from struct import Struct

from engine.errors import EvaluationError
from engine.fact import Fact
from engine.rules.contract import RunContext
from engine.rules.limits import MAXIMUM_INTEGER, MAXIMUM_MAGNITUDE
from engine.rules.operands import DATE, Key, equality_key, evaluate_operand, fact_date, order_key
from engine.rules.predicate import OWN
from engine.rules.rulesets import Column

_ABSENT = 0  # of an equality column; values are numbered from 1
_NO_ORDER = {"o": 3, "s": 0}  # class of a value without order, own and as a source: unlike each other and any class
_DOUBLE = Struct("<d")
_INTEGER = Struct("<q")


def fill(
    properties: dict[str, int | str], column: Column, fact: Fact, keys: dict[Key, int], context: RunContext
) -> None:
    """Puts a column's number on a fact for the kernel; ``keys`` numbers the values met in this run.

    Raises EvaluationError for a number that is too big to be ordered exactly or is not finite.
    """
    if column.name in properties:
        return
    operand = column.operand
    value = fact.fields.get(operand.field)
    if operand.operator:
        value = evaluate_operand(operand, {OWN: fact}, context, fact_date(fact))
    if column.form == "e":
        properties[column.name] = _ABSENT if value is None else keys.setdefault(equality_key(value), len(keys) + 1)
    elif column.form == "p":
        properties[column.name] = 0 if value is None else 1
    else:
        order = order_key(value)
        if order is None:
            properties[column.name] = 0
            properties[column.class_name] = _NO_ORDER[column.form]
            return
        properties[column.name] = int(order[1]) if order[0] == DATE else ranked(order[1], fact.kind, operand.field)
        properties[column.class_name] = order[0]


def ranked(number: float, kind: str, field: str) -> int:
    """Returns a whole number that is ordered as the number is: the bits of its double, counted down below zero.

    Raises EvaluationError, naming the field and not the value, beyond 2^53, where doubles are no longer exact.
    """
    if not -MAXIMUM_MAGNITUDE < number < MAXIMUM_MAGNITUDE:
        raise EvaluationError(f"{kind}.{field} is too large to be compared: numbers must lie within 2^53 of zero")
    bits: int = _INTEGER.unpack(_DOUBLE.pack(number))[0]
    return bits if bits >= 0 else -(bits & MAXIMUM_INTEGER)
