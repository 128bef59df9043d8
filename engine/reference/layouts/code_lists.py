"""Reads short code lists: place of service, CARC and RARC, NUCC taxonomy, revenue codes.

A list that says no date (places of service, revenue codes) judges every date under the release name ``undated``; a NUCC file's
name carries its version (``nucc_taxonomy_240.csv`` is version 24.0, in force from January 2024; ``241`` from July).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.layouts.fields import compact_date, quarter
from engine.reference.layouts.problems import Cells, ProblemLog, collected, guarded
from engine.reference.layouts.records import UTF8, NamedRecords, has_header, records

ALWAYS = ("1900-01-01", "9999-12-31")
_POS = {
    "code": ("code", "poscode", "placeofservicecode*"),
    "name": ("name", "placeofservicename"),
    "setting": ("setting",),
}
_CARC = {
    "code": ("code",),
    "list": ("list",),
    "from": ("startdate",),
    "modified": ("lastmodified",),
    "to": ("enddate", "stopdate"),
}
_NUCC = {
    "code": ("code",),
    "grouping": ("grouping",),
    "classification": ("classification",),
    "specialization": ("specialization",),
}
_REVENUE = {"code": ("code", "revenuecode"), "category": ("category",)}
_NUCC_VERSION = re.compile(r"taxonomy[_-]?(\d\d)[._]?([01])", re.IGNORECASE)
_REASON = re.compile(r"[A-Z]{0,3}\d{1,4}")
_TAXONOMY = re.compile(r"[0-9A-Z]{9}X")
_SETTINGS = {"Facility", "Non-Facility", "Unassigned"}


def undated(table: str) -> ReleaseHeader:
    """Returns the header of a list that says nothing of its edition."""
    return ReleaseHeader(table, "undated", ALWAYS[0], *ALWAYS)


# ---------------------------------------------------------------- place of service


def _recognises_places(member: SourceMember, head: bytes) -> bool:
    return has_header(member, head, ("code", "name", "setting"))


def _read_places(member: SourceMember) -> Iterator[ParsedTable]:
    log = ProblemLog(member)
    source = NamedRecords(member, records(member, UTF8, log), log, _POS)
    parsed = ParsedTable(undated("place_of_service"), iter(()), log.problems)
    parsed.rows = guarded(log, _places(source, parsed, log))
    yield parsed


def _places(source: NamedRecords, parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    for line, cells in source:
        code = cells["code"].zfill(2)
        if not (len(code) == 2 and code.isascii() and code.isdigit()):
            log.add("E606", f"{cells['code']!r} is not a place of service of two digits", line, "code")
        elif cells["setting"] not in _SETTINGS:
            log.add("E606", f"{cells['setting']!r} is not Facility, Non-Facility or Unassigned", line, "setting")
        else:
            parsed.line = line
            yield code, cells["name"], cells["setting"]


# ---------------------------------------------------------------- claim adjustment reasons and remarks


def _recognises_reasons(member: SourceMember, head: bytes) -> bool:
    return has_header(member, head, ("code", "list", "startdate", "lastmodified", "enddate"))


_Reason = tuple[str, str, "str | None", "str | None", "str | None"]


def _read_reasons(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields CARC and then RARC; group codes (CO, PR …) are part of the standard itself and left out."""
    log = ProblemLog(member)
    source = NamedRecords(member, records(member, UTF8, log), log, _CARC)
    lined = collected(member, log, _reasons(source, log))
    days = sorted(day for _, row in lined for day in row[2:4] if day)
    newest = days[-1] if days else ALWAYS[0]
    header = ReleaseHeader("", newest[:7], newest, newest, ALWAYS[1], True, days[0] if days else ALWAYS[0])
    for kind, table in (("CARC", "carc"), ("RARC", "rarc")):
        rows = [(line, row) for line, row in lined if row[1] == kind]
        if rows:
            said = ReleaseHeader(table, header.release, newest, newest, header.coverage_to, True, header.history_from)
            parsed = ParsedTable(said, iter(()), log.problems)
            parsed.rows = _without_list(rows, parsed)
            yield parsed


def _without_list(rows: list[tuple[int, _Reason]], parsed: ParsedTable) -> Iterator[Cells]:
    for line, (code, _, start, modified, end) in rows:
        parsed.line = line
        yield code, start, end, modified


def _reasons(source: NamedRecords, log: ProblemLog) -> Iterator[tuple[int, _Reason]]:
    for line, cells in source:
        before = len(log.problems)
        if cells["list"] not in {"CARC", "RARC", "Group"}:
            log.add("E606", f"list {cells['list']!r} is not CARC, RARC or Group", line, "list")
        elif cells["list"] != "Group" and not _REASON.fullmatch(cells["code"]):
            log.add("E606", f"{cells['code']!r} is not a reason or remark code", line, "code")
        days: dict[str, str | None] = {}
        for name in ("from", "modified", "to"):
            days[name] = compact_date(cells[name]) if cells[name] else None
            if cells[name] and days[name] is None:
                log.add("E603", f"{cells[name]!r} is not a day (YYYY-MM-DD)", line, name)
        start, end = days["from"], days["to"]
        if start and end and end < start:
            log.add("E603", f"the code ends on {end}, before it begins on {start}", line, "end_date")
        if len(log.problems) == before and cells["list"] != "Group":
            yield line, (cells["code"], cells["list"], start, days["modified"], end)


# ---------------------------------------------------------------- taxonomy


def _recognises_taxonomy(member: SourceMember, head: bytes) -> bool:
    return has_header(member, head, ("code", "grouping", "classification", "specialization"))


def _read_taxonomy(member: SourceMember) -> Iterator[ParsedTable]:
    log = ProblemLog(member)
    source = NamedRecords(member, records(member, UTF8, log), log, _NUCC)
    header = undated("taxonomy")
    if found := _NUCC_VERSION.search(member.name):
        year, half = 2000 + int(found.group(1)), int(found.group(2))
        first = quarter(year, 1 + 2 * half)[0]
        last = f"{year}-12-31" if half else f"{year}-06-30"
        header = ReleaseHeader("taxonomy", f"{found.group(1)}.{half}", first, first, last)
    parsed = ParsedTable(header, iter(()), log.problems)
    parsed.rows = guarded(log, _taxonomies(source, parsed, log))
    yield parsed


def _taxonomies(source: NamedRecords, parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    for line, cells in source:
        if not _TAXONOMY.fullmatch(cells["code"]):
            log.add("E606", f"{cells['code']!r} is not a taxonomy code of nine characters and X", line, "Code")
            continue
        parsed.line = line
        yield cells["code"], cells["grouping"], cells["classification"], cells["specialization"]


# ---------------------------------------------------------------- revenue codes


def _recognises_revenue(member: SourceMember, head: bytes) -> bool:
    return any(
        has_header(member, head, names)
        and not _recognises_places(member, head)
        and not has_header(member, head, ("modifier",))
        for names in (("code", "category"), ("revenuecode", "category"))
    )


def _read_revenue(member: SourceMember) -> Iterator[ParsedTable]:
    log = ProblemLog(member)
    source = NamedRecords(member, records(member, UTF8, log), log, _REVENUE)
    parsed = ParsedTable(undated("revenue_codes"), iter(()), log.problems)
    parsed.rows = guarded(log, _revenue(source, parsed, log))
    yield parsed


def _revenue(source: NamedRecords, parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    for line, cells in source:
        code = cells["code"].zfill(4)
        if not (len(code) == 4 and code.isascii() and code.isdigit()):
            log.add("E606", f"{cells['code']!r} is not a revenue code of four digits", line, "code")
            continue
        parsed.line = line
        yield code, cells["category"]


PLACE_OF_SERVICE = Layout(
    "place_of_service", "Place of service codes", ("place_of_service",), _recognises_places, _read_places
)
ADJUSTMENT_REASONS = Layout(
    "adjustment_reasons",
    "Claim adjustment reason and remark codes",
    ("carc", "rarc"),
    _recognises_reasons,
    _read_reasons,
)
TAXONOMY = Layout("taxonomy", "NUCC provider taxonomy", ("taxonomy",), _recognises_taxonomy, _read_taxonomy)
REVENUE_CODES = Layout("revenue_codes", "Revenue codes", ("revenue_codes",), _recognises_revenue, _read_revenue)
