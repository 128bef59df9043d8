"""Cuts out of a resolved policy what a change of one rule, value or total can affect, so that mutants compile and run fast.

A slice holds the rules that the change can reach (those that read what changed, and those that read what they derive), and every
rule whose derived facts they rest on. What it says of the reached rules is what the whole policy says of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from engine.policy.types import (
    Operand,
    Pattern,
    PolicyException,
    ResolvedPolicy,
    Rule,
    Test,
    Total,
    Value,
)
from engine.regression.mutants import Part, Subject
from engine.rules.reads import operands_of


class Slice(msgspec.Struct, frozen=True):
    """A part of a policy, the rule, value or total of it that is to be changed, and the ids of the rules that the change can reach."""

    policy: ResolvedPolicy
    changed: Rule | Value | Total
    affected: frozenset[str]

    def with_change(self, made: Rule | Value | Total) -> ResolvedPolicy:
        """Returns the part of the policy with the changed thing put in the place of the original."""
        if isinstance(made, Rule):
            rules = tuple(made if rule is self.changed else rule for rule in self.policy.rules)
            return msgspec.structs.replace(self.policy, rules=rules)
        if isinstance(made, Value):
            values = tuple(made if value is self.changed else value for value in self.policy.values)
            return msgspec.structs.replace(self.policy, values=values)
        totals = tuple(made if total is self.changed else total for total in self.policy.totals)
        return msgspec.structs.replace(self.policy, totals=totals)

    @property
    def key(self) -> object:
        """What two slices share that say the same of every claim."""
        policy = self.policy
        return (policy.rules, policy.values, policy.totals, policy.exceptions, policy.policy.status, self.affected)


def slice_of(resolved: ResolvedPolicy, subject: Subject) -> Slice | None:
    """Returns what a change of the subject can affect under a policy, or None where the policy does not have it."""
    changed = _find(resolved, subject)
    if changed is None:
        return None
    reached = _affected(resolved, changed)
    affected = frozenset(rule.id for rule in reached)
    exceptions = tuple(_narrowed(resolved.exceptions, affected))
    read = [*_kinds(reached), *(pattern.kind for exception in exceptions for pattern in exception.when)]
    kept = affected | _producers(resolved.rules, read)
    rules = tuple(rule if rule is changed else _lean(rule) for rule in resolved.rules if rule.id in kept)
    if isinstance(changed, Rule):
        lean = _lean(changed)
        rules = tuple(lean if rule is changed else rule for rule in rules)
        changed = lean
    totals = _totals(resolved.totals, rules, exceptions)
    values = _values(resolved.values, rules, totals, exceptions)
    part = msgspec.structs.replace(resolved, rules=rules, totals=totals, values=values, exceptions=exceptions)
    return Slice(part, changed, affected)


def _find(resolved: ResolvedPolicy, subject: Subject) -> Rule | Value | Total | None:
    if "@".join(subject.policy) not in resolved.chain:
        return None
    if subject.part is Part.RULE:
        rules = (rule for rule in resolved.rules if (rule.policy_id, rule.policy_version) == subject.policy)
        return next((rule for rule in rules if rule.id == subject.id), None)
    owned: Iterable[Value | Total] = resolved.values if subject.part is Part.VALUE else resolved.totals
    return next((one for one in owned if (one.policy_id, one.id) == (subject.policy[0], subject.id)), None)


def _lean(rule: Rule) -> Rule:
    """Returns a rule without its fixes, which golden tests do not compare."""
    return msgspec.structs.replace(rule, fixes=()) if rule.fixes else rule


def _affected(resolved: ResolvedPolicy, changed: Rule | Value | Total) -> list[Rule]:
    if isinstance(changed, Rule):
        first = {changed.id}
    elif isinstance(changed, Total):
        first = {rule.id for rule in resolved.rules if _reads_total(rule, changed.id)}
    else:
        totals = [total.id for total in resolved.totals if changed.id in _values_of(_operands(total.where))]
        first = {
            rule.id
            for rule in resolved.rules
            if changed.id in _values_of(operands_of(rule)) or any(_reads_total(rule, total) for total in totals)
        }
        for exception in resolved.exceptions:
            if changed.id in _values_of(_pattern_operands(exception.when)):
                first |= set(exception.rules)
    found = set(first)
    while True:
        derived = {a.kind for rule in resolved.rules if rule.id in found for a in rule.assertions}
        more = {rule.id for rule in resolved.rules if rule.id not in found and derived & set(_kinds([rule]))}
        for exception in resolved.exceptions:
            if any(pattern.kind in derived for pattern in exception.when):
                more |= {rule.id for rule in resolved.rules if rule.id in exception.rules} - found
        if not more:
            return [rule for rule in resolved.rules if rule.id in found]
        found |= more


def _producers(rules: Iterable[Rule], kinds: Iterable[str]) -> frozenset[str]:
    """Returns the rules that derive, at any remove, facts of the kinds."""
    producers: dict[str, list[Rule]] = {}
    for rule in rules:
        for assertion in rule.assertions:
            producers.setdefault(assertion.kind, []).append(rule)
    waiting, seen, found = list(kinds), set[str](), set[str]()
    while waiting:
        kind = waiting.pop()
        if kind not in seen:
            seen.add(kind)
            for rule in producers.get(kind, ()):
                found.add(rule.id)
                waiting += _kinds([rule])
    return frozenset(found)


def _narrowed(exceptions: Iterable[PolicyException], affected: frozenset[str]) -> Iterator[PolicyException]:
    for exception in exceptions:
        rules = tuple(rule for rule in exception.rules if rule in affected)
        if rules:
            yield msgspec.structs.replace(exception, rules=rules)


def _kinds(rules: Iterable[Rule]) -> list[str]:
    return [pattern.kind for rule in rules for pattern in (*rule.when, *rule.unless)]


def _reads_total(rule: Rule, total: str) -> bool:
    for pattern in (*rule.when, *rule.unless):
        if pattern.kind == "total":
            ids = [o.constant for test in pattern.tests if test.field == "id" for o in test.operands]
            if not ids or total in ids:
                return True
    return False


def _totals(totals: Iterable[Total], rules: Iterable[Rule], exceptions: Iterable[PolicyException]) -> tuple[Total, ...]:
    by_exception = any(pattern.kind == "total" for exception in exceptions for pattern in exception.when)
    rules = tuple(rules)
    return tuple(t for t in totals if by_exception or any(_reads_total(rule, t.id) for rule in rules))


def _values(
    values: Iterable[Value], rules: Iterable[Rule], totals: Iterable[Total], exceptions: Iterable[PolicyException]
) -> tuple[Value, ...]:
    used = {value for rule in rules for value in _values_of(operands_of(rule))}
    used |= {value for total in totals for value in _values_of(_operands(total.where))}
    used |= {value for exception in exceptions for value in _values_of(_pattern_operands(exception.when))}
    return tuple(value for value in values if value.id in used)


def _values_of(operands: Iterable[Operand]) -> set[str]:
    return {value for o in operands for value in (o.value_id, o.amount_value_id) if value}


def _operands(tests: Iterable[Test]) -> Iterator[Operand]:
    for test in tests:
        yield from test.operands


def _pattern_operands(patterns: Iterable[Pattern]) -> Iterator[Operand]:
    for pattern in patterns:
        yield from _operands(pattern.tests)
