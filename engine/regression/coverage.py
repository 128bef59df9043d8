"""Measures what golden tests reach: each rule fired and nearly fired, each exception and each override used.

A rule has nearly fired on a claim when all of its conditions but one held, or when an ``unless`` stopped it. Rule coverage alone
proves little; what it finds uncovered is untested for certain.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.errors import UsageError
from engine.evaluate import Evaluator
from engine.explain import all_facts, why_not
from engine.model import Claim, Evaluation
from engine.policy.types import Policy, PolicySet, ResolvedPolicy, Rule, TestFile
from engine.snapshot import CompiledPolicy

RuleKey = tuple[str, str, str]


class Uncovered(msgspec.Struct, frozen=True):
    """One thing no test reaches: ``what`` is ``never fired``, ``never nearly fired``, ``exception never used`` or
    ``override never used``; ``policy`` is id and version."""

    what: str
    id: str
    policy: str

    def text(self) -> str:
        """Returns it as one line."""
        return f"{self.what}: {self.id} ({self.policy})"


class CoverageReport(msgspec.Struct, frozen=True):
    """How much was reached, as counts of covered and of all, and what was not."""

    counts: tuple[tuple[str, int, int], ...]
    uncovered: tuple[Uncovered, ...]


class Coverage:
    """Collects what each evaluated test reaches; ``see`` is told of every evaluation of a run."""

    def __init__(self) -> None:
        self._fired: set[RuleKey] = set()
        self._near: set[RuleKey] = set()
        self._exceptions: set[tuple[str, str]] = set()
        self._overridden: set[tuple[str, str, str]] = set()
        self._policies: dict[tuple[str, str], ResolvedPolicy] = {}

    def see(self, evaluator: Evaluator, file: TestFile, claim: Claim, evaluation: Evaluation) -> None:
        """Notes the rules that fired or nearly did, and the exceptions and overrides used."""
        key = (file.policy_id, file.policy_version)
        compiled = evaluator.snapshot.policy(*key)
        self._policies[key] = compiled.resolved
        fired = _fired(evaluator, compiled, claim, evaluation)
        self._exceptions |= {(entry.policy_id, entry.exception_id) for entry in evaluation.excepted}
        self._overridden |= {(*key, rule_id) for rule_id in fired}
        for rule in compiled.resolved.rules:
            name = _key(rule)
            if rule.id in fired:
                self._fired.add(name)
            elif name not in self._near and _nearly(evaluator, claim, rule, key):
                self._near.add(name)

    def report(self, policies: PolicySet) -> CoverageReport:
        """Returns what was reached of every rule, exception and override of the policies that tests name."""
        rules = {_key(rule): rule for resolved in self._policies.values() for rule in resolved.rules}
        seen = [policy for policy in policies.policies if (policy.id, policy.version) in self._policies]
        exceptions = {(e.policy_id or p.id, e.id): p for p in seen for e in p.exceptions}
        overrides = {(p.id, p.version, o.rule) for p in seen for o in p.overrides}
        untested = [p for p in policies.policies if p.scope is not None and p not in seen]
        uncovered = [
            *(Uncovered("never fired", key[0], _version(key[1:])) for key in sorted(rules.keys() - self._fired)),
            *(Uncovered("never nearly fired", key[0], _version(key[1:])) for key in sorted(rules.keys() - self._near)),
            *(
                Uncovered("exception never used", key[1], _name(exceptions[key]))
                for key in sorted(exceptions.keys() - self._exceptions)
            ),
            *(Uncovered("override never used", key[2], _version(key)) for key in sorted(overrides - self._overridden)),
            *(Uncovered("policy without tests", policy.id, _name(policy)) for policy in untested),
        ]
        counts = (
            ("rules fired", len(rules.keys() & self._fired), len(rules)),
            ("rules nearly fired", len(rules.keys() & self._near), len(rules)),
            ("exceptions used", len(exceptions.keys() & self._exceptions), len(exceptions)),
            ("overrides used", len(overrides & self._overridden), len(overrides)),
        )
        return CoverageReport(counts, tuple(uncovered))


def _fired(evaluator: Evaluator, compiled: CompiledPolicy, claim: Claim, evaluation: Evaluation) -> set[str]:
    findings = [*evaluation.findings, *evaluation.trial_findings, *(entry.finding for entry in evaluation.excepted)]
    fired = {finding.rule_id for finding in findings}
    facts = all_facts(compiled, claim, evaluator.context_for(compiled, ""))
    return fired | {fact.derived_by.rule.id for fact in facts if fact.derived_by is not None}


def _nearly(evaluator: Evaluator, claim: Claim, rule: Rule, policy: tuple[str, str]) -> bool:
    try:
        answer = why_not(evaluator, claim, rule.id, policy=policy)
    except UsageError:
        return False
    return len(answer.held) >= len(rule.when) - 1


def _key(rule: Rule) -> RuleKey:
    return (rule.id, rule.policy_id, rule.policy_version)


def _version(parts: Iterable[str]) -> str:
    identity, version, *_ = parts
    return f"{identity} {version}"


def _name(policy: Policy) -> str:
    return f"{policy.id} {policy.version}"
