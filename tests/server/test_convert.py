"""Messages and the engine's types say the same, in both directions and in JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from claimrules.v1 import claim_pb2, evaluation_pb2
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import model
from engine.claims import canonical_claim, decode_claim
from engine.errors import EvaluationError
from server.convert import (
    claim_from_message,
    claim_to_message,
    evaluation_from_message,
    evaluation_to_message,
)

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
CENTS = st.integers(-(2**31), 2**31 - 1)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-(2**53), 2**53)
SCALAR = st.one_of(TEXT, st.booleans(), WHOLE, NUMBER)
RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def strategy(kind: Any, depth: int = 3) -> st.SearchStrategy[Any]:
    """Builds values of any type of the contract, every field given."""
    match kind:
        case msgspec.inspect.StructType(cls=model.MatchedFact):
            deeper = strategy(msgspec.inspect.type_info(model.Explanation), depth - 1) if depth else st.nothing()
            return st.builds(
                model.MatchedFact,
                name=TEXT,
                kind=TEXT,
                fields=st.dictionaries(TEXT, st.one_of(SCALAR, st.lists(SCALAR, max_size=2)), max_size=3),
                row=st.none() | strategy(msgspec.inspect.type_info(model.RowSource)),
                derived_by=st.none() | deeper,
            )
        case msgspec.inspect.StructType(cls=model.ValueUse):
            return st.builds(model.ValueUse, TEXT, SCALAR, TEXT, TEXT)
        case msgspec.inspect.StructType():
            fields = {field.name: field_strategy(field, depth) for field in kind.fields}
            return st.builds(kind.cls, **fields)
        case msgspec.inspect.VarTupleType():
            return st.lists(strategy(kind.item_type, depth), max_size=2).map(tuple)
        case msgspec.inspect.DictType():
            return st.dictionaries(TEXT, TEXT, max_size=2)
        case msgspec.inspect.UnionType():
            return st.one_of(*(strategy(each, depth) for each in kind.types))
        case msgspec.inspect.LiteralType():
            return st.sampled_from(kind.values)
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.StrType():
            return TEXT
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.IntType():
            return CENTS
        case msgspec.inspect.FloatType():
            return NUMBER
    raise AssertionError(f"the contract has a type that this test does not know: {kind}")


def field_strategy(field: msgspec.inspect.Field, depth: int) -> st.SearchStrategy[Any]:
    return strategy(field.type, depth)


CLAIMS = strategy(msgspec.inspect.type_info(model.Claim))
EVALUATIONS = strategy(msgspec.inspect.type_info(model.Evaluation))


def json_of(message: Any) -> Any:
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def without_absent(value: Any) -> Any:
    """JSON without what both forms may leave out: null, and the fields that an operation does not use."""
    if isinstance(value, dict):
        kept = {key: without_absent(item) for key, item in value.items() if item is not None}
        return {key: item for key, item in kept.items() if item} | {"op": kept["op"]} if "op" in kept else kept
    return [without_absent(item) for item in value] if isinstance(value, list) else value


@RELAXED
@given(CLAIMS)
def test_a_claim_comes_back_as_it_went(claim: model.Claim) -> None:
    message = claim_pb2.Claim.FromString(claim_to_message(claim).SerializeToString())
    assert claim_from_message(message) == claim


@RELAXED
@given(CLAIMS)
def test_a_claim_has_one_json_form(claim: model.Claim) -> None:
    document = msgspec.json.decode(msgspec.json.encode(claim))
    assert json_of(claim_to_message(claim)) == without_absent(document)
    assert json_format.ParseDict(document, claim_pb2.Claim()) == claim_to_message(claim)


@RELAXED
@given(EVALUATIONS)
def test_an_evaluation_comes_back_as_it_went(evaluation: model.Evaluation) -> None:
    message = evaluation_pb2.Evaluation.FromString(evaluation_to_message(evaluation).SerializeToString())
    assert evaluation_from_message(message) == evaluation


@RELAXED
@given(EVALUATIONS)
def test_an_evaluation_has_one_json_form(evaluation: model.Evaluation) -> None:
    document = msgspec.json.decode(msgspec.json.encode(evaluation))
    assert without_absent(json_of(evaluation_to_message(evaluation))) == without_absent(document)
    assert json_format.ParseDict(document, evaluation_pb2.Evaluation()) == evaluation_to_message(evaluation)


def test_what_a_message_leaves_out_is_the_default_of_the_contract() -> None:
    message = claim_pb2.Claim(
        claim_id="C-1",
        payer=claim_pb2.Payer(payer_id="P"),
        lines=[claim_pb2.ServiceLine(line_number=1, procedure_code="99213", service_date="2026-01-20")],
        history=[claim_pb2.HistoryLine(procedure_code="99213", service_date="2025-01-20")],
    )
    message.documentation.facts.add(name="total_minutes")
    sparse = b"""{"claim_id": "C-1", "payer": {"payer_id": "P"},
        "lines": [{"line_number": 1, "procedure_code": "99213", "service_date": "2026-01-20"}],
        "history": [{"procedure_code": "99213", "service_date": "2025-01-20"}],
        "documentation": {"facts": [{"name": "total_minutes"}]}}"""
    assert claim_from_message(message) == msgspec.json.decode(sparse, type=model.Claim)


def test_units_of_zero_are_kept_apart_from_units_left_out() -> None:
    line = claim_pb2.ServiceLine(line_number=1, units=0)
    assert claim_from_message(claim_pb2.Claim(lines=[line])).lines[0].units == 0


def test_an_explanation_is_left_out_when_not_wanted() -> None:
    finding = model.Finding(
        "f", "R", "p", "1", "c", "WARNING", "INFO", "m", explanation=model.Explanation("R", "p", "1")
    )
    evaluation = model.Evaluation(
        "C-1", "e", "PASS", findings=(finding,), excepted=(model.Excepted(finding, "X", "p", "b"),)
    )
    message = evaluation_to_message(evaluation, explain=False)
    assert not message.findings[0].HasField("explanation")
    assert not message.excepted[0].finding.HasField("explanation")


def test_money_that_the_answer_cannot_hold_is_an_error_not_a_wrong_number() -> None:
    impact = model.Impact(billed_at_risk_cents=2**31)
    finding = model.Finding("f", "R", "p", "1", "c", "WARNING", "INFO", "m", impact=impact)
    with pytest.raises(EvaluationError, match="does not fit"):
        evaluation_to_message(model.Evaluation("C-1", "e", "PASS", findings=(finding,)))


def test_the_sample_claims_mean_the_same_over_grpc_as_in_their_file(policies_folder: Path) -> None:
    lines = (policies_folder / "examples" / "demo_claims.jsonl").read_bytes().splitlines()
    assert lines
    for line in lines:
        message = json_format.Parse(line, claim_pb2.Claim())
        assert canonical_claim(claim_from_message(message)) == decode_claim(line)
