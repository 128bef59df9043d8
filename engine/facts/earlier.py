"""Makes the facts ``earlier_service``: one line of the claim with one earlier line before it, and the time between them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.fact import Fact
from engine.facts.parts import ClaimParts, Fields
from engine.model import HistoryLine, ServiceLine


def earlier_service_facts(parts: ClaimParts) -> Iterator[Fact]:
    """Yields a fact for each line and each earlier line on a day before it."""
    for line in parts.lines:
        for earlier in parts.history:
            if earlier.service_date < line.service_date:
                yield earlier_service(line, earlier)


def earlier_service(line: ServiceLine, earlier: HistoryLine) -> Fact:
    """Returns the fact of a line and an earlier one."""
    fields: Fields = {
        "line_number": line.line_number,
        "procedure_code": line.procedure_code,
        "service_date": line.service_date,
        "earlier_code": earlier.procedure_code,
        "earlier_date": earlier.service_date,
        "earlier_modifiers": list(earlier.modifiers),
        "earlier_units": earlier.units,
        "same_year": earlier.service_date[:4] == line.service_date[:4],
        "same_season": _season(earlier.service_date) == _season(line.service_date),
        "full_months": full_months(earlier.service_date, line.service_date),
        "completed_months": completed_months(earlier.service_date, line.service_date),
    }
    if earlier.diagnosis_codes:
        fields["earlier_diagnoses"] = list(earlier.diagnosis_codes)
    return Fact("earlier_service", fields)


def full_months(first: str, last: str) -> int:
    """Returns the whole calendar months between the months of two ISO dates (Pub. 100-04, chapter 18: eleven must have passed)."""
    return max(_month_number(last) - _month_number(first) - 1, 0)


def completed_months(first: str, last: str) -> int:
    """Returns the months completed from one ISO date to another, day by day of the month."""
    return _month_number(last) - _month_number(first) - (last[8:] < first[8:])


def _season(iso: str) -> int:
    """Returns the year in which the influenza season of an ISO date began: July to June."""
    return int(iso[:4]) - (iso[5:7] < "07")


def _month_number(iso: str) -> int:
    return int(iso[:4]) * 12 + int(iso[5:7])
