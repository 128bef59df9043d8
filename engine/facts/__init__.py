"""Turns a claim and the reference rows of its codes into the facts that rules read.

``engine/fact_schema.py`` says which facts and fields there are. Facts are built in canonical order, so that the order of lines,
history and documentation facts in the input does not matter. Only what the policy reads is built.
"""

from __future__ import annotations

import msgspec

from engine.context import ClaimContext
from engine.documentation.scope import Conflict, ScopedFacts, scope_facts
from engine.fact import Fact
from engine.facts.diagnoses import diagnosis_facts
from engine.facts.earlier import earlier_service_facts
from engine.facts.header import claim_fact, identifier_facts, patient_fact
from engine.facts.lines import history_facts, line_facts, modifier_facts, pointer_facts
from engine.facts.parts import FactPlan, take_apart
from engine.facts.record import documentation_facts, drug_amount_facts, supported_level_facts
from engine.facts.rows import row_facts, total_facts
from engine.facts.therapy import therapy_threshold_facts, timed_service_facts
from engine.model import Claim

__all__ = ["ClaimFacts", "FactPlan", "build_facts"]

_OF_THE_RECORD = frozenset({"documentation", "supported_level", "drug_amount", "timed_service", "therapy_threshold"})


class ClaimFacts(msgspec.Struct, frozen=True):
    """The facts of one claim in canonical order, its service dates, and documentation facts that contradict each other."""

    facts: tuple[Fact, ...]
    service_dates: tuple[str, ...]
    line_dates: dict[int, str]
    conflicts: tuple[Conflict, ...]


def build_facts(claim: Claim, plan: FactPlan, context: ClaimContext) -> ClaimFacts:
    """Returns every fact of a claim that the plan asks for; the claim must have passed ``engine.claims.problems_of``."""
    parts = take_apart(claim, plan, context)
    kinds = plan.kinds
    facts: list[Fact] = []
    if "claim" in kinds:
        facts.append(claim_fact(parts))
    if "patient" in kinds:
        facts.append(patient_fact(parts))
    if "identifier" in kinds:
        facts += identifier_facts(parts)
    if "line" in kinds:
        facts += line_facts(parts)
    if "modifier" in kinds:
        facts += modifier_facts(parts)
    if "diagnosis" in kinds:
        facts += diagnosis_facts(parts)
    if "pointer" in kinds:
        facts += pointer_facts(parts)
    if "history" in kinds:
        facts += history_facts(parts)
    if "earlier_service" in kinds:
        facts += earlier_service_facts(parts)
    conflicts: tuple[Conflict, ...] = ()
    scoped = ScopedFacts((), ())
    if claim.documentation.facts and not kinds.isdisjoint(_OF_THE_RECORD):
        scoped = scope_facts(claim, parts.lines)
        conflicts = scoped.conflicts
        if "documentation" in kinds:
            facts += documentation_facts(scoped.facts)
        if "supported_level" in kinds:
            facts += supported_level_facts(parts, scoped.facts)
        if "drug_amount" in kinds:
            facts += drug_amount_facts(parts, scoped.facts)
        if "timed_service" in kinds:
            facts += timed_service_facts(parts, scoped.facts)
    if "therapy_threshold" in kinds:
        facts += therapy_threshold_facts(parts, scoped.facts)
    if plan.row_tables:
        facts += row_facts(parts)
    if plan.totals:
        facts += total_facts(parts, facts)
    for order, fact in enumerate(facts):
        fact.order = order
    line_dates = {line.line_number: line.service_date for line in parts.lines}
    return ClaimFacts(tuple(facts), parts.dates, line_dates, conflicts)
