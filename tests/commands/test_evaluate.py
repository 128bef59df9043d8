from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from engine.commands import evaluate, options
from engine.errors import EvaluationError, NoPolicyError, UsageError
from engine.model import Claim, Evaluation, Finding, PolicyUse
from tests.claims.documents import as_bytes, claim_document
from tests.claims.x12_documents import claim_file

Run = Callable[..., int]


class StandIn:
    """Judges by the claim's own id, so that the command can be tested without policies."""

    def __init__(self, snapshot: object) -> None:
        self.snapshot = snapshot

    def evaluate(self, claim: Claim, as_of: str = "") -> Evaluation:
        if claim.claim_id == "NO-POLICY":
            raise NoPolicyError("no policy covers the claim")
        if claim.claim_id == "STUCK":
            raise EvaluationError("the rules engine passed a bound")
        severity = {"ERROR": "ERROR", "WARNING": "WARNING"}.get(claim.claim_id)
        finding = Finding("f", "R-1", "p", "1", "c", "VIOLATION", severity or "INFO", f"received {claim.received_date}")
        return Evaluation(
            claim.claim_id,
            as_of,
            "DENY_RISK" if severity else "PASS",
            PolicyUse("p", "1"),
            findings=(finding,) * bool(severity),
        )

    def close(self) -> None:
        self.snapshot = None


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command with a stand-in for the evaluator and returns its exit code."""
    monkeypatch.setattr(evaluate, "Evaluator", StandIn)
    monkeypatch.setattr(evaluate, "load_snapshot", lambda policies, store: (policies, store))
    (tmp_path / "policies").mkdir()
    (tmp_path / "store").touch()

    def run_command(*arguments: str | Path) -> int:
        parser = argparse.ArgumentParser()
        evaluate.register(parser.add_subparsers())
        folder = ["--policies", str(tmp_path / "policies"), "--store", str(tmp_path / "store")]
        parsed = parser.parse_args(["evaluate", *map(str, arguments), *folder])
        code = parsed.run(parsed)
        assert isinstance(code, int)
        return code

    return run_command


@pytest.fixture
def claims(tmp_path: Path) -> Callable[..., Path]:
    """Writes a claim file with claims of the given ids."""

    def write(*ids: str, name: str = "claims.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(b"\n".join(as_bytes(claim_document(claim_id=each)) for each in ids))
        return path

    return write


def jsonl(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        (["PASS"], 0),
        (["WARNING", "PASS"], 0),
        (["PASS", "ERROR"], 1),
        (["NO-POLICY"], 3),
        (["ERROR", "STUCK", "PASS"], 3),
        (["ERROR", ""], 3),
    ],
)
def test_the_exit_code_tells_the_worst(run: Run, claims: Callable[..., Path], ids: list[str], code: int) -> None:
    assert run(claims(*ids), "--output", "jsonl") == code


def test_results_come_in_the_order_of_files_and_claims(
    run: Run, claims: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = claims("A", "NO-POLICY", "B", name="1"), claims("C", "ERROR", name="2")
    assert run(second, first, "--output", "jsonl", "--as-of", "2026-01-02") == 3
    results = jsonl(capsys)
    assert [each["claim_id"] for each in results] == ["C", "ERROR", "A", "NO-POLICY", "B"]
    assert results[0]["evaluation_id"] == "2026-01-02"
    assert results[3]["error"] == {
        "message": "no policy covers the claim",
        "place": {"file": "", "line": 0, "column": 0, "path": ""},
        "problems": [],
    }


def test_a_claim_that_cannot_be_read_is_an_error_among_the_results(
    run: Run, claims: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = claims("A", "B")
    path.write_bytes(path.read_bytes() + b'\n{"claim_id": "C"}\n')
    assert run(path, "--output", "jsonl") == 3
    *_, last = jsonl(capsys)
    assert last["claim_id"] == "C"
    assert last.keys() == {"claim_id", "error"}


def test_x12_is_recognised_and_gets_the_received_date(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "claims.json"
    path.write_bytes(claim_file().replace(b"C-1*", b"ERROR*"))
    assert run(path, "--output", "jsonl", "--received", "2026-02-10") == 1
    assert "received 2026-02-10" in capsys.readouterr().out


@pytest.mark.parametrize("output", ["table", "jsonl", "junit"])
def test_an_output_file_is_what_would_have_been_printed(
    run: Run, claims: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    path = claims("A", "ERROR", "NO-POLICY")
    run(path, "--output", output)
    printed = capsys.readouterr().out
    assert run(path, "--output", output, "--output-file", tmp_path / "results") == 3
    assert capsys.readouterr().out == ""
    assert (tmp_path / "results").read_text() == printed


def test_an_output_file_is_written_whole_or_not_at_all(
    run: Run, claims: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "results"
    target.write_text("before")

    def fail(self: StandIn, claim: Claim, as_of: str = "") -> Evaluation:
        if claim.claim_id == "C":
            raise KeyboardInterrupt
        return Evaluation(claim.claim_id, "", "PASS")

    monkeypatch.setattr(StandIn, "evaluate", fail)
    before = sorted(tmp_path.iterdir())
    path = claims("A", "B", "C")
    with pytest.raises(KeyboardInterrupt):
        run(path, "--output", "jsonl", "--output-file", target)
    assert target.read_text() == "before"
    assert sorted(tmp_path.iterdir()) == sorted([*before, path])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing"], "there is no claim file"),
        (["CLAIMS", "--as-of", "1/2/2026"], "--as-of is a date"),
        (["CLAIMS", "--received", "2026-02-30"], "--received is a date"),
        (["CLAIMS", "--processes", "0"], "--processes is a number"),
        (["CLAIMS", "--output-file", "CLAIMS"], "would be overwritten"),
        (["CLAIMS", "--output-file", "nowhere/results"], "there is no folder"),
        (["CLAIMS", "missing"], "there is no claim file"),
    ],
)
def test_wrong_use_is_told_before_anything_is_written(
    run: Run, claims: Callable[..., Path], capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    path = claims("A")
    with pytest.raises(UsageError, match=message):
        run(*(path if each == "CLAIMS" else each for each in arguments))
    assert capsys.readouterr().out == ""


def test_an_unknown_output_is_wrong_use(run: Run, claims: Callable[..., Path]) -> None:
    with pytest.raises(SystemExit) as raised:
        run(claims("A"), "--output", "xml")
    assert raised.value.code == 2


def test_a_missing_policy_folder_is_wrong_use(run: Run, claims: Callable[..., Path], tmp_path: Path) -> None:
    path = claims("A")
    (tmp_path / "policies").rmdir()
    with pytest.raises(UsageError, match="policies"):
        run(path)


def test_evaluations_are_read_back_from_jsonl(
    run: Run, claims: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(claims("ERROR"), "--output", "jsonl")
    evaluation = msgspec.json.decode(capsys.readouterr().out, type=Evaluation)
    assert evaluation.findings[0].rule_id == "R-1"


def test_without_any_store_the_command_says_so(
    claims: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evaluate, "Evaluator", StandIn)
    stores: list[Path | None] = []
    monkeypatch.setattr(evaluate, "load_snapshot", lambda policies, store: stores.append(store))
    monkeypatch.setattr(options, "store_path", lambda arguments: tmp_path / "absent.sqlite")
    monkeypatch.delenv("CLAIMRULES_STORE", raising=False)
    parser = argparse.ArgumentParser()
    evaluate.register(parser.add_subparsers())
    parsed = parser.parse_args(["evaluate", str(claims("A")), "--policies", str(tmp_path)])
    assert parsed.run(parsed) == 0
    assert stores == [None]
    assert "no reference store" in capsys.readouterr().err
