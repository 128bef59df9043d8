"""A table without a release silences rules for the dates it lacks, and only for those."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from engine.evaluate import Evaluator
from engine.model import Claim, Evaluation, Payer, ServiceLine, TableUse
from engine.policy import load_policies
from engine.reference import open_reference
from engine.snapshot import Snapshot


class Until2025:
    """The shipped tables, of which the pair edits end with 2024."""

    def __init__(self, view: object) -> None:
        self._view = view

    def __getattr__(self, name: str) -> object:
        return getattr(self._view, name)

    def use(self, table: str, on: str, known_on: str = "") -> TableUse | None:
        if table == "ncci_ptp" and on >= "2025-01-01":
            return None
        use: TableUse | None = self._view.use(table, on, known_on)  # type: ignore[attr-defined]
        return use


@pytest.fixture(scope="module")
def evaluator(policies_folder: Path) -> Evaluator:
    loaded = load_policies(policies_folder)
    view = Until2025(open_reference(None, loaded.tables))
    return Evaluator(Snapshot(loaded, view))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def evaluation(evaluator: Evaluator) -> Evaluation:
    codes: Mapping[str, str] = {"45385": "2024-07-10", "45378": "2024-07-10"}
    lines = [ServiceLine(n, code, on, diagnosis_pointers=(1,)) for n, (code, on) in enumerate(codes.items(), start=1)]
    later = [
        msgspec.structs.replace(line, line_number=line.line_number + 2, service_date="2025-07-10") for line in lines
    ]
    claim = Claim("C-1", Payer("MEDICARE_B", "medicare"), (*lines, *later))
    return evaluator.evaluate(claim)


def test_findings_of_the_dates_with_a_release_stand(evaluation: Evaluation) -> None:
    pairs = [finding.line_numbers for finding in evaluation.findings if finding.category == "ncci_ptp"]
    assert pairs == [(2, 1)]


def test_the_dates_without_one_are_named(evaluation: Evaluation) -> None:
    details = {entry.rule_id: entry.detail for entry in evaluation.not_evaluated if entry.reason == "MISSING_TABLE"}
    assert details["NAT-NCCI-010"] == "ncci_ptp has no release for 2025-07-10"
    assert "NAT-NCCI-001" not in details


def test_a_rule_whose_unless_alone_needs_the_table_is_judged_without_it(evaluator: Evaluator) -> None:
    lines = tuple(
        ServiceLine(n, code, "2025-07-10", diagnosis_pointers=(1,))
        for n, code in enumerate(("99393", "99213"), start=1)
    )
    claim = Claim("C-2", Payer("UNITY", "commercial"), lines)
    evaluation = evaluator.evaluate(claim)
    assert "NAT-VIS-050" in {finding.rule_id for finding in evaluation.findings}
    assert "NAT-VIS-050" not in {entry.rule_id for entry in evaluation.not_evaluated}
