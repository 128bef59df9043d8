"""Gathers everything the tables know of one code, or of two codes together, on a date."""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from engine.model import TableUse
from engine.policy.types import ColumnType
from engine.reference.lookup import ReferenceLookup
from engine.reference.view import Row, RowKeys, TableSchema

_COUNTED = 20
_DIAGNOSIS = re.compile(r"[A-TV-Z][0-9][0-9AB](\.[0-9A-Z]{1,4})?")


class Known(msgspec.Struct, frozen=True):
    """What one table says: rows where they are few, else how many there are by the column that tells them apart.

    ``role`` is the key column the code stands in. ``counts`` are pairs of a description and a number of rows.
    """

    table: str
    title: str
    role: str
    use: TableUse
    rows: tuple[Row, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()


class Together(msgspec.Struct, frozen=True):
    """What one table says of two codes: rows valid on the date, and rows of other dates."""

    table: str
    title: str
    use: TableUse
    rows: tuple[Row, ...]
    other_dates: tuple[Row, ...]
    saying: str = ""


class Silent(msgspec.Struct, frozen=True):
    """A table that can say nothing of a date: the releases loaded (none, or none that reaches the date)."""

    table: str
    releases: tuple[str, ...]

    def text(self, on: str) -> str:
        """Returns it as a sentence."""
        loaded = f"loaded: {', '.join(self.releases)}" if self.releases else "nothing is loaded"
        return f"{self.table} has no release for {on} ({loaded})"


def silent_tables(view: ReferenceLookup, on: str, pairs: bool = False) -> list[Silent]:
    """Returns the tables without a release for a date: of the loaded ones, and of those that NCCI pairs come from.

    ``pairs`` leaves only tables that join two codes.
    """
    found = []
    for schema in view.schemas().values():
        if view.use(schema.id, on) is not None or (pairs and not _joins_two_codes(schema)):
            continue
        releases = tuple(edition.release for edition in view.editions(schema.id))
        if releases or schema.id == "ncci_ptp":
            found.append(Silent(schema.id, releases))
    return found


def is_diagnosis(code: str) -> bool:
    """Returns whether a code has the shape of an ICD-10-CM code with its dot (a category of three characters has none)."""
    return bool(_DIAGNOSIS.fullmatch(code))


def know(view: ReferenceLookup, code: str, on: str) -> list[Known]:
    """Returns what every table with a release for the date says of a code, in the order of their ids."""
    found: list[Known] = []
    for schema in view.schemas().values():
        use = view.use(schema.id, on)
        if use is None:
            continue
        for role in schema.key:
            known = _known_as(view, schema, role, code, on, use)
            if known is not None:
                found.append(known)
    return found


def _known_as(view: ReferenceLookup, schema: TableSchema, role: str, code: str, on: str, use: TableUse) -> Known | None:
    opened = view.opened(schema.id, on)
    if opened is None:
        return None
    dataset, day = opened
    positions = dataset.positions_of(role, code, day)
    if not positions:
        return None
    if len(positions) <= _COUNTED:
        rows = tuple(dataset.row_at(position) for position in positions)
        return Known(schema.id, schema.title, role, use, rows)
    teller = next((name for name in ("modifier_indicator", "type", "covered", "group") if name in schema.columns), "")
    tally = Counter(str(dataset.row_at(position).columns.get(teller, "")) for position in positions)
    counts = tuple((f"{teller} {value}".strip(), number) for value, number in sorted(tally.items()))
    return Known(schema.id, schema.title, role, use, (), counts)


def know_pair(view: ReferenceLookup, one: str, two: str, on: str) -> list[Together]:
    """Returns what every table fetched by two codes says of these two, in either order."""
    codes = tuple(sorted({one, two}))
    diagnoses = tuple(code for code in codes if is_diagnosis(code))
    keys = RowKeys(procedures=tuple(code for code in codes if code not in diagnoses), diagnoses=diagnoses)
    found: list[Together] = []
    for schema in view.schemas().values():
        use = view.use(schema.id, on)
        if use is None or not _joins_two_codes(schema):
            continue
        rows = tuple(view.rows(schema.id, keys, on))
        others: list[Row] = []
        for key in ((one, two), (two, one)):
            others += [row for row in view.history(schema.id, key) if row not in rows and schema.date_from]
        if rows or others:
            saying = " ".join(_ptp_saying(row) for row in rows) if schema.id.startswith("ncci_ptp") else ""
            found.append(Together(schema.id, schema.title, use, rows, tuple(others), saying))
    return found


def _joins_two_codes(schema: TableSchema) -> bool:
    coded = (ColumnType.CODE, ColumnType.CODE_RANGE, ColumnType.ICD10, ColumnType.ICD10_PREFIX)
    return sum(schema.columns[name] in coded for name in schema.key) == 2


def _ptp_saying(row: Row) -> str:
    minor, major = row.columns["column2"], row.columns["column1"]
    indicator = row.columns.get("modifier_indicator")
    if indicator == "0":
        return f"{minor} is never paid with {major} on one day; no modifier changes that."
    if indicator == "1":
        return f"{minor} is paid with {major} on one day only with a modifier that says why they are separate."
    return f"The edit of {minor} with {major} was taken back on the day it began."
