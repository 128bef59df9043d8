"""Writes planned rules as durable_rules rulesets, small enough and shaped so that no measured fault of the kernel is met.

A fact goes to the kernel as small whole numbers only: one flag for each condition it meets, and for each field that a join
reads a column made by ``columns.py``. Every column that a pattern reads is on every fact with the pattern's flag.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from engine.errors import Problem
from engine.policy.types import Operand, Operator
from engine.rules.limits import (
    MAXIMUM_JOINS_OF_PATTERN,
    MAXIMUM_PATTERNS,
    MAXIMUM_PROPERTIES,
    MAXIMUM_RULES,
    colliding,
)
from engine.rules.plan import ORDERED, Join, Mark, PlannedPattern, PlannedRule
from engine.rules.predicate import OWN

SESSION = "1"  # the one session id; more than 1,024 live ones end in a crash
GATE = "g"
WARM = "w"  # its fact fires the one rule that every ruleset has besides its own, see session.py
ALWAYS = "k"  # on every fact with the value 1: a pattern with joins ends by comparing it
_SIGNS = {Operator.OVER: "$gt", Operator.UNDER: "$lt", Operator.AT_LEAST: "$gte", Operator.AT_MOST: "$lte"}
_RESERVED = ("id", "sid", "$s", GATE, WARM, ALWAYS, "rules")


class Column(msgspec.Struct, frozen=True):
    """A number that a fact carries into the kernel for joins; ``operand`` reads the fact itself.

    ``form`` is ``e`` (equal values share it), ``p`` (1 when there is a value), ``o`` or ``s`` (ordered, as the tested field or as
    what it is compared with; the class of the value is a second property). ``name`` is the kernel's property.
    """

    form: str
    operand: Operand
    name: str
    class_name: str = ""


class Ruleset(msgspec.Struct, frozen=True):
    """One kernel ruleset: its rules (the n-th is named ``r<n>``), its definition, and the columns each mark needs.

    ``cyclic`` says that its rules read facts that its rules derive.
    """

    rules: tuple[PlannedRule, ...]
    definition: str
    columns: dict[Mark, tuple[Column, ...]]
    cyclic: bool = False


def flag(mark: Mark) -> str:
    """Returns the kernel's property for facts that carry a mark."""
    return f"c{mark[0]}_{mark[1]}"


class _Columns:
    """Names the columns of one ruleset and remembers which marks need them."""

    def __init__(self) -> None:
        self._by_key: dict[str, Column] = {}
        self.needed: dict[Mark, dict[str, Column]] = {}

    def column(self, form: str, operand: Operand, mark: Mark) -> Column:
        key = form + repr(operand)
        if key not in self._by_key:
            number = len(self._by_key)
            self._by_key[key] = Column(form, operand, f"{form}{number}", f"t{number}" if form in "os" else "")
        column = self._by_key[key]
        self.needed.setdefault(mark, {})[column.name] = column
        return column

    @property
    def property_count(self) -> int:
        return sum(2 if column.class_name else 1 for column in self._by_key.values())


def write_ruleset(rules: Sequence[PlannedRule], cyclic: bool = False) -> Ruleset:
    """Returns the kernel ruleset of planned rules; raises ValueError when a limit of the kernel would be passed."""
    columns = _Columns()
    definition = {f"r{index}": {"all": _patterns(rule, columns), "pri": 0} for index, rule in enumerate(rules)}
    definition[WARM] = {"all": [{WARM: {"$and": [{WARM: 1}]}}], "pri": 0}
    marks = {pattern.mark for rule in rules for pattern in (*rule.when, *rule.unless)}
    needed = {mark: tuple(columns.needed.get(mark, {}).values()) for mark in sorted(marks)}
    count = columns.property_count + len(marks)
    if len(rules) > MAXIMUM_RULES or sum(rule.pattern_count for rule in rules) > MAXIMUM_PATTERNS:
        raise ValueError(f"a ruleset of {len(rules)} rules is larger than the kernel takes")
    if count > MAXIMUM_PROPERTIES:
        raise ValueError(f"facts of a ruleset would have {count} properties, more than the kernel takes")
    names = [flag(mark) for mark in needed] + [
        n for cs in needed.values() for c in cs for n in (c.name, c.class_name) if n
    ]
    clashes = colliding([*names, *_RESERVED, *definition, *(f"m{i}" for i in range(MAXIMUM_PATTERNS))])
    if clashes:
        raise ValueError(f"the kernel cannot tell {clashes[0][0]} from {clashes[0][1]}")
    return Ruleset(tuple(rules), msgspec.json.encode(definition).decode(), needed, cyclic)


def _patterns(rule: PlannedRule, columns: _Columns) -> list[dict[str, object]]:
    """Returns the patterns of a rule: first the gate, so that negation is judged when all facts are there."""
    patterns: list[dict[str, object]] = [{GATE: {"$and": [{GATE: 1}]}}]
    for index, pattern in enumerate(rule.when):
        patterns.append({f"m{index}": {"$and": _tests(pattern, rule, columns)}})
    for index, pattern in enumerate(rule.unless):
        patterns.append({f"n{index}$not": {"$and": _tests(pattern, rule, columns)}})
    return patterns


def _tests(pattern: PlannedPattern, rule: PlannedRule, columns: _Columns) -> list[dict[str, object]]:
    tests: list[dict[str, object]] = [{flag(pattern.mark): 1}]
    for join in pattern.joins:
        tests += _join_tests(join, pattern.mark, rule.when[join.source].mark, columns)
    if pattern.joins:
        # A false join in the last place makes the kernel skip the end of the list and read past its heap. Only joins are in
        # that list (a constant test is not), so the list ends with a join that is always true.
        tests.append({ALWAYS: {f"m{pattern.joins[0].source}": ALWAYS}})
    return tests


def _join_tests(join: Join, mark: Mark, source: Mark, columns: _Columns) -> list[dict[str, object]]:
    own = Operand(name=OWN, field=join.field)
    alias = f"m{join.source}"
    if join.operator in ORDERED:
        left = columns.column("o", own, mark)
        right = columns.column("s", join.operand, source)
        return [
            {left.class_name: {alias: right.class_name}},
            {_SIGNS[join.operator]: {left.name: {alias: right.name}}},
        ]
    left = columns.column("e", own, mark)
    right = columns.column("e", join.operand, source)
    if join.operator is Operator.EQUAL:
        return [{left.name: {alias: right.name}}]
    there = columns.column("p", join.operand, source)
    return [{ALWAYS: {alias: there.name}}, {"$neq": {left.name: {alias: right.name}}}]


def pack(rules: Iterable[PlannedRule]) -> list[Ruleset]:
    """Returns rules that do not feed each other as few kernel rulesets, in their order."""
    packed: list[Ruleset] = []
    current: list[PlannedRule] = []
    patterns = 0
    properties: set[str] = set()
    for rule in rules:
        own = _properties(rule)
        full = patterns + rule.pattern_count > MAXIMUM_PATTERNS or len(current) == MAXIMUM_RULES
        if current and (full or len(properties | own) > MAXIMUM_PROPERTIES):
            packed.append(write_ruleset(current))
            current, patterns, properties = [], 0, set()
        current.append(rule)
        patterns += rule.pattern_count
        properties |= own
    if current:
        packed.append(write_ruleset(current))
    return packed


def _properties(rule: PlannedRule) -> set[str]:
    """Returns a text for each property that a rule puts on facts, at most."""
    found: set[str] = set()
    for pattern in (*rule.when, *rule.unless):
        found.add(flag(pattern.mark))
        for join in pattern.joins:
            for operand in (Operand(name=OWN, field=join.field), join.operand):
                forms = ("o", "s", "t", "u") if join.operator in ORDERED else ("e", "p")
                found.update(form + repr(operand) for form in forms)
    return found


def fits_one_ruleset(rules: Sequence[PlannedRule]) -> bool:
    """Returns whether rules that feed each other fit the one ruleset they must share."""
    properties: set[str] = set().union(*map(_properties, rules))
    patterns = sum(rule.pattern_count for rule in rules)
    return patterns <= MAXIMUM_PATTERNS and len(rules) <= MAXIMUM_RULES and len(properties) <= MAXIMUM_PROPERTIES


def join_problems(rule: PlannedRule) -> Iterable[Problem]:
    """Yields a problem for each pattern with more joins than the kernel takes."""
    patterns = zip((*rule.rule.when, *rule.rule.unless), (*rule.when, *rule.unless), strict=False)
    for pattern, planned in patterns:
        tests = sum(1 if join.operator is Operator.EQUAL else 2 for join in planned.joins)
        if tests > MAXIMUM_JOINS_OF_PATTERN:
            message = f"condition {pattern.name} of {rule.rule.id} compares with other facts in {tests} ways"
            hint = f"at most {MAXIMUM_JOINS_OF_PATTERN} (a comparison counts 2): split the rule by a derived fact"
            yield Problem("E704", message, pattern.place, hint)
