"""Checks what no file shows by itself: versions, parents, scopes, derived facts, merged rules and golden tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

from engine.errors import Place, Problem
from engine.policy.check_rules import (
    Surroundings,
    check_exception,
    check_message,
    check_rule,
    check_total,
    check_when,
)
from engine.policy.cycles import check_cycles
from engine.policy.field_types import TypeBook, lineage
from engine.policy.given_rows import check_given
from engine.policy.merge import Merged, Merger
from engine.policy.reader import meant
from engine.policy.select import rank, scopes_meet, windows_meet
from engine.policy.source import Source
from engine.policy.types import Assertion, Policy, PolicySet, Rule, Status, Table, TestFile
from engine.reference.tables import OFFICIAL_TABLES

_RUNNING = (Status.ACTIVE, Status.TRIAL)


class _Report:
    """Takes problems with their places, and finds parts of files by their paths."""

    def __init__(self, sources: Mapping[str, Source], problems: list[Problem]) -> None:
        self._sources = sources
        self._problems = problems

    def complain(self, code: str, place: Place, message: str, hint: str = "") -> None:
        source = self._sources.get(place.file)
        excerpt = source.excerpt(place.line) if source is not None else ""
        self._problems.append(Problem(code, message, place, hint, excerpt=excerpt))

    def place_of(self, place: Place, part: str) -> Place:
        source = self._sources.get(place.file)
        return source.places.get(place.path + part, place) if source is not None else place

    def has_key(self, place: Place, part: str) -> bool:
        source = self._sources.get(place.file)
        return source is not None and place.path + part in source.places


def check_set(loaded: PolicySet, sources: Mapping[str, Source], problems: list[Problem]) -> None:
    """Adds every problem of a whole set of policies, tables and tests."""
    report = _Report(sources, problems)
    merger = Merger(loaded, report.complain)
    book = TypeBook(loaded.tables, [rule for policy in loaded.policies for rule in policy.rules])
    _check_versions(loaded.policies, report)
    _check_parents(loaded.policies, merger, report)
    _check_scopes(loaded.policies, report)
    _check_tables(loaded.tables, report)
    _check_rule_ids(loaded.policies, report)
    _check_assertions(loaded.policies, report)
    for policy in loaded.policies:
        merged = merger.merged(policy)
        family = lineage(policy, merger.by_version)
        _check_policy(policy, merged, family, book, report)
        check_cycles(policy, [rule for ancestor in family for rule in ancestor.rules], report.complain)
    tables = {table.id: table for table in loaded.tables}
    for file in loaded.tests:
        _check_tests(file, merger, book, tables, report)
    _check_stems(loaded.tests, report)


def _check_versions(policies: Iterable[Policy], report: _Report) -> None:
    versions: dict[str, list[Policy]] = defaultdict(list)
    for policy in policies:
        versions[policy.id].append(policy)
    for own in versions.values():
        for left, right in combinations(own, 2):
            if left.version == right.version:
                hint = f"the other is in {left.place.file}"
                report.complain("E401", right.place, f"{right.id} {right.version} is written twice", hint)
            elif left.status in _RUNNING and right.status in _RUNNING and windows_meet(left, right):
                message = f"versions {left.version} and {right.version} of {left.id} overlap"
                hint = "end one on the day the other begins (to is exclusive)"
                report.complain("E402", report.place_of(right.place, ".effective"), message, hint)


def _check_parents(policies: Iterable[Policy], merger: Merger, report: _Report) -> None:
    for policy in policies:
        for extension in policy.extends:
            parent = merger.by_version.get((extension.policy, extension.version))
            if parent is None:
                known = sorted(p.version for p in policies if p.id == extension.policy)
                ids = {p.id for p in policies}
                hint = f"its versions are {', '.join(known)}" if known else meant(extension.policy, ids)
                message = f"there is no policy {extension.policy} version {extension.version}"
                report.complain("E404", extension.place, message, hint)
                continue
            if any(ancestor is policy for ancestor in lineage(parent, merger.by_version)):
                message = f"{policy.id} and {parent.id} extend each other"
                report.complain("E405", extension.place, message, "take one of the two out of extends")
            if parent.status is Status.DRAFT and policy.status in _RUNNING:
                message = f"{parent.id} {parent.version} is a draft and does not run"
                report.complain("E414", extension.place, message, "make the parent trial or active first")
            outside = policy.effective_from < parent.effective_from or (
                bool(parent.effective_to) and not "" < policy.effective_to <= parent.effective_to
            )
            if outside:
                until = f" to before {parent.effective_to}" if parent.effective_to else ""
                message = f"{policy.id} is in force outside {parent.id}, which is from {parent.effective_from}{until}"
                report.complain("E406", extension.place, message, "shorten effective:, or extend another version")


def _check_scopes(policies: Iterable[Policy], report: _Report) -> None:
    running = [policy for policy in policies if policy.status in _RUNNING]
    for left, right in combinations(running, 2):
        if left.scope is None or right.scope is None or left.id == right.id:
            continue
        same_rank = rank(left.scope) == rank(right.scope)
        if same_rank and scopes_meet(left.scope, right.scope) and windows_meet(left, right):
            message = f"{left.id} and {right.id} are for the same claims, and neither is more specific"
            hint = "narrow one scope, or let their windows not overlap"
            report.complain("E408", report.place_of(right.place, ".scope"), message, hint)


def _check_tables(tables: Iterable[Table], report: _Report) -> None:
    seen: dict[str, Table] = {}
    for table in tables:
        if table.id in seen:
            hint = f"the other is in {seen[table.id].place.file}"
            report.complain("E506", table.place, f"the table {table.id} is written twice", hint)
        seen[table.id] = table
        official = OFFICIAL_TABLES.get(table.id)
        if official is None:
            continue
        for name, kind in table.columns:
            known = official.columns.get(name)
            place = report.place_of(table.place, f".columns.{name}")
            if known is None and name not in (table.date_from, table.date_to):
                message = f"unknown column {name!r} of the official table {table.id!r}"
                report.complain("E203", place, message, meant(name, official.columns))
            elif known is not None and known is not kind:
                message = f"column {name} of the official table {table.id} is {known.value}, not {kind.value}"
                report.complain("E502", place, message, f"write {name}: {known.value}")


def _check_rule_ids(policies: Iterable[Policy], report: _Report) -> None:
    owners: dict[str, Rule] = {}
    for policy in policies:
        own: set[str] = set()
        for rule in policy.rules:
            other = owners.setdefault(rule.id, rule)
            if rule.id and (rule.id in own or other.policy_id != policy.id):
                hint = f"the other is in {other.place.file}:{other.place.line}"
                place = report.place_of(rule.place, ".id")
                report.complain("E409", place, f"two rules have the id {rule.id}", hint)
            own.add(rule.id)


def _check_assertions(policies: Iterable[Policy], report: _Report) -> None:
    first: dict[str, tuple[Assertion, Rule]] = {}
    for policy in policies:
        for rule in policy.rules:
            for assertion in rule.assertions:
                known, other = first.setdefault(assertion.kind, (assertion, rule))
                left, right = ({name for name, _ in entry.fields} for entry in (known, assertion))
                if left != right:
                    message = f"{assertion.kind} has the fields {_listed(right)} here and {_listed(left)} in {other.id}"
                    report.complain("E220", assertion.place, message, "give the fact the same fields in every rule")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _check_policy(policy: Policy, merged: Merged, family: list[Policy], book: TypeBook, report: _Report) -> None:
    around = Surroundings(book, merged.values, merged.totals, report.complain, report.place_of, report.has_key)
    for index, name in enumerate(policy.tables):
        if name not in book.columns:
            place = report.place_of(policy.place, f".tables[{index}]")
            report.complain("E215", place, f"unknown table {name!r}", meant(name, book.columns))
    for rule in policy.rules:
        check_rule(rule, policy.status is Status.DRAFT, around)
        _check_lineage(rule, family, book, report)
    for exception in policy.exceptions:
        check_exception(exception, around)
    seen: set[str] = set()
    for total in policy.totals:
        if total.id in seen:
            report.complain("E407", total.place, f"two totals have the id {total.id}", "give one another id")
        seen.add(total.id)
        check_total(total, around)
    _check_override_messages(policy, merged, around, report)


def _check_override_messages(policy: Policy, merged: Merged, around: Surroundings, report: _Report) -> None:
    quiet = Surroundings(around.book, around.values, around.totals, _ignore, report.place_of, report.has_key)
    for override in policy.overrides:
        rule = merged.rules.get(override.rule)
        for name, setting in override.settings:
            if name == "message" and isinstance(setting, tuple) and rule is not None:
                facts = check_when(rule.when, {}, quiet)
                place = report.place_of(override.place, ".set.message")
                check_message(setting, around.bindings(facts), place)


def _ignore(code: str, place: Place, message: str, hint: str = "") -> None:
    """Takes problems that the parent's own check reports."""


def _check_lineage(rule: Rule, family: list[Policy], book: TypeBook, report: _Report) -> None:
    asserted = {a.kind for policy in family for own in policy.rules for a in own.assertions}
    # What nobody derives stops no rule: a pack may give way to a more specific one that a payer extends beside it.
    for pattern in rule.when:
        if pattern.kind in book.derived and pattern.kind not in asserted:
            message = f"neither this policy nor a parent asserts {pattern.kind!r}"
            report.complain("E222", pattern.place, message, "extend the policy whose rules assert it")


def _check_tests(file: TestFile, merger: Merger, book: TypeBook, tables: Mapping[str, Table], report: _Report) -> None:
    policy = merger.by_version.get((file.policy_id, file.policy_version))
    if policy is None:
        versions = sorted(version for known, version in merger.by_version if known == file.policy_id)
        ids = {known for known, _ in merger.by_version}
        hint = f"its versions are {', '.join(versions)}" if versions else meant(file.policy_id, ids)
        message = f"there is no policy {file.policy_id} version {file.policy_version}"
        report.complain("E510", report.place_of(file.place, ".policy"), message, hint)
        return
    for name, _ in file.reference:
        if name not in book.columns:
            place = report.place_of(file.place, f".reference.{name}")
            report.complain("E215", place, f"unknown table {name!r}", meant(name, book.columns))
    merged = merger.merged(policy)
    rules = merged.rules | merged.disabled
    for test in file.tests:
        check_given(test, tables, dict(file.reference), report.complain)
        for entry in (*test.expect, *test.excepted, *test.trial):
            if entry.rule not in rules:
                report.complain("E511", entry.place, f"unknown rule {entry.rule!r}", meant(entry.rule, rules))
            if entry.exception and entry.exception not in merged.exceptions:
                hint = meant(entry.exception, merged.exceptions)
                report.complain("E511", entry.place, f"unknown exception {entry.exception!r}", hint)
        for rule_id in test.not_evaluated or ():
            if rule_id not in rules:
                report.complain("E511", test.place, f"unknown rule {rule_id!r}", meant(rule_id, rules))


def _check_stems(files: Iterable[TestFile], report: _Report) -> None:
    seen: dict[str, TestFile] = {}
    for file in files:
        if file.stem in seen:
            hint = f"the other is {seen[file.stem].place.file}; rules name their tests by it"
            report.complain("E519", file.place, f"two tests files are called {file.stem}", hint)
        seen[file.stem] = file
