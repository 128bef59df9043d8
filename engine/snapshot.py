"""Makes a snapshot: an immutable, compiled set of policies and reference releases, with its digest.

A snapshot is what every evaluation names: the same claim against the same snapshot gives the same bytes. It is built once in a
process and read by every evaluation there.
"""

from __future__ import annotations

import copy
import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from engine import procedure_codes
from engine.documentation import drugs, therapy
from engine.errors import NoPolicyError
from engine.fact_schema import FACT_KINDS
from engine.facts import FactPlan
from engine.model import Claim, PolicyUse
from engine.policy import load_policies, resolve, resolve_policy, select
from engine.policy.types import Pattern, PolicySet, ResolvedPolicy, Rule
from engine.reference import open_reference
from engine.reference.view import ReferenceView
from engine.rules import CompiledRules, Selections, compile_rules
from engine.rules.reads import row_matches

# A table that stands for several: a rule that needs it is judged when any of them has a release.
VIRTUAL_TABLES: Mapping[str, Sequence[str]] = {"procedure_codes": procedure_codes.TABLES}

LEVEL_FACTS = frozenset(
    [
        "em_basis",
        "total_minutes",
        "time_statement",
        "counseling_minutes",
        "mdm_level",
        "mdm_problems",
        "mdm_data",
        "mdm_risk",
    ]
)
RECKONED_FROM: Mapping[str, frozenset[str]] = {
    "supported_level": LEVEL_FACTS,
    "drug_amount": drugs.FACTS,
    "timed_service": therapy.FACTS,
    "therapy_threshold": frozenset({"therapy_year_to_date"}),
}


class CompiledPolicy(msgspec.Struct, frozen=True, eq=False):
    """One resolved policy ready to run: its compiled rules, the facts they read and, by rule id, the tables they hang on.

    ``tables_by_rule`` is closed over derived facts: a rule hangs on what the rules that derive its facts hang on.
    ``documentation_by_rule`` names the documentation facts that a rule reads.
    """

    resolved: ResolvedPolicy
    rules: CompiledRules
    plan: FactPlan
    tables: tuple[str, ...]
    tables_by_rule: dict[str, frozenset[str]]
    documentation_by_rule: dict[str, frozenset[str]]
    rule_by_id: dict[str, Rule]

    @property
    def use(self) -> PolicyUse:
        """The policy as an evaluation names it."""
        policy = self.resolved.policy
        return PolicyUse(policy.id, policy.version, self.resolved.chain, self.resolved.digest)


class Snapshot:
    """Compiled policies and the reference view they are judged with; ``digest`` names all of it."""

    def __init__(self, policies: PolicySet, reference: ReferenceView) -> None:
        """Resolves and compiles every policy that may be selected; raises InvalidPolicyError with every problem."""
        self.policies = policies
        self.reference = reference
        self.resolved = resolve(policies)
        self._compiled = {
            (entry.policy.id, entry.policy.version): compile_policy(entry, reference) for entry in self.resolved
        }
        self.digest = self._digest()

    def _digest(self) -> str:
        content = "\n".join([self.policies.digest, self.reference.digest()])
        return "sha256:" + hashlib.sha256(content.encode()).hexdigest()

    def judged_with(self, reference: ReferenceView) -> Snapshot:
        """Returns the same compiled policies with other rows of the same tables; raises ValueError when the tables differ."""
        if reference.schemas() != self.reference.schemas():
            raise ValueError("compiled policies can only be judged with the tables that they were compiled for")
        other = copy.copy(self)
        other.reference = reference
        other.digest = other._digest()
        return other

    def policy(self, policy_id: str, version: str) -> CompiledPolicy:
        """Returns a policy by id and version, also one without a scope; raises NoPolicyError when there is none."""
        key = (policy_id, version)
        if key not in self._compiled:
            known = sorted({p.version for p in self.policies.policies if p.id == policy_id})
            if version not in known:
                there = f"its versions are {', '.join(known)}" if known else "no policy has this id"
                raise NoPolicyError(f"there is no policy {policy_id} version {version} ({there})")
            self._compiled[key] = compile_policy(resolve_policy(self.policies, policy_id, version), self.reference)
        return self._compiled[key]

    def policy_for(self, claim: Claim, service_date: str, as_of: str) -> CompiledPolicy:
        """Returns the policy in force for a claim on a service date; raises NoPolicyError when none matches."""
        found = select(
            self.resolved,
            payer_id=claim.payer.payer_id,
            line_of_business=claim.payer.line_of_business,
            state=claim.payer.state,
            plan_id=claim.payer.plan_id,
            claim_type=claim.claim_type,
            service_date=service_date,
            as_of=as_of,
        )
        return self._compiled[(found.policy.id, found.policy.version)]


def load_snapshot(policies: Path, store: Path | None) -> Snapshot:
    """Loads a folder of policies and a reference store (None: the tables beside the policies only) into a snapshot.

    Raises InvalidPolicyError for policies that do not load and StoreError for a store that cannot be read.
    """
    with _without_collector():
        loaded = load_policies(policies, tests=False)
        return Snapshot(loaded, open_reference(store, loaded.tables))


@contextmanager
def _without_collector() -> Iterator[None]:
    """Holds the garbage collector back: what is made meanwhile is kept, and looking through it takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def compile_policy(resolved: ResolvedPolicy, reference: ReferenceView) -> CompiledPolicy:
    """Compiles a resolved policy and works out what it reads."""
    rules = compile_rules(resolved, reference.schemas())
    wanted = rules.wanted_tables
    producers = _producers(resolved.rules)
    tables_by_rule = {
        rule.id: wanted[rule.id]
        | _inherited_tables(rule, rule.when, producers, wanted)
        | (_inherited_tables(rule, rule.unless, producers, wanted) - frozenset(rule.judged_without))
        for rule in resolved.rules
    }
    kinds = frozenset(kind for kind in FACT_KINDS if rules.uses_kind(kind)) | {t.kind for t in resolved.totals}
    plan = FactPlan(
        kinds=kinds,
        fields={kind: frozenset(rules.used_fields(kind)) for kind in kinds},
        row_tables=_row_tables(resolved),
        row_matches=row_matches(resolved, reference.schemas()),
        totals=resolved.totals,
        members_of_totals=Selections((total.kind, total.where) for total in resolved.totals),
    )
    return CompiledPolicy(
        resolved=resolved,
        rules=rules,
        plan=plan,
        tables=tuple(sorted({table for tables in tables_by_rule.values() for table in tables})),
        tables_by_rule=tables_by_rule,
        documentation_by_rule={rule.id: _documentation_names(rule) for rule in resolved.rules},
        rule_by_id={rule.id: rule for rule in resolved.rules},
    )


def _patterns(resolved: ResolvedPolicy) -> Iterator[Pattern]:
    for rule in resolved.rules:
        yield from rule.when
        yield from rule.unless
    for exception in resolved.exceptions:
        yield from exception.when


def _row_tables(resolved: ResolvedPolicy) -> tuple[str, ...]:
    tables = {
        str(test.operands[0].constant)
        for pattern in _patterns(resolved)
        if pattern.kind == "row"
        for test in pattern.tests
        if test.field == "table"
    }
    tables |= {total.table for total in resolved.totals if total.table}
    return tuple(sorted(tables))


def _producers(rules: Sequence[Rule]) -> dict[str, list[Rule]]:
    """Returns the rules that derive facts of each kind."""
    producers: dict[str, list[Rule]] = {}
    for rule in rules:
        for assertion in rule.assertions:
            producers.setdefault(assertion.kind, []).append(rule)
    return producers


def _inherited_tables(
    rule: Rule,
    patterns: Iterable[Pattern],
    producers: Mapping[str, Sequence[Rule]],
    wanted: Mapping[str, frozenset[str]],
) -> frozenset[str]:
    """Returns the tables of every rule that derives, at any remove, a fact that some conditions of a rule read."""
    tables: set[str] = set()
    seen = {rule.id}
    waiting = list(patterns)
    while waiting:
        for producer in producers.get(waiting.pop().kind, ()):
            if producer.id not in seen:
                seen.add(producer.id)
                tables.update(wanted.get(producer.id, ()))
                waiting += [*producer.when, *producer.unless]
    return frozenset(tables)


def _documentation_names(rule: Rule) -> frozenset[str]:
    names: set[str] = set()
    for pattern in (*rule.when, *rule.unless):
        names |= RECKONED_FROM.get(pattern.kind, frozenset())
        if pattern.kind == "documentation":
            for test in pattern.tests:
                if test.field == "name":
                    names |= {str(operand.constant) for operand in test.operands if operand.constant is not None}
    return frozenset(names)
