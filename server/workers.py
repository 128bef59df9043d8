"""Keeps the worker processes: starts them, hands requests to idle ones, kills a hung one, replaces a lost one.

One thread a worker keeps its place filled; the threads of calls take an idle worker, talk to it alone, and give it back.
Processes come from a fork server, which is single-threaded and holds none of the front's connections, so the end of a worker's
connection is the end of that worker, and the other way round.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from engine.errors import ClaimrulesError
from server.config import WorkerConfig
from server.frames import Answer, AnswerKind, Method, Ready, send_request
from server.status import client_deadline, overloaded, time_limit, worker_lost
from server.worker_process import WorkerProcess, start_worker

LOG = logging.getLogger("claimrules.server")
_LONGEST_BACKOFF = 5.0
_SETTLED = 10.0
_RETRY_AFTER = 0.25


class WorkersNotStarted(ClaimrulesError):
    """A worker could not load the policies and the store, or judge by them; says why."""


class NoIdleWorker(Exception):
    """No worker became idle within the wait allowed."""


class Workers:
    """The worker processes of one server, all with the same snapshot."""

    def __init__(
        self,
        count: int,
        config: WorkerConfig,
        start_limit: float,
        on_change: Callable[[int], None],
    ) -> None:
        """Takes how many to keep and how long one may load (seconds); ``on_change`` hears how many are alive."""
        self._config = config
        self._start_limit = start_limit
        self._on_change = on_change
        self._idle: queue.SimpleQueue[WorkerProcess] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._alive: set[WorkerProcess] = set()
        self._loading: set[WorkerProcess] = set()
        self._first_starts: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self._keepers = [
            threading.Thread(target=self._keep, name=f"keeper-{number}", daemon=True) for number in range(count)
        ]
        self.digest = ""

    def start(self) -> None:
        """Starts every worker at once and waits until each has checked itself; raises WorkersNotStarted with the reason."""
        for keeper in self._keepers:
            keeper.start()
        failures = [failure for _ in self._keepers if (failure := self._first_starts.get()) is not None]
        if failures:
            self.stop(0)
            raise WorkersNotStarted(str(failures[0]))

    def stop(self, grace: float) -> None:
        """Tells every worker to stop after what it holds, and kills those that have not within ``grace`` seconds."""
        self._stopping.set()
        end = time.monotonic() + grace
        with self._lock:
            workers = tuple(self._alive)
            for worker in self._loading:
                worker.kill()
        for worker in workers:
            if worker.lock.acquire(timeout=max(end - time.monotonic(), 0)):
                worker.ask_to_stop()
                worker.lock.release()
        for worker in workers:
            worker.join(max(end - time.monotonic(), 0.5))
        for keeper in self._keepers:
            if keeper.ident is not None:
                keeper.join(5)

    def ask(self, method: Method, bodies: Sequence[bytes], wait: float, deadline: float = math.inf) -> list[Answer]:
        """Returns one answer a body, in order.

        ``wait`` is how long to wait for an idle worker (seconds), ``deadline`` the caller's on the monotonic clock. A body
        whose worker hangs or dies has a status for its answer; those after it go to another worker.
        """
        answers: list[Answer] = []
        while len(answers) < len(bodies):
            try:
                worker = self._take(min(wait, deadline - time.monotonic()))
            except NoIdleWorker:
                status = client_deadline() if time.monotonic() >= deadline else _all_busy()
                answers += [_status(status)] * (len(bodies) - len(answers))
                break
            with worker.lock:
                if not worker.has_ended():
                    self._converse(worker, method, bodies, answers, deadline)
        return answers

    def _converse(
        self, worker: WorkerProcess, method: Method, bodies: Sequence[bytes], answers: list[Answer], deadline: float
    ) -> None:
        """Sends what is not answered yet and appends the answers, down to the one that the worker hung or died on."""
        try:
            send_request(worker.connection, method, deadline, bodies[len(answers) :])
            while len(answers) < len(bodies):
                answers.append(worker.answers.next())
        except TimeoutError:  # before OSError, which it is
            worker.kill()
            LOG.error("worker %d killed: a claim passed the time limit", worker.process_id)
            answers.append(_status(time_limit(self._config.claim_limit)))
        except OSError:
            worker.kill()
            answers.append(_status(worker_lost()))
        except BaseException:
            # The conversation was broken off in the middle; what the worker still says would answer the next call.
            worker.kill()
            raise
        else:
            worker.answered += len(bodies)
            self._idle.put(worker)

    def _take(self, wait: float) -> WorkerProcess:
        try:
            return self._idle.get(timeout=max(wait, 0))
        except queue.Empty:
            raise NoIdleWorker from None

    # ------------------------------------------------------------ keeping a place filled

    def _keep(self) -> None:
        failures, first = 0, True
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                worker = self._start()
            except (ClaimrulesError, OSError) as error:
                if first:
                    self._first_starts.put(error)
                    return
                if not self._stopping.is_set():
                    LOG.error("a worker did not start: %s", error)
                failures += 1
            else:
                if first:
                    self._first_starts.put(None)
                    first = False
                worker.wait_until_ended()
                self._forget(worker)
                settled = worker.answered > 0 or time.monotonic() - started > _SETTLED
                failures = 0 if settled else failures + 1
            if failures:
                self._stopping.wait(min(0.1 * 2**failures, _LONGEST_BACKOFF))

    def _start(self) -> WorkerProcess:
        worker = start_worker(self._config)
        with self._lock:
            self._loading.add(worker)
            if self._stopping.is_set():
                worker.kill()
        try:
            digest = self._await_ready(worker)
            with self._lock:
                self._admit(worker, digest)
                alive = len(self._alive)
        except ClaimrulesError:
            worker.kill()
            worker.close()
            raise
        finally:
            with self._lock:
                self._loading.discard(worker)
        LOG.info("worker %d ready", worker.process_id)
        self._idle.put(worker)
        self._on_change(alive)
        return worker

    def _await_ready(self, worker: WorkerProcess) -> str:
        """Waits until the worker has loaded and checked itself and returns its snapshot's digest."""
        try:
            worker.connection.settimeout(self._start_limit)
            answer = worker.answers.next()
        except TimeoutError as error:
            raise WorkersNotStarted(f"a worker did not load within {self._start_limit:.0f} s") from error
        except OSError as error:
            raise WorkersNotStarted("a worker ended while it loaded") from error
        if answer.kind is not AnswerKind.READY:
            raise WorkersNotStarted(answer.body.decode())
        worker.connection.settimeout(self._config.claim_limit)
        return msgspec.json.decode(answer.body, type=Ready).digest

    def _admit(self, worker: WorkerProcess, digest: str) -> None:
        if self._stopping.is_set():
            raise WorkersNotStarted("the server is stopping")
        self.digest = self.digest or digest
        if digest != self.digest:
            raise WorkersNotStarted(
                "the reference data has changed since the server started; restart it to use the new"
            )
        self._alive.add(worker)

    def _forget(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._alive.discard(worker)
            alive = len(self._alive)
        if not self._stopping.is_set():
            LOG.error("worker %d ended; %d alive", worker.process_id, alive)
            self._on_change(alive)
        with worker.lock:  # not before the call that holds it has let go
            worker.close()


def _all_busy() -> Any:
    return overloaded("NO_IDLE_WORKER", "every worker was busy for as long as a call may wait", _RETRY_AFTER)


def _status(status: Any) -> Answer:
    return Answer(AnswerKind.STATUS, status.SerializeToString())
