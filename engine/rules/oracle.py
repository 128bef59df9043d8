"""Gives the same answer as the engine by plain nested loops over the policy's types: the judge of the engine's tests.

It shares nothing with how rules are compiled and run but the definitions of facts, policies and the calendar of field types. It is slow
on purpose: each line is meant to be checked against ``docs/policy-language.md`` by reading. ``engine/explain.py`` asks it which
condition of a rule failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from engine.fact import Fact, FieldValue, Firing
from engine.fact_schema import FACT_KINDS
from engine.policy.types import (
    Operand,
    Operator,
    Pattern,
    PolicyException,
    ResolvedPolicy,
    Rule,
    Test,
)
from engine.rules.contract import RunContext
from engine.rules.oracle_dates import shifted

Bound = Mapping[str, Fact]


class OracleResult(msgspec.Struct, frozen=True):
    """What the oracle says: the fields of ``RunResult`` that do not count work done."""

    firings: tuple[Firing, ...]
    excepted: tuple[tuple[Firing, PolicyException], ...]
    missing_fields: tuple[tuple[str, str, str], ...]
    derived: tuple[Fact, ...]


def run(policy: ResolvedPolicy, facts: Sequence[Fact], context: RunContext) -> OracleResult:
    """Returns what the rules and exceptions of a policy say of facts."""
    known = sorted(facts, key=lambda fact: fact.order)
    stated = list(known)
    derived: list[Fact] = []
    reported: list[Firing] = []
    levels = _levels(policy.rules)
    for level in range(max(levels.values(), default=-1) + 1):
        rules = [rule for rule in policy.rules if levels[rule.id] == level]
        seen: set[tuple[str, tuple[int, ...]]] = set()
        while True:
            fired = [f for rule in rules for f in firings(rule, known, context) if _place(f) not in seen]
            if not fired:
                break
            fresh: list[Fact] = []
            for firing in sorted(fired, key=_place):
                seen.add(_place(firing))
                if firing.rule.report is not None:
                    reported.append(firing)
                for fact in _derive(firing, context):
                    if not any(_same(fact, other) for other in (*derived, *fresh)):
                        fact.order = len(derived) + len(fresh) + 1 + max((f.order for f in stated), default=-1)
                        fresh.append(fact)
            derived += fresh
            known += fresh
    reported.sort(key=_place)
    return OracleResult(
        firings=tuple(reported),
        excepted=tuple(_excepted(policy, reported, known, stated, context)),
        missing_fields=tuple(sorted({m for rule in policy.rules for m in _missing(rule, stated, known, context)})),
        derived=tuple(derived),
    )


def firings(rule: Rule, facts: Sequence[Fact], context: RunContext) -> Iterator[Firing]:
    """Yields every firing of one rule on facts that include all those derived so far."""
    for bound in match(rule.when, facts, context, {}):
        if not any(True for pattern in rule.unless for _ in match((pattern,), facts, context, bound)):
            yield Firing(rule, tuple(bound[pattern.name] for pattern in rule.when))


def match(
    patterns: Sequence[Pattern], facts: Sequence[Fact], context: RunContext, bound: Bound
) -> Iterator[dict[str, Fact]]:
    """Yields each way to bind the names of patterns to facts, added to what is bound already, in the order of the facts."""
    if not patterns:
        yield dict(bound)
        return
    first, *rest = patterns
    for fact in facts:
        if fact.kind == first.kind:
            own = {**bound, first.name: fact}
            if all(passes(test, fact, own, context) for test in first.tests):
                yield from match(rest, facts, context, own)


def passes(test: Test, fact: Fact, bound: Bound, context: RunContext) -> bool:
    """Returns whether a fact passes one test, other facts being bound to names (the fact itself to its own)."""
    value = fact.fields.get(test.field)
    if test.operator is Operator.PRESENT:
        return (value is not None) is (test.operands[0].constant is True)
    if value is None:
        return False
    if test.operator in (Operator.IN, Operator.NOT_IN):
        entries = value if isinstance(value, list) else [value]
        stands = any(context.has(test.table, test.column, str(entry), _date_of(fact)) for entry in entries)
        return stands is (test.operator is Operator.IN)
    operands = [_operand_value(operand, fact, bound, context) for operand in test.operands]
    if test.operator is Operator.EQUAL:
        return any(other is not None and _equal(value, other) for other in operands)
    if any(other is None for other in operands):
        return False
    return _compares(test.operator, value, operands)


def _compares(operator: Operator, value: Any, operands: Sequence[Any]) -> bool:
    match operator:
        case Operator.NOT:
            return not any(_equal(value, other) for other in operands)
        case Operator.OVER:
            return _ordered(value, operands[0]) and value > operands[0]
        case Operator.UNDER:
            return _ordered(value, operands[0]) and value < operands[0]
        case Operator.AT_LEAST:
            return _ordered(value, operands[0]) and value >= operands[0]
        case Operator.AT_MOST:
            return _ordered(value, operands[0]) and value <= operands[0]
        case Operator.BETWEEN:
            low, high = operands
            return _ordered(value, low) and _ordered(value, high) and low <= value <= high
        case Operator.HAS:
            return isinstance(value, list) and all(other in value for other in operands)
        case Operator.HAS_ANY:
            return isinstance(value, list) and any(other in value for other in operands)
        case Operator.LACKS | Operator.LACKS_ALL:
            return isinstance(value, list) and all(other not in value for other in operands)
        case Operator.STARTS_WITH:
            return isinstance(value, str) and any(value.startswith(other) for other in operands)
        case Operator.NOT_STARTS_WITH:
            return isinstance(value, str) and not any(value.startswith(other) for other in operands)
        case Operator.IN_RANGE:
            return isinstance(value, str) and any(_lies_in(value, other) for other in operands)
        case Operator.NOT_IN_RANGE:
            return isinstance(value, str) and not any(_lies_in(value, other) for other in operands)
    raise ValueError(f"no such operator: {operator}")


def _lies_in(code: str, text: str) -> bool:
    first, _, last = text.partition("-")
    last = last or first
    alike = len(code) == len(first) == len(last) and all(
        c.isdigit() == f.isdigit() for c, f in zip(code, first, strict=True)
    )
    return alike and first <= code <= last


def _sort(value: object) -> str:
    """Returns what values of a kind are compared with: flags, numbers, lists and texts are each their own kind."""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float):
        return "number"
    return "list" if isinstance(value, list) else "text"


def _equal(one: FieldValue, other: FieldValue) -> bool:
    return _sort(one) == _sort(other) and one == other


def _ordered(one: FieldValue, other: FieldValue) -> bool:
    if _sort(one) == _sort(other) == "number":
        return True
    return _looks_like_date(one) and _looks_like_date(other)


def _looks_like_date(value: object) -> bool:
    if not isinstance(value, str) or not value.isascii() or len(value) != 10:
        return False
    year, *others = value.split("-")
    return len(year) == 4 and len(others) == 2 and all(part.isdigit() for part in (year, *others)) and value[7] == "-"


def _date_of(fact: Fact) -> str:
    declared = FACT_KINDS.get(fact.kind)
    for name in (declared.date_field,) if declared is not None else ("service_date", "on"):
        found = fact.fields.get(name)
        if isinstance(found, str):
            return found
    if declared is not None or fact.derived_by is None:
        return ""
    return _first_date(fact.derived_by.facts)


def _first_date(facts: Iterable[Fact]) -> str:
    return next((found for fact in facts if (found := _date_of(fact))), "")


def _operand_value(operand: Operand, fact: Fact, bound: Bound, context: RunContext) -> Any:
    """Returns what an operand stands for; dated values are those on the date of the fact that is read, else the tested one's."""
    read = bound[operand.name] if operand.name else fact
    return _worth(operand, bound, context, _date_of(read))


def _worth(operand: Operand, bound: Bound, context: RunContext, on: str) -> Any:
    value: Any = operand.constant
    if operand.name:
        value = bound[operand.name].fields.get(operand.field)
    elif operand.value_id:
        value = context.value(operand.value_id, on)
    if value is None or not operand.operator:
        return _whole(value)
    amount: Any = context.value(operand.amount_value_id, on) if operand.amount_value_id else operand.amount
    if _sort(amount) != "number":
        return None
    if operand.unit:
        if not _looks_like_date(value) or amount != int(amount):
            return None
        return shifted(value, int(amount) * (-1 if operand.operator == "-" else 1), operand.unit)
    if _sort(value) != "number":
        return None
    results = {"+": value + amount, "-": value - amount, "*": value * amount}
    return _whole(results[operand.operator])


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value == value // 1 else value


def _derive(firing: Firing, context: RunContext) -> Iterator[Fact]:
    bound = {pattern.name: fact for pattern, fact in zip(firing.rule.when, firing.facts, strict=True)}
    for assertion in firing.rule.assertions:
        values = {name: _worth(o, bound, context, _first_date(firing.facts)) for name, o in assertion.fields}
        fields = {name: value for name, value in values.items() if value is not None}
        yield Fact(assertion.kind, fields, derived_by=firing)


def _same(one: Fact, other: Fact) -> bool:
    return (
        one.kind == other.kind
        and one.fields.keys() == other.fields.keys()
        and all(_equal(value, other.fields[name]) for name, value in one.fields.items())
    )


def _place(firing: Firing) -> tuple[str, tuple[int, ...]]:
    return (firing.rule.id, tuple(fact.order for fact in firing.facts))


def _levels(rules: Sequence[Rule]) -> dict[str, int]:
    """Returns each rule's level: 1 + the highest of the rules that derive what it reads; rules that feed each other share one."""
    feeds = {
        rule.id: {
            other.id
            for other in rules
            if {a.kind for a in other.assertions} & {p.kind for p in (*rule.when, *rule.unless)}
        }
        for rule in rules
    }
    reach = {rule_id: set(direct) for rule_id, direct in feeds.items()}
    for _ in rules:
        for reached in reach.values():
            reached.update(*(reach[other] for other in list(reached)))
        # repeated as often as there are rules, so that the longest chain is closed
    levels: dict[str, int] = {}

    def level(rule_id: str) -> int:
        if rule_id not in levels:
            ring = {other for other in reach[rule_id] if rule_id in reach[other]} | {rule_id}
            outside = set().union(*(feeds[member] for member in ring)) - ring
            found = 1 + max((level(other) for other in outside), default=-1)
            levels.update(dict.fromkeys(ring, found))
        return levels[rule_id]

    for rule in rules:
        level(rule.id)
    return levels


def _excepted(
    policy: ResolvedPolicy,
    reported: Sequence[Firing],
    known: Sequence[Fact],
    stated: Sequence[Fact],
    context: RunContext,
) -> Iterator[tuple[Firing, PolicyException]]:
    for firing in reported:
        for exception in sorted(policy.exceptions, key=lambda one: one.id):
            finding = _finding(firing, stated, context)
            on = str(finding.fields["service_date"])
            in_force = exception.start <= on and (not exception.end or on < exception.end)
            if firing.rule.id in exception.rules and in_force:
                bindings = match(exception.when, known, context, {"finding": finding})
                if next(bindings, None) is not None:
                    yield firing, exception


def _finding(firing: Firing, stated: Sequence[Fact], context: RunContext) -> Fact:
    bound = {pattern.name: fact for pattern, fact in zip(firing.rule.when, firing.facts, strict=True)}
    numbers: list[int] = []
    for operand in firing.rule.report.lines if firing.rule.report is not None else ():
        value = _worth(operand, bound, context, _first_date(firing.facts))
        entries: list[Any] = value if isinstance(value, list) else [value]
        numbers += [entry for entry in entries if isinstance(entry, int) and not isinstance(entry, bool)]
    fields: dict[str, FieldValue] = {"rule": firing.rule.id, "category": firing.rule.category}
    dates = [_date_of(fact) for fact in stated if fact.kind == "claim"]
    if numbers:
        fields["line_number"] = numbers[0]
        lines = [fact for fact in stated if fact.kind == "line" and fact.fields.get("line_number") == numbers[0]]
        dates = [_date_of(fact) for fact in lines] + dates
    fields["service_date"] = next((found for found in dates if found), "") or _first_date(firing.facts)
    return Fact("finding", fields, derived_by=firing)


def _missing(
    rule: Rule, stated: Sequence[Fact], known: Sequence[Fact], context: RunContext
) -> Iterator[tuple[str, str, str]]:
    """Yields the fields whose absence alone keeps a rule from being judged; joins between facts are left out of account."""
    found: list[tuple[str, str, str]] = []
    for pattern in rule.when:
        holds = False
        lacking: set[str] = set()
        for fact in known:
            if fact.kind == pattern.kind:
                failed = {field for field, held in _needs(pattern, rule, fact, context) if not held}
                holds = holds or not failed
                if failed and failed <= _unsaid(pattern, rule, fact) and any(fact is one for one in stated):
                    lacking |= failed
        if not holds and not lacking:
            return
        found += [(rule.id, pattern.kind, field) for field in lacking]
    yield from found


def _needs(pattern: Pattern, rule: Rule, fact: Fact, context: RunContext) -> Iterator[tuple[str, bool]]:
    """Yields each field that a pattern needs of a fact, whatever the other facts are, and whether the fact satisfies it."""
    for test in pattern.tests:
        if all(operand.name in ("", pattern.name) for operand in test.operands):
            yield test.field, passes(test, fact, {pattern.name: fact}, context)
            continue
        yield test.field, test.field in fact.fields
        if test.operator is Operator.EQUAL:
            continue
        signs = (test.operator,) * len(test.operands)
        if test.operator is Operator.BETWEEN:
            signs = (Operator.AT_LEAST, Operator.AT_MOST)
        for sign, operand in zip(signs, test.operands, strict=True):
            if operand.name in ("", pattern.name):
                one = Test(test.field, sign, (operand,))
                yield test.field, passes(one, fact, {pattern.name: fact}, context)
    for field in _read_by_others(pattern, rule):
        yield field, field in fact.fields


def _read_by_others(pattern: Pattern, rule: Rule) -> set[str]:
    return {
        operand.field
        for other in rule.when
        if other is not pattern
        for test in other.tests
        if test.operator is not Operator.EQUAL or len(test.operands) == 1
        for operand in test.operands
        if operand.name == pattern.name
    }


def _unsaid(pattern: Pattern, rule: Rule, fact: Fact) -> set[str]:
    """Returns the absent fields of a fact on which the pattern hinges and whose absence means that the claim does not say."""
    declared = FACT_KINDS.get(pattern.kind)
    if declared is None:
        return set()
    asked = {test.field for test in pattern.tests if test.operator is not Operator.PRESENT}
    asked |= _read_by_others(pattern, rule)
    for test in pattern.tests:
        if test.operator is Operator.PRESENT and test.operands[0].constant is True:
            asked.discard(test.field)
    return {
        name
        for name in asked
        if name not in fact.fields and name in declared.fields and declared.fields[name].unknown_when_absent
    }
