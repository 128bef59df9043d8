"""Resolves policies: parents merged in, overrides applied, trial marked, disabled and draft rules left out, all of it digested."""

from __future__ import annotations

import msgspec

from engine.errors import InvalidPolicyError, NoPolicyError, Place, Problem
from engine.policy.digest import RuleDigests, resolved_digest
from engine.policy.merge import Merged, Merger
from engine.policy.types import PolicySet, ResolvedPolicy, Rule, Status


class _Problems:
    def __init__(self) -> None:
        self.found: list[Problem] = []

    def __call__(self, code: str, place: Place, message: str, hint: str = "") -> None:
        self.found.append(Problem(code, message, place, hint))


def resolve(policy_set: PolicySet) -> tuple[ResolvedPolicy, ...]:
    """Returns every policy that claims can be judged by: with a scope, neither draft nor retired.

    Raises InvalidPolicyError when parents cannot be merged.
    """
    problems = _Problems()
    merger = Merger(policy_set, problems)
    digests = RuleDigests()
    wanted = [p for p in policy_set.policies if p.scope is not None and p.status in (Status.ACTIVE, Status.TRIAL)]
    found = tuple(_resolved(merger, merger.merged(policy), digests) for policy in wanted)
    if problems.found:
        raise InvalidPolicyError("the policies cannot be merged", set(problems.found))
    return found


def resolve_policy(policy_set: PolicySet, policy_id: str, version: str) -> ResolvedPolicy:
    """Returns any policy of a set with its parents merged in, also a draft, a retired one or one without a scope.

    Raises NoPolicyError when there is none of this id and version, InvalidPolicyError when parents cannot be merged.
    """
    problems = _Problems()
    merger = Merger(policy_set, problems)
    policy = merger.by_version.get((policy_id, version))
    if policy is None:
        known = sorted(p.version for p in policy_set.policies if p.id == policy_id)
        there = f"its versions are {', '.join(known)}" if known else "no policy has this id"
        raise NoPolicyError(f"there is no policy {policy_id} version {version} ({there})")
    found = _resolved(merger, merger.merged(policy), RuleDigests())
    if problems.found:
        raise InvalidPolicyError(f"the policy {policy_id} cannot be merged", set(problems.found))
    return found


def _resolved(merger: Merger, merged: Merged, digests: RuleDigests) -> ResolvedPolicy:
    policy = merged.policy
    chain = tuple(f"{policy_id}@{version}" for policy_id, version in merged.chain.items())
    rules = []
    for rule in merged.rules.values():
        if rule.status is Status.DRAFT:
            continue
        origin = merger.by_version.get((rule.policy_id, rule.policy_version), policy)
        rules.append(_on_trial(rule) if Status.TRIAL in (rule.status, origin.status, policy.status) else rule)
    values = tuple(merged.values[name] for name in sorted(merged.values))
    totals = tuple(merged.totals[name] for name in sorted(merged.totals))
    exceptions = tuple(merged.exceptions[name] for name in sorted(merged.exceptions))
    tables = tuple(sorted(merged.tables))
    ordered = tuple(sorted(rules, key=lambda rule: rule.id))
    return ResolvedPolicy(
        policy=policy,
        chain=chain,
        rules=ordered,
        values=values,
        totals=totals,
        exceptions=exceptions,
        tables=tables,
        digest=resolved_digest(policy, chain, ordered, (*values, *totals, *exceptions), tables, digests),
    )


def _on_trial(rule: Rule) -> Rule:
    return rule if rule.status is Status.TRIAL else msgspec.structs.replace(rule, status=Status.TRIAL)
