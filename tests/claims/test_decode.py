from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from engine.claims import InvalidClaim, decode, decode_claim, encode_evaluation
from engine.claims.limits import MOST_HISTORY_LINES, MOST_LINES, MOST_TEXT_CHARACTERS
from engine.errors import InvalidClaimError, Problem
from engine.model import Claim, Evaluation
from tests.claims.documents import as_bytes, claim_document, line_document


def problems(data: bytes) -> tuple[Problem, ...]:
    with pytest.raises(InvalidClaimError) as raised:
        decode_claim(data)
    return tuple(raised.value.problems)


def only(data: bytes) -> Problem:
    (problem,) = problems(data)
    return problem


def document(**changes: Any) -> bytes:
    return as_bytes(claim_document(**changes))


def test_every_problem_is_named_at_once_with_its_path() -> None:
    sent = claim_document(claim_idd="x")
    sent["lines"][0] |= {"charge_cents": 210.5, "modifiers": "25", "units": None}
    del sent["lines"][1]["service_date"]
    del sent["payer"]
    found = {(problem.code, problem.place.path) for problem in problems(as_bytes(sent))}
    assert found == {
        ("C011", "$"),
        ("C012", "$.payer"),
        ("C010", "$.lines[0].charge_cents"),
        ("C010", "$.lines[0].modifiers"),
        ("C010", "$.lines[0].units"),
        ("C012", "$.lines[1].service_date"),
    }


def test_an_unknown_key_gets_a_suggestion() -> None:
    sent = claim_document()
    sent["lines"][0]["procedure_cod"] = sent["lines"][0].pop("procedure_code")
    hints = {problem.code: problem.hint for problem in problems(as_bytes(sent))}
    assert hints["C011"] == "did you mean 'procedure_code'?"


def test_money_with_a_point_is_told_to_be_cents() -> None:
    sent = claim_document()
    sent["lines"][0]["charge_cents"] = 130.0
    assert "whole cents" in only(as_bytes(sent)).hint


def test_whole_numbers_may_be_text_as_in_proto3_json() -> None:
    claim = decode_claim(document(total_charge_cents="34000"))
    assert claim.total_charge_cents == 34000


@pytest.mark.parametrize("text", ["34000.0", "1e3", " 1", "", "0x10", "٣", "9" * 17])
def test_other_text_is_no_whole_number(text: str) -> None:
    assert only(document(total_charge_cents=text)).code == "C010"


def test_diagnosis_codes_get_their_dot_everywhere() -> None:
    history = [line_document(diagnosis_codes=["S72001A", "I10"])]
    history[0].pop("line_number")
    facts = [{"name": "diagnosis", "text": "E119"}]
    claim = decode_claim(
        document(diagnoses=[{"code": "L02415"}, {"code": "I10"}], history=history, documentation={"facts": facts})
    )
    assert [diagnosis.code for diagnosis in claim.diagnoses] == ["L02.415", "I10"]
    assert claim.history[0].diagnosis_codes == ("S72.001A", "I10")
    assert claim.documentation.facts[0].text == "E11.9"


def test_the_older_name_of_a_fact_is_read_as_its_name() -> None:
    facts = [{"name": "separately_identifiable", "line_number": 2, "flag": True}]
    claim = decode_claim(document(documentation={"facts": facts}))
    assert claim.documentation.facts[0].name == "em_separately_identifiable"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda text: text.replace('"claim_id"', '"claim_id": "C-0", "claim_id"', 1), "$"),
        (lambda text: text.replace('"payer_id"', '"payer_id" : "B", "payer_id"', 1), "$.payer"),
        (lambda text: text.replace('"payer_id"', '"payer\\u005fid": "B", "payer_id"', 1), "$.payer"),
        (lambda text: text.replace('"line_number"', '"units": 1, "units": 2, "line_number"', 1), "$.lines[0]"),
        (
            lambda text: text.replace('"claim_id": "', '"claim_id": "a", "claim_id": "\\u0022:', 1),
            "$",
        ),
    ],
)
def test_a_key_that_stands_twice_is_refused(change: Any, path: str) -> None:
    problem = only(change(json.dumps(claim_document())).encode())
    assert (problem.code, problem.place.path) == ("C005", path)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_json_has_not_are_named_with_their_path(number: str) -> None:
    text = json.dumps(claim_document()).replace('"line_number": 1', f'"units": {number}, "line_number": 1')
    problem = only(text.encode())
    assert (problem.code, problem.place.path) == ("C006", "$.lines[0].units")


@pytest.mark.parametrize("number", [str(2**53 + 1), "9" * 5000, "-" + "9" * 30])
def test_integers_that_lose_digits_are_refused(number: str) -> None:
    text = json.dumps(claim_document()).replace('"charge_cents": 21000', f'"charge_cents": {number}')
    problem = only(text.encode())
    assert (problem.code, problem.place.path) == ("C007", "$.lines[0].charge_cents")


def test_a_large_line_number_does_not_slip_through_the_fast_path() -> None:
    text = json.dumps(claim_document()).replace('"line_number": 1', f'"line_number": {2**60}')
    assert only(text.encode()).code == "C007"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "C004"),
        (b"null", "C010"),
        (b"[1]", "C010"),
        (b'"claim"', "C010"),
        (document()[:-1], "C004"),
        (document() + b"x", "C004"),
        (document().replace(b"C-1", b"C\xff1"), "C002"),
        (document().replace(b"C-1", b"C\x001"), "C003"),
        (document().replace(b"C-1", b"C\\u00001"), "C003"),
        (document().replace(b"C-1", b"C\\ud8001"), "C003"),
        (b"\xef\xbb\xbf" + document(), "C002"),
        (b'{"lines":' * 50 + b"1" + b"}" * 50, "C008"),
        (b"[" * 100_000, "C008"),
        (document(claim_type="professional"), "C013"),
        (document(claim_id="x" * (MOST_TEXT_CHARACTERS + 1)), "C015"),
        (document(lines=[line_document()] * (MOST_LINES + 1)), "C014"),
        (document(history=[{}] * (MOST_HISTORY_LINES + 1)), "C014"),
        (b" " * 5_000_000, "C014"),
    ],
)
def test_what_is_no_claim_has_its_own_code(data: bytes, code: str) -> None:
    assert only(data).code == code


def test_a_long_note_is_no_long_text() -> None:
    notes = [{"note_id": "N", "text": "word " * 50_000}]
    claim = decode_claim(document(documentation={"notes": notes}))
    assert len(claim.documentation.notes[0].text) == 250_000


def test_problems_never_carry_what_a_patient_field_holds() -> None:
    secret = "Zebedee-1931"
    sent = claim_document(
        patient={"patient_id": 5, "birth_date": secret, "sex": [secret], secret + " name": 1},
        received_date=secret,
        documentation={"notes": [{"note_id": secret}], "facts": [{"name": secret, "text": secret, "date": secret}]},
    )
    sent["lines"][0] |= {"service_date": secret, "procedure_code": secret, "modifiers": [secret]}
    texts = "\n".join(problem.text() for problem in problems(as_bytes(sent)))
    assert "Zebedee" not in texts
    assert "1931" not in texts


def test_semantic_problems_show_patterns_only() -> None:
    sent = claim_document(patient={"birth_date": "02/03/1977"}, diagnoses=[{"code": "Smith, John"}])
    texts = "\n".join(problem.text() for problem in problems(as_bytes(sent)))
    assert "'99/99/9999'" in texts
    assert "1977" not in texts
    assert "Smith" not in texts


def test_very_many_problems_are_counted_instead_of_shown() -> None:
    found = problems(document(lines=[{}] * 999))
    assert len(found) == 501
    (rest,) = [problem for problem in found if problem.code == "C016"]
    assert rest.message.startswith("2,497 more")


def test_fast_and_slow_path_agree() -> None:
    data = document(documentation={"notes": [{"note_id": "N", "text": 'a "quoted" text'}]})
    assert decode._claim_by_fast_path(data) is not None
    spaced = data.replace(b'":', b'" :')
    assert decode._claim_by_fast_path(spaced) is None
    assert decode_claim(spaced) == decode_claim(data)


def test_a_claim_survives_encoding() -> None:
    claim = decode_claim(document())
    assert decode_claim(msgspec.json.encode(claim)) == claim


def test_read_claim_keeps_the_id_of_a_claim_it_refuses() -> None:
    read = decode.read_claim(document(lines=[]), "f", 7)
    assert isinstance(read, InvalidClaim)
    assert (read.claim_id, read.place.file, read.place.line) == ("C-1", "f", 7)


def test_equal_evaluations_give_equal_bytes() -> None:
    evaluation = Evaluation(claim_id="C", evaluation_id="E", disposition="PASS")
    data = encode_evaluation(evaluation)
    assert b"\n" not in data
    assert msgspec.json.decode(data, type=Evaluation) == evaluation
    assert isinstance(decode_claim(document()), Claim)
