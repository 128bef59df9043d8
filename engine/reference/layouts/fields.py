"""Reads single fields of official files: codes, dates, numbers. Nothing here guesses; what does not fit is None."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

_DECIMAL = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)")
_ICD = re.compile(r"[A-Z][0-9A][0-9A-Z](?:[0-9A-Z]{1,4})?")
MONTHS = {
    name: number
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], start=1
    )
}


def squeezed(text: str) -> str:
    """Returns a header text as lower-case letters and digits only, so that line breaks and punctuation do not matter."""
    return "".join(character for character in text.lower() if character.isalnum() and character.isascii())


def is_code(text: str) -> bool:
    """Returns whether a text has the shape of a HCPCS or CPT code: five capitals or digits."""
    return len(text) == 5 and text.isascii() and text.isalnum() and text == text.upper()


def is_modifier(text: str) -> bool:
    """Returns whether a text has the shape of a modifier: two capitals or digits."""
    return len(text) == 2 and text.isascii() and text.isalnum() and text == text.upper()


def is_digits(text: str, length: int) -> bool:
    """Returns whether a text is that many ASCII digits."""
    return len(text) == length and text.isascii() and text.isdigit()


def icd_with_dot(text: str) -> str | None:
    """Returns an ICD-10-CM code with its dot after three characters, or None when it has no such shape."""
    plain = text.strip().upper().replace(".", "")
    if not _ICD.fullmatch(plain):
        return None
    return plain if len(plain) == 3 else f"{plain[:3]}.{plain[3:]}"


def compact_date(text: str) -> str | None:
    """Returns ``YYYYMMDD`` (also ``YYYY-MM-DD``) as an ISO date, or None when there is no such day."""
    digits = text.replace("-", "") if len(text) == 10 and text[4:5] == text[7:8] == "-" else text
    if not is_digits(digits, 8):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()
    except ValueError:
        return None


def american_date(text: str) -> str | None:
    """Returns ``MM/DD/YYYY`` as an ISO date, or None when there is no such day."""
    parts = text.strip().split("/")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return compact_date(f"{parts[2]:0>4}{parts[0]:0>2}{parts[1]:0>2}")


def julian_date(text: str) -> str | None:
    """Returns ``YYYYDDD`` (year and day of the year) as an ISO date, or None when there is no such day."""
    if not is_digits(text, 7):
        return None
    year, day = int(text[:4]), int(text[4:])
    if not 1 <= year <= 9998 or not 1 <= day <= 366:
        return None
    found = date(year, 1, 1) + timedelta(days=day - 1)
    return found.isoformat() if found.year == year else None


class Days(dict[str, str | None]):
    """Remembers compact dates as ISO text; a text that is no day is remembered as None."""

    def __missing__(self, text: str) -> str | None:
        found = self[text] = compact_date(text)
        return found


def decimal(text: str) -> float | None:
    """Returns a plain decimal number, or None."""
    plain = text.strip().lstrip("$").replace(",", "")
    return float(plain) if _DECIMAL.fullmatch(plain) and len(plain) < 24 else None


def cents(text: str) -> int | None:
    """Returns dollars with at most two decimals as cents, or None."""
    value = decimal(text)
    if value is None:
        return None
    amount = round(value * 100)
    return amount if abs(value * 100 - amount) < 1e-6 else None


def whole(text: str) -> int | None:
    """Returns a non-negative whole number, or None."""
    plain = text.strip().replace(",", "")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 16 else None


def quarter(year: int, number: int) -> tuple[str, str]:
    """Returns the first and last day of a quarter (1 to 4)."""
    last_month = number * 3
    first = date(year, last_month - 2, 1)
    return first.isoformat(), date(year, last_month, monthrange(year, last_month)[1]).isoformat()


def quarter_of(iso: str) -> tuple[int, int]:
    """Returns the year and quarter of an ISO date."""
    return int(iso[:4]), (int(iso[5:7]) + 2) // 3
