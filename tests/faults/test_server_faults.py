"""What a claim system sees when workers hang, crash and are killed, when too much comes, and when the server stops."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from claimrules.v1 import evaluation_service_pb2
from claimrules.v1.policy_service_pb2 import ListPoliciesRequest
from engines import CRASH, HANG, WAIT
from google.rpc import code_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from running_server import RunningServer, claim_message, reason_of, request

Start = Callable[..., RunningServer]
PATIENT = ("--per-claim-limit-ms", "60000")


def refusal(call: Callable[[], object]) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def wait_for_end(process_id: int) -> None:
    """Waits until a process has ended; one that is already gone needs no wait."""
    try:
        handle = os.pidfd_open(process_id)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], 30)[0], f"process {process_id} did not end"
    finally:
        os.close(handle)


def open_gate(server: RunningServer, claim_id: str) -> int:
    """Waits until the claim is being judged (its worker reads the gate) and returns the gate's writing end."""
    return os.open(server.gates / claim_id, os.O_WRONLY)


def test_killing_a_worker_costs_the_call_it_held_and_no_other(start_server: Start) -> None:
    server = start_server("--workers", "2", *PATIENT)
    server.gate("C-held")
    held = server.evaluation.Evaluate.future(request("C-held", WAIT))
    gate = open_gate(server, "C-held")
    os.kill(server.worker_at("C-held"), signal.SIGKILL)
    os.close(gate)
    error = refusal(held.result)
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert reason_of(error) == "WORKER_LOST"
    answers = [server.evaluation.Evaluate(request(f"C-{n}")).evaluation.claim_id for n in range(50)]
    assert answers == [f"C-{n}" for n in range(50)]


def test_killing_idle_workers_costs_no_call(start_server: Start) -> None:
    server = start_server("--workers", "1", "--max-wait-ms", "60000")
    for turn in range(3):
        first = server.evaluation.Evaluate(request(f"C-{turn}")).evaluation
        worker = int(first.policy.digest)
        os.kill(worker, signal.SIGKILL)
        wait_for_end(worker)
        again = server.evaluation.Evaluate(request(f"D-{turn}")).evaluation
        assert again.claim_id == f"D-{turn}"
        assert int(again.policy.digest) != worker


def test_a_crash_in_native_code_costs_one_claim(start_server: Start) -> None:
    server = start_server("--workers", "1", "--max-wait-ms", "60000")
    assert refusal(lambda: server.evaluation.Evaluate(request("C-1", CRASH))).code() is grpc.StatusCode.UNAVAILABLE
    assert server.evaluation.Evaluate(request("C-2")).evaluation.claim_id == "C-2"


def test_a_claim_that_never_ends_is_given_up_and_its_worker_replaced(start_server: Start) -> None:
    server = start_server("--workers", "1", "--per-claim-limit-ms", "300", "--max-wait-ms", "60000")
    before = int(server.evaluation.Evaluate(request("C-0")).evaluation.policy.digest)
    error = refusal(lambda: server.evaluation.Evaluate(request("C-1", HANG)))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert reason_of(error) == "CLAIM_TIME_LIMIT"
    wait_for_end(before)
    assert int(server.evaluation.Evaluate(request("C-2")).evaluation.policy.digest) != before


def test_a_hung_claim_of_a_batch_costs_itself_only(start_server: Start) -> None:
    server = start_server("--workers", "2", "--per-claim-limit-ms", "300", "--max-wait-ms", "60000")
    claims = [claim_message(f"C-{n}", HANG if n == 7 else "99213") for n in range(30)]
    results = server.evaluation.BatchEvaluate(evaluation_service_pb2.BatchEvaluateRequest(claims=claims)).results
    refused = {n: r.status.code for n, r in enumerate(results) if r.WhichOneof("outcome") == "status"}
    assert refused == {7: code_pb2.DEADLINE_EXCEEDED}
    assert [result.claim_id for result in results] == [f"C-{n}" for n in range(30)]


def test_a_burst_beyond_what_is_served_is_turned_away_at_once_not_left_hanging(start_server: Start) -> None:
    server = start_server("--workers", "1", "--max-wait-ms", "50", "--max-concurrent-calls", "20", *PATIENT)
    server.gate("C-held")
    held = server.evaluation.Evaluate.future(request("C-held", WAIT))
    gate = open_gate(server, "C-held")
    with ThreadPoolExecutor(60) as clients:
        calls = [clients.submit(server.evaluation.Evaluate, request(f"C-{n}"), timeout=60) for n in range(60)]
        codes = {refusal(call.result).code() for call in calls}
    assert codes == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    error = refusal(lambda: server.evaluation.Evaluate(request("C-late")))
    assert reason_of(error) == "NO_IDLE_WORKER"
    os.close(gate)
    assert held.result().evaluation.claim_id == "C-held"
    assert server.evaluation.Evaluate(request("C-after")).evaluation.claim_id == "C-after"


def test_sigterm_shows_not_serving_finishes_the_call_in_flight_and_exits_0(start_server: Start) -> None:
    server = start_server("--workers", "2", "--grace-ms", "60000", *PATIENT)
    states = health_pb2_grpc.HealthStub(server.channel).Watch(health_pb2.HealthCheckRequest())
    assert next(states).status == health_pb2.HealthCheckResponse.SERVING
    server.gate("C-held")
    held = server.evaluation.Evaluate.future(request("C-held", WAIT))
    gate = open_gate(server, "C-held")
    server.process.send_signal(signal.SIGTERM)
    assert next(states).status == health_pb2.HealthCheckResponse.NOT_SERVING
    states.cancel()
    os.close(gate)
    assert held.result().evaluation.claim_id == "C-held"
    assert server.process.wait(60) == 0
    wait_for_end(server.worker_at("C-held"))


def test_a_signal_to_the_whole_process_group_loses_no_call(start_server: Start) -> None:
    server = start_server("--workers", "1", "--grace-ms", "60000", *PATIENT)
    server.gate("C-held")
    held = server.evaluation.Evaluate.future(request("C-held", WAIT))
    gate = open_gate(server, "C-held")
    worker = server.worker_at("C-held")
    os.kill(worker, signal.SIGTERM)
    os.kill(worker, signal.SIGINT)
    server.process.send_signal(signal.SIGINT)
    os.close(gate)
    assert held.result().evaluation.claim_id == "C-held"
    assert server.process.wait(60) == 0


def test_a_call_that_outlasts_the_grace_does_not_keep_the_server(start_server: Start) -> None:
    server = start_server("--workers", "1", "--grace-ms", "200", *PATIENT)
    server.gate("C-held")
    held = server.evaluation.Evaluate.future(request("C-held", WAIT))
    gate = open_gate(server, "C-held")
    server.process.send_signal(signal.SIGTERM)
    assert refusal(held.result).code() in {grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}
    assert server.process.wait(60) == 0
    os.close(gate)


def test_no_worker_outlives_a_front_that_is_killed(start_server: Start) -> None:
    server = start_server("--workers", "1", "--per-claim-limit-ms", "300")
    worker = int(server.evaluation.Evaluate(request("C-1")).evaluation.policy.digest)
    server.process.kill()
    wait_for_end(worker)


def test_health_follows_the_workers(start_server: Start) -> None:
    server = start_server("--workers", "1", "--max-wait-ms", "60000")
    states = health_pb2_grpc.HealthStub(server.channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
    assert next(states).status == health_pb2.HealthCheckResponse.SERVING
    os.kill(int(server.evaluation.Evaluate(request("C-1")).evaluation.policy.digest), signal.SIGKILL)
    assert next(states).status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert next(states).status == health_pb2.HealthCheckResponse.SERVING
    states.cancel()


def test_the_caller_that_goes_away_leaves_the_worker_to_the_next(start_server: Start) -> None:
    server = start_server("--workers", "1", "--max-wait-ms", "60000", *PATIENT)
    server.gate("C-held")
    held = server.evaluation.Evaluate.future(request("C-held", WAIT))
    gate = open_gate(server, "C-held")
    worker = server.worker_at("C-held")
    held.cancel()
    os.close(gate)
    assert int(server.evaluation.Evaluate(request("C-1")).evaluation.policy.digest) == worker


def test_a_worker_that_is_stopped_by_a_debugger_is_replaced(start_server: Start) -> None:
    server = start_server("--workers", "1", "--per-claim-limit-ms", "300", "--max-wait-ms", "60000")
    worker = int(server.evaluation.Evaluate(request("C-1")).evaluation.policy.digest)
    os.kill(worker, signal.SIGSTOP)
    error = refusal(lambda: server.evaluation.Evaluate(request("C-2")))
    assert reason_of(error) == "CLAIM_TIME_LIMIT"
    assert int(server.evaluation.Evaluate(request("C-3")).evaluation.policy.digest) != worker


def test_a_replaced_worker_judges_by_the_policies_of_the_start_though_they_were_edited(start_server: Start) -> None:
    server = start_server("--workers", "1", "--max-wait-ms", "60000")
    before = server.policies.ListPolicies(ListPoliciesRequest(page_size=1)).next_page_token
    (server.policies_folder / "edition").write_text("broken tomorrow")
    worker = int(server.evaluation.Evaluate(request("C-1")).evaluation.policy.digest)
    os.kill(worker, signal.SIGKILL)
    wait_for_end(worker)
    # A page token holds for one snapshot only, so an equal one is the same snapshot.
    assert server.policies.ListPolicies(ListPoliciesRequest(page_size=1)).next_page_token == before


def test_a_worker_with_other_reference_data_than_the_rest_never_judges(start_server: Start) -> None:
    server = start_server("--workers", "2", "--max-wait-ms", "60000")
    first = int(server.evaluation.Evaluate(request("C-1")).evaluation.policy.digest)
    (server.gates / "release").write_text("2031q1")
    os.kill(first, signal.SIGKILL)
    wait_for_end(first)
    survivors = {server.evaluation.Evaluate(request(f"C-{n}")).evaluation.policy.digest for n in range(50)}
    assert len(survivors) == 1
    wait_for_log(server, "the reference data has changed since the server started")
    survivors |= {server.evaluation.Evaluate(request(f"C-{n}")).evaluation.policy.digest for n in range(50)}
    assert len(survivors) == 1


def wait_for_log(server: RunningServer, text: str) -> None:
    states = health_pb2_grpc.HealthStub(server.channel)
    while text not in server.log_text():  # asking for health paces the loop and fails when the server is gone
        states.Check(health_pb2.HealthCheckRequest())


def test_no_caller_ever_gets_the_answer_of_another_claim_while_workers_crash_and_hang(start_server: Start) -> None:
    server = start_server("--workers", "2", "--per-claim-limit-ms", "200", "--max-wait-ms", "60000")
    allowed = {
        CRASH: {grpc.StatusCode.UNAVAILABLE},
        HANG: {grpc.StatusCode.DEADLINE_EXCEEDED},
        "99213": {grpc.StatusCode.OK},
    }

    def call(number: int) -> tuple[str, grpc.StatusCode, str]:
        code = {20: CRASH, 90: HANG}.get(number % 100, "99213")
        try:
            message = request(f"C-{number}", code, cents=number)
            return code, grpc.StatusCode.OK, server.evaluation.Evaluate(message, timeout=60).evaluation.evaluation_id
        except grpc.RpcError as error:
            return code, error.code(), ""

    with ThreadPoolExecutor(40) as clients:
        answers = list(clients.map(call, range(1000)))
    for number, (code, status, evaluation_id) in enumerate(answers):
        assert status in allowed[code], number
        assert evaluation_id == (f"C-{number}:{number}:" if status is grpc.StatusCode.OK else "")
