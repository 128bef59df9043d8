"""Says whether a procedure code lies in a range of codes such as 99202-99205, 0001U-0999U or A0425-A0999.

A range holds codes of its own form only: 0001U-0999U holds 0240U, but neither the anesthesia code 00400 nor the Category III code
0275T, which sort between its ends.
"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=65_536)
def code_form(code: str) -> str:
    """Returns where a code has digits and where letters: ``9999A`` for 0240U."""
    return "".join("9" if character.isdigit() else "A" for character in code)


def range_ends(text: str) -> tuple[str, str]:
    """Returns the first and last code of ``99202-99205``, or a single code twice."""
    low, dash, high = text.partition("-")
    return (low.strip(), high.strip()) if dash else (text, text)


def bounds_of_range(text: str) -> tuple[str, str] | None:
    """Returns the ends of a range (or of one code) as ``range_ends`` does, or None when it is malformed."""
    low, high = range_ends(text)
    return (low, high) if low and len(low) == len(high) and low <= high else None


def lies_between(code: str, low: str, high: str) -> bool:
    """Returns whether a code lies between two others of its form and kind, both ends included.

    A letter that both ends share is the mark of their kind (U for laboratory analyses, T, F, J…), so the code must have it too.
    """
    return low <= code <= high and code_form(code) == code_form(low) and _has_letters(code, low, high)


@lru_cache(maxsize=65_536)
def _has_letters(code: str, low: str, high: str) -> bool:
    shared = zip(code, low, high, strict=False)
    return all(own == first for own, first, last in shared if first == last and first.isalpha())
