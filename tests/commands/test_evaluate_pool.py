from __future__ import annotations

import msgspec
import pytest

from engine.claims import InvalidClaim
from engine.commands.evaluation_output import Refusal, Result
from engine.commands.evaluation_pool import CHUNK, judge_here, judge_in_processes
from engine.errors import EvaluationError, Place
from engine.model import Claim, Evaluation
from tests.claims.documents import claim_document
from tests.commands.crashing_judge import CrashingJudge, open_crashing_judge, open_nothing


def claims(*ids: str) -> list[Claim | InvalidClaim]:
    return [
        InvalidClaim(Place(line=1), (), each)
        if each == "INVALID"
        else msgspec.convert(claim_document(claim_id=each), Claim)
        for each in ids
    ]


def outcome(results: list[Result]) -> list[str]:
    return [each.claim_id if isinstance(each, Evaluation) else f"{each.claim_id}: {each.message}" for each in results]


NAMES = [f"C-{number}" for number in range(CHUNK * 5)]


def test_results_of_processes_are_those_of_one() -> None:
    ids = [*NAMES, "NO-POLICY", "INVALID", *NAMES]
    here = list(judge_here(CrashingJudge(), claims(*ids), "2026-01-01"))
    assert list(judge_in_processes(claims(*ids), "2026-01-01", open_crashing_judge, 2)) == here


def test_a_claim_that_ends_its_process_costs_only_itself() -> None:
    ids = [*NAMES[:40], "CRASH-1", *NAMES[40:45], "CRASH-2", *NAMES[45:]]
    results = list(judge_in_processes(claims(*ids), "", open_crashing_judge, 2))
    assert [each.claim_id for each in results] == ids
    assert [each.claim_id for each in results if isinstance(each, Refusal)] == ["CRASH-1", "CRASH-2"]
    assert "ended unexpectedly" in outcome(results)[40]


def test_processes_that_cannot_start_are_an_error() -> None:
    with pytest.raises(EvaluationError, match="no process could be started"):
        list(judge_in_processes(claims("C"), "", open_nothing, 2))


def test_no_more_claims_are_read_than_are_needed() -> None:
    read = 0

    def endless() -> object:
        nonlocal read
        while True:
            read += 1
            yield claims("C")[0]

    results = judge_in_processes(endless(), "", open_crashing_judge, 2)  # type: ignore[arg-type]  # a generator of claims
    next(results)
    results.close()  # type: ignore[attr-defined]  # the function is a generator
    assert read <= CHUNK * 10
