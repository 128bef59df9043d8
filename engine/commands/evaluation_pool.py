"""Judges a stream of claims in this process or in several, and gives the results in the order of the claims."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Protocol

from engine.claims import InvalidClaim
from engine.commands.evaluation_output import Refusal, Result, refusal_of
from engine.errors import ClaimrulesError, EvaluationError, NoPolicyError, Place
from engine.model import Claim, Evaluation

CHUNK = 32
CHUNKS_AHEAD = 4
"""Claims a process gets at a time, and how many such chunks wait for each process: memory stays small on any file."""


class Judge(Protocol):
    """What judges one claim: ``engine.evaluate.Evaluator``."""

    def evaluate(self, claim: Claim, as_of: str = "") -> Evaluation:
        """Returns the evaluation of a claim; raises NoPolicyError or EvaluationError when there is none."""


OpenJudge = Callable[[], Judge]
"""Makes the judge of one process; it is sent to the processes, so it is a function of a module with its arguments."""


def judge(evaluator: Judge, claim: Claim, as_of: str) -> Result:
    """Returns a claim's evaluation, or the refusal when no policy covers it or the engine could not finish it."""
    try:
        return evaluator.evaluate(claim, as_of)
    except (NoPolicyError, EvaluationError) as error:
        return Refusal(claim.claim_id, Place(), error.summary, tuple(error.problems))


def judge_here(evaluator: Judge, claims: Iterable[Claim | InvalidClaim], as_of: str) -> Iterator[Result]:
    """Yields the result of every claim, judged in this process."""
    for claim in claims:
        yield refusal_of(claim) if isinstance(claim, InvalidClaim) else judge(evaluator, claim, as_of)


def judge_in_processes(
    claims: Iterable[Claim | InvalidClaim], as_of: str, open_judge: OpenJudge, processes: int
) -> Iterator[Result]:
    """Yields the result of every claim in its order, judged by ``processes`` processes that each call ``open_judge`` once.

    A claim in whose judging a process ends is refused; the claims that were with it are judged again. Raises EvaluationError
    when no process can be started.
    """
    entries = iter(claims)
    pool = _Pool(open_judge, processes)
    waiting: deque[tuple[list[Claim | InvalidClaim], Future[list[Result]]]] = deque()
    try:
        while True:
            while len(waiting) < processes * CHUNKS_AHEAD and (chunk := list(islice(entries, CHUNK))):
                waiting.append((chunk, pool.submit(chunk, as_of)))
            if not waiting:
                return
            chunk, future = waiting.popleft()
            try:
                results = future.result()
            except BrokenProcessPool:
                # Which of the chunks under way ended the process is not known: this one is judged claim by claim, the others again.
                results = _judge_one_by_one(chunk, as_of, open_judge)
                pool.restart()
                waiting = deque((other, pool.submit(other, as_of)) for other, _ in waiting)
            yield from results
    finally:
        pool.close()


class _Pool:
    """Worker processes that each hold an evaluator; started again when one of them ended."""

    def __init__(self, open_judge: OpenJudge, processes: int) -> None:
        self.open_judge = open_judge
        self.processes = processes
        self.executor = self._start()

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("forkserver")
        executor = ProcessPoolExecutor(self.processes, context, _load, (self.open_judge,))
        try:
            executor.submit(_judge_chunk, [], "").result()
        except BrokenProcessPool as error:
            executor.shutdown()
            raise EvaluationError("no process could be started that loads the policies and the store") from error
        return executor

    def submit(self, chunk: list[Claim | InvalidClaim], as_of: str) -> Future[list[Result]]:
        """Gives a chunk to the next free process."""
        try:
            return self.executor.submit(_judge_chunk, chunk, as_of)
        except BrokenProcessPool as error:
            # The pool broke since the last result; the future says so when its turn comes.
            broken: Future[list[Result]] = Future()
            broken.set_exception(error)
            return broken

    def restart(self) -> None:
        """Replaces processes that ended."""
        self.executor.shutdown(cancel_futures=True)
        self.executor = self._start()

    def close(self) -> None:
        """Ends the processes."""
        self.executor.shutdown(cancel_futures=True)


def _judge_one_by_one(chunk: list[Claim | InvalidClaim], as_of: str, open_judge: OpenJudge) -> list[Result]:
    results: list[Result] = []
    pool = _Pool(open_judge, 1)
    try:
        for claim in chunk:
            try:
                results += pool.submit([claim], as_of).result()
            except BrokenProcessPool:
                results.append(
                    Refusal(claim.claim_id, Place(), "the process that judged this claim ended unexpectedly")
                )
                pool.restart()
    finally:
        pool.close()
    return results


class _Loaded:
    """What a worker process holds."""

    judge: Judge | None = None


def _load(open_judge: OpenJudge) -> None:
    _Loaded.judge = open_judge()


def _judge_chunk(chunk: list[Claim | InvalidClaim], as_of: str) -> list[Result]:
    if _Loaded.judge is None:
        raise ClaimrulesError("the worker process has no snapshot")
    return list(judge_here(_Loaded.judge, chunk, as_of))
