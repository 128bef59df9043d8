"""Finds rules that deny what they lead to: a cycle of derived facts through ``unless`` has no answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.policy.check_tests import Complaint
from engine.policy.types import Policy, Rule


def check_cycles(policy: Policy, rules: Sequence[Rule], complain: Complaint) -> None:
    """Adds E411 for each rule of the policy whose ``unless`` denies a fact that its own assertion leads to.

    ``rules`` are those of the policy and its ancestors.
    """
    asserted = {assertion.kind for rule in rules for assertion in rule.assertions}
    leads_to = _leads_to(rules, asserted)
    for rule in rules:
        for pattern in rule.unless:
            if pattern.kind not in asserted:
                continue
            for assertion in rule.assertions:
                path = _path(assertion.kind, pattern.kind, leads_to)
                # A cycle is told where its denying rule stands; a child tells one only when it takes part.
                if path and (rule.policy_id == policy.id or _takes_part(policy, path)):
                    through = " → ".join(path)
                    message = f"{rule.id} stops on {pattern.kind}, which follows from what it asserts ({through})"
                    complain(
                        "E411", pattern.place, message, "let the rule that asserts it stand before, without unless"
                    )


def _leads_to(rules: Iterable[Rule], asserted: set[str]) -> dict[str, set[str]]:
    """Returns, for each derived fact, the derived facts of the rules that read it."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        for pattern in (*rule.when, *rule.unless):
            if pattern.kind in asserted:
                found.setdefault(pattern.kind, set()).update(assertion.kind for assertion in rule.assertions)
    return found


def _path(start: str, end: str, leads_to: Mapping[str, set[str]]) -> list[str]:
    waiting = [[start]]
    seen = {start}
    while waiting:
        path = waiting.pop(0)
        if path[-1] == end:
            return path
        for kind in sorted(leads_to.get(path[-1], ())):
            if kind not in seen:
                seen.add(kind)
                waiting.append([*path, kind])
    return []


def _takes_part(policy: Policy, path: Sequence[str]) -> bool:
    own = {assertion.kind for rule in policy.rules for assertion in rule.assertions}
    return not own.isdisjoint(path)
