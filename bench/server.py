"""Measures requests a second and latency of the real server over gRPC on loopback.

Usage, from the repository: python -m bench.server [--policies DIR] [--store PATH] [--seconds N] [--clients N]
                            [--workers N] [--claims FILE.jsonl] [--engine MODULE:FUNCTION]

It starts ``claimrules-server`` on a free port, calls it from client processes for a bounded time, and prints one line a run.
The clients take the same cores as the server, and a Python client costs about as much as the front: real throughput is higher.
With ``h2load`` (Debian's nghttp2-client) on the path, a cheaper client adds its own lines.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import grpc
import msgspec
from claimrules.v1 import evaluation_service_pb2

from engine.model import Claim, Diagnosis, Patient, Payer, Provider, ServiceLine
from server.convert import claim_to_message

REPOSITORY = Path(__file__).resolve().parent.parent
MOST_CALLS = 200_000


class Run(msgspec.Struct, frozen=True):
    """One way of calling: how many client processes, calls in flight each, claims a call (1: Evaluate, more: BatchEvaluate)."""

    name: str
    clients: int
    in_flight: int
    claims: int = 1
    omit_explanations: bool = False


def typical_claim(number: int) -> Claim:
    """An invented claim of six lines and four diagnoses, of the size that the budgets are stated for."""
    codes = ("99213", "36415", "85025", "80053", "93000", "90471")
    return Claim(
        claim_id=f"BENCH-{number}",
        received_date="2024-08-01",
        place_of_service="11",
        payer=Payer("MEDICARE_B", "medicare"),
        patient=Patient("P-1", "1950-02-03", "F"),
        billing_provider=Provider("1234567893", "990000001"),
        rendering_provider=Provider("1234567893", taxonomy_code="207Q00000X"),
        diagnoses=tuple(Diagnosis(code) for code in ("I10", "E11.9", "E78.5", "R07.9")),
        lines=tuple(
            ServiceLine(index, code, "2024-07-10", charge_cents=5000 + index, diagnosis_pointers=(1, 2))
            for index, code in enumerate(codes, start=1)
        ),
    )


def client(
    address: str, run: Run, claims: list[bytes], end: float, most: int, answers: multiprocessing.SimpleQueue
) -> None:
    """Calls until the time is up and puts latencies (seconds), the count of failures, and when it began and ended."""
    method = "Evaluate" if run.claims == 1 else "BatchEvaluate"
    latencies: list[float] = []
    failed = 0
    started = time.monotonic()
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(address, options=options) as channel:
        call = channel.unary_unary(f"/claimrules.v1.EvaluationService/{method}")
        waiting: list[tuple[float, grpc.Future]] = []
        sent = 0
        while True:
            while len(waiting) < run.in_flight and sent < most and time.monotonic() < end:
                waiting.append((time.perf_counter(), call.future(claims[sent % len(claims)], timeout=30)))
                sent += 1
            if not waiting:
                break
            begun, future = waiting.pop(0)
            if future.exception() is None:
                latencies.append(time.perf_counter() - begun)
            else:
                failed += 1
    answers.put((latencies, failed, started, time.monotonic()))


def bodies_of(claims: list[Claim], run: Run) -> list[bytes]:
    """Returns the requests of a run, serialised once."""
    messages = [claim_to_message(claim) for claim in claims]
    if run.claims == 1:
        return [
            evaluation_service_pb2.EvaluateRequest(
                claim=message, omit_explanations=run.omit_explanations
            ).SerializeToString()
            for message in messages
        ]
    batch = [messages[index % len(messages)] for index in range(run.claims)]
    request = evaluation_service_pb2.BatchEvaluateRequest(claims=batch, omit_explanations=run.omit_explanations)
    return [request.SerializeToString()]


def measure(address: str, run: Run, claims: list[Claim], seconds: float) -> str:
    """Runs the clients and returns the line that says what they saw."""
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    bodies = bodies_of(claims, run)
    end = time.monotonic() + seconds + 1.0  # a second for the clients to start
    arguments = (address, run, bodies, end, MOST_CALLS // run.clients, answers)
    processes = [context.Process(target=client, args=arguments) for _ in range(run.clients)]
    for process in processes:
        process.start()
    latencies: list[float] = []
    failed, first, last = 0, math.inf, 0.0
    for _ in processes:
        own, lost, started, ended = answers.get()
        latencies += own
        failed += lost
        first, last = min(first, started), max(last, ended)
    for process in processes:
        process.join()
    if not latencies:
        return f"{run.name:<44} no call succeeded, {failed} failed"
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.50, 0.99))
    rate = len(latencies) / (last - first)
    text = f"{run.name:<44} {rate:8,.0f} calls/s  p50 {p50:7.2f} ms  p99 {p99:7.2f} ms  failed {failed}"
    return text + (f"  {rate * run.claims:8,.0f} claims/s" if run.claims > 1 else "")


def measure_with_h2load(address: str, claims: list[Claim], seconds: float) -> list[str]:
    """Returns the lines of runs with h2load, which sends one claim over and over; none when it is not installed."""
    program = shutil.which("h2load")
    if program is None:
        return []
    lines = []
    for omit in (False, True):
        (body, *_) = bodies_of(claims, Run("", 1, 1, omit_explanations=omit))
        with tempfile.NamedTemporaryFile() as file:
            file.write(struct.pack("!BI", 0, len(body)) + body)
            file.flush()
            command = [program, "-D", str(max(int(seconds), 1)), "-c", "8", "-m", "2", "-d", file.name]
            command += ["-H", "content-type: application/grpc", "-H", "te: trailers"]
            url = f"http://{address}/claimrules.v1.EvaluationService/Evaluate"
            said = subprocess.run([*command, url], capture_output=True, text=True, check=False, timeout=seconds + 60)
        report = [line for line in said.stdout.splitlines() if line.startswith(("finished in", "time for request"))]
        lines += [f"h2load, 8 connections of 2{', no explanations' if omit else ''}: {line}" for line in report]
    return lines


def main() -> int:
    """Starts the server, measures, stops the server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policies", type=Path, default=REPOSITORY / "policies")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each run")
    parser.add_argument("--clients", type=int, default=2, help="client processes")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--engine", help="MODULE:FUNCTION in place of the product's engine, to measure the server alone"
    )
    parser.add_argument("--claims", type=Path, help="JSON Lines of claims to send in place of the typical one")
    options = parser.parse_args()
    claims = [typical_claim(number) for number in range(100)]
    if options.claims:
        claims = [msgspec.json.decode(line, type=Claim) for line in options.claims.read_bytes().splitlines() if line]
    command = [
        sys.executable,
        "-m",
        "server.main",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--workers",
        str(options.workers),
    ]
    command += ["--policies", str(options.policies), *(["--store", str(options.store)] if options.store else [])]
    command += ["--engine", options.engine] if options.engine else []
    begun = time.monotonic()
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=REPOSITORY)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip().removeprefix("listening on ")
        if not address:
            print("the server did not start; run it by hand to see why:", " ".join(command[1:]))
            return 1
        print(f"server ready after {time.monotonic() - begun:.2f} s, {options.workers} workers, {os.cpu_count()} cores")
        print("clients share those cores, so a server on its own does better than this")
        for run in (
            Run("one call at a time", 1, 1),
            Run("one call at a time, no explanations", 1, 1, omit_explanations=True),
            Run(f"{options.clients} clients, 8 calls in flight each", options.clients, 8),
            Run("batches of 200 claims, one at a time", 1, 1, claims=200),
            Run("batches of 200 claims, two in flight", 1, 2, claims=200),
        ):
            print(measure(address, run, claims, options.seconds), flush=True)
        for line in measure_with_h2load(address, claims, options.seconds):
            print(line)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
