"""Tells whether any combination of facts fits a rule, so that the kernel is not started for rules that cannot fire.

Each pattern of a rule often has facts while none of them belong together. The search here stops at the first combination that
satisfies every join and that no ``unless`` denies. What fires is still decided by the kernel. Rules share its ruleset: one whose
combinations are all denied would fire there when another rule starts it and the facts that deny are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

import msgspec

from engine.fact import Fact, FieldValue
from engine.policy.types import Operand, Operator
from engine.rules.contract import RunContext
from engine.rules.limits import MAXIMUM_MAGNITUDE
from engine.rules.operands import NUMBER, Key, equality_key, evaluate_operand, fact_date, order_key
from engine.rules.plan import Join, PlannedPattern, PlannedRule
from engine.rules.predicate import OWN

MOST_TRIED = 1000  # facts tried for one rule; after that it counts as one that could fire

_Index = dict[tuple[Key, ...], list[Fact]]


class MetFacts:
    """The facts that meet each condition, and the same by the values of some of their fields."""

    def __init__(self, hits: Mapping[int, Sequence[Fact]]) -> None:
        """Reads ``hits``, which may grow."""
        self.hits = hits
        self._indexes: dict[tuple[int, tuple[str, ...]], tuple[int, _Index]] = {}

    def by_values(self, condition: int, fields: tuple[str, ...]) -> _Index:
        """Returns the facts that meet a condition by their values of some fields; those that lack one are left out."""
        facts = self.hits.get(condition, ())
        count, index = self._indexes.get((condition, fields), (-1, {}))
        if count != len(facts):
            index = _indexed(facts, fields)
            self._indexes[(condition, fields)] = (len(facts), index)
        return index


class Outlook(Enum):
    """What the joins leave of a rule: no facts fit together, all that do are denied, or it could fire."""

    NONE = 0
    DENIED = 1
    OPEN = 2


class _Step(msgspec.Struct, frozen=True):
    """One pattern: its condition, the fields that must equal what ``sources`` stand for, and the joins of other kinds.

    A source is the place of an earlier pattern and an operand on its fact.
    """

    condition: int
    fields: tuple[str, ...]
    sources: tuple[tuple[int, Operand], ...]
    other: tuple[Join, ...]


class JoinCheck:
    """The joins and denials of one planned rule, ready to be searched; immutable once made."""

    def __init__(self, rule: PlannedRule) -> None:
        """Takes the patterns of a rule apart."""
        self._when = tuple(map(_step, rule.when))
        self._unless = tuple(map(_step, rule.unless))
        self._joined = any(pattern.joins for pattern in rule.when)

    def outlook(self, met: MetFacts, context: RunContext) -> Outlook:
        """Returns what could come of the rule with the facts that are met; each of its patterns must have some.

        Only ``OPEN`` may be said of a rule that does not fire, where numbers are too big or combinations too many to tell.
        """
        unless = [step for step in self._unless if step.condition in met.hits]
        if not unless and not self._joined:
            return Outlook.OPEN
        return _Search(self._when, unless, met, context).outlook()


def _step(pattern: PlannedPattern) -> _Step:
    equal = [join for join in pattern.joins if join.operator is Operator.EQUAL]
    return _Step(
        pattern.condition,
        tuple(join.field for join in equal),
        tuple((join.source, join.operand) for join in equal),
        tuple(join for join in pattern.joins if join.operator is not Operator.EQUAL),
    )


class _Search:
    """One search for a combination that fits."""

    def __init__(self, when: Sequence[_Step], unless: Sequence[_Step], met: MetFacts, context: RunContext) -> None:
        self._when = when
        self._unless = unless
        self._met = met
        self._context = context
        self._left = MOST_TRIED
        self._denied = False

    def outlook(self) -> Outlook:
        """Returns what comes of the first combination that fits and is not denied."""
        if self._extends(()):
            return Outlook.OPEN
        return Outlook.DENIED if self._denied else Outlook.NONE

    def _extends(self, bound: tuple[Fact, ...]) -> bool:
        """Returns whether the facts bound so far lead to a combination that may fire, or too many were tried to tell."""
        if len(bound) == len(self._when):
            denied = self._is_denied(bound)
            self._denied |= denied
            return not denied
        step = self._when[len(bound)]
        other = step.other
        for fact in self._candidates(step, bound):
            self._left -= 1
            if self._left < 0:
                return True
            if other and not self._holds(other, fact, bound, unsure=True):
                continue
            if self._extends((*bound, fact)):
                return True
        return False

    def _is_denied(self, bound: tuple[Fact, ...]) -> bool:
        for step in self._unless:
            for fact in self._candidates(step, bound):
                self._left -= 1
                if self._left < 0:
                    return False
                if self._holds(step.other, fact, bound, unsure=False):
                    return True
        return False

    def _candidates(self, step: _Step, bound: Sequence[Fact]) -> Sequence[Fact]:
        """Returns the facts that meet a pattern's condition and are equal where its joins ask for that."""
        if not step.fields:
            return self._met.hits.get(step.condition, ())
        wanted: list[Key] = []
        for source, operand in step.sources:
            fact = bound[source]
            value = _worth(operand, fact, self._context) if operand.operator else fact.fields.get(operand.field)
            if value is None:
                return ()
            wanted.append(value if isinstance(value, str) else equality_key(value))
        return self._met.by_values(step.condition, step.fields).get(tuple(wanted), ())

    def _holds(self, joins: Iterable[Join], fact: Fact, bound: Sequence[Fact], unsure: bool) -> bool:
        for join in joins:
            other = _worth(join.operand, bound[join.source], self._context)
            if not _compare(join.operator, fact.fields.get(join.field), other, unsure):
                return False
        return True


def _indexed(facts: Iterable[Fact], fields: Sequence[str]) -> _Index:
    index: _Index = {}
    for fact in facts:
        values = list(map(fact.fields.get, fields))
        key = tuple([value if isinstance(value, str) else equality_key(value) for value in values if value is not None])
        if len(key) == len(fields):
            index.setdefault(key, []).append(fact)
    return index


def _worth(operand: Operand, fact: Fact, context: RunContext) -> FieldValue | None:
    """Returns what an operand on a field of a fact stands for."""
    if not operand.operator:
        return fact.fields.get(operand.field)
    return evaluate_operand(operand, {OWN: fact}, context, fact_date(fact))


def _compare(operator: Operator, own: FieldValue | None, other: FieldValue | None, unsure: bool) -> bool:
    """Returns whether two values compare; ``unsure`` where the kernel would refuse to order numbers so big."""
    if own is None or other is None:
        return False
    if operator is Operator.NOT:
        return equality_key(own) != equality_key(other)
    one, two = order_key(own), order_key(other)
    if one is None or two is None or one[0] != two[0]:
        return False
    if one[0] == NUMBER and not (_is_exact(one[1]) and _is_exact(two[1])):
        return unsure
    if operator is Operator.OVER:
        return one[1] > two[1]
    if operator is Operator.UNDER:
        return one[1] < two[1]
    return one[1] >= two[1] if operator is Operator.AT_LEAST else one[1] <= two[1]


def _is_exact(number: float) -> bool:
    return -MAXIMUM_MAGNITUDE < number < MAXIMUM_MAGNITUDE
