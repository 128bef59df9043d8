"""Evaluates operands (constants, ``$name.field``, ``$value.id``, with arithmetic) and says how field values compare."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache

import numpy

from engine.fact import Fact, FieldValue, Firing
from engine.fact_schema import FACT_KINDS
from engine.policy.types import Operand
from engine.rules.contract import RunContext

NUMBER, DATE = 1, 2
_DATE_FIELDS = {name: kind.date_field for name, kind in FACT_KINDS.items()}
Key = str | int | float | tuple[str, object]


def fact_date(fact: Fact) -> str:
    """Returns the ISO date that picks dated values and table rows for a fact, or an empty text when it has none.

    A derived fact has its own ``service_date`` or ``on``, else the date of the first fact it was derived from.
    """
    own = _own_date(fact)
    if own or fact.derived_by is None or fact.kind in _DATE_FIELDS:
        return own
    return first_date(fact.derived_by.facts)


def first_date(facts: Iterable[Fact]) -> str:
    """Returns the first date that one of the facts, or of those it was derived from, has; or an empty text."""
    waiting = list(facts)[::-1]
    seen: set[int] = set()
    while waiting:
        fact = waiting.pop()
        if id(fact) in seen:
            continue
        seen.add(id(fact))
        own = _own_date(fact)
        if own:
            return own
        if fact.derived_by is not None and fact.kind not in _DATE_FIELDS:
            waiting.extend(reversed(fact.derived_by.facts))
    return ""


def _own_date(fact: Fact) -> str:
    field = _DATE_FIELDS.get(fact.kind)
    for name in (field,) if field is not None else ("service_date", "on"):
        found = fact.fields.get(name)
        if isinstance(found, str):
            return found
    return ""


def is_date(value: object) -> bool:
    """Returns whether a value is text of the form of an ISO date."""
    return (
        isinstance(value, str)
        and len(value) == 10
        and value[4] == value[7] == "-"
        and value.isascii()
        and (value[:4] + value[5:7] + value[8:]).isdigit()
    )


def is_number(value: object) -> bool:
    """Returns whether a value is a number; flags are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def equality_key(value: FieldValue) -> Key:
    """Returns a key that two values share exactly when they are equal: ``5`` and ``5.0`` are, ``5`` and ``"5"`` are not."""
    if isinstance(value, bool):
        return ("flag", value)
    if isinstance(value, list):
        return ("list", tuple(value))
    return value


def order_key(value: FieldValue | None) -> tuple[int, int | float] | None:
    """Returns the class (``NUMBER`` or ``DATE``) and magnitude that values are ordered by; None for what has no order."""
    if isinstance(value, str):
        return (DATE, int(value[:4] + value[5:7] + value[8:])) if is_date(value) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (NUMBER, value)
    return None


def evaluate_operand(operand: Operand, bound: Mapping[str, Fact], context: RunContext, on: str) -> FieldValue | None:
    """Returns what an operand stands for with facts bound to names, or None when a field or dated value is absent.

    ``on`` is the ISO date that picks dated values. Arithmetic on a value of the wrong type, and a date before year 1 or
    after year 9999, count as absent. Raises KeyError for a name that is not bound.
    """
    value: FieldValue | None
    if operand.name:
        value = bound[operand.name].fields.get(operand.field)
    elif operand.value_id:
        value = context.value(operand.value_id, on)
    else:
        value = operand.constant
    if value is None or not operand.operator:
        return _plain(value)
    amount: FieldValue | None = operand.amount
    if operand.amount_value_id:
        amount = context.value(operand.amount_value_id, on)
    if not isinstance(amount, int | float) or isinstance(amount, bool):
        return None
    if operand.unit:
        if not is_date(value) or amount != int(amount):
            return None
        return moved_date(str(value), -int(amount) if operand.operator == "-" else int(amount), operand.unit)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if operand.operator == "+":
        return _plain(value + amount)
    return _plain(value - amount if operand.operator == "-" else value * amount)


def _plain(value: FieldValue | None) -> FieldValue | None:
    return int(value) if isinstance(value, float) and value.is_integer() else value


@lru_cache(maxsize=65_536)
def moved_date(text: str, amount: int, unit: str) -> str | None:
    """Returns an ISO date moved by days, weekdays, months or years, or None out of range.

    A day that the month lacks becomes its last. From a Saturday or Sunday the next weekday counts as the first.
    """
    try:
        start = date.fromisoformat(text)
        if unit == "days":
            return (start + timedelta(days=amount)).isoformat()
        if unit == "weekdays":
            if amount == 0:
                return text
            moved = numpy.busday_offset(start, amount, roll="backward" if amount > 0 else "forward")
            return date.fromisoformat(str(moved)).isoformat()
        months = start.year * 12 + start.month - 1 + amount * (12 if unit == "years" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1])).isoformat()
    except (ValueError, OverflowError, calendar.IllegalMonthError):
        return None


def report_numbers(operands: Iterable[Operand], firing: Firing, context: RunContext) -> tuple[int, ...]:
    """Returns the whole numbers that entries of a report stand for, each once, in their order; a list gives all its entries."""
    bound = {pattern.name: fact for pattern, fact in zip(firing.rule.when, firing.facts, strict=True)}
    on = first_date(firing.facts)
    numbers: dict[int, None] = {}
    for operand in operands:
        value = evaluate_operand(operand, bound, context, on)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, int) and not isinstance(item, bool):
                numbers.setdefault(item)
    return tuple(numbers)
