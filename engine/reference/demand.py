"""Finds which tables the rules of a policy set read, and which rules read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.policy.types import Operator, Pattern, Policy, PolicySet, Test


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
        yield rule.id, _tables_of([*rule.when, *rule.unless])
    for exception in policy.exceptions:
        yield exception.id, _tables_of(exception.when)
    for total in policy.totals:
        yield total.id, {test.table for test in total.where if test.table}


def _tables_of(patterns: Iterable[Pattern]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        found |= {test.table for test in pattern.tests if test.table}
        if pattern.kind == "row":
            found |= {
                str(operand.constant) for test in pattern.tests if _names_table(test) for operand in test.operands
            }
    return found


def _names_table(test: Test) -> bool:
    return test.field == "table" and test.operator is Operator.EQUAL
