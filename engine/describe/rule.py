"""Puts one rule into plain English: when it fires, what it says, how to mend it, where it comes from and who uses it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from engine.describe.fixes import fix_text, message_text
from engine.phrases import condition_text, operand_text, pattern_text, value_text
from engine.policy import resolve_policy
from engine.policy.types import (
    MessagePart,
    Operand,
    Policy,
    PolicySet,
    ResolvedPolicy,
    Rule,
    Scalar,
    Status,
    Value,
)
from engine.regression.mutate_test import moved_constant
from engine.rules.reads import operands_of


class RuleUse(msgspec.Struct, frozen=True):
    """What a payer policy does with a rule: ``how`` is a phrase such as ``runs`` or ``switched off: because …``."""

    policy: str
    how: str
    runs: bool


class Section(msgspec.Struct, frozen=True):
    """A heading and the lines below it."""

    heading: str
    lines: tuple[str, ...]
    numbered: bool = False


def describe_rule(rule: Rule, policies: PolicySet, uses: Sequence[RuleUse]) -> str:
    """Returns a rule in plain English as lines of text."""
    lines = [f"{rule.id}: {rule.title}", f"  {kind_text(rule)}"]
    lines.append(f"  written in {rule.policy_id} {rule.policy_version} ({rule.place.file}:{rule.place.line})")
    sections = [*rule_sections(rule, values_of(rule, policies)), rests_on(rule, policies), _uses_section(uses)]
    for section in sections:
        if section.lines:
            lines += ["", section.heading]
            marks = [f"{n}." if section.numbered else "-" for n in range(1, len(section.lines) + 1)]
            lines += [f"  {mark} {line}" for mark, line in zip(marks, section.lines, strict=True)]
    return "\n".join(lines)


def kind_text(rule: Rule) -> str:
    """Returns a rule's category, kind, severity and adjustment codes as one line."""
    if rule.report is None:
        return "derives facts for other rules; reports nothing"
    parts = [rule.category, rule.kind.lower().replace("_", " "), f"severity {rule.severity.lower()}"]
    if rule.status is not Status.ACTIVE:
        parts.append(f"on {rule.status.value}" if rule.status is Status.TRIAL else rule.status.value)
    report = rule.report
    adjustment = " ".join(
        text
        for text in (report.group, report.carc and f"CARC {report.carc}", report.rarc and f"RARC {report.rarc}")
        if text
    )
    return ", ".join([*parts, *([f"adjusts {adjustment}"] if adjustment else [])])


def rule_sections(rule: Rule, values: Sequence[Value]) -> Iterator[Section]:
    """Yields the parts of a description that the rule itself tells; ``values`` are the dated values that it reads."""
    yield Section("Fires when the claim has", tuple(f"{p.name}: {pattern_text(p)}" for p in rule.when))
    yield Section("unless it has", tuple(pattern_text(p) for p in rule.unless))
    yield Section("Judged also where there is no release of", rule.judged_without)
    yield Section("Then it derives", tuple(_assertions(rule)))
    if rule.report is not None:
        yield Section("Then it reports", (message_text(rule.report.message), f"about {_about(rule.report.lines)}"))
    yield Section("Fixes, best first", tuple(map(fix_text, rule.fixes)), numbered=True)
    yield Section("Dates", tuple(_dates(rule, values)))
    yield Section("Known exceptions", rule.known_exceptions)
    sources = (" ".join(part for part in (c.title, c.section, c.url) if part) for c in rule.citations)
    yield Section("Sources", tuple(sources))
    proofs = [f"fires: {name}" for name in rule.tests.fires] + [f"does not: {name}" for name in rule.tests.near]
    yield Section("Golden tests", tuple(proofs))


def _assertions(rule: Rule) -> Iterator[str]:
    for assertion in rule.assertions:
        fields = ", ".join(f"{name.replace('_', ' ')} {operand_text(operand)}" for name, operand in assertion.fields)
        yield f"{assertion.kind.replace('_', ' ')}: {fields}"


def _about(lines: Iterable[Operand]) -> str:
    named = [
        f"the line of {line.name}" if line.field == "line_number" else f"lines {operand_text(line)}" for line in lines
    ]
    return " and ".join(named) or "the claim"


def _dates(rule: Rule, values: Sequence[Value]) -> Iterator[str]:
    for pattern in (*rule.when, *rule.unless):
        for test in pattern.tests:
            if any(isinstance(moved_constant(operand.constant, 1), str) for operand in test.operands):
                yield f"{pattern.name}: {condition_text(test)}"
    for value in values:
        steps = ", ".join(f"{value_text(entry.value)} since {entry.start}" for entry in value.dates)
        yield f"value {value.id} ({value.title}): {steps}"


def values_of(rule: Rule, policies: PolicySet) -> tuple[Value, ...]:
    """Returns the dated values that a rule reads, as the policy that wrote it has them."""
    read = {value for o in operands_of(rule) for value in (o.value_id, o.amount_value_id) if value}
    if not read:
        return ()
    resolved = resolve_policy(policies, rule.policy_id, rule.policy_version)
    return tuple(value for value in resolved.values if value.id in read)


def rests_on(rule: Rule, policies: PolicySet) -> Section:
    """Returns which rules derive the facts that a rule reads."""
    lines = []
    for kind in dict.fromkeys(pattern.kind for pattern in (*rule.when, *rule.unless)):
        makers = sorted({r.id for p in policies.policies for r in p.rules for a in r.assertions if a.kind == kind})
        if makers:
            lines.append(f"{kind.replace('_', ' ')}: derived by {', '.join(makers)}")
    return Section("Rests on", tuple(lines))


def _uses_section(uses: Sequence[RuleUse]) -> Section:
    return Section("Payer policies", tuple(f"{use.policy}: {use.how}" for use in uses))


class PayerPolicy(msgspec.Struct, frozen=True, eq=False):
    """A policy with a scope, merged, with the policies it is made of."""

    name: str
    resolved: ResolvedPolicy
    made_of: tuple[Policy, ...]
    rules: frozenset[str]


def payer_policies(policies: PolicySet) -> tuple[PayerPolicy, ...]:
    """Returns every policy that can judge a claim."""
    found = []
    for policy in policies.policies:
        if policy.scope is not None and policy.status not in (Status.DRAFT, Status.RETIRED):
            resolved = resolve_policy(policies, policy.id, policy.version)
            made_of = tuple(one for one in policies.policies if f"{one.id}@{one.version}" in resolved.chain)
            rules = frozenset(rule.id for rule in resolved.rules)
            found.append(PayerPolicy(f"{policy.id} {policy.version}", resolved, made_of, rules))
    return tuple(found)


def uses_of_rule(rule: Rule, payers: Iterable[PayerPolicy]) -> tuple[RuleUse, ...]:
    """Returns what each policy with a scope does with a rule; those that do not have it are left out."""
    found = []
    for payer in payers:
        if f"{rule.policy_id}@{rule.policy_version}" in payer.resolved.chain:
            runs = rule.id in payer.rules
            how = _how(rule.id, runs, payer.made_of)
            if how:
                found.append(RuleUse(payer.name, how, runs))
    return tuple(found)


def _how(rule: str, runs: bool, ancestors: Iterable[Policy]) -> str:
    said = []
    for policy in ancestors:
        said += [f"switched off: {entry.because}" for entry in policy.disable if entry.rule == rule]
        if runs:
            said += [
                f"runs with {settings_text(entry.settings)}: {entry.because}"
                for entry in policy.overrides
                if entry.rule == rule
            ]
            said += [
                f"set aside by {entry.id} from {entry.start}{f' to {entry.end}' if entry.end else ''}: {entry.because}"
                for entry in policy.exceptions
                if rule in entry.rules
            ]
    return "; ".join(said) or ("runs" if runs else "")


def settings_text(settings: Iterable[tuple[str, Scalar | tuple[MessagePart, ...]]]) -> str:
    """Returns the settings of an override in words."""
    return ", ".join(
        f"{name} {message_text(value) if isinstance(value, tuple) else str(value).lower()}" for name, value in settings
    )
