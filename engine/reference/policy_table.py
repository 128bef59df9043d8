"""Turns a table written beside the policies into a searchable dataset; a table with an official id is a starter sample."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from engine.errors import InvalidPolicyError, Problem
from engine.model import Scalar
from engine.policy.types import Table
from engine.reference.catalogue import digest_of
from engine.reference.collecting import collect
from engine.reference.dataset import Dataset
from engine.reference.lookup import Holding, end_of_knowledge
from engine.reference.packing import pack
from engine.reference.tables import OFFICIAL_TABLES
from engine.reference.view import TableSchema

STARTER = "starter"


def schema_of(table: Table) -> TableSchema:
    """Returns the schema of a policy-written table; a starter's columns are fetched by the key of the official table."""
    official = OFFICIAL_TABLES.get(table.id)
    key = official.key if official is not None else table.key
    columns = dict(table.columns)
    if official is not None:
        columns = {name: official.columns.get(name, kind) for name, kind in columns.items()}
        columns.update({name: official.columns[name] for name in key if name not in columns})
    return TableSchema(table.id, table.title, columns, key, table.date_from, table.date_to, repeats=True)


def dataset_of(table: Table) -> Dataset:
    """Packs a table's rows in memory, their last days made inclusive. Raises InvalidPolicyError for cells that do not fit."""
    schema = schema_of(table)
    names = [name for name, _ in table.columns]
    to_at = names.index(table.date_to) if table.date_to and not table.date_to_inclusive else -1
    missing = [None] * (len(schema.columns) - len(names))
    try:
        rows = [(*_with_last_day(row, to_at), *missing) for row in table.rows]
        block, _, _ = pack(collect(schema, rows, lambda _: None))
    except ValueError as error:
        problem = Problem("E621", str(error), table.place, "write a value of the column's type")
        raise InvalidPolicyError(f"table {table.id} cannot be used", [problem]) from error
    return Dataset(block)


def _with_last_day(row: Sequence[Scalar | None], to_at: int) -> tuple[Scalar | None, ...]:
    if to_at < 0 or row[to_at] is None or row[to_at] == "":
        return tuple(row)
    last = date.fromisoformat(str(row[to_at])) - timedelta(days=1)
    return (*row[:to_at], last.isoformat(), *row[to_at + 1 :])


def holding_of(table: Table) -> Holding:
    """Returns a policy-written table as a release without bounds, known from the beginning."""
    official = table.id in OFFICIAL_TABLES
    dataset = dataset_of(table)
    return Holding(
        table=table.id,
        release=STARTER if official else table.version,
        digest=table.digest or digest_of(bytes(dataset.content)),
        complete=table.complete,
        coverage_from="",
        coverage_to="",
        carries_history=False,
        history_from="",
        known_from="",
        known_to=end_of_knowledge(),
        sequence=0,
        open=lambda: dataset,
        dataset=dataset,
    )


def check_tables(tables: Sequence[Table]) -> None:
    """Raises InvalidPolicyError when two tables have one id, or a starter sample does not fit the official table."""
    problems: list[Problem] = []
    seen: dict[str, Table] = {}
    for table in tables:
        if table.id in seen:
            spot = seen[table.id].place
            problems.append(
                Problem(
                    "E622",
                    f"table {table.id} is written twice",
                    table.place,
                    f"the other is in {spot.file}:{spot.line}",
                )
            )
        seen[table.id] = table
        official = OFFICIAL_TABLES.get(table.id)
        if official is None or table.official:
            continue
        names = {name for name, _ in table.columns}
        unknown = sorted(names - set(official.columns) - {table.date_from, table.date_to})
        if unknown:
            problems.append(
                Problem(
                    "E623",
                    f"the sample of {table.id} has columns the official table lacks: {', '.join(unknown)}",
                    table.place,
                    f"its columns are {', '.join(official.columns)}",
                )
            )
    if problems:
        raise InvalidPolicyError("tables beside the policies cannot be used", problems)
