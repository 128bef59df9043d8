"""Turns the engine's policies and rules into Policy and Rule messages."""

from __future__ import annotations

from typing import Any

from claimrules.v1 import policy_pb2

from engine.policy.types import Policy, ResolvedPolicy, Rule
from server.convert.evaluation import fill_citations

Message = Any


def policy_to_message(policy: Policy, resolved: ResolvedPolicy) -> Message:
    """Returns one version of one policy; ``resolved`` is the same with its parents merged in."""
    message = policy_pb2.Policy(
        policy_id=policy.id,
        version=policy.version,
        title=policy.title,
        status=policy.status.value,
        effective_from=policy.effective_from,
        effective_to=policy.effective_to,
        published=policy.published,
        review_by=policy.review_by,
        owner=policy.owner,
        extends=[f"{parent.policy}@{parent.version}" for parent in policy.extends],
        chain=resolved.chain,
        digest=resolved.digest,
        rule_count=len(resolved.rules),
    )
    if policy.scope is not None:
        message.scope.payers.extend(policy.scope.payers)
        message.scope.lines_of_business.extend(policy.scope.lines_of_business)
        message.scope.states.extend(policy.scope.states)
        message.scope.plans.extend(policy.scope.plans)
        message.scope.claim_types.extend(policy.scope.claim_types)
    return message


def rule_to_message(rule: Rule) -> Message:
    """Returns one rule as a policy runs it."""
    message = policy_pb2.Rule(
        rule_id=rule.id,
        title=rule.title,
        policy_id=rule.policy_id,
        policy_version=rule.policy_version,
        category=rule.category,
        kind=rule.kind,
        severity=rule.severity,
        status=rule.status.value,
        known_exceptions=rule.known_exceptions,
        reads=sorted({pattern.kind for pattern in (*rule.when, *rule.unless)}),
        asserts=sorted({assertion.kind for assertion in rule.assertions}),
        reports=rule.report is not None,
    )
    fill_citations(message.citations, rule.citations)
    return message
