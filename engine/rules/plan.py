"""Takes rules apart: what each pattern asks of one fact by itself, and how patterns join facts with each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import msgspec

from engine.fact_schema import FACT_KINDS
from engine.policy.types import Operand, Operator, Pattern, PolicyException, Rule, Test
from engine.rules.alpha import AlphaConditions, is_absence
from engine.rules.predicate import OWN, constant_operand

FINDING = "finding"
Mark = tuple[int, int]  # the number of a condition and a slot
ORDERED = frozenset({Operator.OVER, Operator.UNDER, Operator.AT_LEAST, Operator.AT_MOST})


class Join(msgspec.Struct, frozen=True):
    """A test of a fact's ``field`` against an operand on the fact of an earlier pattern, the ``source``-th of ``when``."""

    operator: Operator
    field: str
    source: int
    operand: Operand


class PlannedPattern(msgspec.Struct, frozen=True):
    """One pattern: the number of its condition on single facts and its joins with earlier patterns.

    The kernel never takes one fact for two patterns of a rule, not even for a negated one. So a fact goes there once for each
    ``slot`` in which it is read, and patterns of one rule that could read the same fact have different slots.
    """

    condition: int
    slot: int
    joins: tuple[Join, ...] = ()

    @property
    def mark(self) -> Mark:
        """What a fact must carry in the kernel to be read by the pattern."""
        return (self.condition, self.slot)


class PlannedRule(msgspec.Struct, frozen=True):
    """One rule as one kernel rule; a rule whose fields test several ``$name.field`` at once becomes several of these.

    ``exception`` is set for a policy exception, whose first pattern is the finding.
    """

    rule: Rule
    when: tuple[PlannedPattern, ...]
    unless: tuple[PlannedPattern, ...]
    exception: PolicyException | None = None

    @property
    def conditions(self) -> frozenset[int]:
        """The conditions for each of which a fact must be there before the rule can fire."""
        return frozenset(pattern.condition for pattern in self.when)

    @property
    def pattern_count(self) -> int:
        """The number of patterns, the gate left out."""
        return len(self.when) + len(self.unless)


class PatternNeed(msgspec.Struct, frozen=True):
    """What a rule needs of one fact for one pattern, to tell a claim that does not say from one that does not apply.

    ``hinges`` are the tested fields whose absence means that the claim does not say.
    """

    condition: int
    kind: str
    hinges: frozenset[str]


def exception_rule(exception: PolicyException) -> Rule:
    """Returns an exception as a rule whose first pattern is the finding it may set aside."""
    tests = [Test("rule", Operator.EQUAL, tuple(constant_operand(rule) for rule in exception.rules))]
    if exception.start:
        tests.append(Test("service_date", Operator.AT_LEAST, (constant_operand(exception.start),)))
    if exception.end:
        tests.append(Test("service_date", Operator.UNDER, (constant_operand(exception.end),)))
    finding = Pattern(FINDING, FINDING, tuple(tests), exception.place)
    return Rule(id=exception.id, title=exception.because, when=(finding, *exception.when), place=exception.place)


def joined(test: Test, own_name: str) -> bool:
    """Returns whether a test reads the fact of another pattern."""
    return any(operand.name not in ("", own_name) for operand in test.operands)


def plan_rule(
    rule: Rule, conditions: AlphaConditions, exception: PolicyException | None = None
) -> Iterator[PlannedRule]:
    """Yields the kernel rules of a checked rule; adds its conditions on single facts to those of the policy."""
    indexes = {pattern.name: index for index, pattern in enumerate(rule.when)}
    alternatives = [list(_alternatives(pattern)) for pattern in rule.when]
    blockers = [one for pattern in rule.unless for one in _alternatives(pattern)]
    kinds = [pattern.kind for pattern in rule.when]
    for chosen in product(*alternatives):
        read = _fields_read(chosen)
        when = tuple(
            _planned(pattern, kinds[:index].count(pattern.kind), indexes, conditions, read.get(pattern.name, ()))
            for index, pattern in enumerate(chosen)
        )
        unless = tuple(_planned(p, kinds.count(p.kind), indexes, conditions, ()) for p in blockers)
        yield PlannedRule(rule, when, unless, exception)


def count_alternatives(rule: Rule) -> int:
    """Returns how many kernel rules a rule becomes."""
    count = 1
    for pattern in rule.when:
        count *= len(list(_alternatives(pattern)))
    return count


def blocker_count(rule: Rule) -> int:
    """Returns how many negated patterns the ``unless`` of a rule becomes."""
    return sum(len(list(_alternatives(pattern))) for pattern in rule.unless)


def _alternatives(pattern: Pattern) -> Iterator[Pattern]:
    """Yields the pattern once for each choice among operands of ``equal`` tests that read other facts."""
    divided = [
        test.operator is Operator.EQUAL and len(test.operands) > 1 and joined(test, pattern.name)
        for test in pattern.tests
    ]
    if not any(divided):
        yield pattern
        return
    choices: list[list[Test]] = []
    for test, is_divided in zip(pattern.tests, divided, strict=True):
        if is_divided:
            own = tuple(o for o in test.operands if o.name in ("", pattern.name))
            others = [(o,) for o in test.operands if o.name not in ("", pattern.name)]
            choices.append([msgspec.structs.replace(test, operands=o) for o in ([own] if own else []) + others])
        else:
            choices.append([test])
    for chosen in product(*choices):
        yield msgspec.structs.replace(pattern, tests=chosen)


def _fields_read(when: Iterable[Pattern]) -> dict[str, set[str]]:
    """Returns the fields of each name that joins of ``when`` read: their facts cannot match without them."""
    read: dict[str, set[str]] = {}
    for pattern in when:
        for test in pattern.tests:
            for operand in test.operands:
                if operand.name not in ("", pattern.name):
                    read.setdefault(operand.name, set()).add(operand.field)
    return read


def _planned(
    pattern: Pattern, slot: int, indexes: dict[str, int], conditions: AlphaConditions, read: Iterable[str]
) -> PlannedPattern:
    own: list[Test] = []
    present = set(read)
    joins: dict[str, Join] = {}
    for test in pattern.tests:
        if not joined(test, pattern.name):
            own.append(test)
            continue
        present.add(test.field)
        for operator, operand in _single(test):
            if operand.name in ("", pattern.name):
                own.append(msgspec.structs.replace(test, operator=operator, operands=(operand,)))
            else:
                own_operand = msgspec.structs.replace(operand, name=OWN)
                join = Join(operator, test.field, indexes[operand.name], own_operand)
                joins[repr(join)] = join
    condition = conditions.number(pattern.kind, own, present)
    return PlannedPattern(condition, slot, tuple(joins[key] for key in sorted(joins)))


def _single(test: Test) -> Iterator[tuple[Operator, Operand]]:
    if test.operator is Operator.BETWEEN:
        yield Operator.AT_LEAST, test.operands[0]
        yield Operator.AT_MOST, test.operands[1]
    else:
        for operand in test.operands:
            yield test.operator, operand


def plan_needs(rule: Rule, conditions: AlphaConditions) -> tuple[PatternNeed, ...]:
    """Returns what a rule needs of single facts, or nothing when it hinges on no field that a claim may leave out."""
    read: dict[str, set[str]] = {}
    for pattern in rule.when:
        for test in pattern.tests:
            others = [o for o in test.operands if o.name not in ("", pattern.name)]
            if len(test.operands) == 1 or test.operator is not Operator.EQUAL:
                for operand in others:
                    read.setdefault(operand.name, set()).add(operand.field)
    needs = [_need(pattern, read.get(pattern.name, set()), conditions) for pattern in rule.when]
    return tuple(needs) if any(need.hinges for need in needs) else ()


def _need(pattern: Pattern, read: set[str], conditions: AlphaConditions) -> PatternNeed:
    own = [test for test in pattern.tests if not joined(test, pattern.name)]
    present = read | {test.field for test in pattern.tests if joined(test, pattern.name)}
    # `joined` tests with several operands leave only the presence of the field: a sound over-approximation
    single = [
        msgspec.structs.replace(test, operator=operator, operands=(operand,))
        for test in pattern.tests
        if joined(test, pattern.name) and test.operator is not Operator.EQUAL
        for operator, operand in _single(test)
        if operand.name in ("", pattern.name)
    ]
    asked = {t.field for t in own if t.operator is not Operator.PRESENT} | present
    declared = FACT_KINDS.get(pattern.kind)
    known = declared.fields if declared is not None else {}
    stated = {t.field for t in own if t.operator is Operator.PRESENT and not is_absence(t)}
    hinges = {name for name in asked - stated if name in known and known[name].unknown_when_absent}
    return PatternNeed(conditions.number(pattern.kind, [*own, *single], present), pattern.kind, frozenset(hinges))
