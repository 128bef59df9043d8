"""The command ``claimrules schema``: prints the JSON Schema of a kind of file, for editors."""

from __future__ import annotations

import argparse
import json

from engine.policy.json_schema import json_schema
from engine.policy.schema import KINDS


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "schema",
        help="print the JSON Schema of policies, tables or tests",
        description="Prints a JSON Schema. Editors use it with a first line: # yaml-language-server: $schema=FILE",
    )
    parser.add_argument("kind", choices=KINDS, help="the kind of file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the schema; returns 0."""
    print(json.dumps(json_schema(arguments.kind), indent=2))
    return 0
