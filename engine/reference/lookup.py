"""Answers the reference view: chooses the release that judges a date and searches its rows.

A table that carries its own history is judged by its newest release; any other by the release whose coverage began last
before the date. Both stop ``stale_days`` after the coverage ended: then there is no release, which is never "no row".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date

import msgspec

from engine.model import Scalar, TableUse
from engine.reference.block import RecentlyUsed
from engine.reference.dataset import Dataset
from engine.reference.shelf import Directory, Found, Shelf
from engine.reference.view import Edition, Row, RowKeys, TableSchema

_ALWAYS = "9999-12-31"
_SHELVES = 2000  # sets of tables and dates
_DIRECTORIES = 32  # sets of releases; service dates of a quarter share one


class Holding(msgspec.Struct):
    """One release as the view needs it. ``open`` gives its rows, once; days are ordinals, both ends included.

    ``known_from`` and ``known_to`` are the knowledge dates between which it was the one to use.
    """

    table: str
    release: str
    digest: str
    complete: bool
    coverage_from: str
    coverage_to: str
    carries_history: bool
    history_from: str
    known_from: str
    known_to: str
    sequence: int
    open: Callable[[], Dataset]
    in_force: bool = True
    dataset: Dataset | None = None

    def rows(self) -> Dataset:
        """Returns the rows, opened on first use."""
        if self.dataset is None:
            self.dataset = self.open()
        return self.dataset


Resolved = tuple[Holding, int, TableUse]


class ReferenceLookup:
    """An immutable view over releases and policy-written tables; see ``view.ReferenceView`` for what each answer means."""

    def __init__(
        self, schemas: Mapping[str, TableSchema], holdings: Mapping[str, Sequence[Holding]], stale_days: int
    ) -> None:
        self._schemas = dict(sorted(schemas.items()))
        self._holdings = {table: list(held) for table, held in holdings.items()}
        self._stale_days = stale_days
        self._resolved = RecentlyUsed(20_000)
        self._shelves = RecentlyUsed(_SHELVES)
        self._directories = RecentlyUsed(_DIRECTORIES)
        self._digest = ""

    def schemas(self) -> Mapping[str, TableSchema]:
        """Returns the schema of every table by id."""
        return self._schemas

    # ------------------------------------------------------------ choosing the release

    def _resolve(self, table: str, on: str, known_on: str) -> Resolved | None:
        asked = (table, on, known_on)
        found = self._resolved.get(asked)
        if found is None:
            found = self._choose(table, on, known_on) or ()
            self._resolved.keep(asked, found)
        return found or None

    def _choose(self, table: str, on: str, known_on: str) -> Resolved | None:
        if not on:
            return None
        day = date.fromisoformat(on).toordinal()
        known = self._known(table, known_on)
        suitable = [holding for holding in known if self._reaches(holding, on, day)]
        whole = [holding for holding in suitable if holding.complete] or suitable
        if not whole:
            return None
        chosen = max(whole, key=lambda held: (held.coverage_from, held.known_from, held.sequence))
        stale = bool(chosen.coverage_to) and on > chosen.coverage_to
        use = TableUse(table, chosen.release, chosen.digest, chosen.complete, stale)
        return chosen, day, use

    def _known(self, table: str, known_on: str) -> list[Holding]:
        held = self._holdings.get(table, [])
        if not known_on:
            return [holding for holding in held if holding.in_force]
        return [holding for holding in held if holding.known_from <= known_on < holding.known_to]

    def _reaches(self, holding: Holding, on: str, day: int) -> bool:
        begins = holding.history_from if holding.carries_history else holding.coverage_from
        if on < begins:
            return False
        if not holding.coverage_to:
            return True
        return day <= date.fromisoformat(holding.coverage_to).toordinal() + self._stale_days

    def use(self, table: str, on: str, known_on: str = "") -> TableUse | None:
        """Returns the release that judges a date (with ``stale`` and ``complete``), or None when there is none."""
        found = self._resolve(table, on, known_on)
        return found[2] if found else None

    def opened(self, table: str, on: str, known_on: str = "") -> tuple[Dataset, int] | None:
        """Returns the rows of the release that judges a date and the date as an ordinal, for commands that read widely."""
        found = self._resolve(table, on, known_on)
        return (found[0].rows(), found[1]) if found else None

    # ------------------------------------------------------------ rows

    def rows(self, table: str, keys: RowKeys, on: str, known_on: str = "") -> Sequence[Row]:
        """Returns the rows valid on a date whose key is on the claim, in the order of their keys."""
        found = self._resolve(table, on, known_on)
        return found[0].rows().rows(keys, found[1]) if found else ()

    def rows_of(self, tables: tuple[str, ...], keys: RowKeys, on: str, known_on: str = "") -> Iterable[Found]:
        """Returns the tables that have rows for the codes of a claim, in order, with their releases and rows."""
        asked = (tables, on, known_on)
        shelf: Shelf | None = self._shelves.get(asked)
        if shelf is None:
            shelf = self._shelf(tables, on, known_on)
            self._shelves.keep(asked, shelf)
        return shelf.rows(keys)

    def _shelf(self, tables: tuple[str, ...], on: str, known_on: str) -> Shelf:
        found = [entry for table in tables if (entry := self._resolve(table, on, known_on)) is not None]
        datasets = tuple(holding.rows() for holding, _, _ in found)
        releases = tuple(map(id, datasets))  # a directory keeps its datasets, so their ids stay theirs
        directory = self._directories.get(releases)
        if directory is None:
            directory = Directory(datasets)
            self._directories.keep(releases, directory)
        uses = tuple(use for _, _, use in found)
        return Shelf(tuple(use.table for use in uses), uses, found[0][1] if found else 0, directory)

    def row(self, table: str, key: tuple[str, ...], on: str, known_on: str = "") -> Row | None:
        """Returns the one row of a key valid on a date, or None; the first by key order when several match a prefix."""
        found = self._resolve(table, on, known_on)
        return found[0].rows().row(key, found[1]) if found else None

    def has(self, table: str, column: str, value: str, on: str, known_on: str = "") -> bool:
        """Returns whether a column holds a value on a date (ranges and prefixes match); False without a release."""
        found = self._resolve(table, on, known_on)
        return found[0].rows().has(column, value, found[1]) if found else False

    def all_rows(self, table: str, on: str, known_on: str = "") -> Sequence[Row]:
        """Returns every row valid on a date, in key order; for small tables only."""
        found = self._resolve(table, on, known_on)
        return found[0].rows().all_rows(found[1]) if found else ()

    def column_values(self, table: str, column: str, on: str, known_on: str = "") -> Collection[Scalar]:
        """Returns the distinct values of a column on a date."""
        found = self._resolve(table, on, known_on)
        return found[0].rows().values(column, found[1]) if found else ()

    def history(self, table: str, key: tuple[str, ...], known_on: str = "") -> Sequence[Row]:
        """Returns every row of a full key whatever its dates, the oldest first."""
        held = sorted(
            self._known(table, known_on), key=lambda item: (item.coverage_from, item.known_from, item.sequence)
        )
        if held and held[-1].carries_history:
            newest = [holding for holding in held if holding.complete] or held
            return newest[-1].rows().history(key)
        return [row for holding in held for row in holding.rows().history(key)]

    def editions(self, table: str, known_on: str = "") -> Sequence[Edition]:
        """Returns the table's releases, the earliest coverage first."""
        held = sorted(
            self._known(table, known_on), key=lambda item: (item.coverage_from, item.known_from, item.sequence)
        )
        return [Edition(item.release, item.coverage_from, item.coverage_to, item.complete) for item in held]

    def digest(self) -> str:
        """Returns the SHA-256 (``sha256:…``) of everything the view can answer."""
        if not self._digest:
            content = [
                (
                    table,
                    [
                        (
                            *(held.release, held.digest, held.complete, held.coverage_from, held.coverage_to),
                            *(held.carries_history, held.history_from, held.known_from, held.known_to, held.in_force),
                        )
                        for held in self._holdings[table]
                    ],
                )
                for table in sorted(self._holdings)
            ]
            packed = msgspec.msgpack.encode((self._stale_days, content))
            self._digest = "sha256:" + hashlib.sha256(packed).hexdigest()
        return self._digest


def end_of_knowledge() -> str:
    """Returns the knowledge date that never comes: until then, a release not replaced is the one to use."""
    return _ALWAYS
