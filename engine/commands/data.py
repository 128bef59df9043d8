"""The ``claimrules data`` commands: import official files, see what is loaded, look codes up, compare releases."""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import Progress as ProgressBar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from engine.commands.options import add_store_option, store_path
from engine.errors import ClaimrulesError, InvalidDataError, InvalidPolicyError, StoreError, UsageError
from engine.reference.layouts import LAYOUTS, members
from engine.reference.reading import Progress
from engine.reference.store import ImportReport, import_files

OK, WRONG_USE, INVALID_DATA = 0, 2, 3


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the parser ``data`` and its subcommands."""
    data = commands.add_parser("data", help="import and inspect reference data (NCCI, fee schedule, ICD-10-CM, …)")
    subcommands = data.add_subparsers(dest="data_command", required=True, metavar="COMMAND")
    importing = subcommands.add_parser("import", help="import official files as downloaded (zip, txt, csv, xlsx, xml)")
    importing.add_argument("files", nargs="+", type=Path, metavar="FILE")
    importing.add_argument("--imported-on", type=_iso_date, metavar="DATE", help="the import date (default: today)")
    importing.add_argument("--again", action="store_true", help="read files again that were imported before")
    _finish(importing, run_import)


def _finish(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    add_store_option(parser)
    parser.set_defaults(run=lambda arguments: _guarded(run, arguments))


def _guarded(run: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Runs a command and turns what it raises into a message and an exit code."""
    try:
        return run(arguments)
    except UsageError as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    except (InvalidDataError, InvalidPolicyError, StoreError, ClaimrulesError) as error:
        print(error, file=sys.stderr)
        return INVALID_DATA


def _iso_date(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-01-31") from error


def run_import(arguments: argparse.Namespace) -> int:
    """Imports files and prints what came in."""
    imported_on = arguments.imported_on or datetime.date.today().isoformat()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with ProgressBar(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("reading", total=None)

        def report(progress: Progress) -> None:
            bar.update(task, description=f"{progress.file}: {progress.table}, {progress.rows:,} rows")

        outcome = import_files(
            store_path(arguments),
            arguments.files,
            imported_on=imported_on,
            layouts=LAYOUTS,
            members=members,
            report=report,
            stopwatch=time.perf_counter,
            again=arguments.again,
        )
    _print_import(outcome, Console())
    return OK


def _print_import(outcome: ImportReport, console: Console) -> None:
    table = Table("table", "release", "rows", "added", "changed", "removed", "seconds", "against")
    for item in outcome.imported:
        release = item.release
        if item.parts_present < item.parts_expected:
            release += f" ({item.parts_present} of {item.parts_expected} parts)"
        counts = (f"{count:,}" for count in (item.rows, item.added, item.changed, item.removed))
        table.add_row(item.table, release, *counts, f"{item.seconds:.1f}", item.before or "-")
    if outcome.imported:
        console.print(table)
    for skipped in outcome.unchanged:
        console.print(f"{skipped.file}: nothing new, {skipped.reason}", highlight=False)
