"""Notes what golden claims show of a rule: whether it fired, each condition true and false, each ``unless`` that stopped it.

A condition is seen true when a fact meets it together with facts that meet the conditions before it, and seen false when those before
it are met and no fact meets it. What is never seen false could be left out without a test that notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from engine.context import ClaimContext
from engine.fact import Fact
from engine.policy.types import Operand, Pattern, Rule, Test
from engine.regression.mutants import TELLING
from engine.rules import oracle
from engine.rules.operands import fact_date, first_date
from engine.rules.reads import operands_of

_MOST_BINDINGS = 500  # ways of meeting the first conditions of a rule that are followed on one claim


class FactsByKind:
    """The facts of one claim by what a condition asks of them first: their kind, and a row's table or a total's id."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """Files the facts."""
        self._all: dict[str, list[Fact]] = {}
        self._told: dict[tuple[str, object], list[Fact]] = {}
        for fact in facts:
            self._all.setdefault(fact.kind, []).append(fact)
            telling = TELLING.get(fact.kind)
            if telling is not None:
                self._told.setdefault((fact.kind, fact.fields.get(telling)), []).append(fact)

    def of(self, pattern: Pattern) -> Sequence[Fact]:
        """Returns the facts that could meet a condition."""
        telling = TELLING.get(pattern.kind)
        for test in pattern.tests:
            if test.field == telling and len(test.operands) == 1:
                return self._told.get((pattern.kind, test.operands[0].constant), ())
        return self._all.get(pattern.kind, ())


class RuleSeen:
    """What has been seen of one rule on all claims so far."""

    def __init__(self, rule: Rule) -> None:
        """Starts with nothing seen."""
        self.rule = rule
        self.fired = False
        self.true: set[str] = set()
        self.false: set[str] = set()
        self.blocked: set[str] = set()
        self.values: set[tuple[str, str]] = set()  # value id and the date since which the value used has held
        self._reads = [operand for operand in operands_of(rule) if _value_ids([operand])]

    @property
    def near(self) -> bool:
        """Whether the rule nearly fired: its last condition alone was not met, or an ``unless`` stopped it."""
        return bool(self.blocked) or self.rule.when[-1].name in self.false

    @property
    def is_complete(self) -> bool:
        """Whether nothing more can be seen; rules that read dated values are always looked at."""
        names = {pattern.name for pattern in self.rule.when}
        blockers = {pattern.name for pattern in self.rule.unless}
        conditions = self.true >= names and self.false >= names and self.blocked >= blockers
        return self.fired and conditions and not self._reads

    def see(self, facts: FactsByKind, context: ClaimContext) -> None:
        """Notes what the facts of one claim show."""
        if self.is_complete:
            return
        bindings: list[dict[str, Fact]] = [{}]
        for pattern in self.rule.when:
            bindings = self._extended(bindings, pattern, facts, context)
        free = [bound for bound in bindings if not self._stopped(bound, facts, context)]
        self.fired = self.fired or bool(free)
        if free and self._reads:
            self._note_values(self._reads, first_date(tuple(free[0].values())), context)

    def _extended(
        self, bindings: Sequence[dict[str, Fact]], pattern: Pattern, facts: FactsByKind, context: ClaimContext
    ) -> list[dict[str, Fact]]:
        candidates = facts.of(pattern)
        found: list[dict[str, Fact]] = []
        for bound in bindings:
            self._note_values_of(pattern, candidates, bound, context)
            met = list(oracle.match((pattern,), candidates, context, bound))
            (self.true if met else self.false).add(pattern.name)
            found += met
        return found[:_MOST_BINDINGS]

    def _stopped(self, bound: Mapping[str, Fact], facts: FactsByKind, context: ClaimContext) -> bool:
        stopped = False
        for pattern in self.rule.unless:
            self._note_values_of(pattern, facts.of(pattern), bound, context)
            if any(True for _ in oracle.match((pattern,), facts.of(pattern), context, bound)):
                self.blocked.add(pattern.name)
                stopped = True
        return stopped

    def _note_values_of(
        self, pattern: Pattern, candidates: Sequence[Fact], bound: Mapping[str, Fact], context: ClaimContext
    ) -> None:
        """Notes a dated value that decides a condition: everything else that is asked of the fact holds."""
        deciding = [test for test in pattern.tests if _value_ids(test.operands)]
        if deciding:
            others = msgspec.structs.replace(pattern, tests=tuple(t for t in pattern.tests if t not in deciding))
            operands = [operand for test in deciding for operand in test.operands]
            for met in oracle.match((others,), candidates, context, bound):
                self._note_values(operands, fact_date(met[pattern.name]), context)

    def _note_values(self, operands: Iterable[Operand], on: str, context: ClaimContext) -> None:
        for value_id in _value_ids(operands):
            value = context.values.get(value_id)
            entry = value.on(on) if value is not None else None
            if entry is not None:
                self.values.add((value_id, entry.start))


def _value_ids(operands: Iterable[Operand]) -> set[str]:
    return {value for operand in operands for value in (operand.value_id, operand.amount_value_id) if value}


def values_of_tests(tests: Iterable[Test]) -> Iterator[str]:
    """Yields the ids of the dated values that tests read."""
    for test in tests:
        yield from _value_ids(test.operands)
