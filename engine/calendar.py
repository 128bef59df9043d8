"""Reckons with ISO 8601 dates: days between them, ages, and the checks that they are real."""

from __future__ import annotations

from datetime import date
from functools import lru_cache


@lru_cache(maxsize=65_536)
def ordinal(iso: str) -> int:
    """Returns the proleptic Gregorian ordinal of an ISO date; raises ValueError for anything else."""
    return date.fromisoformat(iso).toordinal()


@lru_cache(maxsize=65_536)
def completed_years(birth: str, on: str) -> int:
    """Returns completed years of age on a date; someone born on 29 February turns a year older on 1 March of common years."""
    return int(on[:4]) - int(birth[:4]) - (on[5:] < birth[5:])


def days_between(first: str, last: str) -> int:
    """Returns the days from one ISO date to another; negative when the second is earlier."""
    return ordinal(last) - ordinal(first)
