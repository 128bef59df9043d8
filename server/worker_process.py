"""Starts one worker process and holds its connection, as the front sees them."""

from __future__ import annotations

import multiprocessing
import select
import socket
import threading

from server.config import WorkerConfig
from server.frames import AnswerReader, Method, send_request

_CONTEXT = multiprocessing.get_context("forkserver")
# What every worker imports, imported once: a replacement is then a fork away from loading its snapshot.
_CONTEXT.set_forkserver_preload(["server.worker", "engine.evaluate"])
_START = threading.Lock()


class WorkerProcess:
    """A worker process and the front's end of its connection; whoever holds ``lock`` talks to it."""

    def __init__(self, process: multiprocessing.process.BaseProcess, connection: socket.socket) -> None:
        """Takes a started process and the front's end of its connection."""
        self.process_id = process.pid or 0
        self.connection = connection
        self.answers = AnswerReader(connection)
        self.lock = threading.Lock()
        self.answered = 0
        self._process = process
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def has_ended(self) -> bool:
        """Tells whether an idle worker is gone: it has nothing to say, so what could be read is the end."""
        return self.connection.fileno() < 0 or bool(self._poll.poll(0))

    def wait_until_ended(self) -> None:
        """Waits until the worker's end of the connection is closed, which the kernel does when the process dies."""
        poll = select.poll()
        poll.register(self.connection, 0)  # a hang-up is reported unasked; what others read here is not
        poll.poll()
        self._process.join(5)

    def ask_to_stop(self) -> None:
        """Sends the stop message; a worker that is already gone needs none."""
        try:
            send_request(self.connection, Method.STOP, 0, ())
        except OSError:
            self.kill()

    def join(self, seconds: float) -> None:
        """Waits for the process to end and kills it when it has not."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            self.kill()
            self._process.join(5)

    def kill(self) -> None:
        """Ends the process at once."""
        self._process.kill()

    def close(self) -> None:
        """Closes the front's end of the connection."""
        self.connection.close()


def start_worker(config: WorkerConfig) -> WorkerProcess:
    """Starts a worker process, which then loads; its first answer says how that went."""
    front_end, worker_end = socket.socketpair()
    with worker_end, _START:
        process = _CONTEXT.Process(target=_enter, args=(worker_end, config), name="claimrules-worker", daemon=True)
        process.start()
    return WorkerProcess(process, front_end)


def _enter(connection: socket.socket, config: WorkerConfig) -> None:
    from server.worker import run  # noqa: PLC0415 (the front, which imports this module, needs none of what this loads)

    run(connection, config)
