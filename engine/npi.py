"""Checks National Provider Identifiers by their check digit."""

from __future__ import annotations

from functools import lru_cache

_ISSUER_PREFIX = "80840"


@lru_cache(maxsize=16_384)
def npi_is_valid(npi: str) -> bool:
    """Returns whether an NPI has ten digits, begins with 1 or 2, and passes the Luhn check over ``80840`` and itself.

    Source: 45 CFR 162.406; CMS, Requirements for National Provider Identifier (NPI) and NPI check digit.
    """
    if len(npi) != 10 or not (npi.isascii() and npi.isdigit()) or npi[0] not in "12":
        return False
    total = 0
    for index, digit in enumerate(reversed(_ISSUER_PREFIX + npi)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
