"""The command ``claimrules explain``: why a rule fired on a claim, or which condition failed."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.claims import InvalidClaim, read_claims
from engine.commands.options import add_policies_option, add_store_option, policies_folder, store_to_read
from engine.errors import InvalidClaimError, UsageError
from engine.evaluate import Evaluator
from engine.explain import explain, finding_text
from engine.model import Claim
from engine.snapshot import load_snapshot


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "explain", help="why a rule fired on a claim, or which condition failed", description=__doc__
    )
    parser.add_argument("claim", type=Path, metavar="CLAIM", help="a claim file (JSON, JSON Lines or X12 837P)")
    parser.add_argument("--rule", default="", metavar="ID", help="the rule asked about; without it, every finding")
    parser.add_argument("--claim-id", default="", help="which claim, when the file holds several")
    parser.add_argument("--as-of", default="", metavar="DATE", help="knowledge date: policies and releases known then")
    add_policies_option(parser)
    add_store_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the explanation; returns 0. Problems are raised as ClaimrulesError."""
    claim = _claim(arguments.claim, arguments.claim_id)
    evaluator = Evaluator(load_snapshot(policies_folder(arguments), store_to_read(arguments)))
    if arguments.rule:
        print(explain(evaluator, claim, arguments.rule, arguments.as_of))
        return 0
    evaluation = evaluator.evaluate(claim, arguments.as_of)
    findings = (*evaluation.findings, *evaluation.trial_findings)
    print("\n\n".join(finding_text(finding) for finding in findings) or f"{claim.claim_id}: no findings")
    for entry in evaluation.not_evaluated:
        print(f"{entry.rule_id} was not judged ({entry.reason}): {entry.detail}")
    return 0


def _claim(path: Path, claim_id: str) -> Claim:
    claims = []
    for entry in read_claims(path):
        if isinstance(entry, InvalidClaim):
            raise InvalidClaimError(f"a claim in {path.name} cannot be read", entry.problems)
        if not claim_id or entry.claim_id == claim_id:
            claims.append(entry)
    if not claims:
        raise UsageError(f"{path.name} holds no claim{f' with id {claim_id}' if claim_id else ''}")
    if len(claims) > 1:
        shown = ", ".join(claim.claim_id for claim in claims[:10])
        raise UsageError(f"{path.name} holds {len(claims)} claims; say which with --claim-id ({shown})")
    return claims[0]
