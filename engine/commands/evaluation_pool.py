"""Judges a stream of claims in this process or in several, and gives the results in the order of the claims."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Protocol

from engine.claims import InvalidClaim
from engine.commands.evaluation_output import Refusal, Result, refusal_of
from engine.errors import EvaluationError, NoPolicyError, Place
from engine.model import Claim, Evaluation

CHUNK = 32
CHUNKS_AHEAD = 4
"""Claims a process gets at a time, and how many chunks for each process may wait for the slowest: memory stays small on any file."""

_CLOSE_SECONDS = 5.0

Entry = Claim | InvalidClaim


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


def judge_here(evaluator: Judge, claims: Iterable[Entry], as_of: str) -> Iterator[Result]:
    """Yields the result of every claim, judged in this process."""
    for claim in claims:
        yield refusal_of(claim) if isinstance(claim, InvalidClaim) else judge(evaluator, claim, as_of)


def judge_in_processes(claims: Iterable[Entry], as_of: str, open_judge: OpenJudge, processes: int) -> Iterator[Result]:
    """Yields the result of every claim in its order, judged by ``processes`` processes that each call ``open_judge`` once.

    A claim in whose judging a process ends is refused; the claims that were with it are judged again. Raises EvaluationError
    when a process cannot be started.
    """
    entries = iter(claims)
    workers: list[_Worker] = []
    finished: dict[int, list[Result]] = {}
    given = awaited = 0
    try:
        workers += [_Worker(open_judge, as_of) for _ in range(processes)]
        for worker in workers:
            worker.await_ready()
        while True:
            for worker in workers:
                if worker.task is None and given - awaited < processes * CHUNKS_AHEAD:
                    chunk = list(islice(entries, CHUNK))
                    if chunk:
                        worker.take(_Task(given, chunk))
                        given += 1
            busy = {worker.connection: worker for worker in workers if worker.task is not None}
            if not busy:
                return
            for connection in wait(list(busy)):
                task = busy[connection].receive()  # type: ignore[index]  # wait() returns what it was given
                if task is not None:
                    finished[task.number] = task.results
            while awaited in finished:
                yield from finished.pop(awaited)
                awaited += 1
    finally:
        for worker in workers:
            worker.close()


class _Task:
    """A chunk of claims and the results it has so far."""

    def __init__(self, number: int, claims: list[Entry]) -> None:
        self.number = number
        self.claims = claims
        self.results: list[Result] = []
        self.one_by_one = False

    def next_claims(self) -> list[Entry]:
        """Returns the claims to judge next: all that are left, or one after a process ended on them."""
        left = self.claims[len(self.results) :]
        return left[:1] if self.one_by_one else left


class _Worker:
    """A process with a judge that answers one list of claims at a time; started again when it ends."""

    def __init__(self, open_judge: OpenJudge, as_of: str) -> None:
        self.task: _Task | None = None
        self._open_judge = open_judge
        self._as_of = as_of
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        self.connection, other_end = context.Pipe()
        self._process = context.Process(target=_work, args=(other_end, self._open_judge, self._as_of), daemon=True)
        self._process.start()
        other_end.close()

    def await_ready(self) -> None:
        """Waits until the process has its judge; raises EvaluationError when it ended first."""
        try:
            self.connection.recv()
        except (EOFError, OSError) as error:
            raise EvaluationError("no process could be started that loads the policies and the store") from error

    def take(self, task: _Task) -> None:
        """Gives a task to the process, which must be idle."""
        self.task = task
        self._send_next()

    def receive(self) -> _Task | None:
        """Takes what the process said, or its end; returns the task when all its claims have results."""
        task = self.task
        assert task is not None
        try:
            task.results += self.connection.recv()
        except (EOFError, OSError):
            sent = task.next_claims()
            if len(sent) == 1:
                ended = "the process that judged this claim ended unexpectedly"
                task.results.append(Refusal(sent[0].claim_id, Place(), ended))
            # Which of several claims ended the process is not known: they are judged again, one by one.
            task.one_by_one = True
            self.close()
            self._start()
            self.await_ready()
        if task.next_claims():
            self._send_next()
            return None
        self.task = None
        return task

    def _send_next(self) -> None:
        assert self.task is not None
        # When the process has ended, receive() finds that out.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(self.task.next_claims())

    def close(self) -> None:
        """Ends the process."""
        self.connection.close()
        if self.task is not None:
            self._process.kill()
        self._process.join(_CLOSE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def _work(connection: Connection, open_judge: OpenJudge, as_of: str) -> None:
    """Judges lists of claims until the other end of the connection is closed."""
    # An interrupt at the terminal reaches every process; the one that owns the stream ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    evaluator = open_judge()
    try:
        connection.send(True)
        while True:
            connection.send(list(judge_here(evaluator, connection.recv(), as_of)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
