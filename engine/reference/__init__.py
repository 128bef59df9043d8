"""Reads official files into a dated store and answers what was in force on a date of service."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from engine.policy.types import Table
from engine.reference.catalogue import Release, connect_to_read, open_dataset, releases
from engine.reference.lookup import Holding, ReferenceLookup, end_of_knowledge
from engine.reference.policy_table import check_tables, holding_of, schema_of
from engine.reference.tables import OFFICIAL_TABLES
from engine.reference.view import ReferenceView

__all__ = ["ReferenceLookup", "ReferenceView", "open_reference"]

Knowledge = Literal["published", "imported"]


def open_reference(
    store_path: Path | None, tables: Sequence[Table], *, stale_days: int = 400, knowledge: Knowledge = "published"
) -> ReferenceLookup:
    """Opens an immutable view of a store (None: no store) and of the tables written beside the policies.

    ``stale_days`` is how long past its coverage a release still judges. ``knowledge`` says what ``known_on`` asks:
    which releases were published by that day, or which had been imported by then. Raises StoreError when the store
    cannot be read and InvalidPolicyError for tables that do not fit.
    """
    check_tables(tables)
    schemas = dict(OFFICIAL_TABLES)
    holdings: dict[str, list[Holding]] = {}
    if store_path is not None:
        with contextlib.closing(connect_to_read(store_path)) as connection:
            catalogued = releases(connection)
        successors = {release.sequence: release for release in catalogued}
        for release in catalogued:
            holdings.setdefault(release.table, []).append(_holding(store_path, release, successors, knowledge))
    for table in tables:
        if table.id not in OFFICIAL_TABLES:
            schemas[table.id] = schema_of(table)
        if not table.official and table.id not in holdings:
            holdings[table.id] = [holding_of(table)]
    return ReferenceLookup(schemas, holdings, stale_days)


def _holding(store: Path, release: Release, by_sequence: dict[int, Release], knowledge: Knowledge) -> Holding:
    known_to = end_of_knowledge()
    known_from = release.published or release.coverage_from
    if knowledge == "imported":
        known_from = release.imported_on
    if release.replaced_by:
        # What replaced it tells the same edition more correctly, so a published edition is always its newest import.
        known_to = by_sequence[release.replaced_by].imported_on if knowledge == "imported" else ""
    return Holding(
        table=release.table,
        release=release.release,
        digest=release.digest,
        complete=release.complete,
        coverage_from=release.coverage_from,
        coverage_to=release.coverage_to,
        carries_history=release.carries_history,
        history_from=release.history_from,
        known_from=known_from,
        known_to=known_to,
        sequence=release.sequence,
        open=lambda: open_dataset(store, release),
        in_force=not release.replaced_by,
    )
