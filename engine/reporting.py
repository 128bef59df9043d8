"""Turns a rule's firing into a finding: message, lines, codes, citations and the explanation behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from engine.fact import Fact, FieldValue, Firing
from engine.model import (
    Adjustment,
    Claim,
    Explanation,
    Finding,
    MatchedFact,
    Scalar,
    ValueUse,
)
from engine.phrases import money_text, pattern_text, value_text
from engine.policy.types import MessagePart, Operand, Rule, Status, Value
from engine.rules import RunContext, evaluate_operand, report_numbers

# Fields that name a fact, shown in every explanation that rests on it.
_IDENTITY = {
    "line": ("line_number", "procedure_code", "modifiers", "service_date"),
    "diagnosis": ("position", "code"),
    "history": ("claim_id", "procedure_code", "service_date"),
    "documentation": ("name", "line_number"),
    "modifier": ("line_number", "modifier"),
    "pointer": ("line_number", "position", "diagnosis_code"),
    "identifier": ("role", "path", "line_number"),
    "total": ("id", "value", "lines"),
}


def finding_of(firing: Firing, claim: Claim, context: RunContext, values: Mapping[str, Value]) -> Finding:
    """Returns the finding of a reporting rule's firing, without fixes and impact."""
    rule = firing.rule
    report = rule.report
    if report is None:
        raise ValueError(f"rule {rule.id} reports nothing")
    lines = report_numbers(report.lines, firing, context)
    positions = report_numbers(report.diagnoses, firing, context)
    codes = _codes(report.codes, firing, context) or _codes_of(claim, lines, positions)
    return Finding(
        finding_id=_finding_id(rule.id, lines, positions, codes),
        rule_id=rule.id,
        policy_id=rule.policy_id,
        policy_version=rule.policy_version,
        category=rule.category,
        kind=rule.kind,
        severity=rule.severity,
        message=message_text(report.message, firing, context),
        mode="TRIAL" if rule.status is Status.TRIAL else "LIVE",
        line_numbers=lines,
        diagnosis_positions=positions,
        codes=codes,
        adjustment=Adjustment(report.group, report.carc, report.rarc),
        citations=rule.citations,
        explanation=explanation_of(firing, context, values),
    )


def message_text(parts: Iterable[MessagePart], firing: Firing, context: RunContext) -> str:
    """Returns a message with the fields of the matched facts put in; an absent field prints as ``unknown``."""
    texts = []
    for part in parts:
        if part.operand is None:
            texts.append(part.text)
            continue
        value = operand_value(part.operand, firing, context)
        if value is None:
            texts.append("unknown")
        elif part.format == "money" and isinstance(value, int):
            texts.append(money_text(value))
        else:
            texts.append(value_text(value))
    return "".join(texts)


def operand_value(operand: Operand, firing: Firing, context: RunContext) -> FieldValue | None:
    """Returns what an operand of a report or fix stands for, or None when the field is absent."""
    bound = {pattern.name: fact for pattern, fact in zip(firing.rule.when, firing.facts, strict=True)}
    return evaluate_operand(operand, bound, context, firing_date(firing))


def firing_date(firing: Firing) -> str:
    """Returns the date that picks a firing's values: the first service date among its facts."""
    for fact in firing.facts:
        for name in ("service_date", "on"):
            date = fact.fields.get(name)
            if isinstance(date, str):
                return date
    return ""


def explanation_of(firing: Firing, context: RunContext, values: Mapping[str, Value]) -> Explanation:
    """Returns the derivation tree of a firing: matched facts, the firings that derived them, rows, values, absences."""
    rule = firing.rule
    bound = {pattern.name: fact for pattern, fact in zip(rule.when, firing.facts, strict=True)}
    shown = _shown_fields(rule)
    matched = []
    for pattern, fact in zip(rule.when, firing.facts, strict=True):
        derived = explanation_of(fact.derived_by, context, values) if fact.derived_by is not None else None
        matched.append(
            MatchedFact(
                name=pattern.name,
                kind=fact.kind,
                fields=_fields(fact, shown.get(pattern.name, ())),
                row=fact.source,
                derived_by=derived,
            )
        )
    return Explanation(
        rule_id=rule.id,
        policy_id=rule.policy_id,
        policy_version=rule.policy_version,
        title=rule.title,
        matched=tuple(matched),
        absent=tuple("no " + pattern_text(pattern, bound).removeprefix("a ") for pattern in rule.unless),
        values=_values_used(rule, firing_date(firing), values),
    )


def _fields(fact: Fact, names: Iterable[str]) -> dict[str, Scalar | list[Scalar]]:
    wanted = {*names, *_IDENTITY.get(fact.kind, ())}
    if fact.kind == "row" or fact.derived_by is not None:
        wanted |= fact.fields.keys()
    return {name: _plain(fact.fields[name]) for name in sorted(wanted) if name in fact.fields}


def _plain(value: FieldValue) -> Scalar | list[Scalar]:
    return list(value) if isinstance(value, list) else value


def _operands(rule: Rule) -> Iterable[Operand]:
    for pattern in (*rule.when, *rule.unless):
        for test in pattern.tests:
            yield from test.operands
    for assertion in rule.assertions:
        yield from (operand for _, operand in assertion.fields)
    if rule.report is not None:
        yield from rule.report.lines + rule.report.diagnoses + rule.report.codes
        yield from (part.operand for part in rule.report.message if part.operand is not None)
    for fix in rule.fixes:
        for operation in fix.operations:
            for _, argument in operation.arguments:
                yield from argument if isinstance(argument, tuple) else (argument,)


def _shown_fields(rule: Rule) -> dict[str, set[str]]:
    shown: dict[str, set[str]] = {}
    for pattern in rule.when:
        shown.setdefault(pattern.name, set()).update(test.field for test in pattern.tests)
    for operand in _operands(rule):
        if operand.name:
            shown.setdefault(operand.name, set()).add(operand.field)
    return shown


def _values_used(rule: Rule, on: str, values: Mapping[str, Value]) -> tuple[ValueUse, ...]:
    names = {operand.value_id for operand in _operands(rule)} | {o.amount_value_id for o in _operands(rule)}
    used = []
    for name in sorted(names - {""}):
        value = values.get(name)
        entry = value.on(on) if value is not None else None
        if value is not None and entry is not None:
            used.append(ValueUse(name, entry.value, entry.start, value.policy_id))
    return tuple(used)


def _codes(operands: Iterable[Operand], firing: Firing, context: RunContext) -> tuple[str, ...]:
    codes: list[str] = []
    for operand in operands:
        value = operand_value(operand, firing, context)
        codes += [str(item) for item in value] if isinstance(value, list) else [] if value is None else [str(value)]
    return tuple(dict.fromkeys(codes))


def _codes_of(claim: Claim, lines: Iterable[int], positions: Iterable[int]) -> tuple[str, ...]:
    by_number = {line.line_number: line.procedure_code for line in claim.lines}
    codes = [by_number[number] for number in lines if number in by_number]
    codes += [claim.diagnoses[position - 1].code for position in positions if 0 < position <= len(claim.diagnoses)]
    return tuple(dict.fromkeys(codes))


def _finding_id(rule_id: str, lines: tuple[int, ...], positions: tuple[int, ...], codes: tuple[str, ...]) -> str:
    content = repr((rule_id, lines, positions, codes))
    return hashlib.sha256(content.encode()).hexdigest()[:16]
