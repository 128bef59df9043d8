"""Reads JSON by the letter of RFC 8259 and names what is wrong: encoding, NUL, repeated keys, NaN, lost digits, cut ends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from engine.claims.limits import LARGEST_INTEGER, MOST_DEPTH
from engine.claims.shape import claim_problem, key_shown
from engine.errors import Place, Problem

_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "a UTF-8 byte order mark",
    b"\xff\xfe": "a UTF-16 byte order mark",
    b"\xfe\xff": "a UTF-16 byte order mark",
}
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{\[]|[}\]]', re.DOTALL)


class _Refused:
    """Stands in the tree of values where JSON holds something that is not taken; the walk over the tree gives its path."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        self.code, self.message, self.hint = code, message, hint


class _Repeated(dict[str, Any]):
    """An object of which one key stands twice."""

    twice: str = ""


def read_json(data: bytes) -> tuple[Any, list[Problem]]:
    """Returns the value that the bytes hold, and the problems: with line and column (1-based) or with a path from ``$``.

    The value is ``None`` where the bytes are no JSON; with other problems it may be looked at, but not be used.
    """
    problem = _encoding_problem(data) or _depth_problem(data)
    if problem is not None:
        return None, [problem]
    text = data.decode("utf-8")
    try:
        value = _READER.decode(text)
    except json.JSONDecodeError as error:
        return None, [_syntax_problem(text, error)]
    return value, list(_refusals(value, "$"))


def _refusals(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, _Refused):
        yield claim_problem(value.code, path, value.message, value.hint)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _refusals(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        if isinstance(value, _Repeated):
            message = f"the key {key_shown(value.twice)} stands twice in one object"
            yield claim_problem("C005", path, message, "which of the two is meant?")
        for key, item in value.items():
            yield from _refusals(item, f"{path}.{key if key.isidentifier() and len(key) <= 40 else '?'}")


def _encoding_problem(data: bytes) -> Problem | None:
    for mark, name in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            place = Place(line=1, column=1)
            return Problem(
                code="C002", message=f"the text begins with {name}", place=place, hint="save it as UTF-8 without one"
            )
    nul = data.find(b"\0")
    if nul >= 0:
        hint = "the file may be UTF-16, or be damaged; save it as UTF-8"
        return Problem(code="C003", message="the text holds a NUL byte", place=_place(data, nul), hint=hint)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        return Problem(code="C002", message=message, place=_place(data, error.start), hint="save the file as UTF-8")
    return None


def _depth_problem(data: bytes) -> Problem | None:
    depth = 0
    for match in _STRUCTURE.finditer(data):
        character = match.group()
        if character in (b"{", b"["):
            depth += 1
            if depth > MOST_DEPTH:
                message = f"objects and arrays are nested more than {MOST_DEPTH} deep"
                return Problem(code="C008", message=message, place=_place(data, match.start()))
        elif character in (b"}", b"]"):
            depth -= 1
    return None


def _place(data: bytes, offset: int) -> Place:
    line_start = data.rfind(b"\n", 0, offset) + 1
    column = len(data[line_start:offset].decode("utf-8", "replace")) + 1
    return Place(line=data.count(b"\n", 0, offset) + 1, column=column)


def _syntax_problem(text: str, error: json.JSONDecodeError) -> Problem:
    at_end = not text[error.pos :].strip() or error.msg.startswith("Unterminated string")
    if not text.strip():
        message, hint = "there is no JSON value", "a claim is a JSON object"
    elif at_end:
        message, hint = "the JSON ends in the middle of a value", "the file or line may have been cut off"
    else:
        message, hint = f"not JSON: {error.msg[0].lower()}{error.msg[1:]}", ""
    return Problem(code="C004", message=message, place=Place(line=error.lineno, column=error.colno), hint=hint)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        value = _Repeated(pairs)
        keys = [key for key, _ in pairs]
        value.twice = next(key for key in keys if keys.count(key) > 1)
    return value


def _constant(name: str) -> _Refused:
    return _Refused("C006", f"{name} is not a JSON number", "leave the key out where a number is unknown")


def _integer(digits: str) -> int | _Refused:
    # Counting digits first: converting thousands of digits is slow, and refused by Python itself.
    if len(digits) > 17 or abs(int(digits)) > LARGEST_INTEGER:
        return _Refused(
            "C007", "an integer is beyond 2^53 and would lose digits", "send identifiers as text, in quotes"
        )
    return int(digits)


def _number(digits: str) -> float | _Refused:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        return _Refused("C006", "a number is too large to be held", "money is in whole cents, units are counts")
    return value


_READER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_number, strict=True
)
