"""The command ``claimrules check``: says everything that is wrong, or probably not meant, in a folder of policies."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import InvalidPolicyError, Problem, UsageError
from engine.policy import lint, load_policies, resolve
from engine.policy.reader import is_date

_INVALID = 3


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "check", help="check policies, tables and tests", description="Checks policies. Exit code: 0, or 3 with errors."
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("policies"), help="default: policies")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how problems are printed")
    parser.add_argument("--no-warnings", action="store_true", help="leave the warnings out")
    parser.add_argument("--today", metavar="DATE", help="the date that review_by is held against (default: today)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the problems of a folder; returns 3 when there are errors, else 0."""
    today = arguments.today or date.today().isoformat()
    if not is_date(today):
        raise UsageError(f"--today {today} is not a date; write it as 2026-01-31")
    problems = _problems(arguments.folder, today)
    errors = [problem for problem in problems if problem.severity == "error"]
    shown = errors if arguments.no_warnings else problems
    print(_json(shown) if arguments.format == "json" else _text(shown, len(errors)))
    return _INVALID if errors else 0


def _problems(folder: Path, today: str) -> Sequence[Problem]:
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    try:
        loaded = load_policies(folder)
        resolve(loaded)
    except InvalidPolicyError as error:
        return error.problems
    return lint(loaded, today)


def _text(problems: Sequence[Problem], errors: int) -> str:
    warnings = len(problems) - errors
    summary = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
    return "\n".join([*(problem.text() for problem in problems), summary])


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def _json(problems: Iterable[Problem]) -> str:
    entries: list[dict[str, Any]] = [
        {
            "code": problem.code,
            "severity": problem.severity,
            "message": problem.message,
            "hint": problem.hint,
            "file": problem.place.file,
            "line": problem.place.line,
            "column": problem.place.column,
            "path": problem.place.path,
        }
        for problem in problems
    ]
    return msgspec.json.format(msgspec.json.encode(entries), indent=2).decode()
