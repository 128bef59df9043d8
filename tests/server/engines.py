"""An engine for the server's own tests: it answers at once, or waits, crashes and hangs when a claim's first line says so.

The server loads it through ``--engine engines:load``. ``--store`` names a folder where a claim that waits looks for its gate, a
named pipe called as the claim is; it leaves its process id beside it first. The digest of its snapshot is made of the files
``edition`` of the policies and ``release`` of the store.
"""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

from engine.errors import EvaluationError, NoPolicyError
from engine.model import Citation, Claim, Evaluation, Explanation, Finding, MatchedFact, PolicyUse
from engine.policy.types import Pattern, Policy, PolicySet, Report, ResolvedPolicy, Rule, Scope, Status

ANSWER, WAIT, HANG, CRASH, FAIL, BREAK = "99213", "WAIT1", "HANG1", "CRASH", "FAIL1", "BREAK"
SECRET = "Q-PATIENT-SECRET"


def _policies() -> tuple[ResolvedPolicy, ...]:
    rules = tuple(
        Rule(
            id=f"T-{number:03}",
            title=f"Rule {number}",
            when=(Pattern("l", "line"),),
            report=Report(message=()),
            category="test",
            citations=(Citation("A manual", "1"),),
            policy_id="test-payer",
            policy_version="2026.1",
        )
        for number in range(1, 6)
    )
    versions = [
        Policy(
            id="test-payer",
            version=f"{year}.1",
            title="Test payer",
            status=Status.ACTIVE,
            effective_from=f"{year}-01-01",
            scope=Scope(payers=("TEST",)),
            rules=rules,
        )
        for year in (2025, 2026)
    ]
    return tuple(
        ResolvedPolicy(policy, (f"{policy.id}@{policy.version}",), rules, (), (), (), (), "sha256:" + "1" * 64)
        for policy in versions
    )


class _Snapshot:
    def __init__(self, policies: Path, store: Path | None) -> None:
        self.resolved = _policies()
        self.policies = PolicySet(tuple(entry.policy for entry in self.resolved), (), (), "sha256:" + "a" * 64)
        content = [_text(policies / "edition"), _text(store / "release") if store else ""]
        self.digest = "sha256:" + hashlib.sha256(repr(content).encode()).hexdigest()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


class TestEngine:
    __test__ = False

    def __init__(self, policies: Path, gates: Path | None) -> None:
        self.snapshot = _Snapshot(policies, gates)
        self._gates = gates

    def evaluate(self, claim: Claim, as_of: str = "") -> Evaluation:
        code = claim.lines[0].procedure_code
        if code == WAIT:
            self._wait_at_gate(claim.claim_id)
        elif code == HANG:
            while True:
                pass
        elif code == CRASH:
            os.kill(os.getpid(), signal.SIGSEGV)
        elif code == FAIL:
            raise EvaluationError("the kernel reported an error")
        elif code == BREAK:
            raise RuntimeError(SECRET)
        if claim.payer.payer_id == "NOBODY":
            raise NoPolicyError(f"no policy covers payer {claim.payer.payer_id}")
        return Evaluation(
            claim_id=claim.claim_id,
            evaluation_id=f"{claim.claim_id}:{sum(line.charge_cents for line in claim.lines)}:{as_of}",
            disposition="PASS",
            policy=PolicyUse("test-payer", "2026.1", digest=str(os.getpid())),
            findings=(_finding(claim),),
        )

    def close(self) -> None:
        pass

    def _wait_at_gate(self, name: str) -> None:
        assert self._gates is not None
        (self._gates / f"{name}.pid").write_text(str(os.getpid()))
        (self._gates / name).read_text()


def _finding(claim: Claim) -> Finding:
    explanation = Explanation(
        "T-001", "test-payer", "2026.1", matched=(MatchedFact("l", "line", {"number": 1, "modifiers": ["25"]}),)
    )
    return Finding(
        finding_id="f1",
        rule_id="T-001",
        policy_id="test-payer",
        policy_version="2026.1",
        category="test",
        kind="INFORMATION",
        severity="INFO",
        message=f"{len(claim.lines)} lines",
        explanation=explanation,
    )


def load(policies: Path, store: Path | None) -> TestEngine:
    """What ``--engine engines:load`` names."""
    return TestEngine(policies, store)
