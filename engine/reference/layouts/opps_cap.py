"""Reads the OPPS payment caps on imaging (``OPPSCAP_Oct``): csv, workbook and 38-character text without a header."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, SourceMember
from engine.reference.layouts.fields import cents, is_code, is_digits
from engine.reference.layouts.problems import Cells, ProblemLog, guarded
from engine.reference.layouts.records import WINDOWS, NamedRecords, has_header, numbered_lines, records
from engine.reference.layouts.rvu_release import rvu_header

_NAMES = {
    "code": ("hcpcs",),
    "modifier": ("mod", "modifier"),
    "status": ("procstat",),
    "contractor": ("carrier", "contractor"),
    "locality": ("locality",),
    "facility_price": ("facilityprice",),
    "nonfacility_price": ("nonfaciltyprice", "nonfacilityprice"),  # CMS misspells it
}
_RECORD = re.compile(r"([0-9A-Z]{5})([0-9A-Z ]{2}) ([A-Z]) (\d{5})  (\d\d) +(\d+\.\d\d) +(\d+\.\d\d) *")
_MODIFIERS = {"", "26", "TC", "53"}


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the header is the one of payment caps."""
    return has_header(member, head, ("hcpcs", "procstat", "carrier", "locality", "facilityprice"))


def recognises_text(_member: SourceMember, head: bytes) -> bool:
    """Returns whether the first line is code, modifier, status, contractor, locality and two prices."""
    first = head.lstrip().split(b"\n", 1)[0].rstrip(b"\r").decode("latin-1")
    return _RECORD.fullmatch(first) is not None


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a csv or workbook."""
    log = ProblemLog(member)
    header = rvu_header("opps_cap", member, "")
    source = NamedRecords(member, records(member, WINDOWS, log), log, _NAMES)
    parsed = ParsedTable(header, iter(()), log.problems)
    parsed.rows = guarded(log, _rows(iter(source), parsed, log))
    yield parsed


def read_text(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a fixed-width text."""
    log = ProblemLog(member)
    parsed = ParsedTable(rvu_header("opps_cap", member, ""), iter(()), log.problems)
    parsed.rows = guarded(log, _rows(_matched(member, log), parsed, log))
    yield parsed


def _matched(member: SourceMember, log: ProblemLog) -> Iterator[tuple[int, dict[str, str]]]:
    for line, text in numbered_lines(member, WINDOWS, log):
        if not text.strip("\x1a "):
            continue
        found = _RECORD.fullmatch(text)
        if found is None:
            log.add("E602", "the record is not code, modifier, status, contractor, locality and two prices", line)
            continue
        yield line, {name: cell.strip() for name, cell in zip(_NAMES, found.groups(), strict=True)}


def _rows(source: Iterator[tuple[int, dict[str, str]]], parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    for line, cells in source:
        before = len(log.problems)
        code, contractor, locality = cells["code"].zfill(5), cells["contractor"].zfill(5), cells["locality"].zfill(2)
        if not is_code(code):
            log.add("E606", f"{cells['code']!r} is not a code of five capitals or digits", line, "HCPCS")
        if cells["modifier"] not in _MODIFIERS:
            log.add("E606", f"modifier {cells['modifier']!r} is not blank, 26, TC or 53", line, "MOD")
        if not is_digits(contractor, 5) or not is_digits(locality, 2):
            log.add("E606", f"{contractor}/{locality} is not a contractor and locality", line, "LOCALITY")
        prices = [cents(cells[name]) for name in ("facility_price", "nonfacility_price")]
        if None in prices:
            log.add(
                "E606", f"{cells['facility_price']!r} or {cells['nonfacility_price']!r} is not a price", line, "PRICE"
            )
        if len(log.problems) == before:
            parsed.line = line
            yield code, cells["modifier"], cells["status"], contractor, locality, *prices


LAYOUT = Layout("opps_cap", "OPPS payment caps on imaging", ("opps_cap",), recognises, read)
TEXT_LAYOUT = Layout("opps_cap_text", "OPPS payment caps on imaging, text", ("opps_cap",), recognises_text, read_text)
