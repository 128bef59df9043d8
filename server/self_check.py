"""Judges invented claims before a worker takes calls, so that a snapshot that cannot judge is found out at the start."""

from __future__ import annotations

from datetime import date

from engine.errors import NoPolicyError
from engine.model import Claim, ClaimType, Diagnosis, Payer, ServiceLine
from engine.policy.types import ResolvedPolicy, Scope
from server.loading import Engine


def check_itself(engine: Engine) -> int:
    """Judges one invented claim for every policy that may be selected and returns how many a policy covered.

    A claim whose policy is not in force on its first day (published later, say) is no failure. Raises what the engine raises.
    """
    judged = 0
    for resolved in engine.snapshot.resolved:
        if resolved.policy.scope is not None:
            try:
                engine.evaluate(_invented_claim(resolved, resolved.policy.scope))
                judged += 1
            except NoPolicyError:
                continue
    return judged


def _invented_claim(resolved: ResolvedPolicy, scope: Scope) -> Claim:
    day = resolved.policy.effective_from or date(2026, 1, 1).isoformat()
    claim_type: ClaimType = "INSTITUTIONAL" if scope.claim_types == ("INSTITUTIONAL",) else "PROFESSIONAL"
    return Claim(
        claim_id="SELF-CHECK",
        claim_type=claim_type,
        received_date=max(day, resolved.policy.published),
        place_of_service="11",
        payer=Payer(
            payer_id=_one_of(scope.payers) or "SELF-CHECK",
            line_of_business=_one_of(scope.lines_of_business),
            plan_id=_one_of(scope.plans),
            state=_one_of(scope.states),
        ),
        diagnoses=(Diagnosis("Z00.00"),),
        lines=(
            ServiceLine(1, "99213", day, diagnosis_pointers=(1,), charge_cents=10000),
            ServiceLine(2, "36415", day, diagnosis_pointers=(1,), charge_cents=1000),
        ),
    )


def _one_of(choices: tuple[str, ...]) -> str:
    return next((choice for choice in choices if choice != "*"), "")
