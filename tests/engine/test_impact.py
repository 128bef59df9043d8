"""What findings mean in money, on claims judged with the shipped policies and the sample of the fee schedule."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.claims import read_claims
from engine.evaluate import Evaluator
from engine.model import Claim, Finding, Fix, Impact, Operation, Payer, ServiceLine
from engine.pricing import ImpactMaker
from engine.snapshot import load_snapshot

MEDICARE = Payer("MEDICARE_B", "medicare")
LINES = (
    ServiceLine(1, "99214", "2024-07-10", charge_cents=19000),
    ServiceLine(2, "10060", "2024-07-10", charge_cents=21000),
)
CLAIM = Claim("I-1", MEDICARE, LINES, place_of_service="11")
LOWER = (Operation("replace_code", line_number=1, code="99213"),)
HIGHER = (Operation("replace_code", line_number=1, code="99215"),)


@pytest.fixture(scope="module")
def evaluator(policies_folder: Path) -> Evaluator:
    return Evaluator(load_snapshot(policies_folder, None))


def impact(evaluator: Evaluator, kind: str, *fixes: Fix, lines: tuple[int, ...] = (1,), claim: Claim = CLAIM) -> Impact:
    context = evaluator.context_for(evaluator.policies_for(CLAIM)[0], "")
    finding = Finding("f", "R", "p", "1", "c", kind, "ERROR", "m", line_numbers=lines, fixes=fixes)  # type: ignore[arg-type]
    return ImpactMaker(claim, context).impact_of(finding)


def test_a_violation_loses_its_line(evaluator: Evaluator) -> None:
    # 3.85 x 33.2875 = 128.156875
    found = impact(evaluator, "VIOLATION", lines=(1, 2))
    assert (found.billed_at_risk_cents, found.allowed_delta_cents) == (19000, -12816)
    assert found.basis == (
        "charge of line 1, denied; Medicare physician fee schedule; relative values starter (sample), national, "
        "non-facility rate, conversion factor 33.2875"
    )


def test_a_violation_of_the_claim_loses_every_line(evaluator: Evaluator) -> None:
    found = impact(evaluator, "VIOLATION", lines=())
    assert (found.billed_at_risk_cents, found.allowed_delta_cents) == (40000, -12816 - 12749)
    assert found.basis.startswith("charge of every line, denied")


def test_a_proved_change_says_what_it_keeps(evaluator: Evaluator) -> None:
    found = impact(evaluator, "VIOLATION", Fix("bill 99213", LOWER, verified=True))
    assert found.allowed_delta_cents == -12816
    assert found.basis.endswith("the first change that was proved keeps $90.87")


def test_over_coding_is_what_would_be_repaid(evaluator: Evaluator) -> None:
    found = impact(evaluator, "OVER_CODING", Fix("bill 99213", LOWER, verified=True))
    assert (found.billed_at_risk_cents, found.allowed_delta_cents) == (19000, 9087 - 12816)
    unproved = impact(evaluator, "OVER_CODING", Fix("bill 99213", LOWER))
    assert unproved.allowed_delta_cents == -12816


def test_a_change_that_the_record_does_not_support_keeps_nothing(evaluator: Evaluator) -> None:
    fix = Fix("bill 99213", LOWER, verified=True, requires_documentation=True)
    assert impact(evaluator, "OVER_CODING", fix).allowed_delta_cents == -12816
    supported = msgspec.structs.replace(fix, documentation_supported=True)
    assert impact(evaluator, "OVER_CODING", supported).allowed_delta_cents == 9087 - 12816


def test_under_coding_is_what_is_left(evaluator: Evaluator) -> None:
    # 5.42 x 33.2875 = 180.41825
    fix = Fix("bill 99215", HIGHER, verified=True, requires_documentation=True)
    found = impact(evaluator, "UNDER_CODING", fix)
    assert (found.billed_at_risk_cents, found.allowed_delta_cents) == (0, 18042 - 12816)
    assert "bill 99215, if the record supports it" in found.basis
    unproved = impact(evaluator, "UNDER_CODING", Fix("bill 99215", HIGHER))
    assert unproved == Impact(0, None, "allowed amount not reckoned: no change was proved")


@pytest.mark.parametrize("kind", ["WARNING", "INFORMATION"])
def test_what_denies_nothing_has_no_money(evaluator: Evaluator, kind: str) -> None:
    assert impact(evaluator, kind) == Impact()


def test_another_payer_is_told_that_it_is_a_yardstick(evaluator: Evaluator) -> None:
    claim = msgspec.structs.replace(CLAIM, payer=Payer("UNITY", "commercial"))
    assert "fee schedule, as a yardstick;" in impact(evaluator, "VIOLATION", claim=claim).basis


def test_what_has_no_price_has_no_delta_and_says_why(evaluator: Evaluator) -> None:
    test = ServiceLine(3, "85025", "2024-07-10", charge_cents=2500)
    claim = msgspec.structs.replace(CLAIM, lines=(*LINES, test))
    found = impact(evaluator, "VIOLATION", lines=(3,), claim=claim)
    assert (found.billed_at_risk_cents, found.allowed_delta_cents) == (2500, None)
    assert "line 3: 85025: status X, not paid by the physician fee schedule" in found.basis
    # A line without a price that stays as it is does not matter to the others.
    assert impact(evaluator, "VIOLATION", claim=claim).allowed_delta_cents == -12816


def test_a_denied_procedure_lifts_the_reduction_of_the_next(evaluator: Evaluator) -> None:
    second = ServiceLine(3, "11042", "2024-07-10", charge_cents=25000)
    claim = msgspec.structs.replace(CLAIM, lines=(*LINES, second))
    # Without 11042 (129.82) the incision is paid 127.49 in full in place of 63.75.
    assert impact(evaluator, "VIOLATION", lines=(3,), claim=claim).allowed_delta_cents == -12982 + 12749 - 6375


def test_every_finding_of_the_demonstration_says_how_its_money_was_reckoned(
    evaluator: Evaluator, policies_folder: Path
) -> None:
    priced = 0
    for claim in read_claims(policies_folder / "examples" / "demo_claims.jsonl"):
        assert isinstance(claim, Claim)
        for finding in evaluator.evaluate(claim).findings:
            if finding.kind in ("VIOLATION", "OVER_CODING", "UNDER_CODING"):
                assert finding.impact.basis, finding.rule_id
                priced += finding.impact.allowed_delta_cents is not None
    assert priced >= 5
