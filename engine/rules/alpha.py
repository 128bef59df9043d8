"""Finds, in one pass over the facts, which conditions on single facts hold: the triggers of rules and their alpha network.

Conditions are filed under a text that their fact must hold (a row's table, a total's id, a code, a modifier); those under one text
become one compiled function in which equal tests are made once. So conditions that cannot hold cost nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from engine.fact import Fact, FieldValue
from engine.policy.types import Operator, Test
from engine.rules.contract import RunContext
from engine.rules.predicate import Holds, Source, constant_operand, expression, is_expensive, own_test

_PREFERRED = {"row": "table", "total": "id", "documentation": "name"}
_MAXIMUM_FILED = 64  # texts that one condition is filed under; with more it is tried on every fact of its kind
Hits = defaultdict[int, list[Fact]]  # the facts that meet each condition, by its number
_Bucket = Callable[[Fact, Mapping[str, FieldValue], RunContext, Holds, Hits], None]
_Key = tuple[str, str, bool, str]  # kind, field, whether the field is a list, text


class AlphaCondition(msgspec.Struct, frozen=True):
    """A kind of fact and the tests that one fact of it passes by itself; ``number`` names it within a policy."""

    number: int
    kind: str
    tests: tuple[Test, ...]


class AlphaConditions:
    """Collects the different conditions of a policy; equal ones get the same number."""

    def __init__(self) -> None:
        """Starts without a condition."""
        self.conditions: list[AlphaCondition] = []
        self._numbers: dict[str, int] = {}
        self._own: dict[int, tuple[Test, str, Test]] = {}

    def number(self, kind: str, tests: Iterable[Test], present: Iterable[str] = ()) -> int:
        """Returns the number of a condition; ``present`` are fields that must be there besides what the tests ask."""
        own = dict(map(self._own_test, tests))
        tested = {test.field for test in own.values() if not is_absence(test)}
        for field in sorted(set(present) - tested):
            test = presence(field)
            own[repr(test)] = test
        texts = sorted(own)
        ordered = tuple(own[text] for text in texts)
        key = f"{kind} {texts}"
        if key not in self._numbers:
            self._numbers[key] = len(self.conditions)
            self.conditions.append(AlphaCondition(len(self.conditions), kind, ordered))
        return self._numbers[key]

    def _own_test(self, test: Test) -> tuple[str, Test]:
        """Returns a test without its place and its text, which tells equal tests; a test is kept, so that its identity stays its own."""
        found = self._own.get(id(test))
        if found is None:
            own = own_test(test)
            found = self._own[id(test)] = (test, repr(own), own)
        return found[1:]


def presence(field: str) -> Test:
    """Returns the test that a field is there."""
    return Test(field, Operator.PRESENT, (constant_operand(True),))


def is_absence(test: Test) -> bool:
    """Returns whether a test asks that its field is absent."""
    return test.operator is Operator.PRESENT and test.operands[0].constant is False


class _KindPlan(msgspec.Struct):
    """The compiled functions of one kind: one for all of its facts, and those filed under a text of a field."""

    always: _Bucket | None
    filed: list[tuple[str, bool, dict[str, _Bucket]]]


class AlphaNetwork:
    """The compiled conditions of a policy; immutable once made."""

    def __init__(self, conditions: Sequence[AlphaCondition]) -> None:
        """Compiles the conditions."""
        buckets: dict[_Key, list[tuple[int, list[Test]]]] = defaultdict(list)
        for condition, filed in _filing(conditions):
            for key, tests in filed:
                buckets[key].append((condition.number, tests))
        functions = _compile(buckets)
        self._plans: dict[str, _KindPlan] = {}
        tables: dict[tuple[str, str, bool], dict[str, _Bucket]] = defaultdict(dict)
        for (kind, field, is_list, text), function in functions.items():
            plan = self._plans.setdefault(kind, _KindPlan(None, []))
            if field:
                tables[(kind, field, is_list)][text] = function
            else:
                plan.always = function
        for (kind, field, is_list), table in sorted(tables.items(), key=lambda entry: entry[0]):
            self._plans[kind].filed.append((field, is_list, table))

    def match(self, facts: Iterable[Fact], context: RunContext, hits: Hits) -> None:
        """Adds each fact to the list of every condition it meets."""
        plans, has = self._plans, context.has
        for fact in facts:
            plan = plans.get(fact.kind)
            if plan is None:
                continue
            fields = fact.fields
            if plan.always is not None:
                plan.always(fact, fields, context, has, hits)
            for field, is_list, table in plan.filed:
                value = fields.get(field)
                if is_list:
                    if isinstance(value, list):
                        for item in dict.fromkeys(value):
                            bucket = table.get(item)  # type: ignore[call-overload]  # a whole number is never found
                            if bucket is not None:
                                bucket(fact, fields, context, has, hits)
                elif isinstance(value, str):
                    bucket = table.get(value)
                    if bucket is not None:
                        bucket(fact, fields, context, has, hits)


class Selections:
    """Finds the facts that pass each of several sets of tests, all in one pass."""

    def __init__(self, wanted: Iterable[tuple[str, Sequence[Test]]]) -> None:
        """Compiles kinds of facts with the tests they must pass; operands may not name other facts."""
        conditions = AlphaConditions()
        self._numbers = [conditions.number(kind, tests) for kind, tests in wanted]
        self._network = AlphaNetwork(conditions.conditions)

    def select(self, facts: Iterable[Fact], context: RunContext) -> list[Sequence[Fact]]:
        """Returns, for each set of tests in turn, the facts that pass it, in their order."""
        hits: Hits = defaultdict(list)
        self._network.match(facts, context, hits)
        return [hits.get(number, ()) for number in self._numbers]


def compile_predicate(kind: str, tests: Sequence[Test]) -> Callable[[Fact, RunContext], bool]:
    """Returns a predicate that holds for facts of a kind that pass every test; operands may not name other facts."""
    key: _Key = (kind, "", False, "")
    bucket = _compile({key: [(0, [own_test(test) for test in tests])]})[key]

    def holds(fact: Fact, context: RunContext) -> bool:
        hits: Hits = defaultdict(list)
        if fact.kind == kind:
            bucket(fact, fact.fields, context, context.has, hits)
        return bool(hits)

    return holds


def _filing(
    conditions: Sequence[AlphaCondition],
) -> Iterable[tuple[AlphaCondition, list[tuple[_Key, list[Test]]]]]:
    """Yields each condition with the places it is filed under and the tests that are left to make there."""
    texts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for condition in conditions:
        for test in condition.tests:
            texts[(condition.kind, test.field)].update(_texts(test))
    for condition in conditions:
        kind = condition.kind
        choices = [test for test in condition.tests if 0 < len(_texts(test)) <= _MAXIMUM_FILED]
        if not choices:
            yield condition, [((kind, "", False, ""), list(condition.tests))]
            continue
        test = max(choices, key=lambda t: (t.field == _PREFERRED.get(kind), len(texts[(kind, t.field)]), repr(t)))
        rest = [other for other in condition.tests if other is not test]
        is_list = test.operator is Operator.HAS
        yield condition, [((kind, test.field, is_list, text), rest) for text in sorted(_texts(test))]


def _texts(test: Test) -> frozenset[str]:
    """Returns the texts of which the field must be (or hold) one, or none when the test does not say."""
    if test.operator is not Operator.EQUAL and not (test.operator is Operator.HAS and len(test.operands) == 1):
        return frozenset()
    texts = frozenset(o.constant for o in test.operands if isinstance(o.constant, str) and not o.operator)
    return texts if len(texts) == len({repr(o) for o in test.operands}) else frozenset()


def _compile(buckets: Mapping[_Key, list[tuple[int, list[Test]]]]) -> dict[_Key, _Bucket]:
    source = Source()
    lines: list[str] = []
    names = {}
    for index, (key, entries) in enumerate(sorted(buckets.items())):
        names[key] = f"bucket_{index}"
        lines.append(f"def bucket_{index}(fact, f, context, has, hits):")
        _Writer(key[0], source, lines).write([(n, {repr(t): t for t in tests}) for n, tests in entries])
    space: dict[str, Any] = dict(source.names)
    exec(compile("\n".join(lines), "<conditions of a policy>", "exec"), space)
    return {key: space[name] for key, name in names.items()}


class _Writer:
    """Writes one function as nested ``if`` statements, the test that most conditions share outermost."""

    def __init__(self, kind: str, source: Source, lines: list[str]) -> None:
        self._kind = kind
        self._source = source
        self._lines = lines
        self._variables: dict[str, str] = {}

    def write(self, entries: list[tuple[int, dict[str, Test]]]) -> None:
        fields = sorted({test.field for _, tests in entries for test in tests.values()})
        for index, field in enumerate(fields):
            self._variables[field] = f"v{index}"
            self._lines.append(f" v{index} = f.get({self._source.name(field)})")
        self._write(entries, " ")

    def _write(self, entries: list[tuple[int, dict[str, Test]]], indent: str) -> None:
        done = [number for number, tests in entries if not tests]
        self._lines.extend(f"{indent}hits[{number}].append(fact)" for number in done)
        left = [(number, tests) for number, tests in entries if tests]
        while left:
            counts = Counter(key for _, tests in left for key in tests)
            known = {key: test for _, tests in left for key, test in tests.items()}
            cheap = [key for key in counts if not is_expensive(known[key])]
            chosen = max(cheap or counts, key=lambda key: (counts[key], key))
            test = known[chosen]
            condition = expression(test, self._kind, self._source, self._variables[test.field])
            self._lines.append(f"{indent}if {condition}:")
            inside = [(n, {k: t for k, t in tests.items() if k != chosen}) for n, tests in left if chosen in tests]
            self._write(inside, indent + " ")
            left = [(number, tests) for number, tests in left if chosen not in tests]
        if not entries:
            self._lines.append(f"{indent}pass")
