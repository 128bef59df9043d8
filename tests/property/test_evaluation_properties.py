"""What must hold of every evaluation, whatever the claim (docs/architecture.md, "What must hold")."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.evaluate import Evaluator
from engine.model import (
    Claim,
    Diagnosis,
    Documentation,
    DocumentationFact,
    HistoryLine,
    Patient,
    Payer,
    Provider,
    ServiceLine,
)
from engine.operations import apply_operations
from engine.snapshot import load_snapshot

CODES = (
    "99212",
    "99213",
    "99214",
    "45385",
    "45378",
    "43239",
    "43235",
    "10060",
    "20610",
    "96372",
    "J1885",
    "11042",
    "97597",
)
MODIFIERS = ("25", "59", "XS", "LT", "RT", "76", "GY", "50")
DIAGNOSES = ("I10", "E11.9", "M54.5", "L02.415", "Z00.00", "J02.9", "M1A.9")
DATES = ("2024-07-10", "2024-07-11")

lines = st.builds(
    ServiceLine,
    line_number=st.just(0),
    procedure_code=st.sampled_from(CODES),
    service_date=st.sampled_from(DATES),
    modifiers=st.lists(st.sampled_from(MODIFIERS), max_size=2, unique=True).map(tuple),
    units=st.integers(1, 4),
    charge_cents=st.integers(0, 50000),
    diagnosis_pointers=st.lists(st.integers(1, 3), min_size=1, max_size=2, unique=True).map(tuple),
    rendering_provider=st.sampled_from((Provider(), Provider("1999999992"), Provider("1245319599"))),
)
histories = st.builds(
    HistoryLine,
    procedure_code=st.sampled_from(CODES),
    service_date=st.sampled_from(("2024-07-10", "2024-06-01", "2023-01-05")),
    claim_id=st.sampled_from(("H-1", "H-2")),
    rendering_npi=st.sampled_from(("1999999992", "1245319599")),
    status=st.sampled_from(("PAID", "DENIED")),
)
facts = st.builds(
    DocumentationFact,
    name=st.sampled_from(("mdm_level", "em_basis")),
    line_number=st.integers(0, 2),
    text=st.sampled_from(("low", "moderate", "mdm")),
)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    made = draw(st.lists(lines, min_size=1, max_size=6))
    numbered = tuple(msgspec.structs.replace(line, line_number=n) for n, line in enumerate(made, start=1))
    return Claim(
        "C-1",
        Payer(draw(st.sampled_from(("MEDICARE_B", "ACME"))), "commercial", state="CA"),
        numbered,
        received_date="2024-08-01",
        place_of_service="11",
        total_charge_cents=sum(line.charge_cents for line in numbered) + draw(st.sampled_from((0, 0, 1))),
        patient=Patient("P-1", "1950-02-03", "F"),
        billing_provider=Provider("1234567893", "990000001"),
        rendering_provider=Provider("1999999992", taxonomy_code="207Q00000X"),
        diagnoses=tuple(Diagnosis(code) for code in draw(st.permutations(DIAGNOSES))[:3]),
        history=tuple(draw(st.lists(histories, max_size=3))),
        documentation=Documentation(tuple(draw(st.lists(facts, max_size=3)))),
    )


@pytest.fixture(scope="module")
def evaluator(policies_folder: Path) -> Evaluator:
    return Evaluator(load_snapshot(policies_folder, None))


def answer(evaluator: Evaluator, claim: Claim, *without: str) -> bytes:
    evaluation = evaluator.evaluate(claim)
    return msgspec.json.encode(msgspec.structs.replace(evaluation, evaluation_id="", **dict.fromkeys(without, ())))


# The number of examples is the profile's: `make fuzz` asks for thousands (tests/conftest.py).
many = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(claim=claims(), seed=st.integers(0, 2**16))
def test_the_order_of_lines_history_and_facts_does_not_matter(evaluator: Evaluator, claim: Claim, seed: int) -> None:
    rng = random.Random(seed)
    shuffled = msgspec.structs.replace(
        claim,
        lines=tuple(rng.sample(claim.lines, len(claim.lines))),
        history=tuple(rng.sample(claim.history, len(claim.history))),
        documentation=Documentation(tuple(rng.sample(claim.documentation.facts, len(claim.documentation.facts)))),
    )
    assert answer(evaluator, shuffled) == answer(evaluator, claim)


@many
@given(claim=claims())
def test_evaluating_twice_gives_the_same_bytes(evaluator: Evaluator, claim: Claim) -> None:
    assert msgspec.json.encode(evaluator.evaluate(claim)) == msgspec.json.encode(evaluator.evaluate(claim))


@many
@given(claim=claims())
def test_a_verified_fix_removes_its_finding_and_brings_nothing_as_grave(evaluator: Evaluator, claim: Claim) -> None:
    evaluation = evaluator.evaluate(claim)
    rank = {"INFO": 0, "WARNING": 1, "ERROR": 2}
    before = {finding.finding_id for finding in evaluation.findings}
    for finding in evaluation.findings:
        for fix in finding.fixes:
            if not fix.verified:
                continue
            after = evaluator.evaluate(apply_operations(claim, fix.operations)).findings
            assert finding.finding_id not in {entry.finding_id for entry in after}
            new = [entry for entry in after if entry.finding_id not in before]
            assert all(rank[entry.severity] < rank[finding.severity] for entry in new)


@many
@given(claim=claims())
def test_no_fix_puts_a_bypass_modifier_on_an_indicator_0_pair(evaluator: Evaluator, claim: Claim) -> None:
    for finding in evaluator.evaluate(claim).findings:
        if finding.category == "ncci_ptp" and {"45385", "45378"} <= set(finding.codes):
            operations = {op.op for fix in finding.fixes for op in fix.operations} - {"set_field"}
            # Column 2 is the line to leave out; when another claim has billed one of the two, a person looks at both.
            on_this_claim = {line.procedure_code for line in claim.lines if line.line_number in finding.line_numbers}
            assert operations <= {"remove_line", "manual_review"}
            assert "remove_line" in operations or "45378" not in on_this_claim
            assert "manual_review" in operations or {"45385", "45378"} <= on_this_claim


@many
@given(claim=claims())
def test_a_line_on_a_distant_date_changes_no_finding_of_the_others(evaluator: Evaluator, claim: Claim) -> None:
    added = ServiceLine(99, "99499", "2024-09-20", charge_cents=0, diagnosis_pointers=(1,))
    grown = msgspec.structs.replace(claim, lines=(*claim.lines, added))
    one, other = evaluator.evaluate(claim), evaluator.evaluate(grown)
    mine = {
        f.finding_id for f in one.findings if f.line_numbers and f.category not in ("em_level_above_documentation",)
    }
    assert mine <= {f.finding_id for f in other.findings} or claim.documentation.facts


@many
@given(claim=claims())
def test_every_finding_is_explained_by_facts_of_the_claim(evaluator: Evaluator, claim: Claim) -> None:
    for finding in evaluator.evaluate(claim).findings:
        assert finding.explanation is not None
        assert finding.explanation.matched
        assert finding.citations
        assert "P-1" not in finding.message
