"""Reads the values of X12 elements: money to whole cents, quantities, dates, and the claim filing indicator."""

from __future__ import annotations

import re
from decimal import Decimal

_DECIMAL = re.compile(r"-?(?:[0-9]{1,15}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})").fullmatch
_EIGHT_DIGITS = re.compile(r"[0-9]{8}").fullmatch

LINES_OF_BUSINESS: dict[str, str] = {
    "12": "commercial",
    "13": "commercial",
    "14": "commercial",
    "15": "commercial",
    "16": "medicare_advantage",
    "17": "commercial",
    "AM": "automobile",
    "BL": "commercial",
    "CH": "tricare",
    "CI": "commercial",
    "DS": "disability",
    "FI": "commercial",
    "HM": "commercial",
    "LM": "liability",
    "MA": "medicare",
    "MB": "medicare",
    "MC": "medicaid",
    "OF": "other_federal",
    "TV": "title_v",
    "VA": "veterans",
    "WC": "workers_compensation",
    "09": "self_pay",
    "11": "other_non_federal",
    "LI": "liability",
}
"""Line of business by claim filing indicator code (SBR09, X12 data element 1032; the codes are those that the 837P guides
005010X222A1 and 004010X098A1 list for loop 2000B). Preferred provider (12), point of service (13), exclusive provider (14),
indemnity (15), dental and health maintenance (17, HM), Blue Cross/Blue Shield (BL), federal employees (FI) and
commercial (CI) plans are commercial; 16 is
a Medicare risk plan. ZZ and 10 say nothing and leave the line of business empty."""


def decimal_of(text: str) -> Decimal | None:
    """Returns an X12 decimal number exactly, or ``None`` when the text is none."""
    return Decimal(text) if _DECIMAL(text) else None


def cents_of(text: str) -> int | None:
    """Returns an amount of dollars as whole cents, or ``None`` when it is no number or has parts of a cent."""
    dollars = decimal_of(text)
    if dollars is None:
        return None
    cents = dollars * 100
    return int(cents) if cents == cents.to_integral_value() else None


def iso_date(text: str) -> str:
    """Returns an X12 date (CCYYMMDD) as ``2026-01-20``, or empty text when it is not eight digits; the calendar is not asked."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if _EIGHT_DIGITS(text) else ""


def period_of(qualifier: str, text: str) -> tuple[str, str]:
    """Returns first and last day of a date (D8: the last day is empty) or range (RD8), or two empty texts when it is neither."""
    if qualifier == "D8":
        return iso_date(text), ""
    if qualifier == "RD8" and text.count("-") == 1:
        first, last = (iso_date(part) for part in text.split("-"))
        return (first, last) if first and last else ("", "")
    return "", ""
