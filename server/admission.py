"""Runs the server's calls on a pool of threads that knows how long each call waited for its thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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
