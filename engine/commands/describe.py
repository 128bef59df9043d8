"""The command ``claimrules describe``: a rule or a policy in plain English, or the pages of the catalogue of edits.

Exit codes: 0 done, 2 usage, 3 policies that are invalid.
"""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from pathlib import Path

from engine.commands.options import add_policies_option, policies_folder
from engine.describe import describe_policy, describe_rule, payer_policies, uses_of_rule
from engine.describe.catalogue import write_catalogue
from engine.errors import UsageError
from engine.policy import load_policies
from engine.policy.types import PolicySet


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("describe", help="a rule or a policy in plain English", description=__doc__)
    parser.add_argument("id", nargs="?", default="", metavar="RULE|POLICY", help="the id of a rule or of a policy")
    parser.add_argument("--version", default="", help="this version of the policy (default: every one)")
    parser.add_argument(
        "--catalogue", type=Path, metavar="OUT", help="write a page for each kind of edit into this folder"
    )
    add_policies_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the description, or writes the catalogue; returns 0."""
    if bool(arguments.id) == (arguments.catalogue is not None):
        raise UsageError("name a rule or a policy, or a folder with --catalogue")
    folder = policies_folder(arguments)
    policies = load_policies(folder)
    if arguments.catalogue is not None:
        pages = write_catalogue(policies, folder, arguments.catalogue)
        print(f"{pages} pages in {arguments.catalogue}")
        return 0
    print("\n\n".join(_described(policies, arguments.id, arguments.version)))
    return 0


def _described(policies: PolicySet, name: str, version: str) -> list[str]:
    chosen = [policy for policy in policies.policies if policy.id == name and version in ("", policy.version)]
    if chosen:
        return [describe_policy(policy, policies) for policy in chosen]
    rules = [
        rule
        for policy in policies.policies
        for rule in policy.rules
        if rule.id == name and version in ("", policy.version)
    ]
    if rules:
        payers = payer_policies(policies)
        return [describe_rule(rule, policies, uses_of_rule(rule, payers)) for rule in rules]
    known = sorted({p.id for p in policies.policies} | {r.id for p in policies.policies for r in p.rules})
    close = get_close_matches(name, known, 1, 0.5)
    of = f" version {version}" if version else ""
    hint = f"; did you mean {close[0]}?" if close and close[0] != name else ""
    raise UsageError(f"there is no rule or policy {name}{of}{hint}")
