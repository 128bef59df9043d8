"""Judges a claim against a snapshot: facts, rules, exceptions, findings, fixes, money, and what could not be judged.

This module is the path of a claim, in order. It reads no clock, no environment and no network: the same claim and snapshot give
the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from engine.context import ClaimContext
from engine.fact import Fact, Firing
from engine.facts import ClaimFacts, build_facts
from engine.fixes import FixMaker, Judgement
from engine.model import (
    Claim,
    Disposition,
    Evaluation,
    Excepted,
    Finding,
    NotEvaluated,
    TableUse,
)
from engine.policy.types import PolicyException, Status, Value
from engine.pricing import ImpactMaker
from engine.recommendation import recommend
from engine.reference.block import RecentlyUsed
from engine.reference.view import ReferenceView
from engine.reporting import finding_of
from engine.rules import Session
from engine.snapshot import VIRTUAL_TABLES, CompiledPolicy, Snapshot

_CONTEXTS = 64  # policies and knowledge dates whose answers are remembered
_SEVERITY_ORDER = {"ERROR": 0, "WARNING": 1, "INFO": 2}


class _Outcome(msgspec.Struct, frozen=True):
    """What one policy said of a claim, before fixes."""

    compiled: CompiledPolicy
    context: ClaimContext
    fired: tuple[tuple[Finding, Firing], ...]
    excepted: tuple[tuple[Finding, PolicyException], ...]
    not_evaluated: tuple[NotEvaluated, ...]
    tables: tuple[TableUse, ...]


class Evaluator:
    """Judges claims against one snapshot; owns the rules engine's session, so one thread of one process uses it."""

    def __init__(self, snapshot: Snapshot, session: Session | None = None) -> None:
        """Opens a session for the snapshot, or shares one of the same thread."""
        self.snapshot = snapshot
        self._session = session or Session()
        self._contexts = RecentlyUsed(_CONTEXTS)

    def judging_with(self, reference: ReferenceView) -> Evaluator:
        """Returns an evaluator of the same policies with another view of the same tables; it shares this one's session."""
        return Evaluator(self.snapshot.judged_with(reference), self._session)

    def close(self) -> None:
        """Releases the rules engine's memory."""
        self._session.close()

    def evaluate(self, claim: Claim, as_of: str = "", policy: tuple[str, str] | None = None) -> Evaluation:
        """Returns the evaluation of a claim that has passed ``engine.claims.problems_of``.

        ``as_of`` is the knowledge date (ISO): which published policies and reference releases count. Empty means the date the
        claim was received for policies, and everything loaded for reference data. ``policy`` pins id and version in place of the
        claim's scope. Raises NoPolicyError when no policy covers the claim, EvaluationError when the engine cannot finish.
        """
        outcomes = self._judge(claim, as_of, policy)
        fired = [pair for outcome in outcomes for pair in outcome.fired]
        before = _judgement(outcomes)
        maker = FixMaker(claim, before, lambda changed: _judgement(self._judge(changed, as_of, policy)))
        findings: dict[str, Finding] = {}
        for outcome in outcomes:
            money = ImpactMaker(claim, outcome.context)
            for finding, firing in outcome.fired:
                if finding.finding_id not in findings:
                    fixes = maker.fixes_of(finding, firing, outcome.context)
                    fixed = msgspec.structs.replace(finding, fixes=fixes)
                    findings[finding.finding_id] = msgspec.structs.replace(fixed, impact=money.impact_of(fixed))
        live = _sorted(finding for finding in findings.values() if finding.mode == "LIVE")
        not_evaluated = tuple(sorted({e for o in outcomes for e in o.not_evaluated}, key=_not_evaluated_order))
        recommended = recommend(claim, live, before, maker)
        first, *others = outcomes
        return Evaluation(
            claim_id=claim.claim_id,
            evaluation_id=self._evaluation_id(claim, as_of, policy),
            disposition=_disposition(live, not_evaluated, first.compiled if fired or not_evaluated else None),
            policy=first.compiled.use,
            other_policies=tuple(outcome.compiled.use for outcome in others),
            reference=_table_uses(outcomes),
            findings=live,
            excepted=_excepted(outcomes),
            trial_findings=_sorted(finding for finding in findings.values() if finding.mode == "TRIAL"),
            not_evaluated=not_evaluated,
            recommended_fix=recommended.fix,
            recommendation=recommended.remark,
        )

    def _evaluation_id(self, claim: Claim, as_of: str, policy: tuple[str, str] | None) -> str:
        content = msgspec.json.encode([claim, as_of, policy, self.snapshot.digest])
        return hashlib.sha256(content).hexdigest()[:32]

    def _judge(self, claim: Claim, as_of: str, policy: tuple[str, str] | None) -> list[_Outcome]:
        """Judges the claim under every policy version that its service dates fall under, the earliest date's first."""
        covered = self._policies(claim, as_of, policy)
        return [self._judge_under(compiled, claim, own, as_of) for compiled, own in covered]

    def policies_for(
        self, claim: Claim, as_of: str = "", policy: tuple[str, str] | None = None
    ) -> tuple[CompiledPolicy, ...]:
        """Returns the policies that judge a claim, that of its earliest service date first."""
        return tuple(compiled for compiled, _ in self._policies(claim, as_of, policy))

    def facts_of(self, compiled: CompiledPolicy, claim: Claim) -> tuple[Fact, ...]:
        """Returns every fact of a claim under a policy, with those that its rules derive."""
        context = self.context_for(compiled, "")
        stated = build_facts(claim, compiled.plan, context).facts
        return (*stated, *self._session.run(compiled.rules, stated, context).derived)

    def context_for(self, compiled: CompiledPolicy, as_of: str) -> ClaimContext:
        """Returns what answers the rules of a policy beside the facts."""
        key = (id(compiled), as_of)
        context: ClaimContext | None = self._contexts.get(key)
        if context is None:
            values = {value.id: value for value in compiled.resolved.values}
            context = ClaimContext(self.snapshot.reference, values, as_of)
            self._contexts.keep(key, context)
        return context

    def _policies(
        self, claim: Claim, as_of: str, policy: tuple[str, str] | None
    ) -> list[tuple[CompiledPolicy, set[str]]]:
        dates = sorted({line.service_date for line in claim.lines})
        if policy is not None:
            return [(self.snapshot.policy(*policy), set(dates))]
        covered: dict[tuple[str, str], tuple[CompiledPolicy, set[str]]] = {}
        for date in dates:
            compiled = self.snapshot.policy_for(claim, date, as_of or claim.received_date)
            key = (compiled.resolved.policy.id, compiled.resolved.policy.version)
            covered.setdefault(key, (compiled, set()))[1].add(date)
        return list(covered.values())

    def _judge_under(self, compiled: CompiledPolicy, claim: Claim, own_dates: set[str], as_of: str) -> _Outcome:
        context = self.context_for(compiled, as_of)
        return _judge_facts(
            self._session, compiled, claim, build_facts(claim, compiled.plan, context), own_dates, context
        )


def findings_under(
    session: Session, compiled: CompiledPolicy, claim: Claim, claim_facts: ClaimFacts, context: ClaimContext
) -> Evaluation:
    """Returns what one compiled policy says of a claim whose facts are built, without fixes: for policies changed in memory."""
    outcome = _judge_facts(session, compiled, claim, claim_facts, set(claim_facts.service_dates), context)
    findings = [finding for finding, _ in outcome.fired]
    return Evaluation(
        claim_id=claim.claim_id,
        evaluation_id="",
        disposition="PASS",
        findings=_sorted(finding for finding in findings if finding.mode == "LIVE"),
        excepted=_excepted([outcome]),
        trial_findings=_sorted(finding for finding in findings if finding.mode == "TRIAL"),
        not_evaluated=tuple(sorted(set(outcome.not_evaluated), key=_not_evaluated_order)),
    )


def _judge_facts(
    session: Session,
    compiled: CompiledPolicy,
    claim: Claim,
    claim_facts: ClaimFacts,
    own_dates: set[str],
    context: ClaimContext,
) -> _Outcome:
    values = context.values
    result = session.run(compiled.rules, claim_facts.facts, context)
    tables, unjudged = context.remembered(_tables_of, compiled, tuple(sorted(own_dates)))
    not_evaluated = [
        *(rule.entry for rule in unjudged.values()),
        *_lacking_fields(compiled, result.missing_fields, unjudged),
        *_conflicting(compiled, claim_facts),
    ]
    earliest = claim_facts.service_dates[0]

    def counts(finding: Finding) -> bool:
        date = claim_facts.line_dates.get(finding.line_numbers[0], "") if finding.line_numbers else earliest
        rule = unjudged.get(finding.rule_id)
        return date in own_dates and (rule is None or date not in rule.dates)

    trial = compiled.resolved.policy.status is Status.TRIAL
    pairs = [(_finding(firing, claim, context, values, trial), firing) for firing in result.firings]
    set_aside = {id(firing) for firing, _ in result.excepted}
    return _Outcome(
        compiled=compiled,
        context=context,
        fired=_merged(
            (finding, firing) for finding, firing in pairs if counts(finding) and id(firing) not in set_aside
        ),
        excepted=tuple(
            (finding, exception)
            for firing, exception in result.excepted
            if counts(finding := _finding(firing, claim, context, values, trial))
        ),
        not_evaluated=tuple(not_evaluated),
        tables=tables,
    )


def _finding(firing: Firing, claim: Claim, context: ClaimContext, values: Mapping[str, Value], trial: bool) -> Finding:
    finding = finding_of(firing, claim, context, values)
    return msgspec.structs.replace(finding, mode="TRIAL") if trial else finding


def _merged(pairs: Iterable[tuple[Finding, Firing]]) -> tuple[tuple[Finding, Firing], ...]:
    """Keeps the first of findings that say the same thing of the same lines and codes."""
    kept: dict[str, tuple[Finding, Firing]] = {}
    for finding, firing in pairs:
        kept.setdefault(finding.finding_id, (finding, firing))
    return tuple(kept.values())


def _judgement(outcomes: Sequence[_Outcome]) -> Judgement:
    findings = {finding.finding_id: finding for outcome in outcomes for finding, _ in outcome.fired}
    return Judgement(
        _sorted(findings.values()), tuple(entry for outcome in outcomes for entry in outcome.not_evaluated)
    )


class _Unjudged(msgspec.Struct, frozen=True):
    """A rule that hangs on a table without a release, and the service dates for which it has none."""

    entry: NotEvaluated
    dates: frozenset[str]


def _tables_of(
    view: ReferenceView, compiled: CompiledPolicy, dates: Sequence[str], known_on: str
) -> tuple[tuple[TableUse, ...], dict[str, _Unjudged]]:
    """Returns the releases used, and the rules that hang on a table without one, by rule id."""
    uses: dict[tuple[str, str], TableUse] = {}
    lacking: dict[str, list[str]] = {}
    for table in compiled.tables:
        real = VIRTUAL_TABLES.get(table, (table,))
        for date in dates:
            found = [use for name in real if (use := view.use(name, date, known_on)) is not None]
            for use in found:
                kept = uses.setdefault((use.table, use.release), use)
                if use.stale and not kept.stale:
                    uses[(use.table, use.release)] = use
            if not found:
                lacking.setdefault(table, []).append(date)
    unjudged = {}
    if lacking:
        for rule_id, tables in compiled.tables_by_rule.items():
            wanting = sorted(tables & lacking.keys())
            # A rule that only derives facts is not reported: those that read its facts hang on the same tables.
            if wanting and compiled.rule_by_id[rule_id].report is not None:
                detail = "; ".join(f"{table} has no release for {', '.join(lacking[table])}" for table in wanting)
                without = frozenset(date for table in wanting for date in lacking[table])
                unjudged[rule_id] = _Unjudged(NotEvaluated(rule_id, "MISSING_TABLE", detail), without)
    return tuple(uses[key] for key in sorted(uses)), unjudged


def _lacking_fields(
    compiled: CompiledPolicy, fields: Iterable[tuple[str, str, str]], unjudged: Mapping[str, _Unjudged]
) -> Iterable[NotEvaluated]:
    by_rule: dict[str, list[str]] = {}
    for rule_id, kind, field in fields:
        if rule_id not in unjudged and rule_id in compiled.rule_by_id:
            by_rule.setdefault(rule_id, []).append(f"{kind}.{field}")
    for rule_id, names in by_rule.items():
        yield NotEvaluated(rule_id, "MISSING_FIELD", f"not on the claim: {', '.join(sorted(names))}")


def _conflicting(compiled: CompiledPolicy, claim_facts: ClaimFacts) -> Iterable[NotEvaluated]:
    for conflict in claim_facts.conflicts:
        where = f"line {conflict.line_number}" if conflict.line_number else "the claim"
        for rule_id, names in compiled.documentation_by_rule.items():
            if conflict.name in names:
                detail = f"documentation facts named {conflict.name} disagree for {where}"
                yield NotEvaluated(rule_id, "CONFLICTING_FACTS", detail)


def _table_uses(outcomes: Sequence[_Outcome]) -> tuple[TableUse, ...]:
    if len(outcomes) == 1:
        return outcomes[0].tables
    uses = {(use.table, use.release, use.stale): use for outcome in outcomes for use in outcome.tables}
    return tuple(uses[key] for key in sorted(uses))


def _excepted(outcomes: Sequence[_Outcome]) -> tuple[Excepted, ...]:
    found: dict[tuple[str, str], Excepted] = {}
    for outcome in outcomes:
        for finding, exception in outcome.excepted:
            entry = Excepted(finding, exception.id, exception.policy_id, exception.because, exception.approved_by)
            found.setdefault((finding.finding_id, exception.id), entry)
    return tuple(sorted(found.values(), key=lambda e: (*_finding_order(e.finding), e.exception_id)))


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=_finding_order))


def _finding_order(finding: Finding) -> tuple[object, ...]:
    lines = finding.line_numbers or (0,)
    return (lines, finding.diagnosis_positions, _SEVERITY_ORDER[finding.severity], finding.rule_id, finding.codes)


def _not_evaluated_order(entry: NotEvaluated) -> tuple[str, str, str]:
    return (entry.rule_id, entry.reason, entry.detail)


def _disposition(
    live: Sequence[Finding], not_evaluated: Sequence[NotEvaluated], compiled: CompiledPolicy | None
) -> Disposition:
    """DENY_RISK: a violation or over-coding of severity error. REVIEW: any other error or warning. INCOMPLETE: nothing found, but a
    rule of severity error could not be judged. PASS otherwise."""
    if any(f.severity == "ERROR" and f.kind in ("VIOLATION", "OVER_CODING") for f in live):
        return "DENY_RISK"
    if any(finding.severity in ("ERROR", "WARNING") for finding in live):
        return "REVIEW"
    rules = compiled.rule_by_id if compiled is not None else {}
    for entry in not_evaluated:
        rule = rules.get(entry.rule_id)
        if rule is None or (rule.severity == "ERROR" and rule.report is not None):
            return "INCOMPLETE"
    return "PASS"
