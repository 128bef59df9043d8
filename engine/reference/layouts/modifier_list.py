"""Reads a list of modifiers with their level, description and dates (``modifier, level, …, in_2024_list``)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.layouts.fields import compact_date, is_modifier
from engine.reference.layouts.problems import Cells, ProblemLog, guarded, refusal
from engine.reference.layouts.records import UTF8, NamedRecords, has_header, records

_NAMES = {
    "modifier": ("modifier",),
    "description": ("description",),
    "added": ("adddate*",),
    "terminated": ("termdate*",),
}
_LISTED = re.compile(r"in_(20\d\d)_(?:file|list)")


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the header is the one of a list of modifiers."""
    return has_header(member, head, ("modifier", "level", "description", "adddate*", "termdate*"))


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table; the newest year in the headings names the release."""
    log = ProblemLog(member)
    source = NamedRecords(member, records(member, UTF8, log), log, _NAMES)
    years = [found.group(1) for cell in source.header if (found := _LISTED.fullmatch(cell.strip()))]
    if not years:
        raise refusal(member, "E607", "no heading such as in_2024_list says which year the list is of")
    year = max(years)
    header = ReleaseHeader("hcpcs_modifiers", f"{year}-list", f"{year}-01-01", f"{year}-01-01", f"{year}-12-31")
    parsed = ParsedTable(header, iter(()), log.problems)
    parsed.rows = guarded(log, _rows(source, parsed, log))
    yield parsed


def _rows(source: NamedRecords, parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    for line, cells in source:
        before = len(log.problems)
        if not is_modifier(cells["modifier"]):
            log.add("E606", f"{cells['modifier']!r} is not a modifier of two capitals or digits", line, "modifier")
        added, end = (compact_date(cells[name]) if cells[name] else None for name in ("added", "terminated"))
        for name, day in (("added", added), ("terminated", end)):
            if cells[name] and day is None:
                log.add("E603", f"{cells[name]!r} is not a day (YYYYMMDD)", line, name)
        if added and end and end < added:
            log.add("E603", f"the modifier ends on {end}, before it begins on {added}", line, "terminated")
        if len(log.problems) == before:
            parsed.line = line
            yield cells["modifier"], added, end, added, "", "", cells["description"]


LAYOUT = Layout("modifier_list", "List of modifiers", ("hcpcs_modifiers",), recognises, read)
