"""Runs the real server as its own process, with the engine of ``engines.py`` in its workers, for the tests of the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import grpc
from claimrules.v1 import claim_pb2, evaluation_service_pb2, evaluation_service_pb2_grpc, policy_service_pb2_grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


def environment(folder: Path) -> dict[str, str]:
    """What a server of the tests is started with: the tests' engines can be imported, and no store of the user's is found."""
    paths = os.pathsep.join([str(HERE), str(REPOSITORY), str(REPOSITORY / "proto")])
    return {**os.environ, "PYTHONPATH": paths, "CLAIMRULES_STORE": "", "XDG_DATA_HOME": str(folder)}


def run_serve(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs ``claimrules-server serve`` where it is expected to end by itself."""
    command = [sys.executable, "-m", "server.main", "serve", "--listen", "127.0.0.1:0", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env=environment(folder), cwd=REPOSITORY
    )


class RunningServer:
    """A server process, its address and a channel to it; an empty ``engine`` is the product's own, with no store."""

    def __init__(self, policies: Path, gates: Path, *options: str, engine: str = "engines:load") -> None:
        self.policies_folder = policies
        self.gates = gates
        command = [sys.executable, "-m", "server.main", "serve", "--listen", "127.0.0.1:0"]
        command += ["--policies", str(policies), *options]
        if engine:
            command += ["--store", str(gates), "--engine", engine]
        self.log = (gates / "server.log").open("w+")
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment(gates), cwd=REPOSITORY
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert first.startswith("listening on 127.0.0.1:"), (first, self.log_text())
        self.address = first.split()[-1]
        self.channel = grpc.insecure_channel(self.address)
        self.evaluation = evaluation_service_pb2_grpc.EvaluationServiceStub(self.channel)
        self.policies = policy_service_pb2_grpc.PolicyServiceStub(self.channel)

    def log_text(self) -> str:
        return (self.gates / "server.log").read_text()

    def gate(self, claim_id: str) -> Path:
        path = self.gates / claim_id
        os.mkfifo(path)
        return path

    def worker_at(self, claim_id: str) -> int:
        return int((self.gates / f"{claim_id}.pid").read_text())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.channel.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()


def claim_message(claim_id: str, code: str = "99213", cents: int = 100, payer: str = "TEST") -> claim_pb2.Claim:
    """An invented claim of one line."""
    return claim_pb2.Claim(
        claim_id=claim_id,
        payer=claim_pb2.Payer(payer_id=payer),
        lines=[
            claim_pb2.ServiceLine(
                line_number=1, procedure_code=code, service_date="2026-01-20", charge_cents=cents, units=1
            )
        ],
    )


def request(
    claim_id: str, code: str = "99213", cents: int = 100, payer: str = "TEST"
) -> evaluation_service_pb2.EvaluateRequest:
    """A request to judge an invented claim of one line."""
    return evaluation_service_pb2.EvaluateRequest(claim=claim_message(claim_id, code, cents, payer))


def reason_of(error: grpc.RpcError | status_pb2.Status) -> str:
    """The stable reason in the ErrorInfo of an error or of one claim's status."""
    status = error if isinstance(error, status_pb2.Status) else rpc_status.from_call(error)
    assert status is not None, "the error carries no google.rpc.Status"
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            assert info.domain == "claimrules"
            return info.reason
    raise AssertionError("the status carries no ErrorInfo")


def fields_of(error: grpc.RpcError) -> dict[str, str]:
    """The wrong fields that an error names, with the code of each problem."""
    bad = error_details_pb2.BadRequest()
    for detail in rpc_status.from_call(error).details:
        if detail.Unpack(bad):
            return {violation.field: violation.reason for violation in bad.field_violations}
    return {}
