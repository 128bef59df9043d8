"""Says whether a procedure code lies in a range of codes such as 99202-99205, 0001U-0999U or A0425-A0999.

A range holds codes of its own form only: 0001U-0999U holds 0240U, but not the anesthesia code 00400, which sorts between its ends.
"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=65_536)
def code_form(code: str) -> str:
    """Returns where a code has digits and where letters: ``9999A`` for 0240U."""
    return "".join("9" if character.isdigit() else "A" for character in code)


def lies_between(code: str, low: str, high: str) -> bool:
    """Returns whether a code lies between two others of its form, both ends included."""
    return low <= code <= high and code_form(code) == code_form(low)
