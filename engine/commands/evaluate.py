"""The command ``claimrules evaluate``: judges every claim of the given files by the policies.

Exit codes: 0 no finding of severity ERROR, 1 findings of severity ERROR, 2 usage, 3 a policy, claim or data file that is
invalid (3 wins over 1: the other claims are judged all the same).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from engine.claims import InvalidClaim, is_calendar_date, read_claims
from engine.commands.evaluation_output import WRITERS, Result, Tally
from engine.commands.evaluation_pool import judge_here, judge_in_processes
from engine.commands.options import add_policies_option, add_store_option, policies_folder, store_to_read
from engine.errors import UsageError
from engine.evaluate import Evaluator
from engine.model import Claim
from engine.snapshot import load_snapshot

NO_ERRORS, ERROR_FINDINGS, INVALID = 0, 1, 3
_LONG_FILE_BYTES = 500_000
_MOST_PROCESSES = 256


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "evaluate",
        help="judge the claims of files: findings, fixes, and what could not be judged",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="claims as JSON Lines, a JSON document or array, or X12 837P; plain or gzip, recognised by content",
    )
    parser.add_argument("--as-of", default="", metavar="DATE", help="knowledge date: policies and releases known then")
    parser.add_argument("--output", choices=sorted(WRITERS), default="table", help="how results are written")
    parser.add_argument("--output-file", type=Path, metavar="PATH", help="write there, whole or not at all")
    parser.add_argument("--received", default="", metavar="DATE", help="received date of X12 claims, which carry none")
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="how many processes judge (default 1)")
    add_policies_option(parser)
    add_store_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Judges the claims, writes the results, and returns the exit code; raises ClaimrulesError for what stops everything."""
    _check(arguments)
    policies, store = policies_folder(arguments), store_to_read(arguments)
    evaluator = open_evaluator(policies, store)
    try:
        with _progress(arguments.files) as moved:
            claims = _claims(arguments.files, arguments.received, moved)
            results: Iterator[Result]
            if arguments.processes > 1:
                results = judge_in_processes(
                    claims, arguments.as_of, partial(open_evaluator, policies, store), arguments.processes
                )
            else:
                results = judge_here(evaluator, claims, arguments.as_of)
            tally = _write(results, arguments.output, arguments.output_file)
    finally:
        evaluator.close()
    if tally.refused:
        return INVALID
    return ERROR_FINDINGS if tally.severities["ERROR"] else NO_ERRORS


def open_evaluator(policies: Path, store: Path | None) -> Evaluator:
    """Returns an evaluator of a folder of policies and a store; raises InvalidPolicyError or StoreError."""
    return Evaluator(load_snapshot(policies, store))


def _check(arguments: argparse.Namespace) -> None:
    """Raises UsageError for arguments that no run can use, before anything is loaded."""
    for name in ("as_of", "received"):
        value = getattr(arguments, name)
        if value and not is_calendar_date(value):
            raise UsageError(f"--{name.replace('_', '-')} is a date such as 2026-01-31, not {value!r}")
    if not 1 <= arguments.processes <= _MOST_PROCESSES:
        raise UsageError(f"--processes is a number from 1 to {_MOST_PROCESSES}, not {arguments.processes}")
    for path in arguments.files:
        if not path.is_file():
            raise UsageError(f"there is no claim file {path}")
        if not os.access(path, os.R_OK):
            raise UsageError(f"the claim file {path} cannot be read")
        if arguments.output_file is not None and arguments.output_file.resolve() == path.resolve():
            raise UsageError(f"--output-file {path} is also a claim file; it would be overwritten")
    if arguments.output_file is not None and not arguments.output_file.absolute().parent.is_dir():
        raise UsageError(f"--output-file: there is no folder {arguments.output_file.parent}")


def _claims(files: list[Path], received: str, moved: Callable[[int], None]) -> Iterator[Claim | InvalidClaim]:
    before = 0
    for path in files:
        yield from read_claims(path, received_date=received, moved=_moved_from(before, moved))
        before += path.stat().st_size
        moved(before)


def _moved_from(start: int, moved: Callable[[int], None]) -> Callable[[int], None]:
    return lambda position: moved(start + position)


@contextmanager
def _progress(files: list[Path]) -> Iterator[Callable[[int], None]]:
    """Gives what is told how many bytes have been read: a bar on stderr for long files at a terminal, else nothing."""
    total = sum(path.stat().st_size for path in files)
    console = Console(stderr=True)
    if total < _LONG_FILE_BYTES or not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("judging claims", total=total)
        yield lambda position: progress.update(task, completed=position)


def _write(results: Iterator[Result], output: str, path: Path | None) -> Tally:
    write = WRITERS[output]
    if path is None:
        tally = write(results, sys.stdout)
        sys.stdout.flush()
        return tally
    with _whole_file(path) as out:
        return write(results, out)


@contextmanager
def _whole_file(path: Path) -> Iterator[IO[str]]:
    """Opens a file beside ``path`` that takes its place when all was written, and is removed when anything went wrong."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.absolute().parent, prefix=f".{path.name}.", delete=False
    ) as out:
        temporary = Path(out.name)
        try:
            yield out.file
            out.flush()
            os.fsync(out.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
