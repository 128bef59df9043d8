from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.claims import decode_claim, read_claims
from engine.evaluate import Evaluator
from engine.fixes import Judgement
from engine.model import Claim, Evaluation, Finding, Fix, Operation
from engine.operations import apply_operations
from engine.recommendation import Recommendation, recommend
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


def test_a_charge_that_a_fix_lowers_lowers_the_total(evaluator: Evaluator) -> None:
    earlier = {"claim_id": "OLD", "procedure_code": "27447", "service_date": "2024-07-16", "units": 1, "status": "PAID"}
    document = {
        "claim_id": "AFTERCARE",
        "received_date": "2024-08-26",
        "place_of_service": "11",
        "total_charge_cents": 13000,
        "payer": {"payer_id": "MEDICARE_B", "line_of_business": "medicare"},
        "patient": {"birth_date": "1950-04-02", "sex": "F"},
        "billing_provider": {"npi": "1234567893", "tin": "990000001"},
        "rendering_provider": {"npi": "1999999992", "taxonomy_code": "207X00000X"},
        "diagnoses": [{"code": "M17.11"}],
        "lines": [
            {
                "line_number": 1,
                "procedure_code": "99213",
                "units": 1,
                "charge_cents": 13000,
                "service_date": "2024-08-16",
                "diagnosis_pointers": [1],
            }
        ],
        "documentation": {"facts": [{"name": "related_to_surgery", "line_number": 1, "flag": True}]},
        "history": [{**earlier, "rendering_npi": "1999999992", "billing_tin": "990000001"}],
    }
    fix = evaluator.evaluate(decode_claim(msgspec.json.encode(document))).recommended_fix
    assert fix is not None
    assert [(operation.op, operation.code or operation.field) for operation in fix.operations] == [
        ("replace_code", "99024"),
        ("set_field", "charge_cents"),
        ("set_field", "total_charge_cents"),
    ]


class Maker:
    """Stands in for FixMaker: a claim changed by fixes keeps the errors that they do not resolve."""

    def __init__(self, errors: list[Finding], refused: int = 0) -> None:
        self.errors = errors
        self.refused = refused
        self.tried = 0

    def joined(self, fixes: tuple[Fix, ...]) -> tuple[Operation, ...]:
        self.resolved = {name for fix in fixes for name in fix.resolves}
        return tuple(operation for fix in fixes for operation in fix.operations)

    def try_out(self, operations: tuple[Operation, ...], more: int = 0) -> Judgement | None:
        self.tried += 1
        if self.tried <= self.refused:
            return Judgement(tuple(self.errors), ())
        return Judgement(tuple(error for error in self.errors if error.finding_id not in self.resolved), ())


def error(name: str, *fixes: Fix) -> Finding:
    return Finding(
        finding_id=name,
        rule_id=name,
        policy_id="p",
        policy_version="1",
        category="ncci_ptp",
        kind="VIOLATION",
        severity="ERROR",
        message="",
        mode="LIVE",
        line_numbers=(1,),
        fixes=fixes,
    )


def fix(name: str, *resolves: str) -> Fix:
    return Fix(
        description=name,
        operations=(Operation("remove_line", line_number=len(name)),),
        verified=True,
        resolves=resolves,
    )


def recommended(claim: Claim, findings: list[Finding], refused: int = 0) -> Recommendation:
    return recommend(claim, findings, Judgement(tuple(findings), ()), Maker(findings, refused))  # type: ignore[arg-type]


def test_one_fix_for_two_errors_is_preferred_to_two(demo: dict[str, Claim]) -> None:
    findings = [error("A", fix("a", "A"), fix("both", "A", "B")), error("B", fix("bb", "B"))]
    found = recommended(demo["DEMO-7-CLEAN"], findings).fix
    assert found is not None
    assert [operation.line_number for operation in found.operations] == [4]


def test_a_set_that_fails_is_followed_by_the_next(demo: dict[str, Claim]) -> None:
    findings = [error("A", fix("a", "A"), fix("aa", "A"))]
    found = recommended(demo["DEMO-7-CLEAN"], findings, refused=1).fix
    assert found is not None


def test_very_many_errors_stop_the_search_and_say_so(demo: dict[str, Claim]) -> None:
    findings = [error(f"E{n:02}", *(fix("x" * (3 * n + k + 1), f"E{n:02}") for k in range(3))) for n in range(30)]
    found = recommended(demo["DEMO-7-CLEAN"], findings, refused=10_000)
    assert found.fix is None
    assert "stopped" in found.remark
