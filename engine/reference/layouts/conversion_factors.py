"""Reads a table of fee schedule conversion factors by date: ``cf_type, effective_from, effective_through, value``."""

from __future__ import annotations

from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.layouts.fields import compact_date, decimal
from engine.reference.layouts.problems import Cells, ProblemLog, collected
from engine.reference.layouts.records import UTF8, NamedRecords, has_header, records

_NAMES = {
    "kind": ("cftype", "kind"),
    "from": ("effectivefrom",),
    "to": ("effectivethrough",),
    "value": ("value", "conversionfactor"),
}


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the header is the one of conversion factors."""
    return has_header(member, head, ("cftype", "effectivefrom", "effectivethrough", "value"))


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table; the release is named by the first and last year that it covers."""
    log = ProblemLog(member)
    lined = collected(member, log, _rows(member, log))
    first = min(row[2] for _, row in lined)
    newest = max(row[2] for _, row in lined)[:4]
    last = max(row[3] for _, row in lined)
    header = ReleaseHeader(
        "conversion_factors", f"{first[:4]}-{newest}", f"{newest}-01-01", f"{newest}-01-01", last, True, first
    )
    parsed = ParsedTable(header, iter(()), log.problems)
    parsed.rows = _again(lined, parsed)
    yield parsed


def _again(lined: list[tuple[int, tuple[str, float, str, str]]], parsed: ParsedTable) -> Iterator[Cells]:
    for line, row in lined:
        parsed.line = line
        yield row


def _rows(member: SourceMember, log: ProblemLog) -> Iterator[tuple[int, tuple[str, float, str, str]]]:
    for line, cells in NamedRecords(member, records(member, UTF8, log), log, _NAMES):
        start, end, value = compact_date(cells["from"]), compact_date(cells["to"]), decimal(cells["value"])
        if not cells["kind"]:
            log.add("E606", "the kind of factor is missing", line, "cf_type")
        elif start is None or end is None or end < start:
            log.add("E603", f"{cells['from']} to {cells['to']} is not a period", line, "effective_from")
        elif value is None or value <= 0:
            log.add("E606", f"{cells['value']!r} is not a conversion factor", line, "value")
        else:
            yield line, (cells["kind"], value, start, end)


LAYOUT = Layout("conversion_factors", "Fee schedule conversion factors", ("conversion_factors",), recognises, read)
