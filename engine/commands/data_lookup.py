"""``claimrules data show`` and ``claimrules data pair``: what the loaded tables say of a code, or of two together."""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from engine.commands.console import result_console, result_table
from engine.commands.options import store_path
from engine.model import TableUse
from engine.reference import open_reference
from engine.reference.description import Known, Silent, Together, know, know_pair, silent_tables
from engine.reference.view import Row

DONE = 0
_WIDE = 8  # a table of more columns is printed with its columns as lines


def run_show(arguments: argparse.Namespace) -> int:
    """Prints everything the tables know of a code."""
    on = arguments.on or datetime.date.today().isoformat()
    code = arguments.code.upper()
    view = open_reference(store_path(arguments), ())
    found, silent = know(view, code, on), silent_tables(view, on)
    if arguments.output == "json":
        document = {"code": code, "on": on, "tables": [_known_document(item) for item in found]}
        print(json.dumps({**document, "no_release": [item.table for item in silent]}, indent=2))
        return DONE
    console = result_console()
    if not found:
        console.print(
            f"{code}: no loaded table has it on {on}; claimrules data status lists what is loaded", highlight=False
        )
        _print_silent(console, silent, on)
        return DONE
    console.print(f"{code} on {on}", highlight=False)
    for item in found:
        _heading(console, item.title, item.use, f", as {item.role}" if len(_keys(found, item.table)) > 1 else "")
        if item.rows:
            _print_rows(console, item.rows, code)
        for said, number in item.counts:
            console.print(f"  {number:,} rows {said}".rstrip(), highlight=False)
    _print_silent(console, silent, on)
    return DONE


def _print_silent(console: Console, silent: Sequence[Silent], on: str) -> None:
    """Says which tables could say nothing: no release is never no row."""
    for item in silent:
        console.print(Text(item.text(on), style="yellow"))


def _keys(found: Sequence[Known], table: str) -> set[str]:
    return {item.role for item in found if item.table == table}


def _known_document(item: Known) -> dict[str, object]:
    return {
        "table": item.table,
        "role": item.role,
        **_use_document(item.use),
        "rows": [row.columns for row in item.rows],
        "counts": dict(item.counts),
    }


def _use_document(use: TableUse) -> dict[str, object]:
    return {"release": use.release, "complete": use.complete, "stale": use.stale, "digest": use.digest}


def _heading(console: Console, title: str, use: TableUse, more: str) -> None:
    remarks = [use.release, *(["stale"] if use.stale else []), *([] if use.complete else ["incomplete"])]
    console.print(Text(f"\n{title}{more} ({', '.join(remarks)})", style="bold"))


def _print_rows(console: Console, rows: Sequence[Row], code: str) -> None:
    """Prints one row as lines of name and value, several as a table of the columns that any of them fills."""
    names = list(dict.fromkeys(name for row in rows for name in row.columns))
    if len(rows) == 1:
        for name, value in rows[0].columns.items():
            if str(value) != code:
                console.print(Text(f"  {name.replace('_', ' ')}: {shown(value)}"))
        return
    if len(names) > _WIDE:
        table = result_table("", *("" for _ in rows))
        for name in names:
            cells = (Text(shown(row.columns.get(name, ""))) for row in rows)
            table.add_row(name.replace("_", " "), *cells)
    else:
        table = result_table(*(name.replace("_", " ") for name in names))
        for row in rows:
            table.add_row(*(Text(shown(row.columns.get(name, ""))) for name in names))
    console.print(table)


def shown(value: object) -> str:
    """Returns a cell as it is printed: flags as yes and no."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def run_pair(arguments: argparse.Namespace) -> int:
    """Prints what the tables say of two codes together."""
    on = arguments.on or datetime.date.today().isoformat()
    one, two = arguments.one.upper(), arguments.two.upper()
    view = open_reference(store_path(arguments), ())
    found, silent = know_pair(view, one, two, on), silent_tables(view, on, pairs=True)
    if arguments.output == "json":
        print(
            json.dumps(
                {
                    "codes": [one, two],
                    "on": on,
                    "tables": [_together_document(item) for item in found],
                    "no_release": [item.table for item in silent],
                },
                indent=2,
            )
        )
        return DONE
    console = result_console()
    if not found:
        console.print(f"no table that has a release for {on} joins {one} and {two}", highlight=False)
        _print_silent(console, silent, on)
        return DONE
    console.print(f"{one} with {two} on {on}", highlight=False)
    for item in found:
        _heading(console, item.title, item.use, "")
        if item.saying:
            console.print(f"  {item.saying}", highlight=False)
        if item.rows:
            _print_rows(console, item.rows, "")
        else:
            console.print("  nothing on this date", highlight=False)
        if item.other_dates:
            console.print("  on other dates:", highlight=False)
            _print_rows(console, item.other_dates, "")
    _print_silent(console, silent, on)
    return DONE


def _together_document(item: Together) -> dict[str, object]:
    return {
        "table": item.table,
        **_use_document(item.use),
        "rows": [row.columns for row in item.rows],
        "other_dates": [row.columns for row in item.other_dates],
        "saying": item.saying,
    }
