"""Reads HCPCS Level II: the 320-byte contractor record (``HCPC2024_JUL_ANWEB.txt``) and the csv or workbook with named columns.

Record types 3 and 4 are procedures, 7 and 8 modifiers; 4 and 8 continue the long description. Positions are those of the HCPCS contractor
record layout. The text may begin with disclaimer lines and be Windows-1252. A code is valid from the day it was added,
or reactivated (action R), to its termination date, the last day it may be used. CMS leaves terminated codes in the file for some
years, so a file judges dates from four years before its own on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.layouts.fields import MONTHS, Days, is_code, is_modifier, quarter, quarter_of
from engine.reference.layouts.problems import Cells, ProblemLog, download_name, guarded, refusal
from engine.reference.layouts.records import WINDOWS, NamedRecords, has_header, numbered_lines, records

_RELEASE = re.compile(r"hcpc(20\d\d)[_-](?:(jan|apr|jul|oct)[a-z]*)?", re.IGNORECASE)
_YEARS_KEPT = 4
_POSITIONS = {
    "code": (1, 5),
    "record": (11, 11),
    "long": (12, 91),
    "short": (92, 119),
    "price1": (120, 121),
    "price2": (122, 123),
    "price3": (124, 125),
    "price4": (126, 127),
    "xref1": (205, 209),
    "xref2": (210, 214),
    "xref3": (215, 219),
    "xref4": (220, 224),
    "xref5": (225, 229),
    "coverage": (230, 230),
    "betos": (257, 259),
    "type": (261, 265),
    "added": (269, 276),
    "effective": (277, 284),
    "terminated": (285, 292),
    "action": (293, 293),
}
_SHORTEST, _WIDTH = 293, 320
_NAMES = {
    "code": ("hcpc", "hcpcs"),
    "record": ("recid",),
    "long": ("longdescription",),
    "short": ("shortdescription",),
    **{
        f"{name}{number}": (f"{name}{number}",)
        for name, count in (("price", 4), ("xref", 5))
        for number in range(1, count + 1)
    },
    "coverage": ("cov",),
    "betos": ("betos",),
    **{f"tos{number}": (f"tos{number}",) for number in range(1, 6)},
    "added": ("adddt",),
    "effective": ("acteffdt",),
    "terminated": ("termdt",),
    "action": ("actioncd",),
}
_ACTIONS = frozenset({"", *"ABCDFNPRST"})
_COVERAGES = frozenset({"", *"CDIMS"})
_TABLES = {"3": "hcpcs", "7": "hcpcs_modifiers"}
_Source = Callable[[ProblemLog], Iterator[tuple[int, Mapping[str, str]]]]


def _is_record(line: str) -> bool:
    return len(line) >= 12 and line[10] in "3478" and line[5:10].isdigit() and line[3:5].isalnum()


def recognises_text(_member: SourceMember, head: bytes) -> bool:
    """Returns whether the first lines hold records of 320 characters with a sequence number and record type."""
    lines = head.decode("latin-1").split("\n")[:40]
    return any(_is_record(line) and len(line.rstrip("\r")) == _WIDTH for line in lines)


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the header is the one of the HCPCS file with named columns."""
    return has_header(member, head, ("hcpc", "recid", "longdescription", "adddt", "termdt"))


def read_text(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the codes and then the modifiers of a fixed-width file, whichever it has."""
    return _tables(member, lambda log: _sliced(member, log))


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the codes and then the modifiers of a csv or workbook, whichever it has."""
    return _tables(member, lambda log: _named(member, log))


def _tables(member: SourceMember, source: _Source) -> Iterator[ParsedTable]:
    log = ProblemLog(member)
    kinds = {cells["record"] for _, cells in guarded(log, source(log))}
    if not kinds & _TABLES.keys() and not log.problems:
        raise refusal(member, "E602", "the file has no records of type 3 or 7")
    for kind, table in _TABLES.items():
        if kind in kinds or (log.problems and kind == "3"):
            log = ProblemLog(member)
            parsed = ParsedTable(_header(member, table), iter(()), log.problems)
            wanted = _whole_records(source(log), kind, log)
            make = _procedure if kind == "3" else _modifier
            parsed.rows = guarded(log, _rows(wanted, make, parsed, log))
            yield parsed


def _header(member: SourceMember, table: str) -> ReleaseHeader:
    found = _RELEASE.search(member.name) or _RELEASE.search(download_name(member))
    if found is None:
        hint = "keep the name of the download, such as HCPC2024_JUL_ANWEB.txt"
        raise refusal(member, "E607", "the name does not say the year and quarter", hint)
    year = int(found.group(1))
    history = f"{year - _YEARS_KEPT}-01-01"
    if found.group(2):
        _, number = quarter_of(f"{year}-{MONTHS[found.group(2).upper()]:02}-01")
        first, last = quarter(year, number)
        return ReleaseHeader(table, f"{year}q{number}", first, first, last, True, history)
    first = f"{year}-01-01"
    return ReleaseHeader(table, str(year), first, first, f"{year}-12-31", True, history)


def _sliced(member: SourceMember, log: ProblemLog) -> Iterator[tuple[int, Mapping[str, str]]]:
    started = False
    for line, text in numbered_lines(member, WINDOWS, log):
        if not _is_record(text):
            if started and text.strip():  # before the first record they are disclaimers
                log.add("E602", "the line is not a record of type 3, 4, 7 or 8", line, excerpt=text)
            continue
        started = True
        if len(text) > _WIDTH or (text[10] in "37" and len(text) < _SHORTEST):
            log.add("E602", f"the record has {len(text)} characters, not {_WIDTH}", line, excerpt=text)
            continue
        yield line, {name: text[first - 1 : last].strip() for name, (first, last) in _POSITIONS.items()}


def _named(member: SourceMember, log: ProblemLog) -> Iterator[tuple[int, Mapping[str, str]]]:
    for line, cells in NamedRecords(member, records(member, WINDOWS, log), log, _NAMES):
        if cells["record"] not in {"3", "4", "7", "8"}:
            log.add("E606", f"record type {cells['record']!r} is not 3, 4, 7 or 8", line, "RECID")
            continue
        types = "".join(cells[f"tos{number}"] for number in range(1, 6))
        yield line, {**cells, "type": types}


def _whole_records(
    source: Iterator[tuple[int, Mapping[str, str]]], kind: str, log: ProblemLog
) -> Iterator[tuple[int, Mapping[str, str], str]]:
    """Yields the first records of a kind, each with the whole of its long description."""
    more = str(int(kind) + 1)
    first: tuple[int, Mapping[str, str]] | None = None
    texts: list[str] = []
    for line, cells in source:
        if cells["record"] == more:
            if first is None or first[1]["code"] != cells["code"]:
                log.add("E602", f"the description of {cells['code']} goes on without a first line", line)
            else:
                texts.append(cells["long"])
            continue
        if first is not None:
            yield *first, " ".join(texts)
        first, texts = ((line, cells), [cells["long"]]) if cells["record"] == kind else (None, [])
    if first is not None:
        yield *first, " ".join(texts)


_Make = Callable[[Mapping[str, str], str, str | None, str | None, str | None, str | None], Cells]


def _rows(
    source: Iterator[tuple[int, Mapping[str, str], str]], make: _Make, parsed: ParsedTable, log: ProblemLog
) -> Iterator[Cells]:
    days = Days()
    for line, cells, long in source:
        before = len(log.problems)
        code = cells["code"]
        if not (is_code(code) if make is _procedure else is_modifier(code)):
            log.add("E606", f"{code!r} is not a code", line, "HCPCS code")
        for column, domain in (("action", _ACTIONS), ("coverage", _COVERAGES)):
            if cells[column] not in domain:
                log.add("E606", f"{column} {cells[column]!r} is not one CMS defines", line, column)
        dates: list[str | None] = []
        for column in ("added", "effective", "terminated"):
            text = cells[column]
            dates.append(days[text] if text else None)
            if text and dates[-1] is None:
                log.add("E603", f"{text!r} is not a day (YYYYMMDD)", line, column)
        added, effective, end = dates
        start = effective if cells["action"] == "R" else added
        if start and end and end < start:
            log.add("E603", f"the code ends on {end}, before it begins on {start}", line, "termination date")
        if len(log.problems) == before:
            parsed.line = line
            yield make(cells, long, start, end, added, effective)


def _procedure(
    cells: Mapping[str, str], long: str, start: str | None, end: str | None, added: str | None, effective: str | None
) -> Cells:
    prices = " ".join(filter(None, (cells[f"price{number}"] for number in range(1, 5))))
    references = " ".join(filter(None, (cells[f"xref{number}"] for number in range(1, 6))))
    return (
        *(cells["code"], start, end, added, effective, cells["action"], cells["coverage"], prices),
        *(cells["type"], cells["betos"], references, cells["short"], long),
    )


def _modifier(
    cells: Mapping[str, str], long: str, start: str | None, end: str | None, added: str | None, _effective: str | None
) -> Cells:
    return cells["code"], start, end, added, cells["action"], cells["short"], long


TEXT_LAYOUT = Layout(
    "hcpcs_text", "HCPCS Level II, 320-byte records", tuple(_TABLES.values()), recognises_text, read_text
)
LAYOUT = Layout("hcpcs", "HCPCS Level II, named columns", tuple(_TABLES.values()), recognises, read)
