"""PolicyService, as a page that shows policies calls it."""

from __future__ import annotations

import grpc
import pytest
from claimrules.v1 import policy_service_pb2
from running_server import RunningServer, fields_of, reason_of


def test_policies_are_listed_by_pages(server: RunningServer) -> None:
    first = server.policies.ListPolicies(policy_service_pb2.ListPoliciesRequest(page_size=1))
    second = server.policies.ListPolicies(
        policy_service_pb2.ListPoliciesRequest(page_size=1, page_token=first.next_page_token)
    )
    assert [(p.policy_id, p.version) for p in (*first.policies, *second.policies)] == [
        ("test-payer", "2025.1"),
        ("test-payer", "2026.1"),
    ]
    assert second.next_page_token == ""


def test_the_latest_version_is_shown_when_none_is_named(server: RunningServer) -> None:
    policy = server.policies.GetPolicy(policy_service_pb2.GetPolicyRequest(policy_id="test-payer")).policy
    assert (policy.version, policy.rule_count, list(policy.scope.payers)) == ("2026.1", 5, ["TEST"])
    assert list(policy.chain) == ["test-payer@2026.1"]


def test_rules_are_listed_and_shown(server: RunningServer) -> None:
    listed = server.policies.ListRules(policy_service_pb2.ListRulesRequest(policy_id="test-payer", page_size=3))
    assert [rule.rule_id for rule in listed.rules] == ["T-001", "T-002", "T-003"]
    shown = server.policies.GetRule(policy_service_pb2.GetRuleRequest(policy_id="test-payer", rule_id="T-002")).rule
    assert shown == listed.rules[1]
    assert (list(shown.reads), shown.reports, shown.status) == (["line"], True, "active")


@pytest.mark.parametrize(
    ("method", "message", "reason"),
    [
        ("GetPolicy", policy_service_pb2.GetPolicyRequest(policy_id="none"), "NO_SUCH_POLICY"),
        ("GetPolicy", policy_service_pb2.GetPolicyRequest(policy_id="test-payer", version="1"), "NO_SUCH_VERSION"),
        ("ListRules", policy_service_pb2.ListRulesRequest(policy_id="none"), "NO_SUCH_POLICY"),
        ("GetRule", policy_service_pb2.GetRuleRequest(policy_id="test-payer", rule_id="X"), "NO_SUCH_RULE"),
    ],
)
def test_what_is_not_there_is_not_found(server: RunningServer, method: str, message: object, reason: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        getattr(server.policies, method)(message)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert reason_of(caught.value) == reason


@pytest.mark.parametrize(
    ("method", "message", "field"),
    [
        ("GetPolicy", policy_service_pb2.GetPolicyRequest(), "policy_id"),
        ("GetRule", policy_service_pb2.GetRuleRequest(policy_id="test-payer"), "rule_id"),
        ("ListPolicies", policy_service_pb2.ListPoliciesRequest(page_size=1001), "page_size"),
        ("ListPolicies", policy_service_pb2.ListPoliciesRequest(page_size=-1), "page_size"),
        ("ListPolicies", policy_service_pb2.ListPoliciesRequest(page_token="1-000000000000"), "page_token"),
        ("ListPolicies", policy_service_pb2.ListPoliciesRequest(page_token="next"), "page_token"),
    ],
)
def test_a_request_that_cannot_be_meant_names_its_field(
    server: RunningServer, method: str, message: object, field: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        getattr(server.policies, method)(message)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert list(fields_of(caught.value)) == [field]
