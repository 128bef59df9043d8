"""Tries mutants against golden tests: only tests that the change can reach, facts built once, until one test catches the mutant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from engine.claims import decode_claim
from engine.context import ClaimContext
from engine.errors import ClaimrulesError, EvaluationError, InvalidPolicyError, Place
from engine.evaluate import findings_under
from engine.fact_schema import FACT_KINDS
from engine.facts import ClaimFacts, build_facts
from engine.model import Claim, Evaluation
from engine.policy import resolve_policy
from engine.policy.digest import canonical
from engine.policy.types import (
    Expectation,
    GoldenTest,
    Pattern,
    PolicySet,
    ResolvedPolicy,
    Rule,
    TestFile,
    Total,
    Value,
)
from engine.reference.view import ReferenceView
from engine.regression.changes import changed_claim
from engine.regression.compare import differences
from engine.regression.given import GivenViews
from engine.regression.mutants import TELLING, Mutant, Subject, mutants_of
from engine.regression.pinned import pinned_view
from engine.regression.slices import Slice, slice_of
from engine.rules import Session
from engine.snapshot import CompiledPolicy, compile_policy


class Survivor(msgspec.Struct, frozen=True):
    """A mutant that no golden test caught: what was changed, and where it stands."""

    change: str
    place: Place


class Tried(msgspec.Struct, frozen=True):
    """What came of the mutants of one subject. Those ``not_applicable`` do not compile, those ``equivalent`` compile to the same."""

    subject: Subject
    caught: tuple[str, ...] = ()
    survivors: tuple[Survivor, ...] = ()
    not_applicable: int = 0
    equivalent: int = 0


class _Golden(msgspec.Struct, frozen=True):
    """One golden test with its claim read."""

    name: str
    test: GoldenTest
    claim: Claim

    def concerns(self, rules: frozenset[str]) -> bool:
        """Returns whether the test expects something of one of the rules."""
        expected = (*self.test.expect, *self.test.excepted, *self.test.trial)
        return any(one.rule in rules for one in expected) or self.leaves_open(rules)

    def leaves_open(self, rules: frozenset[str]) -> bool:
        """Returns whether the test says that one of the rules cannot be judged."""
        return any(rule in rules for rule in self.test.not_evaluated or ())


class _Built(msgspec.Struct, frozen=True):
    facts: ClaimFacts
    kinds: frozenset[tuple[str, str]]


class _Stand:
    """A slice of a policy, compiled, with the golden tests that run against it; it stands for every policy with the same slice."""

    def __init__(self, part: Slice, views: GivenViews) -> None:
        self.part = part
        self.view = views.view
        self._views = views
        self._contexts: dict[ReferenceView, ClaimContext] = {}
        self.goldens: list[_Golden] = []
        self.compiled = compile_policy(part.policy, self.view)
        self._built: dict[str, _Built] = {}
        self._passes: dict[str, bool] = {}

    def view_of(self, golden: _Golden) -> ReferenceView:
        """Returns the reference view that a golden test is judged with."""
        return self._views.of(golden.test)

    def context_of(self, golden: _Golden) -> ClaimContext:
        """Returns what answers the unchanged rules beside the facts."""
        view = self.view_of(golden)
        if view not in self._contexts:
            self._contexts[view] = _context(self.part.policy, view)
        return self._contexts[view]

    def built(self, golden: _Golden) -> _Built:
        """Returns the facts of a golden claim, built once."""
        found = self._built.get(golden.name)
        if found is None:
            facts = build_facts(golden.claim, self.compiled.plan, self.context_of(golden))
            found = self._built[golden.name] = _Built(facts, frozenset(_kind_of_fact(facts)))
        return found

    def passes(self, golden: _Golden, session: Session) -> bool:
        """Returns whether a golden test passes with nothing changed; one that does not cannot catch anything."""
        if golden.name not in self._passes:
            facts = self.built(golden).facts
            evaluation = findings_under(session, self.compiled, golden.claim, facts, self.context_of(golden))
            self._passes[golden.name] = not _fails(golden, evaluation, self.part.affected)
        return self._passes[golden.name]


class MutationBench:
    """Tries the mutants of one policy set; used by one thread of one process."""

    def __init__(self, policies: PolicySet, store: Path | None) -> None:
        """Reads every golden claim; tests that cannot run are left out, ``run_tests`` reports them."""
        self._session = Session()
        self._policies = policies
        self._store = store
        self._views: dict[tuple[tuple[str, str], ...], GivenViews] = {}
        self._resolved: dict[tuple[str, str], ResolvedPolicy] = {}
        self._effective = {(p.id, p.version): p.effective_from for p in policies.policies}
        self._files = [(file, list(_goldens(file))) for file in policies.tests]

    def close(self) -> None:
        """Releases the rules engine's memory."""
        self._session.close()

    def try_all(self, subject: Subject) -> Tried:
        """Returns what came of every mutant of a subject."""
        stands = self._stands(subject)
        if not stands:
            return Tried(subject)
        caught: list[str] = []
        survivors: list[Survivor] = []
        effective = self._effective[subject.policy]
        variants = [{m.change: m for m in mutants_of(stand.part.changed, effective)} for stand in stands]
        not_applicable = equivalent = 0
        for mutant in variants[0].values():
            outcome = self._outcome(stands, [variant.get(mutant.change) for variant in variants])
            if outcome == "caught":
                caught.append(mutant.change)
            elif outcome == "survived":
                survivors.append(Survivor(mutant.change, mutant.place))
            not_applicable += outcome == "not applicable"
            equivalent += outcome == "equivalent"
        return Tried(subject, tuple(caught), tuple(survivors), not_applicable, equivalent)

    def _outcome(self, stands: Sequence[_Stand], mutants: Sequence[Mutant | None]) -> str:
        equal = 0
        applied = 0
        for stand, mutant in zip(stands, mutants, strict=True):
            made = mutant.made if mutant is not None else None
            if made is None:
                continue
            if canonical(made) == canonical(stand.part.changed):
                equal += 1
                continue
            try:
                compiled = compile_policy(stand.part.with_change(made), stand.view)
            except (InvalidPolicyError, ValueError):
                continue
            if _form(compiled) == _form(stand.compiled):
                equal += 1
                continue
            applied += 1
            if any(self._catches(golden, stand, compiled, made) for golden in stand.goldens):
                return "caught"
        if applied:
            return "survived"
        return "equivalent" if equal else "not applicable"

    def _catches(self, golden: _Golden, stand: _Stand, compiled: CompiledPolicy, made: Rule | Value | Total) -> bool:
        context = stand.context_of(golden)
        if isinstance(made, Rule):
            built = stand.built(golden)
            if not _can_fire(made, built.kinds) and not golden.leaves_open(stand.part.affected):
                return False
            facts = built.facts
        else:
            context = _context(compiled.resolved, stand.view_of(golden))
            facts = build_facts(golden.claim, compiled.plan, context)
        try:
            evaluation = findings_under(self._session, compiled, golden.claim, facts, context)
        except EvaluationError:
            return stand.passes(golden, self._session)
        return _fails(golden, evaluation, stand.part.affected) and stand.passes(golden, self._session)

    def _stands(self, subject: Subject) -> list[_Stand]:
        stands: dict[object, _Stand] = {}
        for file, goldens in self._files:
            stand = self._stand(stands, subject, (file.policy_id, file.policy_version), file.reference)
            if stand is not None:
                stand.goldens += goldens
        if not stands:
            self._stand(stands, subject, subject.policy, ())
        for stand in stands.values():
            stand.goldens.sort(key=_urgency(stand.part))
        return list(stands.values())

    def _stand(
        self,
        stands: dict[object, _Stand],
        subject: Subject,
        policy: tuple[str, str],
        reference: Iterable[tuple[str, str]],
    ) -> _Stand | None:
        pins = tuple(sorted(reference))
        try:
            if policy not in self._resolved:
                self._resolved[policy] = resolve_policy(self._policies, *policy)
            part = slice_of(self._resolved[policy], subject)
            if part is None:
                return None
            if pins not in self._views:
                view = pinned_view(self._policies.tables, self._store, dict(pins))
                self._views[pins] = GivenViews(view, self._policies.tables)
        except ClaimrulesError:
            return None  # run_tests reports a tests file whose policy or releases are not there
        key = (part.key, pins)
        if key not in stands:
            stands[key] = _Stand(part, self._views[pins])
        return stands[key]


def _goldens(file: TestFile) -> Iterator[_Golden]:
    documents = dict(file.claims)
    for test in file.tests:
        document, problems = changed_claim(documents[test.claim], test)
        if not problems:
            try:
                claim = decode_claim(msgspec.json.encode(document))
            except ClaimrulesError:
                continue
            yield _Golden(f"{file.stem}/{test.name}", test, claim)


def _context(policy: ResolvedPolicy, view: ReferenceView) -> ClaimContext:
    return ClaimContext(view, {value.id: value for value in policy.values}, "")


def _urgency(part: Slice) -> Callable[[_Golden], tuple[bool, bool]]:
    """Returns the order in which tests are tried: those that the rule names, those that expect it, then all others."""
    named: set[str] = set()
    if isinstance(part.changed, Rule):
        named.update(part.changed.tests.fires, part.changed.tests.near)

    def order(golden: _Golden) -> tuple[bool, bool]:
        return (golden.name not in named, not golden.concerns(part.affected))

    return order


def _kind_of_fact(facts: ClaimFacts) -> Iterator[tuple[str, str]]:
    for fact in facts.facts:
        yield (fact.kind, str(fact.fields.get(TELLING.get(fact.kind, ""), "")))


def _can_fire(rule: Rule, kinds: frozenset[tuple[str, str]]) -> bool:
    """Returns whether a claim has a fact of every kind that the conditions of a rule start from, as far as it states them."""
    return all(_about(pattern) in kinds for pattern in rule.when if pattern.kind in FACT_KINDS)


def _about(pattern: Pattern) -> tuple[str, str]:
    telling = TELLING.get(pattern.kind, "")
    told = [o.constant for test in pattern.tests if test.field == telling for o in test.operands]
    return (pattern.kind, str(told[0]) if told else "")


def _form(compiled: CompiledPolicy) -> object:
    """Returns what two compiled policies share that judge alike."""
    rules = compiled.rules
    return (
        [(condition.kind, condition.tests) for condition in rules.conditions],
        [[ruleset.definition for ruleset in level.rulesets] for level in (*rules.levels, rules.exceptions)],
        sorted(rules.needs.items()),
        compiled.tables_by_rule,
        [(rule.report, rule.assertions) for rule in compiled.resolved.rules],
        compiled.resolved.values,
        compiled.resolved.totals,
    )


def _fails(golden: _Golden, evaluation: Evaluation, rules: frozenset[str]) -> bool:
    """Returns whether what is said of some rules is not what the test expects of them."""
    test = golden.test
    wanted = msgspec.structs.replace(
        test,
        expect=_of_rules(test.expect, rules),
        excepted=_of_rules(test.excepted, rules),
        trial=_of_rules(test.trial, rules),
        not_evaluated=None if test.not_evaluated is None else tuple(r for r in test.not_evaluated if r in rules),
    )
    came = msgspec.structs.replace(
        evaluation,
        findings=tuple(finding for finding in evaluation.findings if finding.rule_id in rules),
        excepted=tuple(entry for entry in evaluation.excepted if entry.finding.rule_id in rules),
        trial_findings=tuple(finding for finding in evaluation.trial_findings if finding.rule_id in rules),
        not_evaluated=tuple(entry for entry in evaluation.not_evaluated if entry.rule_id in rules),
    )
    return bool(differences(wanted, came))


def _of_rules(expected: Iterable[Expectation], rules: frozenset[str]) -> tuple[Expectation, ...]:
    return tuple(one for one in expected if one.rule in rules)
