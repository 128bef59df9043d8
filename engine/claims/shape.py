"""Describes a value that was sent by its shape only, so that no problem text ever carries what a patient's field holds."""

from __future__ import annotations

import re
from difflib import get_close_matches

from engine.errors import Place, Problem

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_LONGEST_PATTERN = 20


def pattern_of(text: str) -> str:
    """Returns text as a pattern (``02/03/1977`` is ``99/99/9999``): digits 9, letters A or a, the rest of ASCII as it is."""
    if not text:
        return "empty text"
    if len(text) > _LONGEST_PATTERN:
        return f"text of {len(text):,} characters"
    return "text like " + repr("".join(_pattern_character(character) for character in text))


def _pattern_character(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character if " " <= character <= "~" else "?"


def shape_of(value: object) -> str:
    """Returns what kind of JSON value was sent, without its content: ``text of 12 characters``, ``array of 3``, ``number 1.5``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a number with a fraction"
    if isinstance(value, str):
        return f"text of {len(value):,} character{'' if len(value) == 1 else 's'}"
    if isinstance(value, list | tuple):
        return f"an array of {len(value):,}"
    return "an object"


def key_shown(key: str) -> str:
    """Returns an unknown key in quotes when it looks like a field's name, else only its length."""
    return f"{key!r}" if _IDENTIFIER.fullmatch(key) else f"of {len(key):,} characters"


def did_you_mean(sent: str, known: list[str]) -> str:
    """Returns ``did you mean …?`` with the nearest known name, or empty text when none is near."""
    near = get_close_matches(sent.lower(), known, n=1, cutoff=0.6)
    if not near:
        near = [name for name in known if len(sent) > 3 and (sent.lower() in name or name in sent.lower())][:1]
    return f"did you mean {near[0]!r}?" if near else ""


def claim_problem(code: str, path: str, message: str, hint: str = "") -> Problem:
    """Returns a problem at a path from ``$`` of one claim; file and line are added by the reader of the file."""
    return Problem(code=code, message=message, place=Place(path=path), hint=hint)
