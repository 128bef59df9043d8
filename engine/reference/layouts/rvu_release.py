"""Tells which quarterly release of the Medicare fee schedule's relative value files (RVU) a member belongs to.

CMS names releases ``RVU25A`` (January), ``B`` (April), ``C`` (July) and ``D`` (October); a correction of January is ``AR``. The
release is taken from the title inside the file (``2025 … October Release``), else the archive (``RVU25D.zip``), else the member
(``PPRRVU2025_Oct.txt``). A file of a whole year that says no quarter covers that year.
"""

from __future__ import annotations

import re

from engine.reference.layout import ReleaseHeader, SourceMember
from engine.reference.layouts.fields import american_date, quarter
from engine.reference.layouts.problems import download_name, refusal

_TITLE = re.compile(
    r"(20\d\d) National Physician Fee Schedule Relative Value File\s+(January|April|July|October)", re.IGNORECASE
)
_RELEASED = re.compile(r"RELEASED\s+(\d\d?/\d\d?/\d{4})", re.IGNORECASE)
_ARCHIVE = re.compile(r"rvu(\d\d)([a-d])(r?)(?![a-z0-9])", re.IGNORECASE)
_MEMBER = re.compile(r"(?:PPRRVU|OPPSCAP|GPCI|ANES)_?(20\d\d|\d\d)_?(JAN|APR|JUL|OCT)", re.IGNORECASE)
_YEAR_IN_NAME = re.compile(r"(?:GPCI|ANES)_?(20\d\d)|(?<!\d)(\d\d)LOCCO", re.IGNORECASE)
_YEAR_IN_TEXT = re.compile(r"(?:COUNTIES INCLUDED IN|FINAL CY|FOR CY|CY) (20\d\d)", re.IGNORECASE)
_LETTERS = {"jan": "a", "apr": "b", "jul": "c", "oct": "d"}


def rvu_header(table: str, member: SourceMember, text: str) -> ReleaseHeader:
    """Returns the header of a table for a member whose first lines are ``text``. Raises InvalidDataError (``E607``)."""
    archive = _ARCHIVE.search(download_name(member)) or _ARCHIVE.search(member.name)
    title = _TITLE.search(text)
    year, letter, correction = 0, "", ""
    if archive:
        year, letter, correction = 2000 + int(archive.group(1)), archive.group(2).lower(), archive.group(3).lower()
    if title:
        said = int(title.group(1)), _LETTERS[title.group(2)[:3].lower()]
        if archive and said != (year, letter):
            message = f"the title says {title.group(2)} {said[0]}, the archive {archive.group(0).upper()}"
            raise refusal(member, "E607", message)
        year, letter = said
    elif not archive and (found := _MEMBER.search(member.name)):
        year, letter = int(found.group(1)[-2:]) + 2000, _LETTERS[found.group(2).lower()]
    if not year:
        year = _year(member, text)
    first, last = quarter(year, "abcd".index(letter) + 1) if letter else (f"{year}-01-01", f"{year}-12-31")
    released = _RELEASED.search(text)
    published = (american_date(released.group(1)) if released else None) or first
    return ReleaseHeader(table, f"{year}{letter}{correction}", published, first, last)


def _year(member: SourceMember, text: str) -> int:
    if found := _YEAR_IN_TEXT.search(text):
        return int(found.group(1))
    if found := _YEAR_IN_NAME.search(member.name):
        return int((found.group(1) or found.group(2))[-2:]) + 2000
    raise refusal(member, "E607", "neither the file nor its name says the year and quarter")
