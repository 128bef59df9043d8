"""The ``claimrules data`` commands: import official files, see what is loaded, look codes up, compare and verify releases."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress as ProgressBar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from engine.commands.console import result_console, result_table
from engine.commands.data_compare import run_diff, run_readiness
from engine.commands.data_lookup import run_pair, run_show
from engine.commands.options import add_policies_option, add_store_option, policies_folder, store_path
from engine.errors import UsageError
from engine.policy import load_policies
from engine.reference.catalogue import Release, Source, connect_to_read, releases, sources
from engine.reference.demand import tables_wanted
from engine.reference.layout import SourceMember
from engine.reference.layouts import LAYOUTS, members, without_twins
from engine.reference.packaged import packaged_files
from engine.reference.reading import Progress
from engine.reference.store import ImportReport, import_files
from engine.reference.tables import OFFICIAL_TABLES
from engine.reference.verification import verify

OK, INVALID_DATA = 0, 3
Run = Callable[[argparse.Namespace], int]


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the parser ``data`` and its subcommands."""
    data = commands.add_parser("data", help="import and inspect reference data (NCCI, fee schedule, ICD-10-CM, …)")
    adder = data.add_subparsers(title="data commands", dest="data_command", required=True, metavar="COMMAND")

    def add(name: str, run: Run, explanation: str) -> argparse.ArgumentParser:
        parser = adder.add_parser(name, help=explanation, description=f"{explanation[0].upper()}{explanation[1:]}.")
        add_store_option(parser)
        parser.set_defaults(run=run)
        return parser

    importing = add("import", run_import, "import official files as downloaded (zip, txt, csv, xlsx, xml)")
    importing.add_argument("files", nargs="*", type=Path, metavar="FILE")
    importing.add_argument(
        "--packaged", action="store_true", help="also the ICD-10-CM tabular list that is installed with the product"
    )
    importing.add_argument("--imported-on", type=iso_date, metavar="DATE", help="the import date (default: today)")
    importing.add_argument("--again", action="store_true", help="read files again that were imported before")
    importing.add_argument(
        "--smaller",
        action="store_true",
        help="also take what looks like an excerpt: far fewer rows than the file or edition before",
    )

    status = add("status", run_status, "list what is loaded, and what is missing or incomplete")
    add_policies_option(status)

    show = add("show", run_show, "print everything the tables know of a code on a date")
    show.add_argument("code", metavar="CODE")
    pair = add("pair", run_pair, "print what the tables say of two codes together on a date")
    pair.add_argument("one", metavar="A")
    pair.add_argument("two", metavar="B")
    for parser in (show, pair):
        parser.add_argument("--on", type=iso_date, metavar="DATE", help="date of service (default: today)")
        parser.add_argument("--output", choices=("text", "json"), default="text")

    diff = add("diff", run_diff, "print what changed from one release of a table to another")
    diff.add_argument("older", metavar="RELEASE", help="table:release, such as ncci_ptp:2024q2")
    diff.add_argument("newer", metavar="RELEASE")
    diff.add_argument("--table", default="", metavar="T", help="the table, when RELEASE is given without it")
    diff.add_argument("--output", choices=("table", "csv", "json"), default="table")

    add("verify", run_verify, "check every row and every memory-mapped copy against its SHA-256")

    ready = add("readiness", run_readiness, "say which rules, tables and golden tests name codes that changed")
    for option, name in (("--from", "older"), ("--to", "newer")):
        ready.add_argument(
            option,
            dest=name,
            action="append",
            required=True,
            metavar="RELEASE",
            help="table:release, such as icd10cm:fy2025; may be given several times",
        )
    add_policies_option(ready)
    ready.add_argument("--output", choices=("text", "html"), default="text")


def iso_date(text: str) -> str:
    """Returns a date of the command line as ISO text; argparse reports what is none."""
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-01-31") from error


def run_import(arguments: argparse.Namespace) -> int:
    """Imports files and prints what came in."""
    files = [*arguments.files, *(packaged_files() if arguments.packaged else ())]
    if not files:
        raise UsageError("name the files to import, or --packaged for the ICD-10-CM that is installed with the product")
    imported_on = arguments.imported_on or datetime.date.today().isoformat()
    left_out: list[str] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with ProgressBar(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("reading", total=None)

        def report(progress: Progress) -> None:
            bar.update(task, description=f"{progress.file}: {progress.table}, {progress.rows:,} rows")

        def chosen(path: Path) -> Iterator[SourceMember]:
            kept, skipped = without_twins(members(path))
            left_out.extend(f"{item.member.name}: left out, {item.reason}" for item in skipped)
            yield from kept

        outcome = import_files(
            store_path(arguments),
            files,
            imported_on=imported_on,
            layouts=LAYOUTS,
            members=chosen,
            report=report,
            stopwatch=time.perf_counter,
            again=arguments.again,
            smaller=arguments.smaller,
        )
    console = result_console()
    _print_import(outcome, console)
    for said in left_out:
        console.print(said, highlight=False)
    return OK


def _print_import(outcome: ImportReport, console: Console) -> None:
    numbers = ("rows", "new keys", "changed", "gone", "seconds")
    table = result_table("table", "release", *numbers, "against", numbers=numbers)
    for item in outcome.imported:
        release = item.release
        if item.parts_present < item.parts_expected:
            release += f" ({item.parts_present} of {item.parts_expected} parts)"
        counts = (f"{count:,}" for count in (item.rows, item.added, item.changed, item.removed))
        table.add_row(item.table, release, *counts, f"{item.seconds:.1f}", item.before or "-")
    if outcome.imported:
        console.print(table)
    for item in outcome.imported:
        if item.before and item.removed > item.rows:
            warning = (
                f"{item.table} {item.release}: {item.rows:,} rows came, and {item.removed:,} keys of {item.before} are gone: "
                "is the file whole? Dates of its release are judged by it alone"
            )
            console.print(Text(warning, style="yellow"))
    for skipped in outcome.unchanged:
        console.print(f"{skipped.file}: nothing new, {skipped.reason}", highlight=False)


def run_status(arguments: argparse.Namespace) -> int:
    """Prints every release in force, the official tables without one, and what the given policies lack."""
    console = result_console()
    store = store_path(arguments)
    loaded, files = _catalogue(store)
    console.print(
        f"reference store {store}" if loaded else f"reference store {store}: nothing is loaded", highlight=False
    )
    in_force = sorted(
        (item for item in loaded if not item.replaced_by), key=lambda item: (item.table, item.coverage_from)
    )
    table = result_table(
        "table", "release", "covers", "published", "rows", "complete", "imported", "from", numbers=("rows",)
    )
    for item in in_force:
        names = dict.fromkeys(source.file_name for source in files if source.release_sequence == item.sequence)
        parts = "yes" if item.complete else f"{item.parts_present} of {item.parts_expected} parts"
        covers = f"{item.history_from or item.coverage_from} to {item.coverage_to or 'open'}"
        shown = (item.table, item.release, covers, item.published, f"{item.row_count:,}", parts, item.imported_on)
        table.add_row(*shown, ", ".join(names))
    if in_force:
        console.print(table)
    present = {item.table for item in in_force}
    missing = [table_id for table_id in OFFICIAL_TABLES if table_id not in present]
    if missing:
        console.print(f"not loaded: {', '.join(missing)}", highlight=False)
    _print_wants(policies_folder(arguments), in_force, console)
    return OK


def _catalogue(store: Path) -> tuple[list[Release], list[Source]]:
    if not store.exists():
        return [], []
    with contextlib.closing(connect_to_read(store)) as connection:
        return releases(connection), sources(connection)


def _print_wants(folder: Path, in_force: Sequence[Release], console: Console) -> None:
    """Prints which tables the policies read, whether they are there, and how many rules need each."""
    policies = load_policies(folder)
    written = {table.id: table for table in policies.tables}
    table = result_table("the policies want", "for rules", "they find", numbers=("for rules",))
    for name, readers in tables_wanted(policies).items():
        newest = max((item for item in in_force if item.table == name), key=lambda item: item.coverage_to, default=None)
        if newest is not None:
            found = f"{newest.release}{'' if newest.complete else ', incomplete'}"
        elif name in written and not written[name].official:
            sample = name in OFFICIAL_TABLES or not written[name].complete
            found = f"a sample ({written[name].place.file})" if sample else f"version {written[name].version}"
        else:
            found = "nothing: these rules are not evaluated"
        table.add_row(name, str(len(readers)), found)
    console.print(table)


def run_verify(arguments: argparse.Namespace) -> int:
    """Checks the store and prints what is wrong with it; exit code 3 when anything is."""
    console = result_console()
    damaged = 0
    for check in verify(store_path(arguments)):
        damaged += bool(check.faults)
        said = "; ".join(check.faults) or f"{check.rows:,} rows as imported"
        console.print(f"{'DAMAGED' if check.faults else 'ok':8}{check.release}: {said}", highlight=False)
        if check.note:
            console.print(f"        note: {check.note}", highlight=False)
    return INVALID_DATA if damaged else OK
