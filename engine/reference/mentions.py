"""Finds every code that policies, tables and golden tests name, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from engine.code_ranges import range_ends
from engine.errors import Place
from engine.policy.types import (
    ColumnType,
    GoldenTest,
    Operand,
    Operator,
    Pattern,
    Policy,
    PolicySet,
    Rule,
    Table,
    Test,
    TestFile,
)
from engine.reference.changes import SUCCESSOR_TABLES

_RANGES = (Operator.IN_RANGE, Operator.NOT_IN_RANGE)
_PREFIXES = (Operator.STARTS_WITH, Operator.NOT_STARTS_WITH)
_NARROW = 3  # a shorter start of a code, like a range across whole sections, speaks of a class and not of its codes
_CODED = (
    ColumnType.CODE,
    ColumnType.CODE_RANGE,
    ColumnType.ICD10,
    ColumnType.ICD10_PREFIX,
    ColumnType.MODIFIER,
    ColumnType.PLACE_OF_SERVICE,
    ColumnType.TAXONOMY,
)


class Mention(msgspec.Struct, frozen=True):
    """One place that names codes: ``kind`` (rule, table or test), its name, and what it names.

    ``exact`` are codes, ``ranges`` first and last code, ``prefixes`` starts of codes. ``row`` is a table row from 1.
    """

    kind: str
    name: str
    place: Place
    exact: frozenset[str]
    ranges: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[str, ...] = ()
    row: int = 0

    def names(self, code: str) -> bool:
        """Returns whether this place names a code, by itself or within a range or prefix."""
        if code in self.exact:
            return True
        if any(low <= code <= high and len(low) == len(code) for low, high in self.ranges):
            return True
        return any(code.startswith(prefix) for prefix in self.prefixes)


def mentions_of(policies: PolicySet) -> list[Mention]:
    """Returns every place in a policy set that names codes; tables that record old codes on purpose are left out."""
    found: list[Mention] = []
    for policy in policies.policies:
        found += _of_policy(policy)
    for table in policies.tables:
        if table.id not in SUCCESSOR_TABLES:
            found += _of_table(table)
    for file in policies.tests:
        found += _of_tests(file)
    return found


def _of_policy(policy: Policy) -> Iterator[Mention]:
    for rule in policy.rules:
        yield _mention("rule", rule.id, rule.place, _tests_of([*rule.when, *rule.unless]), _operands_of(rule))
    for exception in policy.exceptions:
        yield _mention("exception", exception.id, exception.place, _tests_of(exception.when), ())
    for total in policy.totals:
        yield _mention("total", total.id, total.place, total.where, ())


def _tests_of(patterns: Iterable[Pattern]) -> list[Test]:
    return [test for pattern in patterns for test in pattern.tests]


def _operands_of(rule: Rule) -> Iterator[Operand]:
    """Yields the operands with which a rule asserts, reports and fixes."""
    for assertion in rule.assertions:
        yield from (operand for _, operand in assertion.fields)
    if rule.report is not None:
        yield from rule.report.codes
        for text in (rule.report.carc, rule.report.rarc):
            yield Operand(constant=text or None)
    for fix in rule.fixes:
        for operation in fix.operations:
            for _, value in operation.arguments:
                yield from value if isinstance(value, tuple) else (value,)


def _mention(kind: str, name: str, place: Place, tests: Iterable[Test], others: Iterable[Operand]) -> Mention:
    exact: set[str] = set()
    ranges: list[tuple[str, str]] = []
    prefixes: list[str] = []
    for test in tests:
        for text in _constants(test.operands):
            if test.operator in _RANGES:
                ranges += [ends for ends in [range_ends(text)] if ends[0][:2] == ends[1][:2]]
            elif test.operator in _PREFIXES:
                prefixes += [text] if len(text) >= _NARROW else []
            else:
                exact.add(text)
    exact.update(_constants(others))
    return Mention(kind, name, place, frozenset(exact), tuple(ranges), tuple(prefixes))


def _constants(operands: Iterable[Operand]) -> Iterator[str]:
    return (operand.constant for operand in operands if isinstance(operand.constant, str) and operand.constant)


def _of_table(table: Table) -> Iterator[Mention]:
    coded = [(index, kind) for index, (_, kind) in enumerate(table.columns) if kind in _CODED]
    for number, row in enumerate(table.rows, 1):
        exact: set[str] = set()
        ranges: list[tuple[str, str]] = []
        prefixes: list[str] = []
        for index, kind in coded:
            text = str(row[index] or "")
            if not text:
                continue
            if kind is ColumnType.CODE_RANGE:
                ranges += [ends for ends in [range_ends(text)] if ends[0][:2] == ends[1][:2]]
            elif kind is ColumnType.ICD10_PREFIX:
                prefixes += [text] if len(text) >= _NARROW else []
            else:
                exact.add(text)
        yield Mention("table", table.id, table.place, frozenset(exact), tuple(ranges), tuple(prefixes), number)


def _of_tests(file: TestFile) -> Iterator[Mention]:
    claims = {name: set(_texts_of(document)) for name, document in file.claims}
    for test in file.tests:
        named = claims.get(test.claim, set()) | set(_texts_of([value for _, value in test.change]))
        yield Mention("test", f"{file.stem}/{test.name}", _place(test, file), frozenset(named))


def _place(test: GoldenTest, file: TestFile) -> Place:
    return test.place if test.place.file else file.place


_CLAIM_CODES = ("procedure_code", "modifiers", "code", "place_of_service", "taxonomy_code", "diagnosis_codes")


def _texts_of(value: object, name: str = "") -> Iterator[str]:
    """Yields the codes of a claim document, or of values put into one."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts_of(inner, str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts_of(inner, name)
    elif isinstance(value, str) and (not name or name in _CLAIM_CODES):
        yield value
