"""Shows the product at work: starts the real server on a free port, sends it the sample claims over gRPC, prints what it answers.

Run by ``make demo``. It uses the policies and the sample tables that ship, no download and no store.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import grpc
from claimrules.v1 import evaluation_service_pb2, evaluation_service_pb2_grpc
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.claims import InvalidClaim, read_claims
from engine.errors import ClaimrulesError, InvalidClaimError
from engine.model import Claim, Evaluation, Finding
from engine.policies_folder import shipped_policies_folder
from server.convert import claim_to_message, evaluation_from_message

START_LIMIT_SECONDS = 180.0
CALL_LIMIT_SECONDS = 60.0
_NARROWEST = 140
_READY = "listening on "
_STYLES = {"DENY_RISK": "bold red", "REVIEW": "yellow", "INCOMPLETE": "magenta", "PASS": "green"}


class ServerFailed(ClaimrulesError):
    """The server did not start; the message is the server's own."""


class ClaimRefused(ClaimrulesError):
    """The server answered a sample claim with an error."""


def main() -> int:
    """Runs the demonstration; returns 0 when every sample claim was judged, else 1."""
    try:
        policies = shipped_policies_folder()
        claims = sample_claims(policies / "examples" / "demo_claims.jsonl")
        with running_server(policies) as address:
            print(f"claimrules-server is listening on {address}; sending {len(claims)} claims over gRPC")
            evaluations = evaluate(address, claims)
    except ClaimrulesError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except grpc.RpcError as error:
        print(f"demo: the call failed: {error}", file=sys.stderr)
        return 1
    print_evaluations(evaluations, console())
    print("the server has stopped")
    return 0


def sample_claims(path: Path) -> tuple[Claim, ...]:
    """Returns the claims of a file; raises InvalidClaimError when one cannot be read."""
    claims = []
    for entry in read_claims(path):
        if isinstance(entry, InvalidClaim):
            raise InvalidClaimError(f"a claim of {path.name} cannot be read", entry.problems)
        claims.append(entry)
    return tuple(claims)


@contextmanager
def running_server(policies: Path, *options: str) -> Iterator[str]:
    """Starts a server on a free loopback port and gives its address once it is ready; stops it at the end.

    Raises ServerFailed with what the server wrote when it ends, or is not ready within START_LIMIT_SECONDS.
    """
    command = [sys.executable, "-m", "server.main", "serve", "--listen", "127.0.0.1:0", "--workers", "2"]
    command += ["--policies", str(policies), *options]
    # The demonstration shows the data that ships, not a store that this user happens to have.
    environment = {name: value for name, value in os.environ.items() if name != "CLAIMRULES_STORE"}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        try:
            line = _first_line(process)
            if not line.startswith(_READY):
                process.kill()
                process.wait()
                log.seek(0)
                raise ServerFailed(f"the server did not start. It said:\n{line}{log.read().strip() or '(nothing)'}")
            yield line.removeprefix(_READY).strip()
        finally:
            _stop(process)


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline() if selector.select(START_LIMIT_SECONDS) else ""


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


def evaluate(address: str, claims: Sequence[Claim]) -> tuple[Evaluation, ...]:
    """Sends claims in one batch and returns their evaluations; raises ClaimRefused naming each claim that got none."""
    request = evaluation_service_pb2.BatchEvaluateRequest(claims=[claim_to_message(claim) for claim in claims])
    with grpc.insecure_channel(address) as channel:
        stub = evaluation_service_pb2_grpc.EvaluationServiceStub(channel)
        response = stub.BatchEvaluate(request, timeout=CALL_LIMIT_SECONDS)
    refused = [f"{r.claim_id}: {r.status.message}" for r in response.results if r.WhichOneof("outcome") == "status"]
    if refused:
        raise ClaimRefused("\n".join(["the server did not judge these claims:", *refused]))
    return tuple(evaluation_from_message(result.evaluation) for result in response.results)


def console() -> Console:
    """Returns a console as wide as the terminal, or wide enough for the table where there is none."""
    made = Console(highlight=False, markup=False, emoji=False)
    return made if made.is_terminal else Console(highlight=False, markup=False, emoji=False, width=_NARROWEST)


def print_evaluations(evaluations: Sequence[Evaluation], out: Console) -> None:
    """Prints one row a finding (or one for a claim without any) and a line of counts."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_lines=False)
    for name, ratio in (("claim", None), ("disposition", None), ("line", None), ("kind", None), ("rule", None)):
        table.add_column(name, ratio=ratio, no_wrap=True)
    table.add_column("message", ratio=3, overflow="fold")
    table.add_column("best fix (✓ verified)", ratio=2, overflow="fold")
    for evaluation in evaluations:
        claim = (Text(evaluation.claim_id), Text(evaluation.disposition, style=_STYLES[evaluation.disposition]))
        findings = (*evaluation.findings, *evaluation.trial_findings)
        if not findings:
            table.add_row(*claim, "", "", "", _quiet(evaluation), "")
        for finding in findings:
            table.add_row(*claim, *_cells(finding))
            claim = (Text(""), Text(""))
        for excepted in evaluation.excepted:
            text = f"set aside by {excepted.exception_id}: {excepted.because}"
            table.add_row(*claim, *_cells(excepted.finding)[:3], Text(text), Text(""))
            claim = (Text(""), Text(""))
        table.add_section()
    out.print(table)
    findings_total = sum(len(evaluation.findings) for evaluation in evaluations)
    verified = sum(any(fix.verified for fix in f.fixes) for evaluation in evaluations for f in evaluation.findings)
    out.print(f"{len(evaluations)} claims, {findings_total} findings, {verified} with a fix that was proved to work")


def _quiet(evaluation: Evaluation) -> Text:
    unjudged = ", ".join(entry.rule_id for entry in evaluation.not_evaluated)
    return Text(f"not judged: {unjudged}" if unjudged else "no findings")


def _cells(finding: Finding) -> tuple[Text, Text, Text, Text, Text]:
    lines = ", ".join(str(number) for number in finding.line_numbers) or "claim"
    kind = finding.kind.lower().replace("_", " ") + (" (trial)" if finding.mode == "TRIAL" else "")
    return Text(lines), Text(kind), Text(finding.rule_id), Text(finding.message), _best_fix(finding)


def _best_fix(finding: Finding) -> Text:
    if not finding.fixes:
        return Text("-")
    fix = next((fix for fix in finding.fixes if fix.verified), finding.fixes[0])
    needs = f" (needs {', '.join(fix.documentation_needed)})" if fix.requires_documentation else ""
    return Text.assemble(("✓ ", "bold green") if fix.verified else "  ", fix.description, needs)


if __name__ == "__main__":
    sys.exit(main())
