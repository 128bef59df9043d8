"""Limits reference data to the releases a tests file pins, so that a data update never looks like a policy regression."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from engine.errors import StoreError
from engine.model import Scalar, TableUse
from engine.policy.types import Table
from engine.reference import open_reference
from engine.reference.catalogue import Release, connect_to_read, open_dataset, releases
from engine.reference.lookup import Holding, ReferenceLookup, end_of_knowledge
from engine.reference.policy_table import STARTER
from engine.reference.view import Edition, ReferenceView, Row, RowKeys, TableSchema

_STALE_DAYS = 400


class MissingReleaseError(StoreError):
    """A pinned release that the store does not hold."""


class PinnedView:
    """Answers each pinned table from its release in the store, and every other from the tables beside the policies alone."""

    def __init__(self, beside: ReferenceView, stored: ReferenceView, pinned: Collection[str]) -> None:
        self._beside = beside
        self._stored = stored
        self._pinned = frozenset(pinned)

    def _view(self, table: str) -> ReferenceView:
        return self._stored if table in self._pinned else self._beside

    def schemas(self) -> Mapping[str, TableSchema]:
        """Returns the schema of every table by id."""
        return {table: self._view(table).schemas()[table] for table in self._beside.schemas()}

    def use(self, table: str, on: str, known_on: str = "") -> TableUse | None:
        """Returns the release that judges a date, or None."""
        return self._view(table).use(table, on, known_on)

    def rows(self, table: str, keys: RowKeys, on: str, known_on: str = "") -> Sequence[Row]:
        """Returns the rows valid on a date whose key is on the claim."""
        return self._view(table).rows(table, keys, on, known_on)

    def rows_of(
        self, tables: tuple[str, ...], keys: RowKeys, on: str, known_on: str = ""
    ) -> Iterable[tuple[str, TableUse, Sequence[Row]]]:
        """Returns the tables with rows for the codes of a claim, in order, with their releases and rows."""
        for table in tables:
            yield from self._view(table).rows_of((table,), keys, on, known_on)

    def row(self, table: str, key: tuple[str, ...], on: str, known_on: str = "") -> Row | None:
        """Returns the one row of a key valid on a date, or None."""
        return self._view(table).row(table, key, on, known_on)

    def has(self, table: str, column: str, value: str, on: str, known_on: str = "") -> bool:
        """Returns whether a column holds a value on a date."""
        return self._view(table).has(table, column, value, on, known_on)

    def all_rows(self, table: str, on: str, known_on: str = "") -> Sequence[Row]:
        """Returns every row valid on a date."""
        return self._view(table).all_rows(table, on, known_on)

    def history(self, table: str, key: tuple[str, ...], known_on: str = "") -> Sequence[Row]:
        """Returns every row of a full key whatever its dates."""
        return self._view(table).history(table, key, known_on)

    def editions(self, table: str, known_on: str = "") -> Sequence[Edition]:
        """Returns the table's releases."""
        return self._view(table).editions(table, known_on)

    def column_values(self, table: str, column: str, on: str, known_on: str = "") -> Collection[Scalar]:
        """Returns the distinct values of a column on a date."""
        return self._view(table).column_values(table, column, on, known_on)

    def digest(self) -> str:
        """Returns the digest of the tables beside the policies and of the pinned releases."""
        return f"{self._beside.digest()} {self._stored.digest()}"


def pinned_view(tables: Sequence[Table], store: Path | None, pins: Mapping[str, str]) -> ReferenceView:
    """Opens the reference view that a tests file pins: ``starter`` and tables without a pin come from beside the policies.

    Raises MissingReleaseError, naming every pin that the store does not hold, and StoreError for a store that cannot be read.
    """
    beside = open_reference(None, tables)
    wanted = {table: release for table, release in pins.items() if release != STARTER}
    schemas = beside.schemas()
    problems = [f"there is no table {table}" for table in sorted(pins) if table not in schemas]
    problems += [
        f"{table} has no sample beside the policies"
        for table in sorted(pins.keys() & schemas.keys() - wanted.keys())
        if not beside.editions(table)
    ]
    if problems:
        raise MissingReleaseError("; ".join(problems))
    if not wanted:
        return beside
    holdings = _holdings(store, wanted)
    stored = ReferenceLookup(schemas, holdings, _STALE_DAYS)
    return PinnedView(beside, stored, wanted)


def _holdings(store: Path | None, wanted: Mapping[str, str]) -> dict[str, list[Holding]]:
    named = ", ".join(f"{table} {release}" for table, release in sorted(wanted.items()))
    if store is None or not store.exists():
        raise MissingReleaseError(f"{named}: there is no reference store; name one with --store")
    with contextlib.closing(connect_to_read(store)) as connection:
        held = {(r.table, r.release): r for r in releases(connection) if not r.replaced_by}
    missing = [f"{table} {release}" for table, release in sorted(wanted.items()) if (table, release) not in held]
    if missing:
        raise MissingReleaseError(
            f"the store {store} does not hold {', '.join(missing)}; import it with `claimrules data import`"
        )
    return {table: [_holding(store, held[(table, release)])] for table, release in wanted.items()}


def _holding(store: Path, release: Release) -> Holding:
    return Holding(
        table=release.table,
        release=release.release,
        digest=release.digest,
        complete=release.complete,
        coverage_from=release.coverage_from,
        coverage_to=release.coverage_to,
        carries_history=release.carries_history,
        history_from=release.history_from,
        known_from="",
        known_to=end_of_knowledge(),
        sequence=release.sequence,
        open=lambda: open_dataset(store, release),
    )
