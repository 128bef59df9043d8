"""The command ``claimrules test``: runs the golden tests of a folder of policies.

Exit codes: 0 all passed, 2 usage, 3 policies or tests files that are invalid, 4 tests failed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.commands.options import add_store_option, store_path
from engine.errors import UsageError
from engine.policies_folder import default_policies_folder
from engine.policy import load_policies
from engine.regression import Coverage, Selection, run_tests
from engine.regression.output import WRITERS

PASSED, INVALID, FAILED = 0, 3, 4


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "test",
        help="run the golden tests of the policies",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="FOLDER",
        help="the policies and their tests (default: ./policies, else those that ship)",
    )
    parser.add_argument("--file", default="", metavar="F", help="only this tests file, by name or path")
    parser.add_argument("--name", default="", metavar="SUBSTRING", help="only tests with this in their name")
    parser.add_argument("--output", choices=sorted(WRITERS), default="tree", help="how the report is written")
    parser.add_argument("--coverage", action="store_true", help="also list what no test reaches")
    add_store_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs the tests, writes the report to standard output and returns the exit code."""
    folder = arguments.folder if arguments.folder is not None else default_policies_folder()
    if not folder.is_dir():
        raise UsageError(f"there is no folder of policies {folder}")
    policies = load_policies(folder)
    coverage = Coverage() if arguments.coverage else None
    selection = Selection(arguments.file, arguments.name)
    report = run_tests(policies, store_path(arguments), selection, coverage.see if coverage is not None else None)
    if not report.files:
        what = " and ".join(f"{n} {v!r}" for n, v in (("file", selection.file), ("name", selection.name)) if v)
        raise UsageError(f"no golden test in {folder}" + (f" with {what}" if what else "; write one under kind: tests"))
    WRITERS[arguments.output](report, coverage.report(policies) if coverage is not None else None, sys.stdout)
    if report.problems:
        return INVALID
    return FAILED if report.failed else PASSED
