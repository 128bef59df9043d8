"""Answers the calls of PolicyService inside a worker, from the very snapshot that it judges claims against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from claimrules.v1 import policy_service_pb2
from google.protobuf.message import DecodeError

from engine.errors import Place, Problem
from engine.policy import resolve_policy
from engine.policy.types import Policy, ResolvedPolicy, Rule
from server.convert import policy_to_message, rule_to_message
from server.loading import Engine
from server.status import invalid_fields, not_found, unreadable

_USUAL_PAGE = 100
_LARGEST_PAGE = 1000
_TOKEN = re.compile(r"([0-9]{1,9})-([0-9a-f]{12})")

Item = TypeVar("Item")


def list_policies(engine: Engine, body: bytes) -> bytes:
    """Answers ListPolicies."""
    request = _request(policy_service_pb2.ListPoliciesRequest, body)
    policies = sorted(engine.snapshot.policies.policies, key=lambda p: (p.id, p.effective_from, p.version))
    page, token = _page(policies, request, engine.snapshot.digest)
    messages = [policy_to_message(policy, _resolved(engine, policy)) for policy in page]
    response = policy_service_pb2.ListPoliciesResponse(policies=messages, next_page_token=token)
    return bytes(response.SerializeToString())


def get_policy(engine: Engine, body: bytes) -> bytes:
    """Answers GetPolicy."""
    policy = _policy(engine, _request(policy_service_pb2.GetPolicyRequest, body))
    message = policy_to_message(policy, _resolved(engine, policy))
    return bytes(policy_service_pb2.GetPolicyResponse(policy=message).SerializeToString())


def list_rules(engine: Engine, body: bytes) -> bytes:
    """Answers ListRules."""
    request = _request(policy_service_pb2.ListRulesRequest, body)
    page, token = _page(_rules(engine, request), request, engine.snapshot.digest)
    response = policy_service_pb2.ListRulesResponse(
        rules=[rule_to_message(rule) for rule in page], next_page_token=token
    )
    return bytes(response.SerializeToString())


def get_rule(engine: Engine, body: bytes) -> bytes:
    """Answers GetRule."""
    request = _request(policy_service_pb2.GetRuleRequest, body)
    _require(request.rule_id, "rule_id")
    for rule in _rules(engine, request):
        if rule.id == request.rule_id:
            return bytes(policy_service_pb2.GetRuleResponse(rule=rule_to_message(rule)).SerializeToString())
    raise not_found("NO_SUCH_RULE", f"the policy {request.policy_id} runs no rule of that id; ListRules lists them")


def _request(kind: Any, body: bytes) -> Any:
    try:
        return kind.FromString(body)
    except DecodeError as error:
        raise unreadable(kind.DESCRIPTOR.full_name) from error


def _require(value: str, field: str) -> None:
    if not value:
        problem = Problem("R101", "it is always needed", Place(path=field))
        raise invalid_fields([problem], "the request is not complete", "INVALID_REQUEST")


def _policy(engine: Engine, request: Any) -> Policy:
    _require(request.policy_id, "policy_id")
    versions = [policy for policy in engine.snapshot.policies.policies if policy.id == request.policy_id]
    if not versions:
        raise not_found("NO_SUCH_POLICY", "there is no policy of that id; ListPolicies lists them")
    if not request.version:
        return max(versions, key=lambda policy: (policy.effective_from, policy.version))
    for policy in versions:
        if policy.version == request.version:
            return policy
    known = ", ".join(sorted(policy.version for policy in versions))
    raise not_found("NO_SUCH_VERSION", f"the policy {request.policy_id} has no such version; it has {known}")


def _rules(engine: Engine, request: Any) -> list[Rule]:
    return sorted(_resolved(engine, _policy(engine, request)).rules, key=lambda rule: rule.id)


def _resolved(engine: Engine, policy: Policy) -> ResolvedPolicy:
    for resolved in engine.snapshot.resolved:
        if resolved.policy.id == policy.id and resolved.policy.version == policy.version:
            return resolved
    # Drafts, retired policies and those that are only extended are never selected, so the snapshot has not merged them.
    return resolve_policy(engine.snapshot.policies, policy.id, policy.version)


def _page(items: Sequence[Item], request: Any, digest: str) -> tuple[Sequence[Item], str]:
    """Returns the page asked for and the token of the next; a token holds for one snapshot only."""
    mark = digest.rpartition(":")[2][:12]
    start = 0
    if request.page_token:
        match = _TOKEN.fullmatch(request.page_token)
        if match is None or match[2] != mark:
            problem = Problem(
                "R103", "it was not given by these policies; ask for the first page", Place(path="page_token")
            )
            raise invalid_fields([problem], "the page is not there", "INVALID_REQUEST")
        start = int(match[1])
    if not 0 <= request.page_size <= _LARGEST_PAGE:
        problem = Problem("R102", f"it lies between 0 and {_LARGEST_PAGE}", Place(path="page_size"))
        raise invalid_fields([problem], "the page has no such size", "INVALID_REQUEST")
    end = start + (request.page_size or _USUAL_PAGE)
    return items[start:end], f"{end}-{mark}" if end < len(items) else ""
