"""Keeps what is known while one claim's rules run: facts and the conditions they meet, firings, and what they derive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from engine.errors import EvaluationError
from engine.fact import Fact, FieldValue, Firing
from engine.policy.types import PolicyException
from engine.rules.alpha import Hits
from engine.rules.compile import CompiledRules, Level
from engine.rules.contract import MAXIMUM_DERIVED_FACTS, MAXIMUM_FIRINGS, MAXIMUM_WAVES, RunContext, RunResult
from engine.rules.joinable import MetFacts, Outlook
from engine.rules.missing import missing_fields
from engine.rules.operands import Key, equality_key, evaluate_operand, fact_date, first_date, report_numbers
from engine.rules.plan import FINDING, PlannedRule
from engine.rules.rulesets import Ruleset

_Identity = tuple[str, tuple[tuple[str, Key], ...]]
_Fired = tuple[int, PlannedRule, Firing]  # the wave, 0 but for rules that feed each other


class Run:
    """The state of one run. ``hits`` are the facts that meet each condition; ``keys`` number the values that joins compare."""

    def __init__(self, compiled: CompiledRules, facts: Sequence[Fact], context: RunContext) -> None:
        """Takes the facts in and finds the conditions they meet."""
        self.compiled = compiled
        self.context = context
        self.hits: Hits = defaultdict(list)
        self._met = MetFacts(self.hits)
        self.keys: dict[Key, int] = {}
        self.sessions = 0
        self.sent = 0
        self.known: set[_Identity] = set()
        self.derived: list[Fact] = []
        self.next_order = 1 + max((fact.order for fact in facts), default=-1)
        self._facts = facts
        self._fired: list[_Fired] = []
        self._made: dict[tuple[int, int], Fact] = {}
        self._firings: list[Firing] = []
        self._excepted: dict[tuple[int, str], tuple[Firing, PolicyException]] = {}
        self._findings: dict[int, Firing] = {}
        self._triggered: set[str] = set()
        self._count = 0
        self.match(facts, self.hits)

    def match(self, facts: Iterable[Fact], hits: Hits) -> None:
        """Adds facts to the lists of the conditions they meet."""
        self.compiled.network.match(facts, self.context, hits)

    def triggered(self, level: Level) -> list[tuple[Ruleset, list[PlannedRule]]]:
        """Returns the rulesets of a level in which a rule could fire, each with the rules whose facts it is told.

        These are all of its rules, if they feed each other; else those with facts that fit together, even where all are denied.
        """
        hits = self.hits
        found: dict[int, list[PlannedRule]] = {}
        started = set()
        for condition in hits.keys() & level.watched.keys():
            for watched in level.watched[condition]:
                if not hits.keys() >= watched.conditions:
                    continue
                outlook = watched.joins.outlook(self._met, self.context)
                if outlook is not Outlook.NONE:
                    found.setdefault(watched.ruleset, []).append(watched.rule)
                if outlook is Outlook.OPEN:
                    started.add(watched.ruleset)
                    self._triggered.add(watched.rule.rule.id)
        rulesets = level.rulesets
        return [(rulesets[i], list(rulesets[i].rules) if rulesets[i].cyclic else found[i]) for i in sorted(started)]

    def fired(self, wave: int, planned: PlannedRule, firing: Firing) -> None:
        """Takes note of a firing; raises EvaluationError past the bound."""
        self._count += 1
        if self._count > MAXIMUM_FIRINGS:
            raise EvaluationError(f"rules fired more than {MAXIMUM_FIRINGS} times on one claim, {planned.rule.id} last")
        self._fired.append((wave, planned, firing))

    def derive(self, firing: Firing) -> list[Fact]:
        """Returns the facts that a firing asserts, the same objects each time it is asked."""
        facts = []
        for index, assertion in enumerate(firing.rule.assertions):
            fact = self._made.get((id(firing), index))
            if fact is None:
                bound = {pattern.name: one for pattern, one in zip(firing.rule.when, firing.facts, strict=True)}
                on = first_date(firing.facts)
                fields: dict[str, FieldValue] = {}
                for name, operand in assertion.fields:
                    value = evaluate_operand(operand, bound, self.context, on)
                    if value is not None:
                        fields[name] = value
                fact = self._made[(id(firing), index)] = Fact(assertion.kind, fields, derived_by=firing)
            facts.append(fact)
        return facts

    def end_level(self) -> None:
        """Puts the firings of a level in canonical order, whatever ruleset they came from, and keeps what they derive."""
        fresh: list[Fact] = []
        fired, self._fired = self._fired, []
        for _, entries in groupby(sorted(fired, key=lambda entry: entry[0]), key=lambda entry: entry[0]):
            for planned, firing in distinct((planned, firing) for _, planned, firing in entries):
                if planned.exception is not None:
                    self._except(planned.exception, firing)
                    continue
                if firing.rule.report is not None:
                    self._firings.append(firing)
                for fact in self.derive(firing):
                    identity = identity_of(fact)
                    if identity not in self.known:
                        self.known.add(identity)
                        self._keep(fact, fresh)
        self._made.clear()  # its keys are ids of firings, which need not live on
        self.match(fresh, self.hits)

    def _keep(self, fact: Fact, fresh: list[Fact]) -> None:
        if len(self.derived) == MAXIMUM_DERIVED_FACTS:
            raise EvaluationError(f"rules derived more than {MAXIMUM_DERIVED_FACTS} facts, {fact.kind} last")
        fact.order = self.next_order
        self.next_order += 1
        self.derived.append(fact)
        fresh.append(fact)

    def _except(self, exception: PolicyException, firing: Firing) -> None:
        found = self._findings[id(firing.facts[0])]
        self._excepted[(id(found), exception.id)] = (found, exception)

    def add_findings(self) -> None:
        """Makes a fact of each firing that an exception could set aside, for the exceptions to read."""
        excepted = self.compiled.excepted_rules
        findings = []
        for firing in self._firings:
            if firing.rule.id in excepted:
                fact = self._finding(firing)
                self._findings[id(fact)] = firing
                findings.append(fact)
        self.match(findings, self.hits)

    def _finding(self, firing: Firing) -> Fact:
        rule = firing.rule
        fields: dict[str, FieldValue] = {"rule": rule.id, "category": rule.category}
        lines = report_numbers(rule.report.lines, firing, self.context) if rule.report is not None else ()
        dated = sorted((fact for fact in self._facts if fact.kind in ("line", "claim")), key=lambda fact: fact.order)
        dates = [fact_date(fact) for fact in dated if fact.kind == "claim"]
        if lines:
            fields["line_number"] = lines[0]
            own = (fact for fact in dated if fact.kind == "line" and fact.fields.get("line_number") == lines[0])
            dates = [*map(fact_date, own), *dates]
        fields["service_date"] = next(filter(None, dates), "") or first_date(firing.facts)
        order = self.next_order
        self.next_order += 1
        return Fact(FINDING, fields, derived_by=firing, order=order)

    def result(self) -> RunResult:
        """Returns what the run found, in canonical order."""
        excepted = sorted(self._excepted.values(), key=lambda pair: (_order(pair[0]), pair[1].id))
        return RunResult(
            firings=tuple(sorted(self._firings, key=_order)),
            excepted=tuple(excepted),
            missing_fields=missing_fields(self.compiled, self._facts, self.hits, self.context),
            derived=tuple(self.derived),
            triggered=len(self._triggered),
            sessions=self.sessions,
            sent=self.sent,
        )


class Wave:
    """The firings of one ruleset; where rules feed each other, wave by wave."""

    def __init__(self, ruleset: Ruleset, run: Run) -> None:
        """Starts at the first wave."""
        self._ruleset = ruleset
        self._run = run
        self._number = 0
        self._current: list[tuple[PlannedRule, Firing]] = []
        self._known: set[_Identity] = set()
        self._order = run.next_order

    def add(self, planned: PlannedRule, facts: Sequence[Fact]) -> None:
        """Takes note of a firing of the current wave."""
        firing = Firing(planned.rule, tuple(facts))
        self._run.fired(self._number, planned, firing)
        if self._ruleset.cyclic:
            self._current.append((planned, firing))

    def advance(self) -> dict[int, list[Fact]]:
        """Ends a wave; returns the conditions that the facts it derived anew meet."""
        fresh: list[Fact] = []
        for _, firing in distinct(self._current):
            for fact in self._run.derive(firing):
                identity = identity_of(fact)
                if identity in self._run.known or identity in self._known:
                    continue
                self._known.add(identity)
                fact.order = self._order
                self._order += 1
                fresh.append(fact)
        if len(self._run.derived) + len(self._known) > MAXIMUM_DERIVED_FACTS:
            raise EvaluationError(f"rules derived more than {MAXIMUM_DERIVED_FACTS} facts, {fresh[-1].kind} last")
        self._number += 1
        if fresh and self._number > MAXIMUM_WAVES:
            raise EvaluationError(
                f"rules that feed each other derived a chain of more than {MAXIMUM_WAVES} {fresh[-1].kind}"
            )
        self._current = []
        hits: Hits = defaultdict(list)
        self._run.match(fresh, hits)
        return hits


def distinct(fired: Iterable[tuple[PlannedRule, Firing]]) -> Iterable[tuple[PlannedRule, Firing]]:
    """Returns firings in canonical order, those that one rule has twice on the same facts once."""
    kept: dict[tuple[str, tuple[int, ...]], tuple[PlannedRule, Firing]] = {}
    for planned, firing in fired:
        kept.setdefault(_order(firing), (planned, firing))
    return [kept[key] for key in sorted(kept)]


def _order(firing: Firing) -> tuple[str, tuple[int, ...]]:
    return (firing.rule.id, tuple([fact.order for fact in firing.facts]))


def identity_of(fact: Fact) -> _Identity:
    """Returns what two facts share exactly when they have the same kind and the same fields."""
    return (fact.kind, tuple(sorted((name, equality_key(value)) for name, value in fact.fields.items())))
