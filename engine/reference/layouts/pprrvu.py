"""Reads the Medicare physician fee schedule's relative values (``PPRRVU``): csv, workbook and 200-character text.

In csv and workbook a column's name is stacked over several header rows (``NON-FAC`` over ``PE RVU``); columns are found by the whole name,
so that the 31 columns of 2025 and the 32 of 2026 (``PRIC IND``) read alike. The text has no header; its positions are
those of the record layout published as ``RVU25D.pdf``. The three forms give the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from engine.reference.layout import Layout, ParsedTable, SourceMember
from engine.reference.layouts.fields import decimal, is_code, squeezed
from engine.reference.layouts.problems import Cells, ProblemLog, guarded, refusal
from engine.reference.layouts.records import WINDOWS, Record, head_of, is_workbook, numbered_lines, preview, records
from engine.reference.layouts.rvu_release import rvu_header

_NAMES = {
    "hcpcs": "code",
    "mod": "modifier",
    "statuscode": "status",
    "notusedformedicarepayment": "not_used_for_medicare",
    "workrvu": "work_rvu",
    "nonfacpervu": "nonfacility_pe_rvu",
    "nonfacilitypervu": "nonfacility_pe_rvu",
    "nonfacnaindicator": "nonfacility_na",
    "nonfacilitynaindicator": "nonfacility_na",
    "facilitypervu": "facility_pe_rvu",
    "facilitynaindicator": "facility_na",
    "mprvu": "mp_rvu",
    "nonfacilitytotal": "nonfacility_total_rvu",
    "facilitytotal": "facility_total_rvu",
    "pctcind": "pc_tc",
    "globdays": "global_days",
    "preop": "pre_percent",
    "intraop": "intra_percent",
    "postop": "post_percent",
    "multproc": "multiple",
    "bilatsurg": "bilateral",
    "asstsurg": "assistant",
    "cosurg": "co_surgeon",
    "teamsurg": "team",
    "endobase": "endoscopic_base",
    "convfactor": "conversion_factor",
    "physiciansupervisionofdiagnosticprocedures": "physician_supervision",
    "calculationflag": "calculation_flag",
    "diagnosticimagingfamilyindicator": "imaging_family",
    "nonfacilitypeusedforoppspaymentamount": "opps_nonfacility_pe_rvu",
    "facilitypeusedforoppspaymentamount": "opps_facility_pe_rvu",
    "mpusedforoppspaymentamount": "opps_mp_rvu",
    "pricind": "price_indicator",
}
_ORDER = tuple(dict.fromkeys(_NAMES.values()))
_NEEDED = frozenset(_ORDER) - {"price_indicator"}

_POSITIONS = {
    "code": (1, 5),
    "modifier": (6, 7),
    "status": (58, 58),
    "not_used_for_medicare": (59, 59),
    "work_rvu": (60, 65),
    "nonfacility_pe_rvu": (67, 72),
    "nonfacility_na": (73, 74),
    "facility_pe_rvu": (76, 81),
    "facility_na": (82, 83),
    "mp_rvu": (85, 89),
    "nonfacility_total_rvu": (91, 96),
    "facility_total_rvu": (97, 102),
    "pc_tc": (103, 103),
    "global_days": (104, 106),
    "pre_percent": (107, 109),
    "intra_percent": (110, 112),
    "post_percent": (113, 115),
    "multiple": (116, 116),
    "bilateral": (117, 117),
    "assistant": (118, 118),
    "co_surgeon": (119, 119),
    "team": (120, 120),
    "endoscopic_base": (128, 132),
    "conversion_factor": (133, 140),
    "physician_supervision": (142, 143),
    "calculation_flag": (144, 144),
    "imaging_family": (146, 147),
    "opps_nonfacility_pe_rvu": (152, 157),
    "opps_facility_pe_rvu": (159, 164),
    "opps_mp_rvu": (166, 171),
}
_TEXT_WIDTH = (171, 200)

_DIGITS = frozenset("0123456789")
_DOMAINS: Mapping[str, frozenset[str]] = {
    "modifier": frozenset({"", "26", "TC", "53"}),
    "status": frozenset("ABCDEFGHIJMNPQRTX"),
    "pc_tc": _DIGITS,
    "global_days": frozenset({"000", "010", "090", "MMM", "XXX", "YYY", "ZZZ"}),
    "multiple": frozenset("012345679"),
    "bilateral": frozenset("01239"),
    "assistant": frozenset("0129"),
    "co_surgeon": frozenset("0129"),
    "team": frozenset("0129"),
    "physician_supervision": frozenset(["01", "02", "03", "04", "05", "06", "09", "21", "22", "66", "6A", "77", "7A"]),
    "calculation_flag": frozenset({"", *"0123456789"}),
    "imaging_family": frozenset({"88", "99", *(f"{number:02}" for number in range(1, 12))}),
    "price_indicator": frozenset({"", *"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}),
}
_FLAGS = {"not_used_for_medicare": "+", "nonfacility_na": "NA", "facility_na": "NA"}
_PADDED = {"code": 5, "global_days": 3, "physician_supervision": 2, "imaging_family": 2}  # spreadsheets drop zeros
_OTHER_FACTOR = re.compile(r"(?<!non)[_-]QPP", re.IGNORECASE)


def _columns(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """Returns the place of the last header row and each known column's place, by the names stacked above it."""
    bottom = next(
        (place for place, cells in enumerate(rows) if [squeezed(c) for c in cells[:2]] == ["hcpcs", "mod"]), -1
    )
    if bottom < 0:
        return -1, {}
    found: dict[str, int] = {}
    for place, cell in enumerate(rows[bottom]):
        stacked = [squeezed(cells[place]) for cells in rows[:bottom] if len(cells) > place]
        name = "".join(stacked) + squeezed(cell) if squeezed(cell) != "description" else "description"
        if name in _NAMES:
            found.setdefault(_NAMES[name], place)
    return bottom, found


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the header rows are those of PPRRVU."""
    bottom, found = _columns(preview(member, head))
    return bottom >= 0 and {"code", "modifier", "work_rvu"} <= found.keys()


def recognises_text(_member: SourceMember, head: bytes) -> bool:
    """Returns whether a file begins with ``HDR`` records, followed by records as wide as those of PPRRVU."""
    lines = [line.rstrip(b"\r") for line in head.split(b"\n")[:40]]
    if not lines[0].startswith(b"HDR "):
        return False
    first = next((line for line in lines if not line.startswith(b"HDR")), b"")
    return _TEXT_WIDTH[0] - 8 <= len(first) <= _TEXT_WIDTH[1]


def _only_one_factor(member: SourceMember) -> None:
    if is_for_qualifying_participants(member):
        raise refusal(
            member,
            "E607",
            "this copy is for qualifying APM participants; it differs in the conversion factor only",
            "import the nonQPP file and give the other factor in conversion_factors",
        )


def is_for_qualifying_participants(member: SourceMember) -> bool:
    """Returns whether a member is the QPP copy of 2026 and later (another conversion factor, else the same rows)."""
    return bool(_OTHER_FACTOR.search(member.name))


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a csv or workbook."""
    _only_one_factor(member)
    head = head_of(member)
    rows = preview(member, head)
    bottom, columns = _columns(rows)
    if missing := sorted(_NEEDED - columns.keys()):
        raise refusal(member, "E607", f"the header rows have no column for {', '.join(missing)}")
    title = "\n".join(" ".join(cells) for cells in rows[: bottom + 1])
    log = ProblemLog(member)
    parsed = ParsedTable(rvu_header("mpfs", member, title), iter(()), log.problems)
    source = _named(records(member, WINDOWS, log), bottom, len(rows[bottom]), columns, log)
    parsed.rows = guarded(log, _rows(source, parsed, log, is_workbook(head)))
    yield parsed


def _named(
    source: Iterator[Record], bottom: int, width: int, columns: Mapping[str, int], log: ProblemLog
) -> Iterator[tuple[int, dict[str, str]]]:
    for place, (line, cells) in enumerate(source):
        if place <= bottom or not any(cell.strip() for cell in cells):
            continue
        if len(cells) != width:
            log.add("E602", f"the line has {len(cells)} columns, its header {width}", line)
            continue
        yield line, {name: cells[at].strip() for name, at in columns.items()}


def read_text(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of a fixed-width text."""
    _only_one_factor(member)
    log = ProblemLog(member)
    parsed = ParsedTable(rvu_header("mpfs", member, ""), iter(()), log.problems)
    parsed.rows = guarded(log, _rows(_sliced(numbered_lines(member, WINDOWS, log), log), parsed, log, False))
    yield parsed


def _sliced(lines: Iterator[tuple[int, str]], log: ProblemLog) -> Iterator[tuple[int, dict[str, str]]]:
    shortest, longest = _TEXT_WIDTH
    for line, text in lines:
        if not text.strip() or text.startswith("HDR"):
            continue
        if not shortest <= len(text) <= longest:
            log.add("E602", f"the record has {len(text)} characters, not {shortest} to {longest}", line)
            continue
        yield line, {name: text[first - 1 : last].strip() for name, (first, last) in _POSITIONS.items()}


def _rows(
    source: Iterator[tuple[int, dict[str, str]]], parsed: ParsedTable, log: ProblemLog, padded: bool
) -> Iterator[Cells]:
    numbers: dict[str, float | None] = {}
    for line, cells in source:
        before = len(log.problems)
        row: list[str | float | bool | None] = []
        if padded:
            for name, width in _PADDED.items():
                cells[name] = cells[name].zfill(width) if cells[name].isdigit() else cells[name]
        for name in _ORDER:
            text = cells.get(name, "")
            if name in _DOMAINS:
                if text not in _DOMAINS[name]:
                    log.add("E606", f"{name} {text!r} is not one CMS defines", line, name)
                row.append(text)
            elif name in _FLAGS:
                if text not in {"", _FLAGS[name]}:
                    log.add("E606", f"{name} {text!r} is neither blank nor {_FLAGS[name]}", line, name)
                row.append(bool(text))
            elif name in {"code", "endoscopic_base"}:
                if not is_code(text) and (text or name == "code"):
                    log.add("E606", f"{text!r} is not a code of five capitals or digits", line, name)
                row.append(text or None)
            else:
                if text not in numbers:
                    numbers[text] = decimal(text)
                if numbers[text] is None:
                    log.add("E606", f"{name} {text!r} is not a number", line, name)
                row.append(numbers[text])
        if len(log.problems) == before:
            parsed.line = line
            yield tuple(row)


LAYOUT = Layout("mpfs", "Medicare physician fee schedule, csv or workbook", ("mpfs",), recognises, read)
TEXT_LAYOUT = Layout("mpfs_text", "Medicare physician fee schedule, text", ("mpfs",), recognises_text, read_text)
