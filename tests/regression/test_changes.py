"""Changes of a claim in a golden test reach what their path names, and nothing else."""

from __future__ import annotations

import copy
import json

import pytest

from engine.claims import decode_claim
from engine.policy.types import GoldenTest
from engine.regression.changes import ChangeError, change, changed_claim

CLAIM = {
    "claim_id": "T-1",
    "payer": {"payer_id": "P"},
    "diagnoses": [{"code": "I10"}, {"code": "E11.9"}],
    "lines": [
        {"line_number": 1, "procedure_code": "10060", "service_date": "2024-07-10"},
        {"line_number": 5, "procedure_code": "99213", "service_date": "2024-07-10", "modifiers": ["25"]},
    ],
}


def changed(path: str, value: object) -> dict:
    document = copy.deepcopy(CLAIM)
    change(document, path, value)
    return document


def test_a_line_is_meant_by_its_number_and_not_by_its_place() -> None:
    assert changed("lines.5.units", 3)["lines"][1]["units"] == 3


def test_a_diagnosis_is_meant_by_its_place_from_one() -> None:
    assert changed("diagnoses.1.code", "I11.9")["diagnoses"] == [{"code": "I11.9"}, {"code": "E11.9"}]


def test_null_removes_a_field_a_line_and_a_diagnosis() -> None:
    assert "modifiers" not in changed("lines.5.modifiers", None)["lines"][1]
    assert [line["line_number"] for line in changed("lines.1", None)["lines"]] == [5]
    assert changed("diagnoses.2", None)["diagnoses"] == [{"code": "I10"}]


def test_parts_that_the_claim_leaves_out_are_made() -> None:
    assert changed("rendering_provider.npi", "1234567893")["rendering_provider"] == {"npi": "1234567893"}
    fact = {"name": "total_minutes", "number": 32}
    assert changed("documentation.facts", [fact])["documentation"] == {"facts": [fact]}


def test_a_new_line_takes_the_number_of_its_path() -> None:
    document = changed("lines.6", {"procedure_code": "36415", "service_date": "2024-07-10"})
    assert document["lines"][2]["line_number"] == 6


def test_one_modifier_of_a_list_can_be_replaced_and_added() -> None:
    assert changed("lines.5.modifiers.1", "59")["lines"][1]["modifiers"] == ["59"]
    assert changed("lines.5.modifiers.2", "59")["lines"][1]["modifiers"] == ["25", "59"]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("lines.2.units", 3, "there is no line 2 (the claim has 1, 5)"),
        ("lines.1.unit", 3, "did you mean 'units'?"),
        ("diagnoses.3.code", "I10", "there is no diagnoses.3 (the claim has 2)"),
        ("lines.1.units", 1, "changes nothing"),
        ("lines.5.modifiers", ["25"], "changes nothing"),
        ("place_of_service", "", "changes nothing"),
        ("lines.1.modifiers", None, "changes nothing"),
        ("lines.first.units", 3, "'first' is not a number"),
        ("claim_id.x", 3, "has no parts"),
        ("total_charge", 3, "did you mean 'total_charge_cents'?"),
    ],
)
def test_a_change_that_cannot_be_meant_says_why(path: str, value: object, says: str) -> None:
    with pytest.raises(ChangeError) as refused:
        changed(path, value)
    assert says in str(refused.value)


def test_every_wrong_change_of_a_test_is_a_problem_and_the_claim_of_the_file_is_left_alone() -> None:
    test = GoldenTest("t", "c", change=(("lines.9.units", 2), ("lines.1.units", 2), ("payer", {"payer_id": "P"})))
    document, problems = changed_claim(CLAIM, test)
    assert [problem.code for problem in problems] == ["G104", "G104"]
    assert document["lines"][0]["units"] == 2
    assert "units" not in CLAIM["lines"][0]


def test_the_claim_of_these_tests_is_a_claim() -> None:
    assert decode_claim(json.dumps(CLAIM).encode()).claim_id == "T-1"
