"""Checks the tests of conditions: fields, operators and operands that fit each other's types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

import msgspec

from engine.errors import Place
from engine.fact_kind import NUMERIC, FieldType
from engine.policy.field_types import ANY, Fields, TypeBook, Typing, comparable, family, type_of_constant, type_of_value
from engine.policy.reader import is_date, meant
from engine.policy.tables import ICD10, MODIFIER, PROCEDURE
from engine.policy.types import ColumnType, Operand, Operator, Scalar, Test, Total, Value

COMPARISONS = frozenset([Operator.OVER, Operator.UNDER, Operator.AT_LEAST, Operator.AT_MOST, Operator.BETWEEN])
_OF_LISTS = frozenset([Operator.HAS, Operator.LACKS, Operator.HAS_ANY, Operator.LACKS_ALL])
_OF_STARTS = frozenset([Operator.STARTS_WITH, Operator.NOT_STARTS_WITH])
_OF_RANGES = frozenset([Operator.IN_RANGE, Operator.NOT_IN_RANGE])
_RANGE = re.compile(r"([A-Z0-9.]+)-([A-Z0-9.]+)")
_FORMS = {
    "procedure": (PROCEDURE, "a procedure code of five letters and digits"),
    "modifier": (MODIFIER, "a modifier of two letters or digits"),
    "icd10": (ICD10, "a diagnosis code with its dot"),
}
_NAMES = {
    FieldType.TEXT: "text",
    FieldType.CODE: "a code",
    FieldType.ICD10: "a diagnosis code",
    FieldType.INTEGER: "a whole number",
    FieldType.NUMBER: "a number",
    FieldType.MONEY: "an amount in cents",
    FieldType.DATE: "a date",
    FieldType.FLAG: "true or false",
    FieldType.CODES: "a list of text",
    FieldType.INTEGERS: "a list of numbers",
    FieldType.ANY: "anything",
}


class Complaint(Protocol):
    """Takes a problem: its code, place, message and hint."""

    def __call__(self, code: str, place: Place, message: str, hint: str = "") -> None:
        """Adds the problem to those of the run."""
        ...


class Bindings(msgspec.Struct, frozen=True):
    """What a condition can read: the fields of the facts bound so far, dated values, totals, and all types."""

    book: TypeBook
    values: Mapping[str, Value]
    totals: Mapping[str, Total]
    facts: dict[str, Fields]
    complain: Complaint


def type_of_operand(operand: Operand, bindings: Bindings, place: Place) -> Typing | None:
    """Returns the type of an operand; None after a problem with a name, field, value or arithmetic (E211, E212, E214, E304)."""
    base = _base_type(operand, bindings, place)
    if base is None or not operand.operator:
        return base
    return _arithmetic(operand, base, bindings, place)


def _base_type(operand: Operand, bindings: Bindings, place: Place) -> Typing | None:
    if operand.constant is not None:
        return Typing(type_of_constant(operand.constant))
    if operand.value_id:
        return _value_type(operand.value_id, bindings, place)
    fields = bindings.facts.get(operand.name)
    if fields is None:
        hint = meant(operand.name, [*bindings.facts, "value"]) or "name a condition that stands before"
        bindings.complain("E212", place, f"${operand.name} is not bound here", hint)
        return None
    if operand.field not in fields:
        message = f"unknown field {operand.field!r} of ${operand.name}"
        bindings.complain("E211", place, message, meant(operand.field, fields))
        return None
    return fields[operand.field]


def _value_type(value_id: str, bindings: Bindings, place: Place) -> Typing | None:
    value = bindings.values.get(value_id)
    if value is None:
        hint = meant(value_id, bindings.values) or "write it under values: of the policy or of a parent"
        bindings.complain("E214", place, f"unknown value {value_id!r}", hint)
        return None
    return type_of_value(value)


def _arithmetic(operand: Operand, base: Typing, bindings: Bindings, place: Place) -> Typing | None:
    if operand.amount_value_id:
        amount = _value_type(operand.amount_value_id, bindings, place)
        if amount is None:
            return None
        if family(amount.type) not in ("number", "any"):
            bindings.complain(
                "E304", place, f"{operand.amount_value_id} is {_NAMES[amount.type]}, not a number", "use a number"
            )
            return None
    kind = family(base.type)
    if kind == "date":
        if operand.operator == "*" or not operand.unit or isinstance(operand.amount, float):
            hint = "write + 90 days, - 3 years or + $value.id days"
            bindings.complain("E304", place, "a date takes + or - whole days, weekdays, months or years", hint)
            return None
        return base
    if kind not in ("number", "any"):
        bindings.complain(
            "E304", place, f"{_NAMES[base.type]} cannot be reckoned with", "only numbers, money and dates can"
        )
        return None
    if operand.unit and kind == "number":
        bindings.complain("E304", place, f"a number takes no {operand.unit}", "leave the unit out, or use a date")
        return None
    whole = isinstance(operand.amount, int) and not operand.amount_value_id
    return base if whole or base.type is FieldType.MONEY or kind == "any" else Typing(FieldType.NUMBER)


def check_test(test: Test, fields: Fields, own: str, what: str, bindings: Bindings) -> None:
    """Checks one test of one field of a fact: the field, the operator and every operand."""
    typing = fields.get(test.field)
    if typing is None:
        code, kind = ("E203", "column") if what.startswith("table") else ("E211", "field")
        bindings.complain(code, test.place, f"unknown {kind} {test.field!r} of {what}", meant(test.field, fields))
        return
    if not _operator_fits(test, typing, bindings.complain):
        return
    if test.operator in (Operator.IN, Operator.NOT_IN):
        _check_membership(test, typing, bindings)
    elif test.operator in _OF_STARTS or test.operator in _OF_RANGES:
        _check_text_operands(test, typing, bindings.complain)
    elif test.operator is not Operator.PRESENT:
        for operand in test.operands:
            _check_operand(test, operand, typing, own, bindings)


def _operator_fits(test: Test, typing: Typing, complain: Complaint) -> bool:
    kind, operator = family(typing.type), test.operator
    if kind == "any" or operator is Operator.PRESENT:
        return True
    if operator in _OF_LISTS:
        fits, hint = kind == "list", "for one value write x, [x, y] or {not: x}"
    elif operator in COMPARISONS:
        fits, hint = kind in ("number", "date"), "comparisons are for numbers, money and dates; codes take in_range"
    elif operator in _OF_STARTS or operator in _OF_RANGES:
        fits, hint = kind == "text", "this test is for codes and text"
    elif operator in (Operator.IN, Operator.NOT_IN):
        fits, hint = kind in ("text", "number", "date"), "lists take has, lacks, has_any, lacks_all"
    else:
        fits, hint = kind != "list", "lists take has, lacks, has_any, lacks_all"
    if not fits:
        complain(
            "E302", test.place, f"{test.field} is {_NAMES[typing.type]} and takes no test {operator.value!r}", hint
        )
    return fits


def _check_membership(test: Test, typing: Typing, bindings: Bindings) -> None:
    columns = bindings.book.columns.get(test.table)
    if columns is None:
        bindings.complain("E215", test.place, f"unknown table {test.table!r}", meant(test.table, bindings.book.columns))
        return
    if test.column not in columns:
        message = f"unknown column {test.column!r} of table {test.table!r}"
        bindings.complain("E203", test.place, message, meant(test.column, columns))
        return
    column = bindings.book.row_fields(test.table)[test.column]
    textual = columns[test.column] in (
        ColumnType.PLACE_OF_SERVICE,
        ColumnType.TAXONOMY,
        ColumnType.NPI,
        ColumnType.REVENUE_CODE,
    )
    if not comparable(typing.type, column.type) and not textual:
        message = f"{test.field} is {_NAMES[typing.type]}, and {test.table}.{test.column} holds {_NAMES[column.type]}"
        bindings.complain("E301", test.place, message, "name a column of the same type")


def _check_text_operands(test: Test, typing: Typing, complain: Complaint) -> None:
    for operand in test.operands:
        constant = operand.constant
        if constant is None:
            hint = "write the text itself; a table with ranges or prefixes is read by in:"
            complain("E303", test.place, f"{test.operator} of {test.field} takes constants only", hint)
        elif not isinstance(constant, str):
            _unquoted(constant, test.place, complain)
        elif test.operator in _OF_RANGES:
            _check_range(constant, test.place, complain)
        elif typing.form and not re.fullmatch(r"[A-Z0-9.]+", constant):
            complain("E305", test.place, f"no code starts with {constant!r}", "codes are capital letters and digits")


def _check_range(text: str, place: Place, complain: Complaint) -> None:
    found = _RANGE.fullmatch(text)
    if found is None:
        complain("E306", place, f"{text!r} is no range", 'write "99202-99205"')
    elif len(found[1]) != len(found[2]):
        complain("E306", place, f"the ends of {text!r} are of unequal length", "write two codes of equal length")
    elif found[1] > found[2]:
        complain("E306", place, f"{text!r} ends before it begins", f"write {found[2]}-{found[1]}")


def _unquoted(constant: Scalar, place: Place, complain: Complaint) -> None:
    written = str(constant).lower() if isinstance(constant, bool) else str(constant)
    complain("E107", place, f"{written} without quotes is not text", f'write "{written}"')


def _check_operand(test: Test, operand: Operand, typing: Typing, own: str, bindings: Bindings) -> None:
    complain = bindings.complain
    if test.operator in _OF_LISTS and operand.name and operand.name != own:
        fact = "pointer" if "diagnosis" in test.field else "modifier"
        hint = f"compare with the fact {fact} instead: one for each entry"
        complain("E307", test.place, f"{test.field} is a list and is not compared with another fact", hint)
        return
    found = type_of_operand(operand, bindings, test.place)
    if found is None:
        return
    wanted = _element(typing)
    if operand.constant is not None:
        check_constant(operand.constant, wanted, test.place, complain)
    elif operand.value_id or operand.operator:
        if family(found.type) != family(wanted.type) and ANY not in (found, wanted):
            _unlike(test, wanted, found, complain)
    elif not comparable(wanted.type, found.type):
        _unlike(test, wanted, found, complain)


def _element(typing: Typing) -> Typing:
    """Returns the type of the entries of a list field."""
    if typing.type is FieldType.CODES:
        return Typing(FieldType.TEXT, typing.form)
    return Typing(FieldType.INTEGER) if typing.type is FieldType.INTEGERS else typing


def _unlike(test: Test, wanted: Typing, found: Typing, complain: Complaint) -> None:
    message = f"{test.field} is {_NAMES[wanted.type]} and is compared with {_NAMES[found.type]}"
    complain("E301", test.place, message, "compare like with like")


def check_constant(constant: Scalar, wanted: Typing, place: Place, complain: Complaint) -> None:
    """Checks that a constant fits a type and, for codes, its form (E107, E301, E305)."""
    kind = family(wanted.type)
    if kind == "any":
        return
    if kind == "text":
        if not isinstance(constant, str):
            _unquoted(constant, place, complain)
        elif wanted.form and not _FORMS[wanted.form][0].fullmatch(constant):
            complain("E305", place, f"{constant!r} has not the form of its field", f"write {_FORMS[wanted.form][1]}")
        return
    fits = {
        "number": isinstance(constant, int | float) and not isinstance(constant, bool),
        "date": is_date(constant),
        "flag": isinstance(constant, bool),
    }.get(kind, False)
    if not fits:
        shown = str(constant).lower() if isinstance(constant, bool) else repr(constant)
        complain("E301", place, f"{shown} is not {_NAMES[wanted.type]}", "compare like with like")


def is_numeric(typing: Typing) -> bool:
    """Returns whether a field can be added up."""
    return typing.type in NUMERIC or typing.type is FieldType.ANY
