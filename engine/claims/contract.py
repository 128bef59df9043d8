"""Compares a JSON value with the claim contract and names every difference, with its path from ``$``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from engine.claims.limits import LARGEST_INTEGER, MOST_HISTORY_LINES, MOST_LINES, MOST_TEXT_CHARACTERS
from engine.claims.shape import claim_problem, did_you_mean, key_shown, shape_of
from engine.errors import Problem
from engine.model import Claim, Note

_WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
_MOST_ITEMS = {"$.lines": MOST_LINES, "$.history": MOST_HISTORY_LINES}
_CLAIM_TYPE = msgspec.inspect.type_info(Claim)


def contract_problems(value: Any) -> list[Problem]:
    """Returns every place where a JSON value differs from the claim contract; an empty list when it is a claim."""
    if not isinstance(value, dict):
        return [claim_problem("C010", "$", f"a claim is a JSON object; sent was {shape_of(value)}")]
    return list(_differences(value, _CLAIM_TYPE, "$"))


def claim_of(value: Any) -> Claim:
    """Returns the claim of a JSON value that has no contract problems; integers may be text, as in proto3 JSON."""
    return msgspec.convert(value, Claim, strict=False)


def _differences(value: Any, wanted: msgspec.inspect.Type, path: str) -> Iterator[Problem]:
    match wanted:
        case msgspec.inspect.StructType():
            yield from _object_differences(value, wanted, path)
        case msgspec.inspect.VarTupleType():
            yield from _array_differences(value, wanted, path)
        case msgspec.inspect.UnionType():
            if value is not None:
                (kind,) = [each for each in wanted.types if not isinstance(each, msgspec.inspect.NoneType)]
                yield from _differences(value, kind, path)
        case msgspec.inspect.LiteralType():
            yield from _choice_differences(value, [str(each) for each in wanted.values], path)
        case _:
            yield from _scalar_differences(value, wanted, path)


def _object_differences(value: Any, wanted: msgspec.inspect.StructType, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield _wrong_type(path, "an object", value)
        return
    fields = {field.encode_name: field for field in wanted.fields}
    for key in value:
        if key not in fields:
            missing = [name for name in fields if name not in value]
            hint = did_you_mean(key, missing) or f"known here are {', '.join(fields)}"
            yield claim_problem("C011", path, f"the contract has no key {key_shown(key)} here", hint)
    for name, field in fields.items():
        if name not in value:
            if field.required:
                yield claim_problem("C012", f"{path}.{name}", f"{name!r} is missing", _needed(field.type))
        elif wanted.cls is Note and name == "text":
            yield from _note_differences(value[name], f"{path}.{name}")
        else:
            yield from _differences(value[name], field.type, f"{path}.{name}")


def _needed(wanted: msgspec.inspect.Type) -> str:
    return f"it is {_name_of(wanted)} and always needed"


def _array_differences(value: Any, wanted: msgspec.inspect.VarTupleType, path: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield _wrong_type(path, "an array", value)
        return
    most = _MOST_ITEMS.get(path)
    if most is not None and len(value) > most:
        yield claim_problem("C014", path, f"at most {most:,} are taken; sent were {len(value):,}")
        return
    for index, item in enumerate(value):
        yield from _differences(item, wanted.item_type, f"{path}[{index}]")


def _choice_differences(value: Any, choices: list[str], path: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield _wrong_type(path, "text", value)
    elif value not in choices:
        # An empty choice is how a claim says nothing; no one means it.
        choices = [choice for choice in choices if choice]
        hint = did_you_mean(value.upper() if value.upper() in choices else value, choices)
        if value.upper() in choices:
            hint = f"did you mean {value.upper()!r}?"
        yield claim_problem("C013", path, f"wanted is one of {', '.join(choices)}; sent was {shape_of(value)}", hint)


def _note_differences(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield _wrong_type(path, "text", value)


def _scalar_differences(value: Any, wanted: msgspec.inspect.Type, path: str) -> Iterator[Problem]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match wanted:
        case msgspec.inspect.StrType():
            if not isinstance(value, str):
                yield _wrong_type(path, "text", value, "codes and identifiers are in quotes" if is_number else "")
            elif len(value) > MOST_TEXT_CHARACTERS:
                yield claim_problem(
                    "C015", path, f"text is at most {MOST_TEXT_CHARACTERS:,} characters; sent was {shape_of(value)}"
                )
            elif "\0" in value:
                yield claim_problem("C003", path, "the text holds a NUL character")
            elif not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                yield claim_problem("C003", path, "the text holds half of a surrogate pair", "it is not Unicode text")
        case msgspec.inspect.IntType():
            yield from _integer_differences(value, path)
        case msgspec.inspect.FloatType():
            if not is_number:
                yield _wrong_type(
                    path, "a number", value, "numbers are without quotes" if isinstance(value, str) else ""
                )
        case _:
            if not isinstance(value, bool):
                yield _wrong_type(path, "true or false", value)


def _integer_differences(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, str):
        if not _WHOLE_NUMBER.fullmatch(value) or abs(int(value)) > LARGEST_INTEGER:
            yield _wrong_type(path, "an integer", value, "numbers are without quotes")
    elif isinstance(value, float):
        hint = "money is in whole cents: 130.00 dollars are 13000" if path.endswith("_cents") else ""
        yield _wrong_type(path, "an integer", value, hint)
    elif not isinstance(value, int) or isinstance(value, bool):
        yield _wrong_type(path, "an integer", value)


def _wrong_type(path: str, wanted: str, value: Any, hint: str = "") -> Problem:
    if value is None:
        hint = "leave the key out where nothing is known"
    return claim_problem("C010", path, f"wanted is {wanted}; sent was {shape_of(value)}", hint)


def _name_of(wanted: msgspec.inspect.Type) -> str:
    match wanted:
        case msgspec.inspect.StructType():
            return "an object"
        case msgspec.inspect.VarTupleType():
            return "an array"
        case msgspec.inspect.StrType() | msgspec.inspect.LiteralType():
            return "text"
        case msgspec.inspect.IntType():
            return "an integer"
        case _:
            return "a value"
