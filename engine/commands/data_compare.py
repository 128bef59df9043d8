"""``claimrules data diff`` and ``readiness``: what changed between releases, and what that asks of the policies."""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import sys
from pathlib import Path

import msgspec
from rich.table import Table
from rich.text import Text

from engine.commands.console import result_console
from engine.commands.data_lookup import shown
from engine.commands.options import policies_folder, store_path
from engine.errors import UsageError
from engine.policy import load_policies
from engine.reference.catalogue import Release, connect_to_read, open_dataset, releases
from engine.reference.dataset import Dataset
from engine.reference.difference import Difference, Key, compare
from engine.reference.readiness import readiness
from engine.reference.readiness_report import report_html, report_text
from engine.reference.view import Row

_SHOWN = 50


class Compared(msgspec.Struct, frozen=True):
    """Two releases of one table with their rows and what differs."""

    older: Release
    newer: Release
    old_rows: Dataset
    new_rows: Dataset
    difference: Difference


def find_release(store: Path, named: str, table: str = "") -> Release:
    """Returns the release in force that ``table:release`` names (a bare release with ``table``). Raises UsageError."""
    owner, colon, release = named.partition(":")
    if not colon:
        owner, release = table, named
    if not owner:
        raise UsageError(f"{named}: write a release as table:release, such as ncci_ptp:2024q2, or give --table")
    with contextlib.closing(connect_to_read(store)) as connection:
        in_force = [item for item in releases(connection) if not item.replaced_by]
    found = next((item for item in in_force if (item.table, item.release) == (owner, release)), None)
    if found is None:
        loaded = [f"{item.table}:{item.release}" for item in in_force if item.table == owner]
        known = ", ".join(loaded) or "none of this table; claimrules data status lists what is loaded"
        raise UsageError(f"{owner}:{release} is not in the store (there is {known})")
    return found


def compare_releases(store: Path, old_name: str, new_name: str, table: str = "") -> Compared:
    """Compares two releases of one table by name. Raises UsageError when they are not of one table."""
    older, newer = find_release(store, old_name, table), find_release(store, new_name, table)
    if older.table != newer.table:
        raise UsageError(f"{old_name} and {new_name} are releases of different tables")
    old_rows, new_rows = open_dataset(store, older), open_dataset(store, newer)
    return Compared(older, newer, old_rows, new_rows, compare(old_rows, new_rows))


def run_diff(arguments: argparse.Namespace) -> int:
    """Prints the difference of two releases."""
    compared = compare_releases(store_path(arguments), arguments.older, arguments.newer, arguments.table)
    {"table": _print_table, "csv": _print_csv, "json": _print_json}[arguments.output](compared)
    return 0


def _groups(compared: Compared) -> list[tuple[str, tuple[Key, ...]]]:
    difference = compared.difference
    return [("added", difference.added), ("removed", difference.removed), ("changed", difference.changed)]


def _print_table(compared: Compared) -> None:
    console = result_console()
    older, newer = compared.older, compared.newer
    console.print(f"{older.table}: {older.release} to {newer.release}", highlight=False)
    for name, keys in _groups(compared):
        console.print(f"{len(keys):,} {name}", highlight=False)
        if not keys:
            continue
        table = Table(*(column.replace("_", " ") for column in compared.new_rows.header.key), "what")
        for key in keys[:_SHOWN]:
            table.add_row(*key, Text(_what(compared, name, key)))
        console.print(table)
        if len(keys) > _SHOWN:
            console.print(f"and {len(keys) - _SHOWN:,} more; --output csv or json lists all", highlight=False)


def _what(compared: Compared, name: str, key: Key) -> str:
    if name != "changed":
        rows = compared.new_rows if name == "added" else compared.old_rows
        return "; ".join(_cells(row) for row in rows.history(key))
    before, after = compared.old_rows.history(key), compared.new_rows.history(key)
    gone = [row for row in before if row not in after]
    new = [row for row in after if row not in before]
    if len(gone) == len(new) == 1:
        return ", ".join(_column_changes(gone[0], new[0]))
    return (
        f"{'; '.join(_cells(row) for row in gone) or 'nothing'} → {'; '.join(_cells(row) for row in new) or 'nothing'}"
    )


def _cells(row: Row) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {shown(value)}" for name, value in row.columns.items() if name not in row.key
    )


def _column_changes(before: Row, after: Row) -> list[str]:
    names = dict.fromkeys([*before.columns, *after.columns])
    changed = [(name, before.columns.get(name, "-"), after.columns.get(name, "-")) for name in names]
    return [f"{name.replace('_', ' ')} {shown(old)} → {shown(new)}" for name, old, new in changed if old != new]


def _print_csv(compared: Compared) -> None:
    """Writes a line for every row that only one of the releases has."""
    names = list(compared.new_rows.header.columns)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["change", "release", *names])
    for change, keys in _groups(compared):
        for key in keys:
            before, after = compared.old_rows.history(key), compared.new_rows.history(key)
            gone = [(compared.older.release, row) for row in before if row not in after]
            new = [(compared.newer.release, row) for row in after if row not in before]
            for release, row in [*gone, *new]:
                writer.writerow([change, release, *(row.columns.get(name, "") for name in names)])


def _print_json(compared: Compared) -> None:
    document: dict[str, object] = {
        "table": compared.older.table,
        "from": compared.older.release,
        "to": compared.newer.release,
    }
    for change, keys in _groups(compared):
        document[change] = [
            {
                "key": dict(zip(compared.new_rows.header.key, key, strict=True)),
                "before": [row.columns for row in compared.old_rows.history(key)],
                "after": [row.columns for row in compared.new_rows.history(key)],
            }
            for key in keys
        ]
    print(json.dumps(document, indent=2))


def run_readiness(arguments: argparse.Namespace) -> int:
    """Prints which rules, tables and golden tests name codes that changed between releases."""
    if len(arguments.older) != len(arguments.newer):
        raise UsageError(
            "give as many --from as --to: each --from RELEASE is compared with the --to RELEASE in its place"
        )
    store = store_path(arguments)
    compared = []
    for old_name, new_name in zip(arguments.older, arguments.newer, strict=True):
        older, newer = find_release(store, old_name), find_release(store, new_name)
        if older.table != newer.table:
            raise UsageError(f"{old_name} and {new_name} are releases of different tables")
        compared.append((older, newer, open_dataset(store, older), open_dataset(store, newer)))
    policies = load_policies(policies_folder(arguments))
    found = readiness(compared, policies, lambda name: Path(name).read_text(encoding="utf-8"))
    print((report_html if arguments.output == "html" else report_text)(found), end="")
    return 0
