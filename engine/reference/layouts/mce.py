"""Reads Medicare Code Editor edits by diagnosis: ``icd10cm, edit, value, valid_from, valid_through`` and the days looked at.

CMS ended the sex conflict for discharges from 1 October 2024; the file's own dates say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.layouts.fields import Days, compact_date, icd_with_dot
from engine.reference.layouts.problems import Cells, ProblemLog, collected, refusal
from engine.reference.layouts.records import UTF8, NamedRecords, has_header, records

_NAMES = {
    "code": ("icd10cm",),
    "edit": ("edit",),
    "detail": ("value",),
    "from": ("validfrom",),
    "to": ("validthrough",),
}
_EDITS = frozenset(
    [
        "AGE_CONFLICT",
        "SEX_CONFLICT",
        "E_CODE_AS_PDX",
        "UNSPECIFIED",
        "UNACCEPTABLE_PDX",
        "MANIFESTATION_AS_PDX",
        "QUESTIONABLE_ADMISSION",
        "WRONG_PROCEDURE_PERFORMED",
        "REQUIRES_SDX",
        "DUPLICATE_OF_PDX",
        "INVALID_CODE",
    ]
)
_SEEN = re.compile(r"seen_at_(\d{4}-\d\d-\d\d)")


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the header is the one of code editor edits."""
    return has_header(member, head, ("icd10cm", "edit", "value", "validfrom", "validthrough"))


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table. The newest day looked at names the release, which covers the rest of that fiscal year."""
    log = ProblemLog(member)
    source = NamedRecords(member, records(member, UTF8, log), log, _NAMES)
    seen = [
        day for cell in source.header if (found := _SEEN.fullmatch(cell.strip())) and (day := compact_date(found[1]))
    ]
    if not seen:
        raise refusal(member, "E607", "no heading such as seen_at_2026-01-15 says when the edits were current")
    lined = collected(member, log, _rows(source, log))
    newest = max(seen)
    year = int(newest[:4]) + (newest[5:7] >= "10")
    header = ReleaseHeader(
        table="mce",
        release=newest[:7],
        published=newest,
        coverage_from=f"{year - 1}-10-01",
        coverage_to=f"{year}-09-30",
        carries_history=True,
        history_from=min(row[3] for _, row in lined),
    )
    parsed = ParsedTable(header, iter(()), log.problems)
    parsed.rows = _again(lined, parsed)
    yield parsed


_Edit = tuple[str, str, str, str, "str | None"]


def _again(lined: list[tuple[int, _Edit]], parsed: ParsedTable) -> Iterator[Cells]:
    for line, row in lined:
        parsed.line = line
        yield row


def _rows(source: NamedRecords, log: ProblemLog) -> Iterator[tuple[int, _Edit]]:
    days = Days()
    for line, cells in source:
        code, start = icd_with_dot(cells["code"]), days[cells["from"]]
        end = days[cells["to"]] if cells["to"] else None
        if code is None:
            log.add("E606", f"{cells['code']!r} is not an ICD-10-CM code", line, "icd10cm")
        elif cells["edit"] not in _EDITS:
            log.add("E606", f"{cells['edit']!r} is not an edit of the code editor", line, "edit")
        elif start is None or (cells["to"] and end is None) or (end is not None and end < start):
            log.add("E603", f"{cells['from']} to {cells['to']} is not a period", line, "valid_from")
        else:
            yield line, (code, cells["edit"], cells["detail"], start, end)


LAYOUT = Layout("mce", "Medicare Code Editor edits", ("mce",), recognises, read)
