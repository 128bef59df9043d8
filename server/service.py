"""Serves EvaluationService and PolicyService in the front: hands raw bytes to workers and their answers back.

Nothing here reads a claim, except to split a batch. A call's worker, deadline and admission are decided here; what is answered
is decided by the worker.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from claimrules.v1 import evaluation_service_pb2
from google.protobuf.message import DecodeError
from google.rpc import status_pb2
from grpc_status import rpc_status

from engine.errors import Place, Problem
from server.admission import ArrivalPool, on_threads
from server.config import ServerConfig
from server.frames import Answer, AnswerKind, Method
from server.results import batch_result_of, stream_result_of
from server.status import invalid_fields, overloaded, unreadable
from server.workers import Workers

EVALUATION_SERVICE = "claimrules.v1.EvaluationService"
POLICY_SERVICE = "claimrules.v1.PolicyService"
_STREAM_RETRY = 1.0


class Service:
    """The handlers of both services over one set of workers."""

    def __init__(self, config: ServerConfig, workers: Workers, arrivals: ArrivalPool) -> None:
        """Takes the settings, the workers and the pool that the server runs its calls on."""
        self._config = config
        self._workers = workers
        self._arrivals = arrivals
        self._streams = threading.Semaphore(config.max_streams)
        # Parts of batches and of streams, at most one a worker, so that calls of one claim find a worker in between.
        self._parts = ThreadPoolExecutor(config.workers, thread_name_prefix="part")
        self._batch_calls = ThreadPoolExecutor(2 * config.workers, thread_name_prefix="batch")
        # One more than streams, so that the one too many is told so.
        self._stream_calls = ThreadPoolExecutor(config.max_streams + 1, thread_name_prefix="stream")

    def handlers(self) -> list[grpc.GenericRpcHandler[bytes, bytes]]:
        """Returns the handlers to add to a server; they take and give bytes as they are."""
        one, many = grpc.unary_unary_rpc_method_handler, grpc.stream_stream_rpc_method_handler
        evaluation = {
            "Evaluate": one(self._unary(Method.EVALUATE)),
            "BatchEvaluate": one(on_threads(self.batch_evaluate, self._batch_calls)),
            "StreamEvaluate": many(on_threads(self.stream_evaluate, self._stream_calls)),
        }
        policy = {
            "ListPolicies": one(self._unary(Method.LIST_POLICIES)),
            "GetPolicy": one(self._unary(Method.GET_POLICY)),
            "ListRules": one(self._unary(Method.LIST_RULES)),
            "GetRule": one(self._unary(Method.GET_RULE)),
        }
        generic = grpc.method_handlers_generic_handler
        return [generic(EVALUATION_SERVICE, evaluation), generic(POLICY_SERVICE, policy)]

    def close(self) -> None:
        """Ends the threads that calls ran on; call it once no call is in flight."""
        for pool in (self._parts, self._batch_calls, self._stream_calls):
            pool.shutdown(wait=False, cancel_futures=True)

    def _unary(self, method: Method) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        def answer(body: bytes, context: grpc.ServicerContext) -> bytes:
            wait = self._config.max_wait - self._arrivals.waited()
            (answer,) = self._workers.ask(method, (body,), wait, _deadline(context))
            if answer.kind is AnswerKind.RESPONSE:
                return answer.body
            return _abort(context, status_pb2.Status.FromString(answer.body))

        return answer

    def batch_evaluate(self, body: bytes, context: grpc.ServicerContext) -> bytes:
        """Answers BatchEvaluate: claims go to workers in chunks, and every claim gets its result or status."""
        try:
            request = evaluation_service_pb2.BatchEvaluateRequest.FromString(body)
        except DecodeError:
            return _abort(context, unreadable("claimrules.v1.BatchEvaluateRequest").status)
        count, most = len(request.claims), self._config.max_batch_claims
        if not 1 <= count <= most:
            problem = Problem("R104", f"a batch holds 1 to {most} claims; sent were {count}", Place(path="claims"))
            return _abort(context, invalid_fields([problem], "the batch cannot be taken", "INVALID_REQUEST").status)
        deadline, chunk = _deadline(context), self._config.chunk_claims
        parts = [
            self._parts.submit(self._batch_part, request, start, min(start + chunk, count), deadline, context)
            for start in range(0, count, chunk)
        ]
        return b"".join(part.result() for part in parts)

    def _batch_part(self, request: Any, start: int, end: int, deadline: float, context: grpc.ServicerContext) -> bytes:
        if not context.is_active():
            return b""  # nobody is there to read it
        claims = [request.claims[index] for index in range(start, end)]
        bodies = [
            evaluation_service_pb2.EvaluateRequest(
                claim=claim, as_of=request.as_of, omit_explanations=request.omit_explanations
            ).SerializeToString()
            for claim in claims
        ]
        answers = self._workers.ask(Method.EVALUATE_IN_BATCH, bodies, self._config.max_wait, deadline)
        return b"".join(batch_result_of(answer, claim.claim_id) for answer, claim in zip(answers, claims, strict=True))

    def stream_evaluate(self, bodies: Iterable[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        """Answers StreamEvaluate: reads ahead by a few claims, and answers in the order they came."""
        if not self._streams.acquire(blocking=False):
            message = f"{self._config.max_streams} streams are open, as many as the server takes"
            _abort(context, overloaded("TOO_MANY_STREAMS", message, _STREAM_RETRY))
        try:
            pending: queue.Queue[tuple[bytes, Future[list[Answer]]] | None] = queue.Queue(2 * self._config.workers)
            reader = threading.Thread(target=self._read_ahead, args=(bodies, context, pending), daemon=True)
            reader.start()
            while (entry := pending.get()) is not None:
                body, future = entry
                yield stream_result_of(future.result()[0], body)
        finally:
            self._streams.release()

    def _read_ahead(self, bodies: Iterable[bytes], context: grpc.ServicerContext, pending: queue.Queue[Any]) -> None:
        deadline, wait = _deadline(context), self._config.max_wait
        try:
            for body in bodies:
                future = self._parts.submit(self._workers.ask, Method.EVALUATE_IN_STREAM, (body,), wait, deadline)
                _put(pending, (body, future), context)
        except (grpc.RpcError, RuntimeError):
            return  # the caller went away, or the server stops: the stream has ended either way
        finally:
            _put(pending, None, context)


def _put(pending: queue.Queue[Any], entry: object, context: grpc.ServicerContext) -> None:
    while True:
        try:
            return pending.put(entry, timeout=1)
        except queue.Full:
            if not context.is_active():
                # Nobody takes answers any more; make room, so that the end of the stream gets through.
                pending.get_nowait()


def _deadline(context: grpc.ServicerContext) -> float:
    remaining = context.time_remaining()
    return math.inf if remaining is None else time.monotonic() + remaining


def _abort(context: grpc.ServicerContext, status: Any) -> NoReturn:
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort_with_status always raises")
