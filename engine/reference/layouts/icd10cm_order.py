"""Reads the ICD-10-CM order file (``icd10cm_order_2026.txt``): number, code without dot, billable flag and two titles.

Positions, 1-based: 1-5 number, 7-13 code, 15 billable (1) or heading (0), 17-76 short title, from 78 long title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.reference.layout import Layout, ParsedTable, SourceMember
from engine.reference.layouts.fields import icd_with_dot
from engine.reference.layouts.icd10cm_editions import icd_header
from engine.reference.layouts.problems import Cells, ProblemLog, guarded
from engine.reference.layouts.records import UTF8, numbered_lines

_LINE = re.compile(r"\d{5} [A-Z][0-9A-Z]{2,6} {1,5}[01] \S")


def recognises(_member: SourceMember, head: bytes) -> bool:
    """Returns whether the first line is number, code, flag and titles at their positions."""
    first = head.lstrip().split(b"\n", 1)[0].decode("latin-1")
    return _LINE.match(first) is not None and first[14] in "01"


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the one table of an order file."""
    log = ProblemLog(member)
    parsed = ParsedTable(icd_header("icd10cm", member), iter(()), log.problems)
    parsed.rows = guarded(log, _rows(member, parsed, log))
    yield parsed


def _rows(member: SourceMember, parsed: ParsedTable, log: ProblemLog) -> Iterator[Cells]:
    for line, text in numbered_lines(member, UTF8, log):
        if not text.strip():
            continue
        if len(text) < 17 or text[5] != " " or text[13] != " " or text[15] != " ":
            log.add("E602", "the line is not number, code, flag and titles at their positions", line, excerpt=text)
            continue
        number, code, flag = text[:5], icd_with_dot(text[6:13]), text[14]
        if not (number.isascii() and number.isdigit()):
            log.add("E606", f"{number!r} is not an order number", line, "order")
        elif code is None:
            log.add("E606", f"{text[6:13].strip()!r} is not an ICD-10-CM code", line, "code")
        elif flag not in "01":
            log.add("E606", f"billable flag {flag!r} is not 0 or 1", line, "billable")
        else:
            parsed.line = line
            yield code, int(number), flag == "1", text[16:76].strip(), text[77:].strip()


LAYOUT = Layout("icd10cm_order", "ICD-10-CM order file", ("icd10cm",), recognises, read)
