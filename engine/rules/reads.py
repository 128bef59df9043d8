"""Says what a policy reads: kinds of facts, their fields, and the tables that each rule hangs on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.fact_schema import FACT_KINDS
from engine.policy.types import ColumnType, MessagePart, Operand, Operator, Pattern, ResolvedPolicy, Rule, Test, Total
from engine.reference.view import TableSchema
from engine.rules.plan import FINDING, exception_rule

MATCHED = "_matched"
"""Ends the name of the field of a ``row`` that holds the code of the claim which a prefix or range matched."""


def fields_by_kind(policy: ResolvedPolicy) -> dict[str, frozenset[str]]:
    """Returns every field that rules, exceptions and totals of a policy read, by kind of fact, dates of facts included."""
    found: dict[str, set[str]] = {}
    for rule in (*policy.rules, *map(exception_rule, policy.exceptions)):
        kinds = {pattern.name: pattern.kind for pattern in (*rule.when, *rule.unless)}
        for pattern in (*rule.when, *rule.unless):
            found.setdefault(pattern.kind, set()).update(test.field for test in pattern.tests)
        for operand in operands_of(rule):
            if operand.name in kinds:
                found.setdefault(kinds[operand.name], set()).add(operand.field)
    for total in policy.totals:
        read = {total.field, *total.by, *(test.field for test in total.where)} - {""}
        read |= {o.field for test in total.where for o in test.operands if o.field}
        found.setdefault(total.kind, set()).update(read)
    if policy.exceptions:
        found.setdefault("line", set()).add("line_number")
        found.setdefault("claim", set())
    for kind, fields in found.items():
        if kind in FACT_KINDS:
            fields.add(FACT_KINDS[kind].date_field)
    found.pop(FINDING, None)
    return {kind: frozenset(fields) for kind, fields in found.items()}


def row_matches(
    policy: ResolvedPolicy, schemas: Mapping[str, TableSchema]
) -> dict[str, tuple[tuple[str, ColumnType], ...]]:
    """Returns, by table, the columns of prefixes and ranges of which some rule reads the code that they matched."""
    found: dict[str, set[str]] = {}
    for rule in (*policy.rules, *map(exception_rule, policy.exceptions)):
        patterns = (*rule.when, *rule.unless)
        tables = {pattern.name: table for pattern in patterns for table in _named_in(pattern, "row", "table")}
        read = [(pattern.name, test.field) for pattern in patterns for test in pattern.tests]
        read += [(operand.name, operand.field) for operand in operands_of(rule)]
        for name, field in read:
            if name in tables and field.endswith(MATCHED):
                found.setdefault(tables[name], set()).add(field.removesuffix(MATCHED))
    return {
        table: tuple((column, schemas[table].columns[column]) for column in sorted(columns))
        for table, columns in sorted(found.items())
        if table in schemas
    }


def operands_of(rule: Rule) -> Iterator[Operand]:
    """Yields every operand of a rule: of its tests, assertions, report and fixes."""
    for pattern in (*rule.when, *rule.unless):
        yield from _test_operands(pattern.tests)
    for assertion in rule.assertions:
        yield from (operand for _, operand in assertion.fields)
    if rule.report is not None:
        yield from (*rule.report.lines, *rule.report.diagnoses, *rule.report.codes)
        yield from _message_operands(rule.report.message)
    for fix in rule.fixes:
        yield from _message_operands(fix.description)
        if fix.needs_for is not None:
            yield fix.needs_for
        for operation in fix.operations:
            for _, argument in operation.arguments:
                yield from argument if isinstance(argument, tuple) else (argument,)


def _test_operands(tests: Iterable[Test]) -> Iterator[Operand]:
    for test in tests:
        yield from test.operands


def _message_operands(parts: Iterable[MessagePart]) -> Iterator[Operand]:
    yield from (part.operand for part in parts if part.operand is not None)


def tables_by_rule(policy: ResolvedPolicy) -> dict[str, frozenset[str]]:
    """Returns the tables that each rule hangs on: rows, membership tests, fields read from tables, and those of its totals.

    Tables of rules that derive what a rule reads are not included, nor those that only its ``unless`` needs and it is judged without.
    """
    totals = {total.id: _tables_of_total(total) for total in policy.totals}
    found = {}
    for rule in policy.rules:
        wanted = frozenset(_tables_of_patterns(rule, rule.unless, totals)) - frozenset(rule.judged_without)
        found[rule.id] = wanted.union(_tables_of_patterns(rule, rule.when, totals), _tables_asserted(rule))
    return found


def _tables_of_patterns(rule: Rule, patterns: Iterable[Pattern], totals: Mapping[str, frozenset[str]]) -> Iterator[str]:
    kinds = {pattern.name: pattern.kind for pattern in (*rule.when, *rule.unless)}
    for pattern in patterns:
        yield from _tables_of_tests(pattern.kind, pattern.tests)
        yield from _named_in(pattern, "row", "table")
        for total in _named_in(pattern, "total", "id"):
            yield from totals.get(total, ())
        for operand in _test_operands(pattern.tests):
            yield from _table_of_field(kinds.get(operand.name, ""), operand.field)


def _tables_asserted(rule: Rule) -> Iterator[str]:
    kinds = {pattern.name: pattern.kind for pattern in rule.when}
    for assertion in rule.assertions:
        for _, operand in assertion.fields:
            yield from _table_of_field(kinds.get(operand.name, ""), operand.field)


def _named_in(pattern: Pattern, kind: str, field: str) -> Iterator[str]:
    if pattern.kind == kind:
        for test in pattern.tests:
            if test.field == field and test.operator is Operator.EQUAL:
                yield from (str(operand.constant) for operand in test.operands if operand.constant is not None)


def _tables_of_tests(kind: str, tests: Iterable[Test]) -> Iterator[str]:
    for test in tests:
        if test.table:
            yield test.table
        yield from _table_of_field(kind, test.field)


def _tables_of_total(total: Total) -> frozenset[str]:
    found = set(_tables_of_tests(total.kind, total.where)) | ({total.table} if total.table else set())
    for field in (total.field, *total.by):
        found.update(_table_of_field(total.kind, field))
    return frozenset(found)


def _table_of_field(kind: str, field: str) -> Iterator[str]:
    declared = FACT_KINDS.get(kind)
    if declared is not None and field in declared.fields and declared.fields[field].table:
        yield declared.fields[field].table
