"""Puts the operations of a fix into plain English."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model import Operation
from engine.phrases import money_text, value_text


def describe_operations(operations: Sequence[Operation]) -> str:
    """Returns operations in plain English."""
    return "; ".join(_describe(operation) for operation in operations)


def _describe(operation: Operation) -> str:
    line = operation.line_number
    new = operation.lines[0] if operation.lines else None
    texts = {
        "add_modifier": f"add modifier {operation.modifier} to line {line}",
        "remove_modifier": f"remove modifier {operation.modifier} from line {line}",
        "replace_modifier": f"replace modifier {operation.modifier} by {operation.new_modifier} on line {line}",
        "replace_code": f"bill {operation.code} on line {line}",
        "set_units": f"bill {_units(operation.units)} on line {line}",
        "remove_line": f"remove line {line}",
        "replace_dx": f"replace diagnosis {operation.position} by {operation.code}",
        "remove_dx": f"remove diagnosis {operation.position}",
        "resequence_dx": f"put diagnosis {operation.order[0] if operation.order else 0} first",
        "manual_review": operation.reason or "have it reviewed by hand",
    }
    if operation.op == "set_field":
        return _describe_field(operation)
    if operation.op == "add_line" and new is not None:
        return f"add a line with {new.procedure_code}, {_units(new.units)}"
    if operation.op == "replace_lines" and new is not None:
        numbers = ", ".join(str(number) for number in operation.line_numbers)
        return f"bill {new.procedure_code} in place of lines {numbers}"
    return texts[operation.op]


def _describe_field(operation: Operation) -> str:
    where = f" of line {operation.line_number}" if operation.line_number else ""
    money = operation.field.endswith("_cents")
    what = operation.field.removesuffix("_cents").replace("_", " ").replace(".", " ")
    if not operation.value:
        return f"fill in the {what}{where}"
    value = money_text(int(operation.value)) if money and operation.value.isdigit() else operation.value
    return f"set the {what}{where} to {value}"


def _units(units: float) -> str:
    return f"{value_text(units)} unit{'s' if units != 1 else ''}"
