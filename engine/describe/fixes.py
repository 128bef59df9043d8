"""Puts the fixes of a rule into words, with names of facts in the place of what a claim would give."""

from __future__ import annotations

from collections.abc import Iterable

from engine.phrases import operand_text, value_text
from engine.policy.types import FixTemplate, MessagePart, Operand, OperationTemplate


def fix_text(fix: FixTemplate) -> str:
    """Returns one alternative in words: its description where it has one, else its operations; then what it needs."""
    text = message_text(fix.description) or "; ".join(map(operation_text, fix.operations))
    if fix.needs:
        facts = " and ".join(name.replace("_", " ") for name in fix.needs)
        text += f" (when the record supports it: {facts})"
    return text


def message_text(parts: Iterable[MessagePart]) -> str:
    """Returns a message with ``{name.field}`` where a claim's values are put in."""
    return "".join(part.text if part.operand is None else "{" + operand_text(part.operand) + "}" for part in parts)


def operation_text(operation: OperationTemplate) -> str:
    """Returns one change of a claim in words."""
    given = dict(operation.arguments)
    words = {name: _argument(argument) for name, argument in operation.arguments}
    line = _line(given.get("line"))
    match operation.op:
        case "add_modifier":
            return f"add modifier {words['modifier']} to {line}"
        case "remove_modifier":
            return f"remove modifier {words['modifier']} from {line}"
        case "replace_modifier":
            return f"replace modifier {words['modifier']} by {words['with']} on {line}"
        case "replace_code":
            return f"bill {words['code']} on {line}"
        case "set_units":
            return f"bill {_units(words)} on {line}"
        case "remove_line":
            return f"remove {line}"
        case "add_line":
            return f"add a line with {words['code']}{_with_units(words)}, like {_line(given.get('like'))}"
        case "replace_lines":
            return f"bill {words['code']}{_with_units(words)} in place of lines {words['lines']}"
        case "replace_dx":
            return f"replace diagnosis {words['position']} by {words['code']}"
        case "remove_dx":
            return f"remove diagnosis {words['position']}"
        case "resequence_dx":
            return f"put diagnosis {words['first']} first"
        case "set_field":
            return _set_field(words, line if "line" in given else "")
        case "manual_review":
            return words["text"]
    return f"{operation.op.replace('_', ' ')} {', '.join(words.values())}".strip()


def _set_field(words: dict[str, str], line: str) -> str:
    what = words["field"].replace("_", " ").replace(".", " ")
    where = f" of {line}" if line else ""
    return f"set the {what}{where} to {words['value']}" if "value" in words else f"fill in the {what}{where}"


def _units(words: dict[str, str]) -> str:
    return f"{words['units']} unit{'' if words['units'] == '1' else 's'}"


def _with_units(words: dict[str, str]) -> str:
    return f", {_units(words)}" if "units" in words else ""


def _line(argument: Operand | tuple[Operand, ...] | None) -> str:
    """Returns which line is meant: ``$visit.line_number`` is the line of ``visit``."""
    if isinstance(argument, Operand) and argument.field == "line_number" and not argument.operator:
        return f"the line of {argument.name}"
    return f"line {_argument(argument)}" if argument is not None else "the line"


def _argument(argument: Operand | tuple[Operand, ...] | None) -> str:
    if argument is None:
        return ""
    if isinstance(argument, tuple):
        return ", ".join(map(operand_text, argument)) or value_text([])
    return operand_text(argument)
