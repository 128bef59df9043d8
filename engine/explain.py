"""Answers why a rule fired on a claim, or which of its conditions failed and what came nearest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from engine.context import ClaimContext
from engine.errors import UsageError
from engine.evaluate import Evaluator
from engine.fact import Fact
from engine.facts import build_facts
from engine.model import Claim, Evaluation, Explanation, Finding, Impact, MatchedFact
from engine.phrases import condition_text, money_text, pattern_text, value_text
from engine.policy.types import Pattern, Rule, Test
from engine.rules import oracle
from engine.snapshot import CompiledPolicy

NEAREST = 3
# The field that says what a fact is about: a row of another table is near to nothing.
_TELLING = {"row": "table", "total": "id", "documentation": "name"}


class NearMiss(msgspec.Struct, frozen=True):
    """A fact that came near a condition: how it is named, and each test it failed with what was seen."""

    fact: str
    failed: tuple[str, ...]


class WhyNot(msgspec.Struct, frozen=True):
    """Why a rule did not fire: the condition that failed (or the ``unless`` that stopped it) and the nearest facts."""

    rule_id: str
    policy: str
    held: tuple[str, ...]
    failed: str
    nearest: tuple[NearMiss, ...] = ()

    def text(self) -> str:
        """Returns the answer as lines of plain text."""
        lines = [f"{self.rule_id} ({self.policy}) did not fire."]
        lines += [f"  held:   {condition}" for condition in self.held]
        lines.append(f"  failed: {self.failed}")
        for near in self.nearest:
            lines.append(f"    nearest: {near.fact}")
            lines += [f"      but {failure}" for failure in near.failed]
        return "\n".join(lines)


def explain(
    evaluator: Evaluator, claim: Claim, rule_id: str, as_of: str = "", policy: tuple[str, str] | None = None
) -> str:
    """Returns in plain text why a rule fired on a claim, was set aside, could not be judged, or did not fire.

    Raises UsageError when the policies that judge the claim have no such rule, and what ``Evaluator.evaluate`` raises.
    """
    evaluation = evaluator.evaluate(claim, as_of, policy)
    parts = [finding_text(finding) for finding in _findings(evaluation) if finding.rule_id == rule_id]
    for excepted in evaluation.excepted:
        if excepted.finding.rule_id == rule_id:
            parts.append(
                f"{finding_text(excepted.finding)}\n  set aside by exception {excepted.exception_id}: {excepted.because}"
            )
    parts += [
        f"{rule_id} was not judged ({entry.reason}): {entry.detail}"
        for entry in evaluation.not_evaluated
        if entry.rule_id == rule_id
    ]
    return "\n\n".join(parts) if parts else why_not(evaluator, claim, rule_id, as_of, policy).text()


def why_not(
    evaluator: Evaluator, claim: Claim, rule_id: str, as_of: str = "", policy: tuple[str, str] | None = None
) -> WhyNot:
    """Returns which condition of a rule failed for a claim; raises UsageError when no policy of the claim has the rule."""
    tried = []
    for compiled in evaluator.policies_for(claim, as_of, policy):
        name = f"{compiled.resolved.policy.id} {compiled.resolved.policy.version}"
        tried.append(name)
        rule = compiled.rule_by_id.get(rule_id)
        if rule is not None:
            context = evaluator.context_for(compiled, as_of)
            facts = all_facts(compiled, claim, context)
            return _why_not(rule, name, facts, context)
    raise UsageError(f"rule {rule_id} is not among the rules of {', '.join(tried)} (misspelt, disabled or draft?)")


def all_facts(compiled: CompiledPolicy, claim: Claim, context: ClaimContext) -> Sequence[Fact]:
    """Returns every fact of a claim under a policy, with those that rules derive."""
    stated = build_facts(claim, compiled.plan, context).facts
    return [*stated, *oracle.run(compiled.resolved, stated, context).derived]


def _why_not(rule: Rule, policy: str, facts: Sequence[Fact], context: ClaimContext) -> WhyNot:
    for length in range(len(rule.when), -1, -1):
        bindings = list(oracle.match(rule.when[:length], facts, context, {}))
        if bindings:
            break
    bound = bindings[0] if bindings else {}
    held = tuple(f"{p.name}: {pattern_text(p, bound)}" for p in rule.when[:length])
    if length == len(rule.when):
        return _stopped(rule, policy, held, facts, context, bindings)
    pattern = rule.when[length]
    near = _nearest(pattern, facts, context, bindings)
    failed = f"{pattern.name}: {pattern_text(pattern, bound)}"
    if not near:
        failed += f" (the claim has no {pattern.kind.replace('_', ' ')})"
    return WhyNot(rule.id, policy, held, failed, near)


def _stopped(
    rule: Rule,
    policy: str,
    held: tuple[str, ...],
    facts: Sequence[Fact],
    context: ClaimContext,
    bindings: Sequence[Mapping[str, Fact]],
) -> WhyNot:
    for bound in bindings:
        for pattern in rule.unless:
            blockers = list(oracle.match((pattern,), facts, context, bound))
            if blockers:
                blocker = blockers[0][pattern.name]
                failed = f"unless {pattern_text(pattern, bound)}: {fact_text(blocker)} stops it"
                return WhyNot(rule.id, policy, held, failed)
    return WhyNot(rule.id, policy, held, "nothing: every condition holds, for lines that another policy version judges")


def _nearest(
    pattern: Pattern, facts: Sequence[Fact], context: ClaimContext, bindings: Sequence[Mapping[str, Fact]]
) -> tuple[NearMiss, ...]:
    candidates: list[tuple[int, int, NearMiss]] = []
    telling = [test for test in pattern.tests if test.field == _TELLING.get(pattern.kind)]
    for fact in facts:
        if fact.kind != pattern.kind or not all(oracle.passes(test, fact, {}, context) for test in telling):
            continue
        best: list[Test] | None = None
        for bound in bindings[:50] or [{}]:
            own = {**bound, pattern.name: fact}
            failed = [test for test in pattern.tests if not oracle.passes(test, fact, own, context)]
            if best is None or len(failed) < len(best):
                best, best_bound = failed, own
        if best:
            seen = tuple(_failure(test, fact, best_bound) for test in best)
            candidates.append((len(best), fact.order, NearMiss(fact_text(fact), seen)))
    return tuple(near for _, _, near in sorted(candidates, key=lambda entry: entry[:2])[:NEAREST])


def _failure(test: Test, fact: Fact, bound: Mapping[str, Fact]) -> str:
    seen = value_text(fact.fields[test.field]) if test.field in fact.fields else "absent"
    return f"{condition_text(test, bound)}: it is {seen}"


_SHOWN = ("line_number", "procedure_code", "position", "code", "name", "table", "id", "service_date", "on")


def fact_text(fact: Fact) -> str:
    """Returns a fact by its kind and the fields that name it."""
    named = [f"{name}={value_text(fact.fields[name])}" for name in _SHOWN if name in fact.fields]
    if not named or fact.derived_by is not None:
        named = [f"{name}={value_text(value)}" for name, value in fact.fields.items()]
    return f"{fact.kind} {' '.join(named)}"


def _findings(evaluation: Evaluation) -> tuple[Finding, ...]:
    return (*evaluation.findings, *evaluation.trial_findings)


def finding_text(finding: Finding) -> str:
    """Returns a finding and its derivation as lines of plain text."""
    trial = " (trial)" if finding.mode == "TRIAL" else ""
    where = ", ".join(str(number) for number in finding.line_numbers)
    lines = [
        f"{finding.rule_id}{trial} fired" + (f" on line {where}" if where else " on the claim") + ".",
        f"  {finding.message}",
        f"  policy {finding.policy_id} {finding.policy_version}, {finding.kind.lower()}, {finding.severity.lower()}",
    ]
    lines += [f"  source: {' '.join(p for p in (c.title, c.section, c.url) if p)}" for c in finding.citations]
    if finding.explanation is not None:
        lines.append("  because")
        lines += explanation_lines(finding.explanation, "    ")
    if finding.impact.basis:
        lines.append(f"  money: {_impact_text(finding.impact)}")
    for fix in finding.fixes:
        mark = "verified" if fix.verified else "not verified"
        needs = f", needs documentation: {', '.join(fix.documentation_needed)}" if fix.requires_documentation else ""
        lines.append(f"  fix: {fix.description} ({mark}{needs})")
    return "\n".join(lines)


def _impact_text(impact: Impact) -> str:
    delta = impact.allowed_delta_cents
    allowed = "" if delta is None else f"allowed amount {'' if delta < 0 else '+'}{money_text(delta)}, "
    return f"{money_text(impact.billed_at_risk_cents)} billed at risk, {allowed}{impact.basis}"


def explanation_lines(explanation: Explanation, indent: str) -> list[str]:
    """Returns a derivation tree as indented lines."""
    lines: list[str] = []
    for matched in explanation.matched:
        lines += _matched_lines(matched, indent)
    lines += [f"{indent}{condition}" for condition in explanation.absent]
    for value in explanation.values:
        lines.append(f"{indent}value {value.value_id} = {value_text(value.value)} since {value.in_force_from}")
    return lines


def _matched_lines(matched: MatchedFact, indent: str) -> list[str]:
    fields = ", ".join(f"{name}={value_text(value)}" for name, value in matched.fields.items())
    lines = [f"{indent}{matched.name}: {matched.kind} {fields}"]
    if matched.row is not None:
        row = matched.row
        notes = ("" if row.complete else ", sample") + (", stale" if row.stale else "")
        key = " ".join(row.key.values())
        lines.append(f"{indent}  row {key} of {row.table}, release {row.release}{notes}")
    if matched.derived_by is not None:
        derived = matched.derived_by
        lines.append(f"{indent}  derived by {derived.rule_id}: {derived.title}")
        lines += explanation_lines(derived, indent + "    ")
    return lines
