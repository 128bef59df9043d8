from __future__ import annotations

from engine.documentation.scope import Conflict, scope_facts
from engine.model import Claim, Documentation, DocumentationFact, Payer, ServiceLine


def scoped(*facts: DocumentationFact, dates: tuple[str, ...] = ("2024-07-10", "2024-07-10")):
    lines = tuple(ServiceLine(n, "99213", date) for n, date in enumerate(dates, start=1))
    return scope_facts(Claim("C", Payer("P"), lines, documentation=Documentation(facts)), lines)


def minutes(number: float, line: int = 0, date: str = "") -> DocumentationFact:
    return DocumentationFact("total_minutes", line_number=line, number=number, date=date)


def held(result, line: int) -> list[float | None]:
    return [entry.fact.number for entry in result.facts if entry.line_number == line]


def test_a_claim_wide_fact_holds_for_every_line_of_the_only_date() -> None:
    assert held(scoped(minutes(30)), 1) == [30]
    assert held(scoped(minutes(30)), 2) == [30]


def test_a_lines_own_fact_beats_the_claims() -> None:
    result = scoped(minutes(30), minutes(45, line=2))
    assert held(result, 1) == [30]
    assert held(result, 2) == [45]


def test_a_dated_fact_holds_for_lines_of_its_date_only() -> None:
    result = scoped(minutes(30, date="2024-07-11"), dates=("2024-07-10", "2024-07-11"))
    assert held(result, 1) == []
    assert held(result, 2) == [30]


def test_a_fact_told_by_a_date_holds_for_the_only_date_of_the_claim() -> None:
    discharge = DocumentationFact("discharge_date", date="2024-07-01")
    assert [entry.fact.date for entry in scoped(discharge).facts if entry.line_number] == ["2024-07-01", "2024-07-01"]
    assert not [e for e in scoped(discharge, dates=("2024-07-10", "2024-07-11")).facts if e.line_number]


def test_an_undated_fact_of_a_claim_with_two_dates_holds_for_no_line() -> None:
    assert held(scoped(minutes(30), dates=("2024-07-10", "2024-07-11")), 1) == []


def test_facts_that_disagree_are_dropped_and_named() -> None:
    result = scoped(minutes(30, line=1), minutes(40, line=1))
    assert held(result, 1) == []
    assert result.conflicts == (Conflict("total_minutes", 1),)


def test_facts_that_agree_are_one_and_the_better_basis_stands() -> None:
    inferred = DocumentationFact("total_minutes", number=30, basis="inferred")
    result = scoped(inferred, minutes(30))
    assert [entry.fact.basis for entry in result.facts if entry.line_number == 1] == ["stated"]


def test_drugs_of_different_groups_stand_side_by_side() -> None:
    first = DocumentationFact("drug_dose", number=1, group="a")
    second = DocumentationFact("drug_dose", number=2, group="b")
    assert not scoped(first, second).conflicts
