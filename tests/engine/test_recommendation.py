from __future__ import annotations

from pathlib import Path

import pytest

from engine.claims import read_claims
from engine.evaluate import Evaluator
from engine.model import Claim, Evaluation
from engine.operations import apply_operations
from engine.snapshot import load_snapshot


@pytest.fixture(scope="module")
def evaluator(policies_folder: Path) -> Evaluator:
    return Evaluator(load_snapshot(policies_folder, None))


@pytest.fixture(scope="module")
def demo(policies_folder: Path) -> dict[str, Claim]:
    entries = read_claims(policies_folder / "examples" / "demo_claims.jsonl")
    return {entry.claim_id: entry for entry in entries if isinstance(entry, Claim)}


def judged(evaluator: Evaluator, demo: dict[str, Claim], name: str) -> Evaluation:
    return evaluator.evaluate(demo[name])


def test_a_recommended_fix_leaves_no_error(evaluator: Evaluator, demo: dict[str, Claim]) -> None:
    seen = 0
    for claim in demo.values():
        fix = evaluator.evaluate(claim).recommended_fix
        if fix is not None:
            seen += 1
            after = evaluator.evaluate(apply_operations(claim, fix.operations))
            assert all(finding.severity != "ERROR" for finding in after.findings), claim.claim_id
    assert seen >= 3


def test_a_documented_modifier_is_preferred_to_a_lost_line(evaluator: Evaluator, demo: dict[str, Claim]) -> None:
    fix = judged(evaluator, demo, "DEMO-2-VISIT-25").recommended_fix
    assert fix is not None
    assert [(operation.op, operation.modifier) for operation in fix.operations] == [("add_modifier", "25")]
    assert fix.documentation_supported


def test_what_only_a_person_can_mend_is_not_recommended(evaluator: Evaluator, demo: dict[str, Claim]) -> None:
    evaluation = judged(evaluator, demo, "DEMO-8-ACME")
    assert evaluation.recommended_fix is None
    assert evaluation.recommendation == "no change that the record supports removes ACME-PA-010 on line 1"


def test_units_are_not_lowered_to_pass_an_edit(evaluator: Evaluator, demo: dict[str, Claim]) -> None:
    assert judged(evaluator, demo, "DEMO-3-UNITS").recommended_fix is None


def test_a_claim_without_an_error_needs_no_recommendation(evaluator: Evaluator, demo: dict[str, Claim]) -> None:
    evaluation = judged(evaluator, demo, "DEMO-7-CLEAN")
    assert (evaluation.recommended_fix, evaluation.recommendation) == (None, "")
