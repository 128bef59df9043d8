"""Makes the mutants of a policy: its rules, values and totals, each with one small thing changed.

A golden test that passed and fails with the mutant catches it. A mutant that no test catches shows what the tests do not prove.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from engine.errors import Place
from engine.phrases import condition_text, operand_text
from engine.policy.types import DatedValue, Pattern, Policy, Report, Rule, Status, Test, Total, Value
from engine.regression.mutate_test import moved_constant, moved_operand, mutated_tests

# What a condition is about: a row's table and a total's id are never changed, only what is asked of them.
TELLING = {"row": "table", "total": "id"}


class Part(StrEnum):
    """What of a policy a mutant changes."""

    RULE = "rule"
    VALUE = "value"
    TOTAL = "total"


class Subject(msgspec.Struct, frozen=True, order=True):
    """A rule, value or total of a policy as written; ``policy`` is its id and version."""

    policy: tuple[str, str]
    part: Part
    id: str
    place: Place = Place()

    @property
    def is_of(self) -> str:
        """The policy as id and version in one text."""
        return " ".join(self.policy)


class Mutant(msgspec.Struct, frozen=True):
    """A changed rule, value or total, or None where the change makes no sense; ``change`` says what was changed, once in a subject."""

    change: str
    place: Place
    made: Rule | Value | Total | None


def subjects_of(policy: Policy) -> tuple[Subject, ...]:
    """Returns what can be changed of a policy that runs: its own rules, values and totals."""
    if policy.status in (Status.DRAFT, Status.RETIRED):
        return ()
    name = (policy.id, policy.version)
    running = [rule for rule in policy.rules if rule.status not in (Status.DRAFT, Status.RETIRED)]
    return (
        *(Subject(name, Part.RULE, rule.id, rule.place) for rule in running),
        *(Subject(name, Part.VALUE, value.id, value.place) for value in policy.values),
        *(Subject(name, Part.TOTAL, total.id, total.place) for total in policy.totals),
    )


def mutants_of(thing: Rule | Value | Total, effective_from: str = "") -> tuple[Mutant, ...]:
    """Returns every mutant of a rule, value or total; ``effective_from`` is the first day that its policy judges."""
    if isinstance(thing, Rule):
        made = _of_rule(thing)
    elif isinstance(thing, Value):
        made = _of_value(thing, effective_from)
    else:
        made = _of_total(thing)
    return tuple(_numbered(made))


def _numbered(mutants: Iterable[Mutant]) -> Iterator[Mutant]:
    """Tells changes apart that read the same."""
    seen: dict[str, int] = {}
    for mutant in mutants:
        number = seen[mutant.change] = seen.get(mutant.change, 0) + 1
        yield mutant if number == 1 else msgspec.structs.replace(mutant, change=f"{mutant.change} ({number})")


def _of_rule(rule: Rule) -> Iterator[Mutant]:
    for pattern in rule.when:
        yield Mutant(f"drop condition {pattern.name}", pattern.place, without_condition(rule, pattern.name))
    for index, pattern in enumerate(rule.unless):
        kept = (*rule.unless[:index], *rule.unless[index + 1 :])
        yield Mutant(f"drop unless {pattern.name}", pattern.place, msgspec.structs.replace(rule, unless=kept))
    for index, pattern in enumerate(rule.when):
        for change, place, made in _of_pattern(pattern):
            when = (*rule.when[:index], made, *rule.when[index + 1 :]) if made is not None else None
            yield Mutant(change, place, None if when is None else msgspec.structs.replace(rule, when=when))
    for index, pattern in enumerate(rule.unless):
        for change, place, made in _of_pattern(pattern):
            unless = (*rule.unless[:index], made, *rule.unless[index + 1 :]) if made is not None else None
            yield Mutant(change, place, None if unless is None else msgspec.structs.replace(rule, unless=unless))
    yield from _of_report(rule)
    yield from _of_assertions(rule)


def _of_pattern(pattern: Pattern) -> Iterator[tuple[str, Place, Pattern | None]]:
    telling = TELLING.get(pattern.kind)
    for change, place, tests in _of_tests(pattern.tests, pattern.kind, telling):
        made = None if tests is None else msgspec.structs.replace(pattern, tests=tests)
        yield f"{pattern.name}: {change}", place, made


def _of_tests(
    tests: Sequence[Test], kind: str, telling: str | None = None
) -> Iterator[tuple[str, Place, tuple[Test, ...] | None]]:
    for index, test in enumerate(tests):
        before, after = tuple(tests[:index]), tuple(tests[index + 1 :])
        if test.field == telling:
            continue
        yield f"drop {condition_text(test)}", test.place, (*before, *after)
        for change, made in mutated_tests(test, kind):
            yield f"{test.field} {change}", test.place, (*before, made, *after)


def _of_report(rule: Rule) -> Iterator[Mutant]:
    report = rule.report
    if report is not None and len(report.lines) > 1:
        first, second, *rest = report.lines
        swapped = msgspec.structs.replace(report, lines=(second, first, *rest))
        yield Mutant(
            "swap the first two lines of the report", rule.place, msgspec.structs.replace(rule, report=swapped)
        )


def _of_assertions(rule: Rule) -> Iterator[Mutant]:
    for index, assertion in enumerate(rule.assertions):
        for position, (name, operand) in enumerate(assertion.fields):
            moved = moved_operand(operand, 1)
            if moved is not None:
                fields = (*assertion.fields[:position], (name, moved), *assertion.fields[position + 1 :])
                made = msgspec.structs.replace(assertion, fields=fields)
                assertions = (*rule.assertions[:index], made, *rule.assertions[index + 1 :])
                change = f"assert {assertion.kind}.{name}: {operand_text(operand)} becomes {operand_text(moved)}"
                yield Mutant(change, assertion.place, msgspec.structs.replace(rule, assertions=assertions))


def _of_value(value: Value, effective_from: str) -> Iterator[Mutant]:
    for index, entry in enumerate(value.dates):
        for steps in (-1, 1):
            start = str(moved_constant(entry.start, steps))
            if max(start, entry.start) > effective_from:
                yield _dated(
                    value, index, msgspec.structs.replace(entry, start=start), f"{entry.start} becomes {start}"
                )
        moved = moved_constant(entry.value, 1)
        if moved is not None:
            made = msgspec.structs.replace(entry, value=moved)
            yield _dated(value, index, made, f"{entry.value} since {entry.start} becomes {moved}")


def _dated(value: Value, index: int, entry: DatedValue, change: str) -> Mutant:
    dates = (*value.dates[:index], entry, *value.dates[index + 1 :])
    return Mutant(change, value.place, msgspec.structs.replace(value, dates=dates))


def _of_total(total: Total) -> Iterator[Mutant]:
    for change, place, where in _of_tests(total.where, total.kind):
        yield Mutant(f"where: {change}", place, None if where is None else msgspec.structs.replace(total, where=where))


def without_condition(rule: Rule, name: str) -> Rule | None:
    """Returns a rule without one of its conditions, or None where the rule means nothing without it.

    Tests of other conditions that read it go with it, and so do the words, codes and fixes that name it. A rule whose lines or
    derived facts are read from the condition cannot be without it.
    """
    when = tuple(_without_reads(pattern, name) for pattern in rule.when if pattern.name != name)
    asserted = (operand for assertion in rule.assertions for _, operand in assertion.fields)
    lines = rule.report.lines if rule.report is not None else ()
    if not when or any(operand.name == name for operand in (*asserted, *lines)):
        return None
    return msgspec.structs.replace(
        rule,
        when=when,
        unless=tuple(_without_reads(pattern, name) for pattern in rule.unless),
        report=None if rule.report is None else _report_without(rule.report, name),
        fixes=(),
    )


def _without_reads(pattern: Pattern, name: str) -> Pattern:
    tests = tuple(test for test in pattern.tests if all(operand.name != name for operand in test.operands))
    return msgspec.structs.replace(pattern, tests=tests)


def _report_without(report: Report, name: str) -> Report:
    return msgspec.structs.replace(
        report,
        message=tuple(part for part in report.message if part.operand is None or part.operand.name != name),
        diagnoses=tuple(operand for operand in report.diagnoses if operand.name != name),
        codes=tuple(operand for operand in report.codes if operand.name != name),
    )
