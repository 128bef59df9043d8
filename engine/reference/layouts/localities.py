"""Reads the counties of fee schedule localities (``25LOCCO``): csv, workbook and fixed-width text.

The csv has lost leading zeros, which are restored. A state is named on one row of its group only; groups are divided by empty lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, SourceMember
from engine.reference.layouts.fields import is_digits, squeezed
from engine.reference.layouts.problems import Cells, ProblemLog, guarded, refusal
from engine.reference.layouts.records import WINDOWS, has_header, head_of, is_workbook, numbered_lines, records
from engine.reference.layouts.rvu_release import rvu_header

_HEADING = ("localitynumber", "state", "feeschedulearea", "counties")
_SLICES = ((4, 9), (16, 18), (22, 45), (45, 143), (143, None))
_Line = tuple[int, list[str]]


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the header is the one of localities and counties."""
    return has_header(member, head, _HEADING)


def recognises_text(_member: SourceMember, head: bytes) -> bool:
    """Returns whether one of the first lines is the heading of the fixed-width text."""
    return not is_workbook(head) and any(
        b"Fee Schedule Area" in line and b"Counties" in line and b"," not in line and b"\t" not in line
        for line in head.split(b"\n")[:10]
    )


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a csv or workbook."""
    log = ProblemLog(member)
    yield _parsed(member, _of_records(member, log), log)


def read_text(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a fixed-width text."""
    log = ProblemLog(member)
    yield _parsed(member, _of_text(member, log), log)


def _parsed(member: SourceMember, lines: Iterator[_Line], log: ProblemLog) -> ParsedTable:
    header = rvu_header("localities", member, head_of(member)[:2000].decode("latin-1"))
    parsed = ParsedTable(header, iter(()), log.problems)
    parsed.rows = guarded(log, _rows(lines, parsed, log))
    return parsed


def _of_records(member: SourceMember, log: ProblemLog) -> Iterator[_Line]:
    started = False
    for line, cells in records(member, WINDOWS, log):
        stripped = [cell.strip() for cell in cells]
        if not started:
            started = set(_HEADING) <= {squeezed(cell) for cell in cells}
            if started and [squeezed(cell) for cell in cells[1:5]] != list(_HEADING):
                raise refusal(member, "E607", "the columns are not contractor, locality, state, area and counties")
        elif not any(stripped):
            yield line, []
        elif stripped[0].isdigit():
            if len([*stripped]) != 5:
                log.add("E602", f"the line has {len(cells)} columns, not 5", line)
                continue
            yield line, stripped
        elif any(stripped[1:]):
            log.add("E606", f"{stripped[0]!r} is not a contractor", line, "contractor")


def _of_text(member: SourceMember, log: ProblemLog) -> Iterator[_Line]:
    for line, text in numbered_lines(member, WINDOWS, log):
        if not text.strip():
            yield line, []
        elif text.startswith("    "):
            yield line, [text[first:last].strip() for first, last in _SLICES]


def _rows(lines: Iterator[_Line], parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    group: list[_Line] = []
    for line, cells in lines:
        if cells:
            group.append((line, cells))
        else:
            yield from _of_group(group, parsed, log)
            group = []
    yield from _of_group(group, parsed, log)


def _of_group(group: list[_Line], parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    state = next((cells[2] for _, cells in group if cells[2]), "")
    for line, cells in group:
        contractor, locality = cells[0].zfill(5), cells[1].zfill(2)
        state = cells[2] or state
        if not is_digits(contractor, 5) or not is_digits(locality, 2):
            log.add("E606", f"{cells[0]}/{cells[1]} is not a contractor and locality", line, "locality")
            continue
        parsed.line = line
        yield contractor, locality, state, cells[3], cells[4]


LAYOUT = Layout("localities", "Counties of fee schedule localities", ("localities",), recognises, read)
TEXT_LAYOUT = Layout(
    "localities_text", "Counties of fee schedule localities, text", ("localities",), recognises_text, read_text
)
