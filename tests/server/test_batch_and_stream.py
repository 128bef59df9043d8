"""BatchEvaluate and StreamEvaluate: every claim has its own result, in order."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator

import grpc
import pytest
from claimrules.v1 import evaluation_service_pb2
from engines import CRASH, FAIL, WAIT
from google.rpc import code_pb2
from running_server import RunningServer, claim_message, fields_of, reason_of


def stream_request(claim_id: str, code: str = "99213") -> evaluation_service_pb2.StreamEvaluateRequest:
    return evaluation_service_pb2.StreamEvaluateRequest(claim=claim_message(claim_id, code))


def test_one_bad_claim_of_a_batch_never_loses_the_others(server: RunningServer) -> None:
    codes = {3: "99", 21: FAIL, 30: CRASH, 31: "99"}
    claims = [claim_message(f"C-{n}", codes.get(n, "99213"), cents=n) for n in range(70)]
    claims[50].payer.payer_id = "NOBODY"
    results = server.evaluation.BatchEvaluate(evaluation_service_pb2.BatchEvaluateRequest(claims=claims)).results
    assert [result.claim_id for result in results] == [f"C-{n}" for n in range(70)]
    refused = {n: result.status.code for n, result in enumerate(results) if result.WhichOneof("outcome") == "status"}
    assert refused == {
        3: code_pb2.INVALID_ARGUMENT,
        21: code_pb2.INTERNAL,
        30: code_pb2.UNAVAILABLE,
        31: code_pb2.INVALID_ARGUMENT,
        50: code_pb2.FAILED_PRECONDITION,
    }
    judged = [(n, result.evaluation.evaluation_id) for n, result in enumerate(results) if n not in refused]
    assert judged == [(n, f"C-{n}:{n}:") for n in range(70) if n not in refused]


def test_parts_of_a_batch_are_judged_at_the_same_time(start_server: Callable[..., RunningServer]) -> None:
    server = start_server("--workers", "2", "--per-claim-limit-ms", "60000")
    claims = [claim_message(f"C-{n}", WAIT if n in {0, 39} else "99213") for n in range(40)]
    gates = [server.gate("C-0"), server.gate("C-39")]
    call = server.evaluation.BatchEvaluate.future(evaluation_service_pb2.BatchEvaluateRequest(claims=claims))
    # Each opens when its claim is being judged, and neither claim ends before both have opened.
    opened = [os.open(gate, os.O_WRONLY) for gate in gates]
    for gate in opened:
        os.close(gate)
    assert [result.evaluation.claim_id for result in call.result().results] == [f"C-{n}" for n in range(40)]


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_of_no_claims_or_too_many_is_refused(server: RunningServer, count: int) -> None:
    claims = [claim_message("C-1")] * count
    with pytest.raises(grpc.RpcError) as caught:
        server.evaluation.BatchEvaluate(evaluation_service_pb2.BatchEvaluateRequest(claims=claims))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert fields_of(caught.value) == {"claims": "R104"}


def test_a_stream_answers_in_order_and_reports_each_bad_claim(server: RunningServer) -> None:
    codes = {4: "99", 9: FAIL, 15: CRASH}
    requests = [stream_request(f"C-{n}", codes.get(n, "99213")) for n in range(60)]
    answers = list(server.evaluation.StreamEvaluate(iter(requests)))
    assert [answer.claim_id for answer in answers] == [f"C-{n}" for n in range(60)]
    refused = {n: answer.status.code for n, answer in enumerate(answers) if answer.WhichOneof("outcome") == "status"}
    assert refused == {4: code_pb2.INVALID_ARGUMENT, 9: code_pb2.INTERNAL, 15: code_pb2.UNAVAILABLE}


def test_a_stream_answers_each_claim_before_the_next_is_sent(server: RunningServer) -> None:
    sent: queue.SimpleQueue[evaluation_service_pb2.StreamEvaluateRequest | None] = queue.SimpleQueue()
    requests: Iterator[evaluation_service_pb2.StreamEvaluateRequest] = iter(sent.get, None)
    answers = server.evaluation.StreamEvaluate(requests, timeout=60)
    for number in range(5):
        sent.put(stream_request(f"C-{number}"))
        assert next(answers).claim_id == f"C-{number}"
    sent.put(None)
    assert list(answers) == []


def test_garbage_in_a_stream_is_answered_and_the_stream_goes_on(server: RunningServer) -> None:
    call = server.channel.stream_stream("/claimrules.v1.EvaluationService/StreamEvaluate")
    bodies = [b"\xff\xff", stream_request("C-1").SerializeToString()]
    first, second = map(evaluation_service_pb2.StreamEvaluateResponse.FromString, call(iter(bodies)))
    assert reason_of(first.status) == "UNREADABLE_MESSAGE"
    assert second.evaluation.claim_id == "C-1"


def test_streams_beyond_the_limit_are_turned_away_and_a_cancelled_one_makes_room(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server("--workers", "1", "--max-streams", "1")
    sent: queue.SimpleQueue[evaluation_service_pb2.StreamEvaluateRequest | None] = queue.SimpleQueue()
    first = server.evaluation.StreamEvaluate(iter(sent.get, None))
    sent.put(stream_request("C-1"))
    assert next(first).claim_id == "C-1"
    with pytest.raises(grpc.RpcError) as caught:
        list(server.evaluation.StreamEvaluate(iter([stream_request("C-2")])))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert reason_of(caught.value) == "TOO_MANY_STREAMS"
    sent.put(None)
    assert list(first) == []
    assert [a.claim_id for a in server.evaluation.StreamEvaluate(iter([stream_request("C-3")]))] == ["C-3"]
