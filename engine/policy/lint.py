"""Warns of what loads but was probably not meant: rules that never fire, and parts that nobody reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.errors import Place, Problem
from engine.fact_schema import FACT_KINDS
from engine.policy.field_types import constant_test, lineage, tables_named
from engine.policy.lint_conditions import contradiction, repeated_conditions, same_conditions
from engine.policy.merge import Merged, Merger
from engine.policy.types import Operand, Pattern, Policy, PolicySet, Rule, Status, Table
from engine.reference.tables import OFFICIAL_TABLES

# Tables that no condition names: they stand behind fields (see ``fact_schema``) that any rule may read.
_BEHIND_FIELDS = {
    "procedure_codes": ("hcpcs", "mpfs", "retired_codes"),
    "mpfs": ("conversion_factors", "facility_rate_places", "gpci"),
}

# Columns that tell people what a row is and where it comes from; no rule needs to read them.
_FOR_PEOPLE = ("label", "note", "source")


def lint(policy_set: PolicySet, today: str = "") -> tuple[Problem, ...]:
    """Returns warnings W101 to W110, sorted by place; ``today`` (an ISO date) is what ``review_by`` is held against."""
    found: list[Problem] = []
    merger = Merger(policy_set, _ignore)
    tests = {f"{file.stem}/{test.name}" for file in policy_set.tests for test in file.tests}
    for policy in policy_set.policies:
        merged = merger.merged(policy)
        family = lineage(policy, merger.by_version)
        found += _overdue(policy, today)
        found += _overrides_of_nothing(policy, merger)
        found += _table_lists(policy, merged)
        found += _switched_off(policy, merged)
        found += _shadowed(policy, family)
        for rule in policy.rules:
            found += _rule_warnings(rule, tests)
    found += _unread_columns(policy_set)
    found += _unread_values(policy_set)
    return tuple(sorted(set(found), key=lambda problem: (problem.place, problem.code, problem.message)))


def _ignore(code: str, place: Place, message: str, hint: str = "") -> None:
    """Takes problems of merging: they are errors, which loading reports."""


def _warning(code: str, place: Place, message: str, hint: str) -> Problem:
    return Problem(code, message, place, hint, severity="warning")


def _patterns(policy: Policy) -> Iterator[Pattern]:
    for rule in policy.rules:
        yield from rule.when
        yield from rule.unless
    for exception in policy.exceptions:
        yield from exception.when


def _of_totals(policy: Policy) -> Iterator[Pattern]:
    """Yields the facts of each total as a condition."""
    yield from (Pattern(total.kind, total.kind, total.where) for total in policy.totals)


def operands_of(rule: Rule) -> Iterator[Operand]:
    """Yields every operand that a rule reads outside its conditions."""
    for assertion in rule.assertions:
        yield from (operand for _, operand in assertion.fields)
    if rule.report is not None:
        yield from (*rule.report.lines, *rule.report.diagnoses, *rule.report.codes)
        yield from (part.operand for part in rule.report.message if part.operand is not None)
    for fix in rule.fixes:
        yield from (part.operand for part in fix.description if part.operand is not None)
        for operation in fix.operations:
            for _, argument in operation.arguments:
                yield from argument if isinstance(argument, tuple) else (argument,)


def _tested(pattern: Pattern) -> Iterator[Operand]:
    for test in pattern.tests:
        yield from test.operands


def _overdue(policy: Policy, today: str) -> Iterator[Problem]:
    if today and policy.review_by and policy.review_by < today and policy.status is not Status.RETIRED:
        message = f"{policy.id} {policy.version} was to be looked at again by {policy.review_by}"
        yield _warning("W105", policy.place, message, "review it and set a new review_by")


def _overrides_of_nothing(policy: Policy, merger: Merger) -> Iterator[Problem]:
    parents = [merger.by_version.get((entry.policy, entry.version)) for entry in policy.extends]
    rules = {
        name: rule for parent in parents if parent is not None for name, rule in merger.merged(parent).rules.items()
    }
    for override in policy.overrides:
        rule = rules.get(override.rule)
        for name, setting in override.settings:
            holder = rule if name in ("severity", "kind", "status") else rule.report if rule is not None else None
            if holder is not None and getattr(holder, name) == setting:
                message = f"{override.rule} has this {name} already"
                yield _warning("W103", override.place, message, f"drop {name} from the override")


def _table_lists(policy: Policy, merged: Merged) -> Iterator[Problem]:
    """Compares ``tables`` with what the policy's rules read; a child may list tables that its parents' rules read."""
    named = tables_named([*_patterns(policy), *_of_totals(policy)])
    for table in sorted(named - set(merged.tables)):
        message = f"the rules read the table {table}, which {policy.id} does not list"
        yield _warning("W107", policy.place, message, f"add {table} to tables:")
    behind = _tables_behind(policy)
    for table in policy.tables:
        if table not in named and table not in behind:
            message = f"{policy.id} lists the table {table}, which none of its rules read"
            yield _warning("W107", policy.place, message, f"drop {table} from tables:")


def _tables_behind(policy: Policy) -> set[str]:
    """Returns the tables behind the fields of facts that the rules read."""
    found: set[str] = set()
    patterns = [*_patterns(policy), *_of_totals(policy)]
    for pattern in patterns:
        kind = FACT_KINDS.get(pattern.kind)
        for test in pattern.tests:
            field = kind.fields.get(test.field) if kind is not None else None
            if field is not None and field.table:
                found.update((field.table, *_BEHIND_FIELDS.get(field.table, ())))
    return found


def _switched_off(policy: Policy, merged: Merged) -> Iterator[Problem]:
    on = {assertion.kind for rule in merged.rules.values() for assertion in rule.assertions}
    off = {assertion.kind for rule in merged.disabled.values() for assertion in rule.assertions} - on
    for rule in merged.rules.values():
        for pattern in rule.when:
            if pattern.kind in off:
                message = f"{rule.id} never fires in {policy.id}: what asserts {pattern.kind} is switched off"
                yield _warning("W109", policy.place, message, f"disable {rule.id} too, and say why")


def _shadowed(policy: Policy, family: list[Policy]) -> Iterator[Problem]:
    seen: dict[str, Rule] = {}
    for ancestor in reversed(family):
        for rule in ancestor.rules:
            if rule.report is None:
                continue
            other = seen.setdefault(same_conditions(rule), rule)
            if other is not rule and rule.policy_id == policy.id and other.id != rule.id:
                message = f"{rule.id} has the same conditions as {other.id}"
                yield _warning("W102", rule.place, message, "keep one of the two")


def _rule_warnings(rule: Rule, tests: set[str]) -> Iterator[Problem]:
    for pattern in rule.when:
        why = contradiction(pattern)
        if why:
            yield _warning("W101", pattern.place, f"{rule.id} can never fire: {why}", "mend the condition")
    for pattern in rule.unless:
        why = contradiction(pattern)
        if why:
            yield _warning("W101", pattern.place, f"this never stops {rule.id}: {why}", "mend the condition")
    for pattern, other in repeated_conditions(rule):
        message = f"{pattern.name} asks for the same as {other.name}"
        yield _warning("W106", pattern.place, message, "drop one, or tell the two apart")
    for name in (*rule.tests.fires, *rule.tests.near):
        if tests and name not in tests:
            hint = "name it as file/test, where file has no .yaml"
            yield _warning("W108", rule.place, f"{rule.id} names the golden test {name!r}, which does not exist", hint)


def _unread_columns(policy_set: PolicySet) -> Iterator[Problem]:
    read: dict[str, set[str]] = {}
    for policy in policy_set.policies:
        for rule in policy.rules:
            _read_by(rule.when, rule.unless, operands_of(rule), read)
        for exception in policy.exceptions:
            _read_by(exception.when, (), (), read)
        for total in policy.totals:
            if total.table:
                read.setdefault(total.table, set()).update((total.field, *total.by, *(t.field for t in total.where)))
            for test in total.where:
                if test.table:
                    read.setdefault(test.table, set()).add(test.column)
    behind = {field.table for kind in FACT_KINDS.values() for field in kind.fields.values()} - {""}
    behind.update(table for tables in _BEHIND_FIELDS.values() for table in tables)
    for table in policy_set.tables:
        if table.id not in OFFICIAL_TABLES and table.id not in behind:
            yield from _unread_columns_of(table, read.get(table.id))


def _unread_columns_of(table: Table, read: set[str] | None) -> Iterator[Problem]:
    if read is None:
        yield _warning("W104", table.place, f"no rule reads the table {table.id}", "write a rule, or delete the table")
        return
    needed = {*table.key, table.date_from, table.date_to, *read, *_FOR_PEOPLE}
    unread = [name for name, _ in table.columns if name not in needed]
    if unread:
        message = f"no rule reads {', '.join(unread)} of the table {table.id}"
        hint = "leave them out of columns: (in a CSV they may stay)"
        yield _warning("W104", table.place, message, hint)


def _read_by(
    when: Iterable[Pattern], unless: Iterable[Pattern], outside: Iterable[Operand], read: dict[str, set[str]]
) -> None:
    tables: dict[str, str] = {}
    patterns = [*when, *unless]
    for pattern in patterns:
        table = constant_test(pattern, "table") if pattern.kind == "row" else None
        if table is not None:
            tables[pattern.name] = table
            read.setdefault(table, set()).update(test.field for test in pattern.tests)
        for test in pattern.tests:
            if test.table:
                read.setdefault(test.table, set()).add(test.column)
    for operand in (*outside, *(operand for pattern in patterns for operand in _tested(pattern))):
        if operand.name in tables:
            read[tables[operand.name]].add(operand.field)


def _unread_values(policy_set: PolicySet) -> Iterator[Problem]:
    operands = [
        operand
        for policy in policy_set.policies
        for operand in (
            *(operand for pattern in _patterns(policy) for operand in _tested(pattern)),
            *(operand for rule in policy.rules for operand in operands_of(rule)),
        )
    ]
    read = {name for operand in operands for name in (operand.value_id, operand.amount_value_id)}
    totals = {constant_test(p, "id") for policy in policy_set.policies for p in _patterns(policy) if p.kind == "total"}
    for policy in policy_set.policies:
        for value in policy.values:
            if value.id not in read:
                yield _warning("W110", value.place, f"no rule reads the value {value.id}", "delete it, or read it")
        for total in policy.totals:
            if total.id not in totals and None not in totals:
                yield _warning("W110", total.place, f"no rule reads the total {total.id}", "delete it, or read it")
