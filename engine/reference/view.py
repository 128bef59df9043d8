"""Defines what the engine asks of reference data: an immutable view of tables by service date.

``store.py`` and ``policy_table.py`` answer it; nothing past this module knows where rows live.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from engine.model import Scalar, TableUse
from engine.policy.types import ColumnType


class TableSchema(msgspec.Struct, frozen=True):
    """The columns of a table and the key it is fetched by.

    ``date_from``/``date_to`` name validity columns (``date_to`` is the last valid day, inclusive, in rows handed out).
    ``repeats`` says that several rows may share a key and a first day; elsewhere that is a contradiction.
    """

    id: str
    title: str
    columns: Mapping[str, ColumnType]
    key: tuple[str, ...]
    date_from: str = ""
    date_to: str = ""
    repeats: bool = False


class RowKeys(msgspec.Struct, frozen=True):
    """The codes on a claim that can fetch rows for one service date, each sorted and without repeats."""

    procedures: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    places_of_service: tuple[str, ...] = ()
    taxonomies: tuple[str, ...] = ()
    npis: tuple[str, ...] = ()
    revenue_codes: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row: its columns by name (empty cells left out) and its key as text."""

    columns: dict[str, Scalar]
    key: dict[str, str]


class Edition(msgspec.Struct, frozen=True):
    """One release that a table has: its name and the first and last service dates it was published for (inclusive)."""

    release: str
    coverage_from: str
    coverage_to: str
    complete: bool = True


class ReferenceView(Protocol):
    """An immutable view of every table a snapshot may use. Dates are ISO 8601 text.

    ``known_on`` (knowledge date) limits the view to releases imported or published by that day; empty means all.
    """

    def schemas(self) -> Mapping[str, TableSchema]:
        """Returns the schema of every table by id."""
        ...

    def use(self, table: str, on: str, known_on: str = "") -> TableUse | None:
        """Returns the release that judges a date (with ``stale`` and ``complete``), or None when there is none."""
        ...

    def rows(self, table: str, keys: RowKeys, on: str, known_on: str = "") -> Sequence[Row]:
        """Returns the rows valid on a date whose key is on the claim, in the order of their keys.

        A table whose key has two procedure (or two diagnosis) columns is fetched for every ordered pair of different
        codes; one with a procedure and a diagnosis column for every combination. Key columns of type text do not
        limit what is fetched. Returns nothing when there is no release.
        """
        ...

    def rows_of(
        self, tables: tuple[str, ...], keys: RowKeys, on: str, known_on: str = ""
    ) -> Iterable[tuple[str, TableUse, Sequence[Row]]]:
        """Returns what ``rows`` says of several tables, in their order, with their releases; tables without rows are left out."""
        ...

    def row(self, table: str, key: tuple[str, ...], on: str, known_on: str = "") -> Row | None:
        """Returns the row of a key valid on a date, or None; the first by key order when several match.

        A key may be cut short: its leading columns are enough.
        """
        ...

    def has(self, table: str, column: str, value: str, on: str, known_on: str = "") -> bool:
        """Returns whether a column holds a value on a date (ranges and prefixes match); False when there is no release."""
        ...

    def all_rows(self, table: str, on: str, known_on: str = "") -> Sequence[Row]:
        """Returns every row valid on a date, in key order; for small tables only (thousands of rows)."""
        ...

    def history(self, table: str, key: tuple[str, ...], known_on: str = "") -> Sequence[Row]:
        """Returns every row of a full key whatever its dates: from the newest release of a table that carries history,
        else from each release in turn; the oldest first."""
        ...

    def editions(self, table: str, known_on: str = "") -> Sequence[Edition]:
        """Returns the table's releases, the earliest coverage first."""
        ...

    def column_values(self, table: str, column: str, on: str, known_on: str = "") -> Collection[Scalar]:
        """Returns the distinct values of a column on a date."""
        ...

    def digest(self) -> str:
        """Returns the SHA-256 (``sha256:…``) of everything the view can answer."""
        ...
