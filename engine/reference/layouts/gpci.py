"""Reads geographic practice cost indices (``GPCI2025``): csv, workbook and fixed-width text, with notes below the table."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, SourceMember
from engine.reference.layouts.fields import decimal, is_digits
from engine.reference.layouts.problems import Cells, ProblemLog, guarded
from engine.reference.layouts.records import WINDOWS, NamedRecords, has_header, head_of, numbered_lines, records
from engine.reference.layouts.rvu_release import rvu_header

_NAMES = {
    "contractor": ("medicareadmin*", "contractor"),
    "state": ("state",),
    "locality": ("localitynumber", "locality"),
    "name": ("localityname",),
    "work": ("*pwgpci*",),
    "practice_expense": ("*pegpci*",),
    "malpractice": ("*mpgpci*",),
}
_RECORD = re.compile(r"(\d{5})\s+([A-Z]{2})\s+(\d\d)\s+(\S.*?)\s+(\S+)\s+(\S+)\s+(\S+)\s*")
_NUMBERS = ("work", "practice_expense", "malpractice")


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the header names the three indices."""
    return has_header(member, head, ("localityname", "*pwgpci*", "*pegpci*", "*mpgpci*"))


def recognises_text(_member: SourceMember, head: bytes) -> bool:
    """Returns whether one of the first lines is the heading of the fixed-width text."""
    return any(
        b"PW GPCI" in line and b"MP GPCI" in line and b"," not in line and b"\t" not in line
        for line in head.split(b"\n")[:10]
        if not head.startswith(b"PK")
    )


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a csv or workbook."""
    log = ProblemLog(member)
    header = rvu_header("gpci", member, head_of(member)[:2000].decode("latin-1"))
    source = NamedRecords(member, records(member, WINDOWS, log), log, _NAMES)
    parsed = ParsedTable(header, iter(()), log.problems)
    parsed.rows = guarded(log, _rows(iter(source), parsed, log))
    yield parsed


def read_text(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a fixed-width text."""
    log = ProblemLog(member)
    header = rvu_header("gpci", member, head_of(member)[:2000].decode("latin-1"))
    parsed = ParsedTable(header, iter(()), log.problems)
    parsed.rows = guarded(log, _rows(_matched(member, log), parsed, log))
    yield parsed


def _matched(member: SourceMember, log: ProblemLog) -> Iterator[tuple[int, dict[str, str]]]:
    for line, text in numbered_lines(member, WINDOWS, log):
        if not text[:1].isdigit():  # titles, heading and notes
            continue
        found = _RECORD.fullmatch(text)
        if found is None:
            log.add("E602", "the record is not contractor, state, locality, name and three indices", line)
            continue
        yield line, dict(zip(_NAMES, found.groups(), strict=True))


def _rows(source: Iterator[tuple[int, dict[str, str]]], parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    for line, cells in source:
        before = len(log.problems)
        contractor, locality = cells["contractor"].zfill(5), cells["locality"].zfill(2)
        if not is_digits(contractor, 5) or not is_digits(locality, 2):
            log.add("E606", f"{contractor}/{locality} is not a contractor and locality", line, "locality")
        values = [decimal(cells[name]) for name in _NUMBERS]
        for name, value in zip(_NUMBERS, values, strict=True):
            if value is None or not 0 < value < 10:
                log.add("E606", f"{name} {cells[name]!r} is not an index", line, name)
        if len(log.problems) == before:
            parsed.line = line
            yield contractor, cells["state"], locality, cells["name"].rstrip("* "), *values


LAYOUT = Layout("gpci", "Geographic practice cost indices", ("gpci",), recognises, read)
TEXT_LAYOUT = Layout("gpci_text", "Geographic practice cost indices, text", ("gpci",), recognises_text, read_text)
