"""Applies a golden test's ``change`` to a claim document: ``lines.2.units`` is the line numbered 2, ``diagnoses.1`` the first."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec import inspect

from engine.errors import Problem
from engine.model import Claim
from engine.policy.types import GoldenTest

_CLAIM = inspect.type_info(Claim)
_NUMBERED = "lines"


class ChangeError(ValueError):
    """A change whose path leads nowhere, or that changes nothing; the message says which and what was meant."""


def changed_claim(document: object, test: GoldenTest) -> tuple[object, tuple[Problem, ...]]:
    """Returns a copy of a claim document with a test's changes made, and a problem for each that cannot be made."""
    changed = copy.deepcopy(document)
    problems = []
    for path, value in test.change:
        try:
            change(changed, path, copy.deepcopy(value))
        except ChangeError as error:
            problems.append(Problem("G104", f"test {test.name!r}: change {path}: {error}", test.place))
    return changed, tuple(problems)


def change(document: object, path: str, value: object) -> None:
    """Sets one value of a claim document in place; None removes it. Raises ChangeError."""
    *way, last = path.split(".")
    at: Any = document
    kind: inspect.Type = _CLAIM
    name = ""
    for step in way:
        at, kind, name = _step(at, kind, name, step)
    if isinstance(at, dict) and isinstance(kind, inspect.StructType):
        _set_field(at, kind, last, value)
    elif isinstance(at, list) and isinstance(kind, inspect.VarTupleType):
        _set_item(at, name, last, value)
    else:
        raise ChangeError(f"{'.'.join(way) or 'the claim'} has no parts")


def _step(at: Any, kind: inspect.Type, name: str, step: str) -> tuple[Any, inspect.Type, str]:
    if isinstance(kind, inspect.StructType) and isinstance(at, dict):
        field = _field(kind, step)
        if step not in at:
            # Parts a claim may leave out are made, so that a test can fill them in.
            at[step] = [] if isinstance(field.type, inspect.VarTupleType) else {}
        return at[step], field.type, step
    if isinstance(kind, inspect.VarTupleType) and isinstance(at, list):
        index = _index(at, name, step)
        if index is None:
            raise ChangeError(_no_item(at, name, step))
        return at[index], kind.item_type, name
    raise ChangeError(f"{step!r}: {name or 'the claim'} has no parts")


def _set_field(at: dict[str, Any], kind: inspect.StructType, name: str, value: object) -> None:
    field = _field(kind, name)
    if value is None:
        if name not in at:
            raise ChangeError("changes nothing: it is not on the claim")
        del at[name]
        return
    if _same(at.get(name, _default(field)), value):
        raise ChangeError(f"changes nothing: it is {value!r} already")
    at[name] = value


def _set_item(at: list[Any], name: str, step: str, value: object) -> None:
    index = _index(at, name, step)
    if value is None:
        if index is None:
            raise ChangeError(_no_item(at, name, step))
        del at[index]
    elif index is not None:
        if _same(at[index], value):
            raise ChangeError("changes nothing: it is so already")
        at[index] = value
    elif name == _NUMBERED and isinstance(value, dict):
        at.append({"line_number": int(step), **value})
    elif int(step) == len(at) + 1:
        at.append(value)
    else:
        raise ChangeError(_no_item(at, name, step))


def _index(at: Sequence[Any], name: str, step: str) -> int | None:
    """Returns where an element stands: a service line by its number, anything else by its position from 1."""
    if not (step.isascii() and step.isdigit()) or int(step) < 1:
        raise ChangeError(f"{step!r} is not a number; write {name}.1 for the first")
    number = int(step)
    if name == _NUMBERED:
        found = (i for i, line in enumerate(at) if isinstance(line, dict) and line.get("line_number") == number)
        return next(found, None)
    return number - 1 if number <= len(at) else None


def _no_item(at: Sequence[Any], name: str, step: str) -> str:
    if name == _NUMBERED:
        numbers = ", ".join(str(line.get("line_number")) for line in at if isinstance(line, dict))
        return f"there is no line {step} (the claim has {numbers or 'none'})"
    return f"there is no {name}.{step} (the claim has {len(at)})"


def _field(kind: inspect.StructType, name: str) -> inspect.Field:
    for field in kind.fields:
        if field.encode_name == name:
            return field
    names = [field.encode_name for field in kind.fields]
    close = get_close_matches(name, names, 1, 0.6)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
    raise ChangeError(f"{kind.cls.__name__} has no field {name!r} ({hint})")


def _default(field: inspect.Field) -> object:
    if field.default is msgspec.NODEFAULT:
        return None
    return msgspec.to_builtins(field.default)


def _same(before: object, after: object) -> bool:
    if _is_number(before) and _is_number(after):
        return before == after  # 1 and 1.0 are the same units
    return msgspec.json.encode(before, order="deterministic") == msgspec.json.encode(after, order="deterministic")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
