"""Reads anesthesia conversion factors by locality (``ANES2025``): csv, workbook and fixed-width text.

The text has no header, an implied decimal point (``1931`` is 19.31 dollars) and a Ctrl-Z at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, SourceMember
from engine.reference.layouts.fields import decimal, is_digits
from engine.reference.layouts.problems import Cells, ProblemLog, guarded
from engine.reference.layouts.records import WINDOWS, NamedRecords, has_header, head_of, numbered_lines, records
from engine.reference.layouts.rvu_release import rvu_header

_NAMES = {
    "contractor": ("contractor", "carrier", "medicareadmin*"),
    "locality": ("locality", "localitynumber"),
    "name": ("localityname",),
    "conversion_factor": ("*anes*cf*", "*anes*conversionfactor*"),
}
_RECORD = re.compile(r"(\d{5}) +(\d\d) +(\S.*?) +(\d{3,5}) *")
_TABLE = "anesthesia_conversion_factors"


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the header names localities and an anesthesia conversion factor."""
    return any(has_header(member, head, ("localityname", factor)) for factor in _NAMES["conversion_factor"])


def recognises_text(_member: SourceMember, head: bytes) -> bool:
    """Returns whether the first line is contractor, locality, name and a factor without a decimal point."""
    first = head.lstrip().split(b"\n", 1)[0].rstrip(b"\r").decode("latin-1")
    return _RECORD.fullmatch(first) is not None


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a csv or workbook."""
    log = ProblemLog(member)
    header = rvu_header(_TABLE, member, head_of(member)[:500].decode("latin-1"))
    source = NamedRecords(member, records(member, WINDOWS, log), log, _NAMES)
    parsed = ParsedTable(header, iter(()), log.problems)
    parsed.rows = guarded(log, _rows(iter(source), parsed, log))
    yield parsed


def read_text(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a fixed-width text."""
    log = ProblemLog(member)
    parsed = ParsedTable(rvu_header(_TABLE, member, ""), iter(()), log.problems)
    parsed.rows = guarded(log, _rows(_matched(member, log), parsed, log))
    yield parsed


def _matched(member: SourceMember, log: ProblemLog) -> Iterator[tuple[int, dict[str, str]]]:
    for line, text in numbered_lines(member, WINDOWS, log):
        if not text.strip("\x1a "):
            continue
        found = _RECORD.fullmatch(text)
        if found is None:
            log.add("E602", "the record is not contractor, locality, name and conversion factor", line)
            continue
        contractor, locality, name, factor = found.groups()
        dollars = f"{factor[:-2]}.{factor[-2:]}"
        yield (
            line,
            {"contractor": contractor, "locality": locality, "name": name, "conversion_factor": dollars},
        )


def _rows(source: Iterator[tuple[int, dict[str, str]]], parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    for line, cells in source:
        contractor, locality = cells["contractor"].zfill(5), cells["locality"].zfill(2)
        factor = decimal(cells["conversion_factor"])
        if not is_digits(contractor, 5) or not is_digits(locality, 2):
            log.add("E606", f"{contractor}/{locality} is not a contractor and locality", line, "locality")
        elif factor is None or factor <= 0:
            log.add("E606", f"{cells['conversion_factor']!r} is not a conversion factor", line, "conversion factor")
        else:
            parsed.line = line
            yield contractor, locality, cells["name"].rstrip("* "), factor


LAYOUT = Layout("anesthesia", "Anesthesia conversion factors", (_TABLE,), recognises, read)
TEXT_LAYOUT = Layout("anesthesia_text", "Anesthesia conversion factors, text", (_TABLE,), recognises_text, read_text)
