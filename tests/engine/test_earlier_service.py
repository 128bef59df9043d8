from __future__ import annotations

import pytest

from engine.facts.earlier import completed_months, earlier_service, full_months
from engine.model import HistoryLine, ServiceLine


@pytest.mark.parametrize(
    ("first", "last", "full", "completed"),
    [
        ("2024-03-04", "2025-06-02", 14, 14),
        ("2024-03-04", "2026-04-07", 24, 25),
        ("2024-03-31", "2024-04-01", 0, 0),
        ("2024-03-10", "2024-05-09", 1, 1),
        ("2024-03-10", "2024-05-10", 1, 2),
        ("2024-03-10", "2024-03-11", 0, 0),
    ],
)
def test_months_between_two_services(first: str, last: str, full: int, completed: int) -> None:
    assert (full_months(first, last), completed_months(first, last)) == (full, completed)


@pytest.mark.parametrize(("day", "same"), [("2024-01-01", True), ("2023-12-31", False)])
def test_an_earlier_service_has_its_units_modifiers_and_year(day: str, same: bool) -> None:
    line = ServiceLine(line_number=1, procedure_code="97803", service_date="2024-02-05")
    earlier = HistoryLine(procedure_code="97802", service_date=day, modifiers=("59",), units=4)
    fields = earlier_service(line, earlier).fields
    assert (fields["earlier_units"], fields["earlier_modifiers"], fields["same_year"]) == (4, ["59"], same)


@pytest.mark.parametrize(
    ("first", "last", "same"),
    [("2024-10-01", "2025-06-30", True), ("2025-06-30", "2025-07-01", False), ("2025-01-15", "2025-10-02", False)],
)
def test_an_influenza_season_begins_in_july(first: str, last: str, same: bool) -> None:
    line = ServiceLine(line_number=1, procedure_code="G0008", service_date=last)
    earlier = HistoryLine(procedure_code="G0008", service_date=first)
    assert earlier_service(line, earlier).fields["same_season"] is same


def test_the_diagnoses_of_an_earlier_service_are_absent_when_not_supplied() -> None:
    line = ServiceLine(line_number=1, procedure_code="80061", service_date="2024-02-05")
    told = HistoryLine(procedure_code="80061", service_date="2023-02-05", diagnosis_codes=("Z13.6",))
    untold = HistoryLine(procedure_code="80061", service_date="2023-02-05")
    assert earlier_service(line, told).fields["earlier_diagnoses"] == ["Z13.6"]
    assert "earlier_diagnoses" not in earlier_service(line, untold).fields
