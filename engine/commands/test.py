"""The command ``claimrules test``: runs the golden tests of a folder of policies, and measures what they prove.

Exit codes: 0 all passed, 2 usage, 3 policies or tests files that are invalid, 4 tests failed. With --mutate, 4 also when a mutant
survived that nobody has explained; with --fail-under P, only a share below P per cent is a failure.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from engine.commands.options import add_store_option, store_path
from engine.errors import UsageError
from engine.policies_folder import default_policies_folder
from engine.policy import load_policies
from engine.policy.types import PolicySet
from engine.regression import Coverage, Report, Selection, run_mutation, run_tests, unknown_subjects
from engine.regression.mutation_output import MUTATION_WRITERS
from engine.regression.output import WRITERS, summary

PASSED, INVALID, FAILED = 0, 3, 4
_MOST_PROCESSES = 2


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
    measure = parser.add_mutually_exclusive_group()
    measure.add_argument("--coverage", action="store_true", help="also list what no test reaches")
    measure.add_argument(
        "--mutate", action="store_true", help="change each rule in small ways and list what no test notices"
    )
    parser.add_argument(
        "--policy",
        action="append",
        default=[],
        metavar="ID",
        help="with --mutate: only this policy's rules (may be repeated)",
    )
    parser.add_argument(
        "--fail-under", type=_percent, metavar="P", help="exit with 4 when less than P per cent is reached or caught"
    )
    parser.add_argument(
        "--processes", type=int, default=min(_MOST_PROCESSES, os.cpu_count() or 1), metavar="N", help="for --mutate"
    )
    add_store_option(parser)
    parser.set_defaults(run=run)


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no share between 0 and 100")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Runs the tests, writes the report to standard output and returns the exit code."""
    _check_usage(arguments)
    folder = arguments.folder if arguments.folder is not None else default_policies_folder()
    if not folder.is_dir():
        raise UsageError(f"there is no folder of policies {folder}")
    policies = load_policies(folder)
    coverage = Coverage() if arguments.coverage else None
    selection = Selection(arguments.file, arguments.name)
    report = run_tests(policies, store_path(arguments), selection, coverage.see if coverage is not None else None)
    if not report.tests and not report.problems:
        what = " and ".join(f"{n} {v!r}" for n, v in (("file", selection.file), ("name", selection.name)) if v)
        raise UsageError(f"no golden test in {folder}" + (f" with {what}" if what else "; write one under kind: tests"))
    if arguments.mutate:
        return _mutate(arguments, policies, report)
    reached = coverage.report(policies) if coverage is not None else None
    WRITERS[arguments.output](report, reached, sys.stdout)
    if report.problems:
        return INVALID
    short = reached is not None and arguments.fail_under is not None and reached.percent < arguments.fail_under
    return FAILED if report.failed or short else PASSED


def _check_usage(arguments: argparse.Namespace) -> None:
    if arguments.policy and not arguments.mutate:
        raise UsageError("--policy goes with --mutate")
    if arguments.fail_under is not None and not (arguments.mutate or arguments.coverage):
        raise UsageError("--fail-under goes with --coverage or --mutate")
    if arguments.mutate and (arguments.file or arguments.name):
        raise UsageError("--mutate chooses tests itself; leave --file and --name out")
    if arguments.processes < 1:
        raise UsageError("--processes is at least 1")


def _mutate(arguments: argparse.Namespace, policies: PolicySet, report: Report) -> int:
    problems = (*report.problems, *unknown_subjects(policies))
    if problems:
        print("\n".join(problem.text() for problem in problems), file=sys.stderr)
        return INVALID
    if report.failed:
        print(f"claimrules: {summary(report)} Tests that fail catch no mutant.", file=sys.stderr)
    mutation = run_mutation(policies, store_path(arguments), arguments.policy, arguments.processes)
    MUTATION_WRITERS[arguments.output](mutation, sys.stdout)
    if mutation.problems:
        return INVALID
    least = arguments.fail_under
    short = mutation.unexplained > 0 if least is None else mutation.total.percent < least
    return FAILED if report.failed or short else PASSED
