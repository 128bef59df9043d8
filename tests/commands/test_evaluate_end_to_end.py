"""The command on invented policies and claims, through the real engine."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.commands import evaluate, options
from engine.errors import InvalidPolicyError
from tests.claims.documents import as_bytes, claim_document, line_document

POLICY = """
kind: policy
format: 1
id: sample-commercial
version: "2026.1"
title: A sample policy
status: active
owner: desk@example.org
effective: {from: 2020-01-01}
published: 2019-12-01
review_by: 2030-01-01
scope: {payer: ACME}
references:
  manual: {title: "Sample manual", section: "1", url: "https://example.org/manual"}
rules:
  - id: SAMPLE-001
    title: Many units
    category: mue
    kind: violation
    severity: error
    references: [manual]
    when:
      - line: {line: {units: {over: 10}}}
    report:
      lines: [$line.line_number]
      codes: [$line.procedure_code]
      message: "Line {line.line_number} has {line.units} units."
      group: CO
      carc: "151"
    fix:
      - set_units: {line: $line.line_number, units: 1}
    known_exceptions:
      - None known
    tests: {fires: ["sample/many"], near: ["sample/few"]}
"""

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("CLAIMRULES_STORE", raising=False)
    monkeypatch.setattr(options, "store_path", lambda arguments: tmp_path / "absent.sqlite")
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "sample.yaml").write_text(POLICY)

    def run_command(*arguments: str | Path) -> int:
        parser = argparse.ArgumentParser()
        evaluate.register(parser.add_subparsers())
        parsed = parser.parse_args(["evaluate", *map(str, arguments), "--policies", str(policies)])
        code = parsed.run(parsed)
        assert isinstance(code, int)
        return code

    return run_command


def write(folder: Path, count: int) -> Path:
    path = folder / "claims.jsonl"
    documents = []
    for number in range(count):
        lines = [line_document(units=11 if number % 3 == 0 else 1, charge_cents=1000)]
        payer = {"payer_id": "UNKNOWN" if number % 7 == 6 else "ACME", "line_of_business": "commercial"}
        documents.append(as_bytes(claim_document(claim_id=f"C-{number}", lines=lines, payer=payer)))
    documents.insert(count // 2, b'{"claim_id": "BROKEN"}')
    path.write_bytes(b"\n".join(documents))
    return path


def test_findings_fixes_and_refusals_come_in_order(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(write(tmp_path, 14), "--output", "jsonl") == 3
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = [f"C-{number}" for number in range(14)]
    names.insert(7, "BROKEN")
    assert [each["claim_id"] for each in results] == names
    assert [each["claim_id"] for each in results if "error" in each] == ["C-6", "BROKEN", "C-13"]
    found = [each for each in results if each.get("findings")]
    assert [each["claim_id"] for each in found] == ["C-0", "C-3", "C-9", "C-12"]
    (finding,) = found[0]["findings"]
    assert (finding["rule_id"], finding["line_numbers"], finding["codes"]) == ("SAMPLE-001", [1], ["99213"])
    assert finding["fixes"][0]["verified"] is True


def test_several_processes_give_the_same_bytes(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, 200)
    assert run(path, "--output", "jsonl") == 3
    alone = capsys.readouterr().out
    assert run(path, "--output", "jsonl", "--processes", "2") == 3
    assert capsys.readouterr().out == alone
    assert len(alone.splitlines()) == 201


def test_a_clean_claim_leaves_with_nothing(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "claim.json"
    path.write_bytes(as_bytes(claim_document()))
    assert run(path) == 0
    assert "C-1  PASS  (sample-commercial@2026.1)" in capsys.readouterr().out


def test_an_error_finding_is_shown_with_its_fix(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "claim.json"
    path.write_bytes(as_bytes(claim_document(lines=[line_document(units=12)])))
    assert run(path) == 1
    printed = capsys.readouterr().out
    assert "SAMPLE-001" in printed
    assert "Line 1 has 12 units." in printed
    assert "verified" in printed


def test_an_invalid_policy_stops_the_run(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policies" / "broken.yaml").write_text("kind: policy\nformat: 1\nid: 7\n")
    with pytest.raises(InvalidPolicyError):
        run(write(tmp_path, 1))
    assert capsys.readouterr().out == ""
