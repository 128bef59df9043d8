"""Measures what golden tests reach: each rule fired and nearly fired, each condition true and false, each ``unless`` that stopped
its rule, each dated value, exception and override used.

A rule has nearly fired on a claim when all of its conditions but the last held, or when an ``unless`` stopped it. Coverage proves
little, what it finds uncovered is untested for certain; ``mutation.py`` asks what the tests would notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set

import msgspec

from engine.evaluate import Evaluator
from engine.model import Claim, Evaluation
from engine.policy.types import Policy, PolicySet, ResolvedPolicy, Rule, TestFile, Value
from engine.regression.condition_coverage import FactsByKind, RuleSeen, values_of_tests

RuleKey = tuple[str, str, str]


class Uncovered(msgspec.Struct, frozen=True):
    """One thing no test reaches: ``what`` says how (``never fired``, ``condition never false``, …); ``policy`` is id and version."""

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

    @property
    def percent(self) -> float:
        """The share of everything that was reached, 100 where there was nothing to reach."""
        total = sum(of for _, _, of in self.counts)
        return 100 * sum(reached for _, reached, _ in self.counts) / total if total else 100.0


class Coverage:
    """Collects what each evaluated test reaches; ``see`` is told of every evaluation of a run."""

    def __init__(self) -> None:
        self._seen: dict[RuleKey, RuleSeen] = {}
        self._exceptions: set[tuple[str, str]] = set()
        self._overridden: set[tuple[str, str, str]] = set()
        self._policies: dict[tuple[str, str], ResolvedPolicy] = {}
        self._dates: dict[tuple[str, str], set[str]] = {}

    def see(self, evaluator: Evaluator, file: TestFile, claim: Claim, evaluation: Evaluation) -> None:
        """Notes what one evaluation shows of every rule, and the exceptions and overrides used."""
        key = (file.policy_id, file.policy_version)
        compiled = evaluator.snapshot.policy(*key)
        self._policies[key] = compiled.resolved
        self._dates.setdefault(key, set()).update(line.service_date for line in claim.lines)
        findings = [*evaluation.findings, *evaluation.trial_findings, *(entry.finding for entry in evaluation.excepted)]
        self._exceptions |= {(entry.policy_id, entry.exception_id) for entry in evaluation.excepted}
        self._overridden |= {(*key, finding.rule_id) for finding in findings}
        context = evaluator.context_for(compiled, "")
        facts = FactsByKind(evaluator.facts_of(compiled, claim))
        for rule in compiled.resolved.rules:
            self._seen.setdefault(_key(rule), RuleSeen(rule)).see(facts, context)

    def report(self, policies: PolicySet) -> CoverageReport:
        """Returns what was reached of everything in the policies that tests name."""
        measured = [
            _rules("rules fired", "never fired", self._seen, lambda seen: seen.fired),
            _rules("rules nearly fired", "never nearly fired", self._seen, lambda seen: seen.near),
            _conditions("conditions true", "condition never true", self._seen, lambda seen: seen.true),
            _conditions("conditions false", "condition never false", self._seen, lambda seen: seen.false),
            _blockers(self._seen),
            self._values(),
            *self._settings(policies),
        ]
        seen = {(policy.id, policy.version) for policy in policies.policies} & self._policies.keys()
        untested = [p for p in policies.policies if p.scope is not None and (p.id, p.version) not in seen]
        uncovered = [gap for _, _, gaps in measured for gap in gaps]
        uncovered += [Uncovered("policy without tests", policy.id, _name(policy)) for policy in untested]
        counts = tuple((name, total - len(gaps), total) for name, total, gaps in measured)
        return CoverageReport(counts, tuple(uncovered))

    def _values(self) -> _Measured:
        used = {(seen.rule.policy_id, *value) for seen in self._seen.values() for value in seen.values}
        started = {(value, start) for _, value, start in used}
        entries: dict[tuple[str, str, str], str] = {}
        for key, resolved in self._policies.items():
            for value in resolved.values:
                entries |= {(value.policy_id, value.id, entry.start): " ".join(key) for entry in value.dates}
            started |= self._values_of_totals(resolved, self._dates[key])
        gaps = [
            Uncovered("value never used", f"{entry[1]} since {entry[2]}", f"read under {policy}")
            for entry, policy in sorted(entries.items())
            if entry[1:] not in started
        ]
        return ("values used", len(entries), gaps)

    def _values_of_totals(self, resolved: ResolvedPolicy, dates: Iterable[str]) -> set[tuple[str, str]]:
        by_id: Mapping[str, Value] = {value.id: value for value in resolved.values}
        read = {value for total in resolved.totals for value in values_of_tests(total.where)}
        found = ((value, by_id[value].on(date)) for value in read if value in by_id for date in dates)
        return {(value, entry.start) for value, entry in found if entry is not None}

    def _settings(self, policies: PolicySet) -> tuple[_Measured, _Measured]:
        seen = [policy for policy in policies.policies if (policy.id, policy.version) in self._policies]
        exceptions = {(e.policy_id or p.id, e.id): p for p in seen for e in p.exceptions}
        overrides = {(p.id, p.version, o.rule) for p in seen for o in p.overrides}
        unused = sorted(exceptions.keys() - self._exceptions)
        untouched = sorted(overrides - self._overridden)
        return (
            (
                "exceptions used",
                len(exceptions),
                [Uncovered("exception never used", key[1], _name(exceptions[key])) for key in unused],
            ),
            (
                "overrides used",
                len(overrides),
                [Uncovered("override never used", key[2], f"{key[0]} {key[1]}") for key in untouched],
            ),
        )


_Measured = tuple[str, int, list[Uncovered]]  # what is counted, how many there are, and those not reached
_Seen = Mapping[RuleKey, RuleSeen]


def _rules(name: str, gap: str, seen: _Seen, reached: Callable[[RuleSeen], bool]) -> _Measured:
    gaps = [_gap(gap, key, key[0]) for key in sorted(seen) if not reached(seen[key])]
    return (name, len(seen), gaps)


def _conditions(name: str, gap: str, seen: _Seen, reached: Callable[[RuleSeen], Set[str]]) -> _Measured:
    conditions = [(key, pattern.name) for key in sorted(seen) for pattern in seen[key].rule.when]
    gaps = [_gap(gap, key, f"{key[0]} {one}") for key, one in conditions if one not in reached(seen[key])]
    return (name, len(conditions), gaps)


def _blockers(seen: _Seen) -> _Measured:
    blockers = [(key, pattern.name) for key in sorted(seen) for pattern in seen[key].rule.unless]
    gaps = [_gap("unless never stops", key, f"{key[0]} {one}") for key, one in blockers if one not in seen[key].blocked]
    return ("unless that stopped", len(blockers), gaps)


def _gap(what: str, key: RuleKey, of: str) -> Uncovered:
    return Uncovered(what, of, " ".join(key[1:]))


def _key(rule: Rule) -> RuleKey:
    return (rule.id, rule.policy_id, rule.policy_version)


def _name(policy: Policy) -> str:
    return f"{policy.id} {policy.version}"
