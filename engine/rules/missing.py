"""Finds rules that a claim leaves open: it does not say a field on which a rule hinges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.fact import Fact
from engine.rules.alpha import compile_predicate
from engine.rules.compile import CompiledRules
from engine.rules.contract import RunContext
from engine.rules.plan import PatternNeed


def missing_fields(
    compiled: CompiledRules, facts: Iterable[Fact], hits: Mapping[int, Sequence[Fact]], context: RunContext
) -> tuple[tuple[str, str, str], ...]:
    """Returns (rule id, kind, field) for each field whose absence alone keeps a rule from being judged.

    Every other test that the fact must pass by itself holds, and for each other pattern there is a fact that holds, or one that
    lacks only such fields too.
    """
    lacking: dict[str, list[tuple[Fact, frozenset[str]]]] = {}
    for fact in facts:
        hinges = compiled.hinges.get(fact.kind)
        if hinges is not None:
            absent = hinges.difference(fact.fields)
            if absent:
                lacking.setdefault(fact.kind, []).append((fact, absent))
    if not lacking:
        return ()
    found: set[tuple[str, str, str]] = set()
    for rule_id, needs in compiled.needs.items():
        if all(need.condition in hits or (need.hinges and need.kind in lacking) for need in needs):
            found.update((rule_id, kind, field) for kind, field in _of_rule(compiled, needs, lacking, hits, context))
    return tuple(sorted(found))


def _of_rule(
    compiled: CompiledRules,
    needs: Sequence[PatternNeed],
    lacking: Mapping[str, Sequence[tuple[Fact, frozenset[str]]]],
    hits: Mapping[int, Sequence[Fact]],
    context: RunContext,
) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for need in needs:
        missed: set[str] = set()
        for fact, absent in lacking.get(need.kind, ()):
            own = absent & need.hinges
            if own - missed and _holds_without(compiled, need, own, fact, context):
                missed |= own
        if not missed and need.condition not in hits:
            return set()
        found |= {(need.kind, field) for field in missed}
    return found


def _holds_without(
    compiled: CompiledRules, need: PatternNeed, absent: frozenset[str], fact: Fact, context: RunContext
) -> bool:
    """Returns whether a fact passes every test of a condition but those on the absent fields."""
    key = (need.condition, absent)
    predicate = compiled.relaxed.get(key)
    if predicate is None:
        condition = compiled.conditions[need.condition]
        tests = [test for test in condition.tests if test.field not in absent]
        predicate = compiled.relaxed[key] = compile_predicate(condition.kind, tests)
    return predicate(fact, context)
