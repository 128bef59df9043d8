"""The command ``claimrules``: a thin front over ``engine/commands``.

Exit codes: 0 done, 1 findings of severity error, 2 usage, 3 invalid policy, claim or data, 4 golden tests failed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from engine.commands import check, data, describe, evaluate, explain, schema, test
from engine.errors import ClaimrulesError, UsageError

USAGE, INVALID = 2, 3


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="claimrules", description="Judges medical claims by versioned YAML policies, and explains itself."
    )
    top.add_argument("--version", action="version", version=f"claimrules {version('claimrules')}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (evaluate, explain, describe, check, test, data, schema):
        command.register(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    parsed = parser().parse_args(arguments)
    try:
        code = parsed.run(parsed)
    except UsageError as error:
        print(f"claimrules: {error}", file=sys.stderr)
        return USAGE
    except ClaimrulesError as error:
        print(error, file=sys.stderr)
        return INVALID
    except FileNotFoundError as error:
        print(f"claimrules: there is no file {error.filename}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        # The reader of our output left (claimrules … | head); what was written stands.
        sys.stderr.close()
        return 0
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
