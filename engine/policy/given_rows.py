"""Checks the rows that a golden test gives, and puts them into their table in the place of the rows with the same key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from engine.policy.check_tests import Complaint
from engine.policy.reader import meant
from engine.policy.tables import typed_value, wanted_value
from engine.policy.types import ColumnType, GivenRow, GoldenTest, Scalar, Table
from engine.reference.tables import OFFICIAL_TABLES

_STARTER = "starter"
_Cells = tuple[Scalar | None, ...]


def check_given(test: GoldenTest, tables: Mapping[str, Table], pins: Mapping[str, str], complain: Complaint) -> None:
    """Adds a problem for every row or table of a test's ``given`` and ``complete`` that cannot stand beside the policies' rows."""
    named = {row.table: row.place for row in test.given} | dict.fromkeys(test.complete, test.place)
    for table_id, place in named.items():
        if table_id not in tables:
            complain("E215", place, f"unknown table {table_id!r}", meant(table_id, tables))
        elif pins.get(table_id, _STARTER) != _STARTER:
            message = f"{table_id} is pinned to the release {pins[table_id]}, and rows are given beside the sample only"
            complain("E520", place, message, "give no row, or pin the table to starter")
    for row in test.given:
        table = tables.get(row.table)
        if table is not None:
            _check_row(row, table, complain)


def _check_row(row: GivenRow, table: Table, complain: Complaint) -> None:
    types = dict(_dated(table).columns)
    stated = dict(row.cells)
    for name, value in row.cells:
        if name not in types:
            complain("E203", row.place, f"unknown column {name!r} of table {table.id!r}", meant(name, types))
        elif value is not None and typed_value(value, types[name]) is None:
            complain("E502", row.place, f"{name} cannot be {value!r}", wanted_value(types[name]))
    names = [name for name, _ in table.columns]
    nameless = False
    for name in key_of(table):
        empty = any(cells[names.index(name)] is None for cells in table.rows)
        if stated.get(name) is None and not empty:
            nameless = True
            complain("E204", row.place, f"the row of {table.id} lacks {name!r}", "a row is found by its key: write it")
    if not nameless:
        _check_dates(row, _dated(table), complain)


def _check_dates(row: GivenRow, table: Table, complain: Complaint) -> None:
    """Complains of a row that is never valid, with the dates that it takes over from the row with its key."""
    made = dict(zip((name for name, _ in table.columns), _replaced(table, [row])[-1], strict=True))
    start, end = made.get(table.date_from), made.get(table.date_to)
    if start and end and (str(end) < str(start) or (end == start and not table.date_to_inclusive)):
        message = f"the row of {table.id} ends on {end}, before it begins on {start}"
        complain(
            "E508",
            row.place,
            message,
            "mend the dates; those that the row leaves out are those of the row with its key",
        )


def key_of(table: Table) -> tuple[str, ...]:
    """Returns the columns of a table's key that its rows beside the policies have."""
    official = OFFICIAL_TABLES.get(table.id)
    names = {name for name, _ in table.columns}
    return tuple(name for name in (official.key if official is not None else table.key) if name in names)


def stand_ins(test: GoldenTest, tables: Iterable[Table]) -> tuple[Table, ...]:
    """Returns the tables that a test changes: with its rows in the place of those with the same key, complete where it says so."""
    given: dict[str, list[GivenRow]] = defaultdict(list)
    for row in test.given:
        given[row.table].append(row)
    changed = given.keys() | set(test.complete)
    return tuple(
        _stand_in(table, given.get(table.id, ()), table.complete or table.id in test.complete)
        for table in tables
        if table.id in changed
    )


def _stand_in(table: Table, given: Sequence[GivenRow], complete: bool) -> Table:
    made = table
    if any(name in ("from", "to") for row in given for name, _ in row.cells):
        made = _dated(table)
    rows = _replaced(made, given)
    return msgspec.structs.replace(made, rows=rows, complete=complete, official=False, digest="")


def _dated(table: Table) -> Table:
    """Returns a table whose rows can be bounded by date: ``from`` and ``to`` stand in for releases where it has no dates."""
    if table.date_from or table.date_to or {"from", "to"} & dict(table.columns).keys():
        return table
    columns = (*table.columns, ("from", ColumnType.DATE), ("to", ColumnType.DATE))
    rows = tuple((*row, None, None) for row in table.rows)
    return msgspec.structs.replace(table, columns=columns, rows=rows, date_from="from", date_to="to")


def _replaced(table: Table, given: Sequence[GivenRow]) -> tuple[_Cells, ...]:
    """Returns a table's rows with those given in place; what a given row leaves out is as in the last row with its key."""
    names = [name for name, _ in table.columns]
    at = [names.index(name) for name in key_of(table)]
    written = {_key(cells, at): cells for cells in table.rows}
    rows: list[_Cells] = []
    for row in given:
        stated = {
            name: typed_value(value, kind) for name, kind in table.columns for own, value in row.cells if own == name
        }
        made = tuple(stated.get(name) for name in names)
        before = written.get(_key(made, at), made)
        rows.append(tuple(stated.get(name, cell) for name, cell in zip(names, before, strict=True)))
    replaced = {_key(cells, at) for cells in rows}
    return (*(cells for cells in table.rows if _key(cells, at) not in replaced), *rows)


def _key(cells: _Cells, at: Sequence[int]) -> _Cells:
    return tuple(cells[index] for index in at)
