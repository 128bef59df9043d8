"""Reads NCCI procedure-to-procedure edits (``ccipra``/``ccioph``), tab-delimited text or workbook, whole or in parts.

The file does not say which setting it is for; CMS says it by the file name (``ccipra`` practitioner, ``ccioph`` outpatient
hospital), version (``v302r0``: NCCI began in 1994 counting from zero, so version 30.2 is the third quarter of 2024) and part (``f3``
of four). A ``*`` as deletion date means no deletion. The deletion date is the last day an edit applies: pairs that
were never in force carry modifier indicator 9 and a deletion date that is the same as the effective date (NCCI Policy
Manual for Medicare, 2025, chapter I, section E, on the correct coding modifier indicator), which would otherwise be a
period that ends before it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.layouts.fields import Days, is_code, quarter, squeezed
from engine.reference.layouts.problems import Cells, ProblemLog, download_name, guarded, refusal
from engine.reference.layouts.records import (
    UTF8,
    has_header,
    head_of,
    is_workbook,
    line_blocks,
    preview,
    worksheet,
)

_TABLES = {"ccipra": "ncci_ptp", "ccioph": "ncci_ptp_outpatient"}
_NAME = re.compile(r"(ccipra|ccioph)-v(\d\d)([0-3])r(\d+)(?:-f([1-9]))?", re.IGNORECASE)
_PARTS = 4  # CMS cuts a quarter into f1 to f4
_COLUMNS = ("column1", "column2", "inexistence", "effective", "deletion", "modifier", "ptpeditrationale")
_HISTORY_FROM = "1996-01-01"  # the first NCCI edits took effect on this day


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the header is the one of PTP edits."""
    return has_header(member, head, {"column1", "column2", "effective", "deletion", "ptpeditrationale"})


def _header(member: SourceMember) -> ReleaseHeader:
    found = _NAME.search(member.name) or _NAME.search(download_name(member))
    if found is None:
        raise refusal(
            member,
            "E607",
            "the name does not say whether these are practitioner (ccipra) or outpatient hospital (ccioph) edits, nor"
            " their version",
            "keep the name of the download, such as ccipra-v302r0-f1.TXT",
        )
    setting, version, number, _, part = found.groups()
    archive = _NAME.search(download_name(member))
    if archive is not None and archive.group(1).lower() != setting.lower():
        raise refusal(member, "E607", f"the archive is named {archive.group(1)} but holds {setting} edits")
    year = 1994 + int(version)
    first, last = quarter(year, int(number) + 1)
    return ReleaseHeader(
        table=_TABLES[setting.lower()],
        release=f"{year}q{int(number) + 1}",
        published=first,
        coverage_from=first,
        coverage_to=last,
        carries_history=True,
        history_from=_HISTORY_FROM,
        part=int(part or 0),
        parts=_PARTS if part else 0,
    )


def _header_height(member: SourceMember, head: bytes) -> int:
    """Returns how many records lie above the data. Raises InvalidDataError unless the columns are the known ones."""
    rows = preview(member, head)
    start = next((number for number, cells in enumerate(rows) if squeezed(cells[0] if cells else "") == "column1"), -1)
    names = [squeezed(cell) for cell in rows[start]] if start >= 0 else []
    fits = len(names) >= 7 and all(name.startswith(wanted) for name, wanted in zip(names, _COLUMNS, strict=False))
    if not fits:
        raise refusal(member, "E607", f"the columns are not {', '.join(_COLUMNS)}")
    height = start + 1
    while height < len(rows) and rows[height] and not rows[height][0].strip():
        height += 1
    return height


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a PTP file, its rows in file order."""
    header = _header(member)
    head = head_of(member)
    height = _header_height(member, head)
    log = ProblemLog(member)
    parsed = ParsedTable(header, iter(()), log.problems)
    blocks = _sheet_blocks(member, height) if is_workbook(head) else line_blocks(member, UTF8, log)
    parsed.rows = guarded(log, _rows(blocks, height, parsed, log))
    yield parsed


def _sheet_blocks(member: SourceMember, height: int) -> Iterator[tuple[int, list[str]]]:
    """Yields the rows of a workbook as tab-delimited lines; a code that the workbook holds as a number gets its zeros."""
    for number, cells in worksheet(member):
        if number > height:
            cells[:2] = [cell.zfill(5) if cell.isdigit() else cell for cell in cells[:2]]
        while len(cells) > 7 and not cells[-1]:
            cells.pop()
        yield number, ["\t".join(cells)]


def _rows(
    blocks: Iterator[tuple[int, list[str]]], height: int, parsed: ParsedTable, log: ProblemLog
) -> Iterator[Cells]:
    """Yields checked rows. Written for millions of lines: what was seen before is looked up, not checked again."""
    days, codes, indicators = Days(), _Codes(), {"0", "1", "9"}
    befores = {"": False, "*": True, " ": False}
    for first, lines in blocks:
        number = first - 1
        if number < height:
            lines = lines[height - number :]
            number = height
        for line in lines:
            number += 1
            cells = line.split("\t")
            if len(cells) != 7:
                _odd_line(line, cells, number, log)
                continue
            one, two, before, effective, deleted, indicator, rationale = cells
            start = days[effective]
            end = None if deleted == "*" else days[deleted]
            if (
                start is None
                or (end is None and deleted != "*")
                or (end is not None and end < start)
                or not codes[one]
                or not codes[two]
                or indicator not in indicators
                or before not in befores
            ):
                _report(cells, number, days, codes, log)
                continue
            parsed.line = number
            yield one, two, start, end, indicator, rationale, befores[before]


class _Codes(dict[str, bool]):
    """Remembers which texts have the shape of a code."""

    def __missing__(self, text: str) -> bool:
        found = self[text] = is_code(text)
        return found


def _odd_line(line: str, cells: list[str], number: int, log: ProblemLog) -> None:
    if line.strip() not in {"", "\x1a"}:
        log.add("E602", f"the line has {len(cells)} columns, not 7", number, excerpt=line)


def _report(cells: list[str], number: int, days: Days, codes: _Codes, log: ProblemLog) -> None:
    """Notes everything that is wrong with a line."""
    one, two, before, effective, deleted, indicator, _ = cells
    for column, code in (("Column 1", one), ("Column 2", two)):
        if not codes[code]:
            log.add("E606", f"{code!r} is not a code of five capitals or digits", number, column)
    start, end = days[effective], days[deleted]
    if start is None:
        log.add("E603", f"{effective!r} is not a day (YYYYMMDD)", number, "Effective Date")
    if deleted != "*":
        if end is None:
            log.add("E603", f"{deleted!r} is neither a day (YYYYMMDD) nor *", number, "Deletion Date")
        elif start is not None and end < start:
            log.add("E603", f"the edit is deleted on {end}, before it begins on {start}", number, "Deletion Date")
    if indicator not in {"0", "1", "9"}:
        log.add("E606", f"modifier indicator {indicator!r} is not 0, 1 or 9", number, "Modifier")
    if before not in {"", "*", " "}:
        log.add("E606", f"{before!r} is neither blank nor *", number, "*=in existence prior to 1996")


LAYOUT = Layout(
    id="ncci_ptp",
    title="NCCI procedure-to-procedure edits",
    tables=tuple(_TABLES.values()),
    recognise=recognises,
    read=read,
)
