"""Reads NCCI add-on code edits (``AOC_V2024Q3-MCR``), workbook or tab-delimited text, with Julian dates (``YYYYDDD``).

Headings vary from quarter to quarter (``AOC_Edit_EffDT``, ``AOC_Edit_Eff_Dt``, ``… (Julian)``), so they are matched by the
words in them. Type 1 lists every primary code, type 2 leaves them to the contractor (primary ``CCCCC``), type 3 does both.
An edit is over on its own deletion date or on the day one of its codes was deleted, whichever comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.layouts.fields import compact_date, is_code, julian_date, quarter, squeezed
from engine.reference.layouts.problems import Cells, ProblemLog, download_name, guarded, refusal
from engine.reference.layouts.records import UTF8, Record, head_of, preview, records

_CONTRACTOR_DEFINED = "CCCCC"
_QUARTER = re.compile(r"(20\d\d)[-_ ]?q([1-4])", re.IGNORECASE)
_HISTORY_FROM = "2013-04-01"  # CMS published the first add-on code edits for this day
_NEEDED = ("type", "add_on", "primary", "from", "to")


def _meaning(heading: str) -> str:
    """Returns which column a heading stands for, or an empty text."""
    name = squeezed(heading).replace("julian", "")
    deleted = "del" in name
    if "primary" in name:
        return "primary_deleted" if deleted else "primary"
    if "edit" in name and deleted:
        return "to"
    if deleted:
        return "add_on_deleted"
    if "type" in name:
        return "type"
    if "eff" in name:
        return "from"
    return "add_on" if name in {"addoncode", "addon", "aoc", "aoccode"} else ""


def _columns(cells: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        if meaning := _meaning(cell):
            found.setdefault(meaning, place)
    return found if all(name in found for name in _NEEDED) else {}


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether one of the first records has the columns of add-on code edits."""
    return any(_columns(cells) for cells in preview(member, head))


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of an add-on code file."""
    found = _QUARTER.search(member.name) or _QUARTER.search(download_name(member))
    if found is None:
        hint = "keep the name of the download, such as AOC_V2024Q3-MCR.xlsx"
        raise refusal(member, "E607", "the name does not say which quarter these edits are for", hint)
    year, number = int(found.group(1)), int(found.group(2))
    first, last = quarter(year, number)
    header = ReleaseHeader("ncci_aoc", f"{year}q{number}", first, first, last, True, _HISTORY_FROM)
    rows = preview(member, head_of(member))
    height = next((place for place, cells in enumerate(rows) if _columns(cells)), -1)
    if height < 0:
        raise refusal(member, "E607", f"no header row has the columns {', '.join(_NEEDED)}")
    log = ProblemLog(member)
    parsed = ParsedTable(header, iter(()), log.problems)
    source = records(member, UTF8, log)
    parsed.rows = guarded(log, _rows(source, height, rows[height], parsed, log))
    yield parsed


def _rows(
    source: Iterator[Record], height: int, heading: Sequence[str], parsed: ParsedTable, log: ProblemLog
) -> Iterator[Cells]:
    columns = _columns(heading)
    for place, (line, cells) in enumerate(source):
        if place <= height or not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heading):
            log.add("E602", f"the line has {len(cells)} columns, its header {len(heading)}", line)
            continue
        named = {name: cells[at].strip() for name, at in columns.items()}
        before = len(log.problems)
        add_on, primary = (_code(named[name], heading[columns[name]], line, log) for name in ("add_on", "primary"))
        if named["type"] not in {"1", "2", "3"}:
            log.add("E606", f"edit type {named['type']!r} is not 1, 2 or 3", line, heading[columns["type"]])
        start = _day(named["from"], heading[columns["from"]], line, log)
        ends = [
            _day(named[name], heading[columns[name]], line, log)
            for name in ("to", "add_on_deleted", "primary_deleted")
            if name in columns
        ]
        end = min((day for day in ends if day), default=None)
        if start and end and end < start:
            log.add("E603", f"the edit ends on {end}, before it begins on {start}", line, heading[columns["to"]])
        if len(log.problems) == before:
            parsed.line = line
            contractor = primary == _CONTRACTOR_DEFINED
            # An empty key cell matches any code: the contractor decides which primaries do.
            yield add_on, None if contractor else primary, named["type"], start, end, contractor


def _code(text: str, column: str, line: int, log: ProblemLog) -> str:
    code = text.zfill(5) if text.isdigit() else text  # a workbook may hold the code as a number
    if not is_code(code):
        log.add("E606", f"{text!r} is not a code of five capitals or digits", line, column)
    return code


def _day(text: str, column: str, line: int, log: ProblemLog) -> str | None:
    if not text:
        return None
    found = julian_date(text) or compact_date(text)
    if found is None:
        log.add("E603", f"{text!r} is not a day (YYYYDDD)", line, column)
    return found


LAYOUT = Layout(id="ncci_aoc", title="NCCI add-on code edits", tables=("ncci_aoc",), recognise=recognises, read=read)
