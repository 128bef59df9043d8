"""Decides on which threads calls run, and knows how long each waited for its own.

Calls of one claim have few threads, for more of them cost throughput; calls that last have their own, so that they never stand
in the way of those that do not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any


class ArrivalPool(ThreadPoolExecutor):
    """A pool of threads on which ``waited`` tells a task how long it stood in line.

    The wait for a thread counts towards the wait for a worker that a call is allowed; else a burst would stand in line unseen.
    """

    def __init__(self, threads: int) -> None:
        """Takes the most threads to run calls on."""
        super().__init__(threads, thread_name_prefix="call")
        self._current = threading.local()

    def submit(self, task: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Queues a task and notes when it came."""
        return super().submit(self._run, time.monotonic(), task, arguments, named)

    def waited(self) -> float:
        """Returns how many seconds the task that runs on this thread stood in line."""
        return float(getattr(self._current, "waited", 0.0))

    def _run(self, arrived: float, task: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        self._current.waited = time.monotonic() - arrived
        return task(*arguments, **named)


def on_threads(behavior: Callable[..., Any], pool: ThreadPoolExecutor) -> Callable[..., Any]:
    """Returns a handler that grpc runs on a pool of its own instead of the server's."""
    wrapped = partial(behavior)
    wrapped.experimental_thread_pool = pool  # type: ignore[attr-defined]  # the attribute that grpc looks for
    return wrapped
