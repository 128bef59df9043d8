"""Reads NCCI medically unlikely edits (practitioner, outpatient hospital, DME supplier), csv or workbook.

The file is Windows-1252 with line ends inside quoted cells. The heading of the value column names the setting; the quarter is in the
member's name (``Eff_07-01-2024``) or the archive's (``2024q3``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.layouts.fields import compact_date, is_code, quarter, quarter_of, squeezed, whole
from engine.reference.layouts.problems import Cells, ProblemLog, download_name, guarded, refusal
from engine.reference.layouts.records import WINDOWS, NamedRecords, head_of, preview, records

_SETTINGS = {
    "practitionerservicesmuevalues": "ncci_mue",
    "outpatienthospitalservicesmuevalues": "ncci_mue_outpatient",
    "facilityoutpatienthospitalservicesmuevalues": "ncci_mue_outpatient",
    "dmesupplierservicesmuevalues": "ncci_mue_dme",
    "durablemedicalequipmentsupplierservicesmuevalues": "ncci_mue_dme",
}
_CODE = ("hcpcscptcode", "hcpcscpt", "cpthcpcscode")
_INDICATOR = ("mueadjudicationindicator",)
_EFFECTIVE = re.compile(r"eff[_-](\d\d)-(\d\d)-(\d{4})", re.IGNORECASE)
_QUARTER = re.compile(r"(20\d\d)[-_ ]?q([1-4])", re.IGNORECASE)


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether one of the first records has the columns of MUEs."""
    return any(
        "mueadjudicationindicator" in names and any("muevalue" in name for name in names)
        for names in ([squeezed(cell) for cell in cells] for cells in preview(member, head))
    )


def _table(member: SourceMember) -> str:
    for cells in preview(member, head_of(member)):
        for cell in cells:
            if squeezed(cell) in _SETTINGS:
                return _SETTINGS[squeezed(cell)]
    raise refusal(
        member, "E607", "the value column does not say whether it is for practitioners, outpatient hospitals or DME"
    )


def _period(member: SourceMember) -> tuple[int, int]:
    """Returns the year and quarter that the member's or archive's name gives."""
    if found := _EFFECTIVE.search(member.name):
        month, day, year = found.groups()
        if iso := compact_date(year + month + day):
            return quarter_of(iso)
    if found := _QUARTER.search(member.name) or _QUARTER.search(download_name(member)):
        return int(found.group(1)), int(found.group(2))
    raise refusal(
        member,
        "E607",
        "the name does not say which quarter these edits are for",
        "keep the name of the download, such as MCR_MUE_PractitionerServices_Eff_07-01-2024.csv",
    )


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of an MUE file."""
    table = _table(member)
    year, number = _period(member)
    first, last = quarter(year, number)
    log = ProblemLog(member)
    source = NamedRecords(
        member,
        records(member, WINDOWS, log),
        log,
        {"code": _CODE, "value": tuple(_SETTINGS), "indicator": _INDICATOR, "rationale?": ("muerationale",)},
    )
    parsed = ParsedTable(ReleaseHeader(table, f"{year}q{number}", first, first, last), iter(()), log.problems)
    parsed.rows = guarded(log, _rows(source, parsed, log))
    yield parsed


def _rows(source: NamedRecords, parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    for line, cells in source:
        code, value, mai = cells["code"], whole(cells["value"]), cells["indicator"][:1]
        if code.isdigit() and len(code) < 5:  # a workbook may hold the code as a number
            code = code.zfill(5)
        fits = True
        if not is_code(code):
            log.add("E606", f"{code!r} is not a code of five capitals or digits", line, "HCPCS/CPT Code")
            fits = False
        if value is None:
            log.add("E606", f"{cells['value']!r} is not a number of units", line, "MUE Values")
            fits = False
        if mai not in {"1", "2", "3"}:
            message = f"{cells['indicator']!r} does not begin with 1, 2 or 3"
            log.add("E606", message, line, "MUE Adjudication Indicator")
            fits = False
        if fits:
            parsed.line = line
            yield code, value, mai, cells["rationale"]


LAYOUT = Layout(
    id="ncci_mue",
    title="NCCI medically unlikely edits",
    tables=("ncci_mue", "ncci_mue_outpatient", "ncci_mue_dme"),
    recognise=recognises,
    read=read,
)
