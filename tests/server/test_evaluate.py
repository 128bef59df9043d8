"""Evaluate, as a claim system calls it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from claimrules.v1 import claim_pb2, evaluation_service_pb2
from engines import BREAK, FAIL, SECRET, WAIT
from hypothesis import given, settings
from hypothesis import strategies as st
from running_server import RunningServer, claim_message, fields_of, reason_of, request


def refused(server: RunningServer, message: object) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        server.evaluation.Evaluate(message)
    return caught.value


def test_fifty_clients_at_once_get_the_answers_of_their_own_claims(server: RunningServer) -> None:
    def client(number: int) -> list[str]:
        with grpc.insecure_channel(server.address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            call = channel.unary_unary(
                "/claimrules.v1.EvaluationService/Evaluate",
                request_serializer=evaluation_service_pb2.EvaluateRequest.SerializeToString,
                response_deserializer=evaluation_service_pb2.EvaluateResponse.FromString,
            )
            return [
                call(request(f"C-{number}-{turn}", cents=number * 100 + turn), timeout=60).evaluation.evaluation_id
                for turn in range(4)
            ]

    with ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(client, range(50)))
    assert answers == [[f"C-{n}-{turn}:{n * 100 + turn}:" for turn in range(4)] for n in range(50)]


def test_the_knowledge_date_reaches_the_engine(server: RunningServer) -> None:
    asked = request("C-1")
    asked.as_of = "2026-02-01"
    assert server.evaluation.Evaluate(asked).evaluation.evaluation_id == "C-1:100:2026-02-01"


def test_explanations_are_left_out_when_asked(server: RunningServer) -> None:
    asked = request("C-1")
    assert server.evaluation.Evaluate(asked).evaluation.findings[0].HasField("explanation")
    asked.omit_explanations = True
    assert not server.evaluation.Evaluate(asked).evaluation.findings[0].HasField("explanation")


def test_the_same_claim_has_the_same_bytes_from_every_worker(server: RunningServer) -> None:
    answers = set()
    for _ in range(20):
        evaluation = server.evaluation.Evaluate(request("C-1")).evaluation
        evaluation.policy.digest = ""  # the test's engine puts its process id there
        answers.add(evaluation.SerializeToString(deterministic=True))
    assert len(answers) == 1


def test_every_wrong_field_is_named_at_once(server: RunningServer) -> None:
    message = claim_message("C-1", code="99")
    message.lines[0].service_date = "2026-13-01"
    message.claim_type = "DENTAL"
    message.history.add(procedure_code="99213", service_date="2026-01-01", status="LOST")
    error = refused(server, evaluation_service_pb2.EvaluateRequest(claim=message, as_of="today"))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(error) == "INVALID_CLAIM"
    assert set(fields_of(error)) == {
        "claim.lines[0].procedure_code",
        "claim.lines[0].service_date",
        "claim.claim_type",
        "claim.history[0].status",
        "as_of",
    }


@pytest.mark.parametrize(
    ("field", "value"), [("payer_sequence", "FIRST"), ("accident_type", "AA"), ("epsdt_referral", "Y")]
)
def test_a_word_that_is_no_choice_of_the_contract_is_named(server: RunningServer, field: str, value: str) -> None:
    message = claim_message("C-1")
    setattr(message, field, value)
    error = refused(server, evaluation_service_pb2.EvaluateRequest(claim=message))
    assert fields_of(error) == {f"claim.{field}": "C013"}


def test_a_request_without_a_claim_or_a_payer_says_so(server: RunningServer) -> None:
    assert "claim" in fields_of(refused(server, evaluation_service_pb2.EvaluateRequest()))
    message = claim_message("C-1")
    message.ClearField("payer")
    error = refused(server, evaluation_service_pb2.EvaluateRequest(claim=message))
    assert fields_of(error) == {"claim.payer": "C012"}


def test_a_claim_with_hundreds_of_problems_still_gets_its_answer(server: RunningServer) -> None:
    message = claim_message("C-1")
    del message.lines[:]
    message.lines.extend(
        claim_pb2.ServiceLine(line_number=n, procedure_code="?", service_date="?") for n in range(1, 900)
    )
    error = refused(server, evaluation_service_pb2.EvaluateRequest(claim=message))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "are listed" in error.details()


def test_a_claim_that_no_policy_covers_is_a_failed_precondition(server: RunningServer) -> None:
    error = refused(server, request("C-1", payer="NOBODY"))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(error) == "NO_POLICY"


def test_an_evaluation_that_fails_is_internal_with_its_reason(server: RunningServer) -> None:
    error = refused(server, request("C-1", code=FAIL))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert reason_of(error) == "EVALUATION_FAILED"


def test_an_unexpected_exception_shows_neither_in_the_answer_nor_in_the_log_what_it_quotes(
    server: RunningServer,
) -> None:
    error = refused(server, request("C-1", code=BREAK))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert reason_of(error) == "UNEXPECTED"
    assert SECRET not in error.details()
    assert "unexpected RuntimeError at" in server.log_text()
    assert SECRET not in server.log_text()


def test_fields_of_a_newer_client_are_ignored(server: RunningServer) -> None:
    body = request("C-1").SerializeToString() + b"\xfa\x7f\x03new"  # field 2047, text
    call = server.channel.unary_unary("/claimrules.v1.EvaluationService/Evaluate")
    assert evaluation_service_pb2.EvaluateResponse.FromString(call(body)).evaluation.claim_id == "C-1"


def test_a_call_whose_deadline_passes_while_it_stands_in_line_is_never_begun(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server("--workers", "1", "--per-claim-limit-ms", "60000", "--max-wait-ms", "60000")
    server.gate("C-held")
    held = server.evaluation.Evaluate.future(request("C-held", WAIT))
    gate = os.open(server.gates / "C-held", os.O_WRONLY)
    with pytest.raises(grpc.RpcError) as caught:
        server.evaluation.Evaluate(request("C-late", WAIT), timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    os.close(gate)
    assert held.result().evaluation.claim_id == "C-held"
    assert server.evaluation.Evaluate(request("C-next")).evaluation.claim_id == "C-next"
    assert not (server.gates / "C-late.pid").exists()


def test_a_request_larger_than_the_limit_is_refused_and_the_next_is_served(server: RunningServer) -> None:
    message = claim_message("C-1")
    message.documentation.notes.add(note_id="N-1", text="x" * (9 * 1024 * 1024))
    error = refused(server, evaluation_service_pb2.EvaluateRequest(claim=message))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert server.evaluation.Evaluate(request("C-2")).evaluation.claim_id == "C-2"


_VALID = request("C-1").SerializeToString()


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.tuples(st.integers(0, len(_VALID)), st.binary(max_size=8)).map(
            lambda cut: _VALID[: cut[0]] + cut[1] + _VALID[cut[0] + 1 :]
        ),
    )
)
def test_any_bytes_get_an_answer_or_a_clear_refusal(server: RunningServer, body: bytes) -> None:
    call = server.channel.unary_unary("/claimrules.v1.EvaluationService/Evaluate")
    code, reason = _outcome(call, body)
    assert (code, reason) in {
        (grpc.StatusCode.OK, ""),
        (grpc.StatusCode.INVALID_ARGUMENT, "UNREADABLE_MESSAGE"),
        (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CLAIM"),
        (grpc.StatusCode.FAILED_PRECONDITION, "NO_POLICY"),
    }


def _outcome(call: grpc.UnaryUnaryMultiCallable, body: bytes) -> tuple[grpc.StatusCode, str]:
    try:
        evaluation_service_pb2.EvaluateResponse.FromString(call(body, timeout=30))
    except grpc.RpcError as error:
        return error.code(), reason_of(error)
    return grpc.StatusCode.OK, ""


def test_garbage_is_refused_by_every_method_and_the_server_goes_on(server: RunningServer) -> None:
    garbage = b"\xff\xff\xff\xff garbage"
    for service, methods in {
        "EvaluationService": ("Evaluate", "BatchEvaluate"),
        "PolicyService": ("ListPolicies", "GetPolicy", "ListRules", "GetRule"),
    }.items():
        for method in methods:
            with pytest.raises(grpc.RpcError) as caught:
                server.channel.unary_unary(f"/claimrules.v1.{service}/{method}")(garbage)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert reason_of(caught.value) == "UNREADABLE_MESSAGE"
    assert server.evaluation.Evaluate(request("C-2")).evaluation.claim_id == "C-2"
