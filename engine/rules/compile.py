"""Compiles a resolved policy into conditions on single facts, strata and kernel rulesets, or says why it cannot run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from engine.errors import InvalidPolicyError, Problem
from engine.fact import Fact
from engine.policy.types import ResolvedPolicy, Rule
from engine.reference.view import TableSchema
from engine.rules.alpha import AlphaCondition, AlphaConditions, AlphaNetwork
from engine.rules.check import check_rules
from engine.rules.contract import RunContext
from engine.rules.joinable import JoinCheck
from engine.rules.plan import FINDING, PatternNeed, PlannedRule, exception_rule, plan_needs, plan_rule
from engine.rules.reads import fields_by_kind, tables_by_rule
from engine.rules.rulesets import Ruleset, fits_one_ruleset, join_problems, pack, write_ruleset
from engine.rules.strata import Stratum, stratify

# Kinds of which a claim has few facts: a rule is looked at only when its scarcest condition is met.
_RECKONED = ("supported_level", "drug_amount", "timed_service", "therapy_threshold")
_SCARCE_FIRST = ("finding", "row", "total", "documentation", *_RECKONED, "history", "modifier", "pointer")


class Watched(msgspec.Struct, frozen=True):
    """A rule that may be triggered: the index of its ruleset, the conditions that must be met, and its joins."""

    ruleset: int
    rule: PlannedRule
    conditions: frozenset[int]
    joins: JoinCheck


class Level(msgspec.Struct, frozen=True):
    """The rulesets of one stratum, and its rules by the one of their conditions that is met most seldom."""

    rulesets: tuple[Ruleset, ...]
    watched: dict[int, tuple[Watched, ...]]


class CompiledRules:
    """A policy's rules ready to run; immutable but for tests compiled when first needed. Pickles as the policy it was compiled from."""

    def __init__(self, policy: ResolvedPolicy, schemas: Mapping[str, TableSchema]) -> None:
        """Compiles the policy; raises InvalidPolicyError with every problem (codes E7xx)."""
        problems = check_rules(policy, schemas)
        strata = stratify(policy.rules, problems)
        if problems:
            raise _invalid(policy, problems)
        self.policy = policy
        self._schemas = schemas
        self.wanted_tables: dict[str, frozenset[str]] = tables_by_rule(policy)
        self._fields = fields_by_kind(policy)
        conditions = AlphaConditions()
        levels = [_level(stratum, conditions, problems) for stratum in strata]
        exceptions = [
            planned
            for exception in policy.exceptions
            for planned in plan_rule(exception_rule(exception), conditions, exception)
        ]
        self.exceptions = _watched(pack(exceptions), conditions.conditions)
        needs = {rule.id: plan_needs(rule, conditions) for rule in policy.rules}
        if problems:
            raise _invalid(policy, problems)
        self.conditions: tuple[AlphaCondition, ...] = tuple(conditions.conditions)
        self.levels: tuple[Level, ...] = tuple(_watched(rulesets, self.conditions) for rulesets in levels)
        self.needs: dict[str, tuple[PatternNeed, ...]] = {rule_id: need for rule_id, need in needs.items() if need}
        self.hinges: dict[str, frozenset[str]] = _hinges(self.needs.values())
        self.relaxed: dict[tuple[int, frozenset[str]], Callable[[Fact, RunContext], bool]] = {}
        self.network = AlphaNetwork(self.conditions)
        self.excepted_rules = frozenset(rule for exception in policy.exceptions for rule in exception.rules)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles as the call that compiles it again: compiled functions do not pickle."""
        return (compile_rules, (self.policy, dict(self._schemas)))

    def uses_kind(self, kind: str) -> bool:
        """Returns whether a rule, exception or total reads facts of a kind."""
        return kind in self._fields

    def used_fields(self, kind: str) -> frozenset[str]:
        """Returns the fields of a kind that rules, exceptions, totals, reports and fixes read."""
        return self._fields.get(kind, frozenset())


def compile_rules(policy: ResolvedPolicy, schemas: Mapping[str, TableSchema]) -> CompiledRules:
    """Returns a policy's rules ready to run; raises InvalidPolicyError with every problem (codes E7xx)."""
    return CompiledRules(policy, schemas)


def _invalid(policy: ResolvedPolicy, problems: Iterable[Problem]) -> InvalidPolicyError:
    name = f"{policy.policy.id} {policy.policy.version}".strip()
    return InvalidPolicyError(f"the rules of policy {name} cannot be compiled", problems)


def _level(stratum: Stratum, conditions: AlphaConditions, problems: list[Problem]) -> list[Ruleset]:
    single = [planned for rule in stratum.single for planned in _planned(rule, conditions, problems)]
    cycles = [[p for rule in cycle for p in _planned(rule, conditions, problems)] for cycle in stratum.cycles]
    for cycle, rules in zip(cycles, stratum.cycles, strict=True):
        if not fits_one_ruleset(cycle):
            names = ", ".join(rule.id for rule in rules)
            message = f"rules {names} feed each other and do not fit one ruleset of the kernel"
            problems.append(Problem("E702", message, rules[0].place, "break the cycle, or drop conditions"))
    if problems:
        return []
    return [*pack(single), *(write_ruleset(cycle, cyclic=True) for cycle in cycles)]


def _planned(rule: Rule, conditions: AlphaConditions, problems: list[Problem]) -> list[PlannedRule]:
    planned = list(plan_rule(rule, conditions))
    for one in planned[:1]:
        problems.extend(join_problems(one))
    return planned


def _watched(rulesets: Sequence[Ruleset], conditions: Sequence[AlphaCondition]) -> Level:
    watched: dict[int, list[Watched]] = defaultdict(list)
    for index, ruleset in enumerate(rulesets):
        for rule in ruleset.rules:
            met = rule.conditions
            scarcest = min(met, key=lambda number: (_scarcity(conditions[number]), number))
            watched[scarcest].append(Watched(index, rule, met, JoinCheck(rule)))
    return Level(tuple(rulesets), {number: tuple(entries) for number, entries in watched.items()})


def _scarcity(condition: AlphaCondition) -> tuple[int, int]:
    order = _SCARCE_FIRST.index(condition.kind) if condition.kind in _SCARCE_FIRST else len(_SCARCE_FIRST)
    return (order, -len(condition.tests))


def _hinges(needs: Iterable[tuple[PatternNeed, ...]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for need in (one for several in needs for one in several):
        if need.hinges and need.kind != FINDING:
            found.setdefault(need.kind, set()).update(need.hinges)
    return {kind: frozenset(fields) for kind, fields in found.items()}
