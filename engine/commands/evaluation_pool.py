"""Judges a stream of claims in this process or in several, and gives the results in the order of the claims."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path

from engine.claims import InvalidClaim
from engine.commands.evaluation_output import Refusal, Result, refusal_of
from engine.errors import ClaimrulesError, EvaluationError, NoPolicyError, Place
from engine.evaluate import Evaluator
from engine.model import Claim
from engine.snapshot import load_snapshot

CHUNK = 32
CHUNKS_AHEAD = 4
"""Claims a process gets at a time, and how many such chunks wait for each process: memory stays small on any file."""


def judge(evaluator: Evaluator, claim: Claim, as_of: str) -> Result:
    """Returns a claim's evaluation, or the refusal when no policy covers it or the engine could not finish it."""
    try:
        return evaluator.evaluate(claim, as_of)
    except (NoPolicyError, EvaluationError) as error:
        return Refusal(claim.claim_id, Place(), error.summary, tuple(error.problems))


def judge_here(evaluator: Evaluator, claims: Iterable[Claim | InvalidClaim], as_of: str) -> Iterator[Result]:
    """Yields the result of every claim, judged in this process."""
    for claim in claims:
        yield refusal_of(claim) if isinstance(claim, InvalidClaim) else judge(evaluator, claim, as_of)


def judge_in_processes(
    claims: Iterable[Claim | InvalidClaim], as_of: str, policies: Path, store: Path | None, processes: int
) -> Iterator[Result]:
    """Yields the result of every claim in its order, judged by ``processes`` processes that each load the snapshot.

    Raises EvaluationError when a process ends unexpectedly.
    """
    context = multiprocessing.get_context("forkserver")
    entries = iter(claims)
    waiting: deque[Future[list[Result]]] = deque()
    with ProcessPoolExecutor(processes, context, _load, (policies, store)) as pool:
        try:
            while True:
                while len(waiting) < processes * CHUNKS_AHEAD and (chunk := list(islice(entries, CHUNK))):
                    waiting.append(pool.submit(_judge_chunk, chunk, as_of))
                if not waiting:
                    return
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            message = "a process ended while it judged claims; --processes 1 shows which claim it was"
            raise EvaluationError(message) from error
        finally:
            for future in waiting:
                future.cancel()


class _Loaded:
    """What a worker process holds: the evaluator of its own snapshot."""

    evaluator: Evaluator | None = None


def _load(policies: Path, store: Path | None) -> None:
    _Loaded.evaluator = Evaluator(load_snapshot(policies, store))


def _judge_chunk(chunk: list[Claim | InvalidClaim], as_of: str) -> list[Result]:
    if _Loaded.evaluator is None:
        raise ClaimrulesError("the worker process has no snapshot")
    return list(judge_here(_Loaded.evaluator, chunk, as_of))
