"""Finds which tables the rules of a policy set read, and which rules read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine import procedure_codes
from engine.fact_schema import FACT_KINDS
from engine.policy.types import Operand, Operator, Pattern, Policy, PolicySet, Rule, Test


def tables_wanted(policies: PolicySet) -> dict[str, list[str]]:
    """Returns, by table id, the ids of the rules, exceptions and totals that read it, sorted; drafts and retired ones too."""
    wanted: dict[str, set[str]] = {}
    for policy in policies.policies:
        for reader, tables in _readers(policy):
            for table in tables:
                wanted.setdefault(table, set()).add(reader)
    return {table: sorted(readers) for table, readers in sorted(wanted.items())}


def _readers(policy: Policy) -> Iterator[tuple[str, set[str]]]:
    for rule in policy.rules:
        yield rule.id, _tables_of([*rule.when, *rule.unless], _reported(rule))
    for exception in policy.exceptions:
        yield exception.id, _tables_of(exception.when, ())
    for total in policy.totals:
        yield (
            total.id,
            {test.table for test in total.where if test.table}
            | ({total.table} if total.table else set())
            | {table for test in total.where for table in _behind(total.kind, test.field)},
        )


def _reported(rule: Rule) -> tuple[Operand, ...]:
    asserted = tuple(operand for assertion in rule.assertions for _, operand in assertion.fields)
    if rule.report is None:
        return asserted
    return (*asserted, *rule.report.lines, *rule.report.diagnoses, *rule.report.codes)


def _tables_of(patterns: Iterable[Pattern], others: Iterable[Operand]) -> set[str]:
    """Returns the tables that patterns read: rows, membership tests, and fields that are filled from a table."""
    found: set[str] = set()
    kinds: dict[str, str] = {}
    operands = list(others)
    for pattern in patterns:
        kinds[pattern.name] = pattern.kind
        for test in pattern.tests:
            operands += test.operands
            found |= {test.table} if test.table else set()
            found |= _behind(pattern.kind, test.field)
            if pattern.kind == "row" and _names_table(test):
                found |= {str(operand.constant) for operand in test.operands}
    for operand in operands:
        found |= _behind(kinds.get(operand.name, ""), operand.field)
    return found


def _behind(kind: str, field: str) -> set[str]:
    """Returns the table that a field of a fact is filled from, if any."""
    fact = FACT_KINDS.get(kind)
    source = fact.fields[field].table if fact is not None and field in fact.fields else ""
    if source == "procedure_codes":  # what the fee schedule and the HCPCS file say together
        return set(procedure_codes.TABLES)
    return {source} if source else set()


def _names_table(test: Test) -> bool:
    return test.field == "table" and test.operator is Operator.EQUAL
