"""Names editions of ICD-10-CM by fiscal year: ``fy2026`` from 1 October 2025, ``fy2026-04`` from the April update."""

from __future__ import annotations

import re

from engine.reference.layout import ReleaseHeader, SourceMember
from engine.reference.layouts.fields import MONTHS
from engine.reference.layouts.problems import download_name, refusal

_UPDATE = re.compile(
    r"(january|february|march|april|may|june|july|august|september)[-_ ]*0?1[-_ ,]*(20\d\d)", re.IGNORECASE
)
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


def icd_header(table: str, member: SourceMember, said_year: int = 0) -> ReleaseHeader:
    """Returns the header of a table of an ICD-10-CM file; ``said_year`` is the fiscal year that the file itself gives."""
    for name in (member.name, download_name(member)):
        if found := _UPDATE.search(name):
            year, month = int(found.group(2)), MONTHS[found.group(1)[:3].upper()]
            first = f"{year}-{month:02}-01"
            return ReleaseHeader(table, f"fy{year}-{month:02}", first, first, f"{year}-09-30")
    found = _YEAR.search(member.name.rpartition("/")[2]) or _YEAR.search(download_name(member))
    year = said_year or (int(found.group(1)) if found else 0)
    if not year:
        hint = "keep the name of the download, such as icd10cm_order_2026.txt"
        raise refusal(member, "E607", "the name does not say the fiscal year", hint)
    first = f"{year - 1}-10-01"
    return ReleaseHeader(table, f"fy{year}", first, first, f"{year}-09-30")
