"""The server with the product's own engine and the policies that ship: its answers are those of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import msgspec
import pytest
from claimrules.v1 import evaluation_service_pb2, policy_service_pb2
from google.protobuf import json_format
from running_server import RunningServer, run_serve

from engine.claims import encode_evaluation
from engine.evaluate import Evaluator
from engine.model import Claim, Diagnosis, Evaluation, Payer, ServiceLine
from engine.snapshot import load_snapshot
from server.convert import claim_to_message, evaluation_from_message


def claim(number: int) -> Claim:
    """Invented claims that differ in what is wrong with them: nothing, a pair, too many units, a date, a pointer."""
    day = "2024-07-10"
    lines = {
        0: [ServiceLine(1, "99213", day, diagnosis_pointers=(1,), charge_cents=10000)],
        1: [
            ServiceLine(1, "45385", day, diagnosis_pointers=(1,), charge_cents=90000),
            ServiceLine(2, "45378", day, diagnosis_pointers=(1,), charge_cents=60000),
        ],
        2: [ServiceLine(1, "99213", day, units=40.0, diagnosis_pointers=(1,), charge_cents=400000)],
        3: [
            ServiceLine(1, "36415", day, diagnosis_pointers=(1,), charge_cents=1000),
            ServiceLine(2, "36415", day, diagnosis_pointers=(1,), charge_cents=1000),
        ],
        4: [ServiceLine(1, "99214", day, diagnosis_pointers=(3,), charge_cents=15000)],
    }[number % 5]
    made = Claim(
        claim_id=f"C-{number}",
        received_date="2024-08-01",
        place_of_service="11",
        total_charge_cents=sum(line.charge_cents for line in lines),
        payer=Payer("MEDICARE_B", "medicare"),
        diagnoses=(Diagnosis("K63.5"),),
        lines=tuple(lines),
    )
    return msgspec.json.decode(msgspec.json.encode(made), type=Claim)  # as a file or a message would give it


@pytest.fixture(scope="module")
def evaluator(request: pytest.FixtureRequest) -> Iterator[Evaluator]:
    evaluator = Evaluator(load_snapshot(request.getfixturevalue("policies_folder"), None))
    yield evaluator
    evaluator.close()


@pytest.fixture(scope="module")
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home: Path = tmp_path_factory.mktemp("real")
    policies = request.getfixturevalue("policies_folder")
    with RunningServer(policies, home, "--workers", "2", "--max-wait-ms", "60000", engine="") as running:
        yield running


def evaluate(server: RunningServer, each: Claim) -> Evaluation:
    message = evaluation_service_pb2.EvaluateRequest(claim=claim_to_message(each))
    return evaluation_from_message(server.evaluation.Evaluate(message, timeout=60).evaluation)


def test_fifty_clients_at_once_get_the_answers_of_the_engine(real: RunningServer, evaluator: Evaluator) -> None:
    claims = [claim(number) for number in range(50)]
    with ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(lambda each: evaluate(real, each), claims))
    assert answers == [evaluator.evaluate(each) for each in claims]
    assert {finding.category for answer in answers for finding in answer.findings} >= {"ncci_ptp"}


def test_a_batch_and_a_stream_answer_as_single_calls_do(real: RunningServer, evaluator: Evaluator) -> None:
    messages = [claim_to_message(claim(number)) for number in range(60)]
    batch = real.evaluation.BatchEvaluate(evaluation_service_pb2.BatchEvaluateRequest(claims=messages)).results
    requests = (evaluation_service_pb2.StreamEvaluateRequest(claim=message) for message in messages)
    stream = list(real.evaluation.StreamEvaluate(requests))
    expected = [evaluator.evaluate(claim(number)) for number in range(60)]
    assert [evaluation_from_message(result.evaluation) for result in batch] == expected
    assert [evaluation_from_message(result.evaluation) for result in stream] == expected


def test_the_json_of_an_answer_is_the_json_of_the_evaluation(real: RunningServer, evaluator: Evaluator) -> None:
    for number in range(5):
        message = evaluation_service_pb2.EvaluateRequest(claim=claim_to_message(claim(number)))
        answer = real.evaluation.Evaluate(message).evaluation
        document = json_format.MessageToDict(answer, preserving_proto_field_name=True)
        assert msgspec.convert(document, Evaluation) == msgspec.json.decode(
            encode_evaluation(evaluator.evaluate(claim(number))), type=Evaluation
        )


def test_the_policies_that_ship_are_shown_with_their_rules(real: RunningServer, evaluator: Evaluator) -> None:
    policies = real.policies.ListPolicies(policy_service_pb2.ListPoliciesRequest(page_size=1000)).policies
    shipped = {(policy.id, policy.version) for policy in evaluator.snapshot.policies.policies}
    assert {(policy.policy_id, policy.version) for policy in policies} == shipped
    for policy in policies:
        request = policy_service_pb2.ListRulesRequest(
            policy_id=policy.policy_id, version=policy.version, page_size=1000
        )
        assert len(real.policies.ListRules(request).rules) == policy.rule_count


def test_a_payer_that_no_policy_covers_is_said_so(real: RunningServer) -> None:
    stranger = msgspec.structs.replace(claim(0), payer=Payer("NOBODY", "none"))
    with pytest.raises(grpc.RpcError) as caught:
        evaluate(real, stranger)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_policies_that_do_not_load_are_named_by_their_own_path_and_nothing_is_served(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("policy: [\n")
    ended = run_serve(tmp_path, "--policies", str(tmp_path))
    assert ended.returncode == 3
    assert str(tmp_path / "broken.yaml") in ended.stderr
    assert ended.stdout == ""
