"""Runs one worker process: loads the engine, checks itself, then answers requests until it is told to stop.

It never imports grpc. It ignores the signals that stop the front, which are often sent to the whole process group: a worker ends
by the front's stop message, or when the front's end of the connection closes.
"""

from __future__ import annotations

import gc
import logging
import signal
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from engine.errors import ClaimrulesError
from server import evaluations, policies
from server.config import WorkerConfig
from server.frames import Answer, AnswerKind, Closed, Method, Ready, Request, receive_request, send_answer
from server.loading import Engine, load_by_name
from server.self_check import check_itself
from server.status import RequestError, client_deadline, status_of
from server.unexpected import log_unexpected, places_of

_ANSWERS: Mapping[Method, Callable[[Engine, bytes], bytes]] = {
    Method.EVALUATE: evaluations.evaluate,
    Method.EVALUATE_IN_BATCH: evaluations.evaluate_in_batch,
    Method.EVALUATE_IN_STREAM: evaluations.evaluate_in_stream,
    Method.LIST_POLICIES: policies.list_policies,
    Method.GET_POLICY: policies.get_policy,
    Method.LIST_RULES: policies.list_rules,
    Method.GET_RULE: policies.get_rule,
}


def run(connection: socket.socket, config: WorkerConfig) -> None:
    """Loads, reports READY or FAILED, and serves until a stop message or the end of the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Should the front die while this process is stuck in native code, the alarm of ``_serve`` ends it.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    connection.setblocking(True)
    with connection:
        try:
            engine, ready = _load(config)
        except ClaimrulesError as error:
            send_answer(connection, AnswerKind.FAILED, str(error).encode())
            return
        except Exception as error:
            text = f"loading failed with {type(error).__name__} at {places_of(error)}: {error}"
            send_answer(connection, AnswerKind.FAILED, text.encode())
            return
        try:
            send_answer(connection, AnswerKind.READY, msgspec.json.encode(ready))
            _serve(connection, engine, config.claim_limit)
        except (Closed, BrokenPipeError, ConnectionResetError):
            return
        finally:
            engine.close()


def _load(config: WorkerConfig) -> tuple[Engine, Ready]:
    engine = load_by_name(config.engine, config.policies, config.store)
    judged = check_itself(engine)
    # What is loaded lives as long as the process; the collector need not look at it again.
    gc.collect()
    gc.freeze()
    return engine, Ready(engine.snapshot.digest, len(engine.snapshot.policies.policies), judged)


def _serve(connection: socket.socket, engine: Engine, claim_limit: float) -> None:
    alarm = partial(signal.setitimer, signal.ITIMER_REAL)
    while (request := receive_request(connection)).method is not Method.STOP:
        for body in request.bodies:
            alarm(2 * claim_limit + 1)
            answer = _answer(engine, request, body)
            alarm(0)
            send_answer(connection, answer.kind, answer.body)


def _answer(engine: Engine, request: Request, body: bytes) -> Answer:
    if time.monotonic() > request.deadline:
        return Answer(AnswerKind.STATUS, client_deadline().SerializeToString())
    try:
        return Answer(AnswerKind.RESPONSE, _ANSWERS[request.method](engine, body))
    except (ClaimrulesError, RequestError) as error:
        return Answer(AnswerKind.STATUS, status_of(error).SerializeToString())
    except Exception as error:
        log_unexpected(error)
        return Answer(AnswerKind.STATUS, status_of(error).SerializeToString())
