from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.claims import canonical_claim, canonical_diagnosis, problems_of
from engine.claims.documentation_vocabulary import VOCABULARY
from engine.errors import Problem
from engine.model import Claim
from tests.claims.documents import claim_document, line_document


def found(**changes: Any) -> list[Problem]:
    return problems_of(msgspec.convert(claim_document(**changes), Claim))


def codes(**changes: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.place.path) for problem in found(**changes)]


def in_line(**changes: Any) -> list[tuple[str, str]]:
    return codes(lines=[line_document(**changes)])


def in_fact(**fact: Any) -> list[tuple[str, str]]:
    return codes(documentation={"facts": [fact]})


def test_a_good_claim_has_no_problem() -> None:
    assert found() == []


def test_a_claim_needs_an_identifier_and_a_line() -> None:
    assert codes(claim_id=" ", lines=[]) == [("C101", "$.claim_id"), ("C102", "$.lines")]


def test_line_numbers_are_positive_and_single() -> None:
    lines = [line_document(line_number=number) for number in (0, 3, 3, -1)]
    assert codes(lines=lines) == [
        ("C103", "$.lines[0].line_number"),
        ("C104", "$.lines[2].line_number"),
        ("C103", "$.lines[3].line_number"),
    ]


@pytest.mark.parametrize(
    "text",
    ["2026-02-29", "20260120", "2026-1-20", "2026-W01-1", "01/20/2026", "2026-01-20T00:00", "1849-12-31", "9999-12-31"],
)
def test_dates_are_days_of_the_calendar(text: str) -> None:
    assert in_line(service_date=text) == [("C106", "$.lines[0].service_date")]
    assert in_line(service_end_date=text) == [("C106", "$.lines[0].service_end_date")]
    assert codes(received_date=text) == [("C106", "$.received_date")]
    assert codes(patient={"birth_date": text}) == [("C106", "$.patient.birth_date")]


def test_a_missing_service_date_has_its_own_code() -> None:
    assert in_line(service_date="") == [("C105", "$.lines[0].service_date")]


def test_a_leap_day_is_a_date() -> None:
    assert in_line(service_date="2024-02-29") == []


def test_charges_are_not_negative() -> None:
    assert in_line(charge_cents=-1) == [("C107", "$.lines[0].charge_cents")]
    assert codes(total_charge_cents=-5) == [("C107", "$.total_charge_cents")]
    assert in_line(charge_cents=0) == []


@pytest.mark.parametrize("units", [-1, float("nan"), float("inf"), 10_000_000.0])
def test_units_are_finite_and_believable(units: float) -> None:
    line = msgspec.structs.replace(msgspec.convert(claim_document(), Claim).lines[0], units=units)
    claim = msgspec.structs.replace(msgspec.convert(claim_document(), Claim), lines=(line,))
    assert [problem.code for problem in problems_of(claim)] == ["C108"]


def test_coding_errors_are_left_to_the_rules() -> None:
    line = line_document(
        units=0, diagnosis_pointers=[0, 99, -1], service_end_date="2020-01-01", procedure_code="ZZZZZ", modifiers=["99"]
    )
    assert codes(lines=[line], diagnoses=[], total_charge_cents=1) == []


@pytest.mark.parametrize(
    ("modifier", "hinted"), [("xs", True), ("2", False), ("", False), ("255", False), ("2 ", False)]
)
def test_modifiers_are_two_capitals_or_digits(modifier: str, hinted: bool) -> None:
    (problem,) = found(lines=[line_document(modifiers=["25", modifier])])
    assert (problem.code, problem.place.path) == ("C110", "$.lines[0].modifiers[1]")
    assert bool(problem.hint) is hinted


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("j1885", "capitals"),
        ("99213-25", "modifiers"),
        ("9921", ""),
        ("", ""),
        ("９９２１３", ""),
        ("99213 ", "blanks"),
    ],
)
def test_procedure_codes_are_five_capitals_or_digits(code: str, hint: str) -> None:
    (problem,) = found(lines=[line_document(procedure_code=code)])
    assert problem.code == "C111"
    assert hint in problem.hint


@pytest.mark.parametrize("code", ["I10", "L02.415", "L02415", "S72.001A", "C7A.00", "477.9", "4779", "V7389", "U07.1"])
def test_diagnosis_codes_may_come_with_or_without_dot(code: str) -> None:
    assert codes(diagnoses=[{"code": code}]) == []


@pytest.mark.parametrize("code", ["", "I1", "i10", "L02.", "L0.2415", "L02.41567", "L02 415", "I-10", "AB1"])
def test_other_shapes_are_no_diagnosis(code: str) -> None:
    assert codes(diagnoses=[{"code": code}]) == [("C112", "$.diagnoses[0].code")]


def test_history_is_checked_too() -> None:
    history = {"procedure_code": "1", "service_date": "", "units": -1, "modifiers": ["x"], "diagnosis_codes": ["?"]}
    assert sorted(code for code, _ in codes(history=[history])) == ["C106", "C108", "C110", "C111", "C112"]


@pytest.mark.parametrize(
    ("code", "dotted"), [("L02415", "L02.415"), ("L02.415", "L02.415"), ("I10", "I10"), ("E1.19", "E1.19"), ("", "")]
)
def test_the_dot_goes_after_the_third_character(code: str, dotted: str) -> None:
    assert canonical_diagnosis(code) == dotted
    assert canonical_diagnosis(dotted) == dotted


def test_a_canonical_claim_is_returned_as_it_is() -> None:
    claim = msgspec.convert(claim_document(), Claim)
    assert canonical_claim(claim) is claim


def test_a_fact_of_an_unknown_name_gets_a_suggestion() -> None:
    (problem,) = found(documentation={"facts": [{"name": "total_minute", "number": 30}]})
    assert (problem.code, problem.hint) == ("C120", "did you mean 'total_minutes'?")


@pytest.mark.parametrize(
    "fact",
    [
        {"name": "total_minutes", "number": 32},
        {"name": "em_separately_identifiable", "line_number": 2, "flag": False},
        {"name": "drug", "text": "ketorolac", "number": 30, "unit": "mg"},
        {"name": "a1c_value", "number": 6.5, "date": "2026-01-02"},
        {"name": "infusion_start", "text": "2026-01-20T10:05"},
        {"name": "mdm_risk", "text": "moderate", "basis": "inferred"},
        {"name": "repair_length", "number": 2.5, "unit": "cm", "qualifier": "simple", "group": "left arm"},
    ],
)
def test_facts_of_the_vocabulary_are_taken(fact: dict[str, Any]) -> None:
    assert in_fact(**fact) == []


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ({"name": "total_minutes"}, ("C124", "")),
        ({"name": "total_minutes", "text": "32"}, ("C124", "")),
        ({"name": "total_minutes", "number": 32, "flag": True}, ("C124", ".flag")),
        ({"name": "total_minutes", "number": -1}, ("C122", ".number")),
        ({"name": "drug_dose", "number": 1, "unit": "mgs"}, ("C123", ".unit")),
        ({"name": "mdm_level", "text": "Moderate"}, ("C123", ".text")),
        ({"name": "lesion_count", "number": 2, "qualifier": "moles"}, ("C123", ".qualifier")),
        ({"name": "time_statement", "flag": True, "line_number": -1}, ("C121", ".line_number")),
        ({"name": "visit_date", "date": "soon"}, ("C106", ".date")),
    ],
)
def test_facts_are_told_as_the_vocabulary_says(fact: dict[str, Any], expected: tuple[str, str]) -> None:
    code, field = expected
    assert in_fact(**fact) == [(code, f"$.documentation.facts[0]{field}")]


def test_every_name_of_the_vocabulary_is_told_by_something() -> None:
    assert all(vocable.types for vocable in VOCABULARY.values())
    assert len(VOCABULARY) > 100


@pytest.mark.parametrize("field", ["coverage_from", "coverage_to", "accident_date"])
def test_dates_of_coverage_and_accident_are_days_of_the_calendar(field: str) -> None:
    assert codes(**{field: "2026-02-29"}) == [("C106", f"$.{field}")]
    assert codes(**{field: "2026-02-28"}) == []


def test_what_other_payers_paid_is_an_amount_and_an_adjustment_may_be_negative() -> None:
    assert codes(other_payer_paid_cents=-1) == [("C107", "$.other_payer_paid_cents")]
    assert in_line(other_payer_paid_cents=-1) == [("C107", "$.lines[0].other_payer_paid_cents")]
    beyond = 10**11
    assert in_line(other_payer_adjustment_cents=-beyond) == [("C107", "$.lines[0].other_payer_adjustment_cents")]
    assert in_line(other_payer_paid_cents=0, other_payer_adjustment_cents=-500) == []
