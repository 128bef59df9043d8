"""Runs the server from start to stop: binds, starts workers, serves, and ends without losing a call in flight."""

from __future__ import annotations

import logging
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from claimrules.v1 import evaluation_service_pb2, policy_service_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from engine.errors import ClaimrulesError
from server.admission import ArrivalPool, on_threads
from server.config import ServerConfig, WorkerConfig
from server.service import EVALUATION_SERVICE, POLICY_SERVICE, Service
from server.workers import Workers, WorkersNotStarted

LOG = logging.getLogger("claimrules.server")
_REFLECTION_STREAMS = 8
_HEALTH_NAMES = ("", EVALUATION_SERVICE, POLICY_SERVICE)


class CannotListen(ClaimrulesError):
    """The address cannot be bound: taken by another process, or not this machine's."""


def serve(config: ServerConfig, announce: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT; ``announce`` hears the address once every worker has checked itself.

    Raises CannotListen, or WorkersNotStarted with every problem of the policies or the store.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # Workers load from a copy, so that a worker replaced tomorrow judges by the policies of today, whatever is edited.
    with tempfile.TemporaryDirectory(prefix="claimrules-") as folder:
        copy = Path(folder) / "policies"
        shutil.copytree(config.policies, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        try:
            _serve(config, copy, stop, announce)
        except WorkersNotStarted as error:
            raise WorkersNotStarted(str(error).replace(str(copy), str(config.policies))) from None


def _serve(config: ServerConfig, policies: Path, stop: threading.Event, announce: Callable[[str], None]) -> None:
    arrivals = ArrivalPool(2 * config.workers)
    server = grpc.server(
        arrivals,
        maximum_concurrent_rpcs=config.max_concurrent_calls,
        options=[
            ("grpc.so_reuseport", 0),  # else a second server shares the port without a word
            ("grpc.max_receive_message_length", config.max_message_bytes),
            ("grpc.max_send_message_length", -1),
        ],
    )
    port = _bind(server, config)
    states = health.HealthServicer(experimental_non_blocking=True)
    worker_config = WorkerConfig(policies, config.store, config.claim_limit, config.engine)
    workers = Workers(config.workers, worker_config, config.start_limit, lambda alive: _show(states, alive > 0))
    service = Service(config, workers, arrivals)
    try:
        workers.start()
        server.add_generic_rpc_handlers(service.handlers())
        health_pb2_grpc.add_HealthServicer_to_server(states, server)
        _add_reflection(server)
        server.start()
        LOG.info("serving snapshot %s with %d workers", workers.digest, config.workers)
        announce(f"{config.host}:{port}")
        stop.wait()
        LOG.info("stopping")
        states.enter_graceful_shutdown()
        server.stop(config.grace).wait()
    finally:
        server.stop(0)
        service.close()
        workers.stop(config.grace)
        arrivals.shutdown(wait=False)


def _bind(server: grpc.Server, config: ServerConfig) -> int:
    try:
        port = server.add_insecure_port(config.address)
    except RuntimeError:
        port = 0
    if not port:
        raise CannotListen(
            f"cannot listen on {config.address}: another process has the port, or it is no address of this machine"
        )
    return port


def _show(states: health.HealthServicer, able: bool) -> None:
    """Shows whether any worker is alive to judge; without one, balancers send calls elsewhere."""
    status = health_pb2.HealthCheckResponse.SERVING if able else health_pb2.HealthCheckResponse.NOT_SERVING
    for name in _HEALTH_NAMES:
        states.set(name, status)


def _add_reflection(server: grpc.Server) -> None:
    services = (evaluation_service_pb2, policy_service_pb2, health_pb2)
    names = [name.full_name for module in services for name in module.DESCRIPTOR.services_by_name.values()]
    servicer = reflection.ReflectionServicer((*names, reflection.SERVICE_NAME))
    # Callers keep such streams open; on threads of their own they keep no claim waiting.
    threads = ThreadPoolExecutor(_REFLECTION_STREAMS, thread_name_prefix="reflection")
    # grpc takes the handler from the instance.
    servicer.ServerReflectionInfo = on_threads(servicer.ServerReflectionInfo, threads)  # type: ignore[method-assign]
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, server)
