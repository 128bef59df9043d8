"""Imports official files into the reference store: whole or not at all, once, without blocking readers.

Files are read and checked before the store is touched; then one transaction adds the releases. What is in the store is
never changed: an edition imported again with other rows, or completed by a further part, is catalogued anew and says
which release it replaces.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from engine.errors import InvalidDataError, Place, Problem, StoreError
from engine.reference.catalogue import (
    Release,
    blocks_of,
    connect_to_read,
    connect_to_write,
    digest_of,
    index_folder,
    open_dataset,
    releases,
    sources,
    write_index,
)
from engine.reference.dataset import Dataset
from engine.reference.difference import compare
from engine.reference.layout import Layout
from engine.reference.packing import merge, pack
from engine.reference.reading import PROBLEM_LIMIT, Members, Part, Progress, read_file, sha256_of


class Unchanged(msgspec.Struct, frozen=True):
    """A file, or one table of it, that brought nothing new: why."""

    file: str
    reason: str


class Imported(msgspec.Struct, frozen=True):
    """One release that an import added. Counts are of keys, against ``before`` (empty when it is the table's first)."""

    table: str
    release: str
    rows: int
    parts_present: int
    parts_expected: int
    before: str
    added: int
    changed: int
    removed: int
    repeated: int
    seconds: float
    replaces: bool


class ImportReport(msgspec.Struct, frozen=True):
    """What an import did; ``seconds`` are those of the stopwatch given."""

    imported: tuple[Imported, ...]
    unchanged: tuple[Unchanged, ...]


class _Planned(msgspec.Struct, frozen=True):
    """A release about to be catalogued: its parts by number (digest, rows, block), the whole, and what came before."""

    parts: dict[int, tuple[str, int, bytes]]
    read: tuple[Part, ...]
    whole: bytes
    digest: str
    replaces: Release | None
    outcome: Imported


def import_files(
    store: Path,
    files: Sequence[Path],
    *,
    imported_on: str,
    layouts: Mapping[str, Layout],
    members: Members,
    report: Callable[[Progress], None] = lambda _: None,
    stopwatch: Callable[[], float] = lambda: 0.0,
    again: bool = False,
) -> ImportReport:
    """Imports files as downloaded into a store, making it when needed; ``again`` reads files known by their SHA-256 too.

    Raises InvalidDataError (nothing is stored, whatever else was given) with the first fifty problems, and StoreError.
    """
    unchanged: list[Unchanged] = []
    parts: list[Part] = []
    seconds: dict[tuple[str, str], float] = {}
    problems: list[Problem] = []
    known = {} if again else _known_files(store)
    seen: dict[str, Path] = {}
    for path in files:
        sha256 = sha256_of(path)
        if sha256 in known or sha256 in seen:
            reason = f"imported before as {known[sha256]}" if sha256 in known else f"the same file as {seen[sha256]}"
            unchanged.append(Unchanged(path.name, reason))
            continue
        seen[sha256] = path
        started = stopwatch()
        try:
            found = read_file(path, sha256, layouts, members, report)
        except InvalidDataError as error:
            problems += error.problems
            continue
        for part in found:
            edition = (part.header.table, part.header.release)
            seconds[edition] = seconds.get(edition, 0.0) + (stopwatch() - started) / len(found)
        parts += found
    groups = _grouped(parts, problems)
    if problems:
        raise InvalidDataError("nothing was imported", problems[:PROBLEM_LIMIT])
    if not groups:
        return ImportReport((), tuple(unchanged))
    imported = _store(store, groups, imported_on, unchanged, seconds, stopwatch)
    return ImportReport(tuple(imported), tuple(unchanged))


def _known_files(store: Path) -> dict[str, str]:
    """Returns what each imported file became, by SHA-256."""
    if not store.exists():
        return {}
    with contextlib.closing(connect_to_read(store)) as connection:
        named = {release.sequence: f"{release.table}:{release.release}" for release in releases(connection)}
        known: dict[str, list[str]] = {}
        for source in sources(connection):
            became = known.setdefault(source.file_sha256, [])
            if named[source.release_sequence] not in became:
                became.append(named[source.release_sequence])
    return {sha256: ", ".join(became) for sha256, became in known.items()}


def _grouped(parts: Sequence[Part], problems: list[Problem]) -> list[list[Part]]:
    """Groups parts by edition; twins (csv and txt of one file) must hold the same rows."""
    groups: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        group = groups.setdefault((part.header.table, part.header.release), [])
        twin = next((other for other in group if other.header.part == part.header.part), None)
        if twin is not None and twin.digest != part.digest:
            difference = compare(Dataset(twin.block), Dataset(part.block))
            keys = [*difference.added, *difference.removed, *difference.changed]
            shown = ", ".join("/".join(key) for key in keys[:5])
            problems.append(
                Problem(
                    "E604",
                    f"{part.header.table}:{part.header.release} says something else than {twin.member}: "
                    f"{len(keys)} keys differ ({shown})",
                    Place(f"{part.file}!{part.member}"),
                    "give one of them",
                )
            )
        group.append(part)
    return list(groups.values())


def _store(
    store: Path,
    groups: Sequence[Sequence[Part]],
    imported_on: str,
    unchanged: list[Unchanged],
    seconds: Mapping[tuple[str, str], float],
    stopwatch: Callable[[], float],
) -> list[Imported]:
    """Plans what to add against what is there, then adds it; plans anew when another import came between."""
    while True:
        skipped: list[Unchanged] = []
        planned, at_sequence = _plans(store, groups, skipped, seconds, stopwatch)
        if planned and not _commit(store, planned, imported_on, at_sequence):
            continue
        unchanged += skipped
        return [plan.outcome for plan in planned]


def _plans(
    store: Path,
    groups: Sequence[Sequence[Part]],
    unchanged: list[Unchanged],
    seconds: Mapping[tuple[str, str], float],
    stopwatch: Callable[[], float],
) -> tuple[list[_Planned], int]:
    if not store.exists():
        catalogued: list[Release] = []
        connection = None
    else:
        connection = connect_to_read(store)
        catalogued = releases(connection)
    planned = []
    try:
        for group in groups:
            header = group[0].header
            plan = _plan(
                store, connection, catalogued, group, seconds.get((header.table, header.release), 0), stopwatch
            )
            if plan is None:
                reason = f"{header.table}:{header.release} has these rows already"
                unchanged += [Unchanged(part.file.name, reason) for part in group]
            else:
                planned.append(plan)
    finally:
        if connection is not None:
            connection.close()
    return planned, max((release.sequence for release in catalogued), default=0)


def _plan(
    store: Path,
    connection: sqlite3.Connection | None,
    catalogued: Sequence[Release],
    group: Sequence[Part],
    seconds: float,
    stopwatch: Callable[[], float],
) -> _Planned | None:
    """Returns what to add for one edition, or None when the store has it. Raises InvalidDataError for parts that clash."""
    started = stopwatch()
    header = group[0].header
    in_force = [item for item in catalogued if item.table == header.table and not item.replaced_by]
    present = next((item for item in in_force if item.release == header.release), None)
    parts: dict[int, tuple[str, int, bytes]] = {}
    if present is not None and connection is not None and (present.parts_expected > 1) == (header.parts > 1):
        for number, digest, block in blocks_of(connection, present.sequence):
            parts[number] = (digest, len(Dataset(block)), block)
    fresh = {part.header.part: (part.digest, len(Dataset(part.block)), part.block) for part in group}
    if all(number in parts and parts[number][0] == new[0] for number, new in fresh.items()):
        return None
    parts |= fresh
    whole = _whole(parts, group)
    dataset = Dataset(whole)
    before = present or _before(in_force, header.coverage_from)
    if before is not None:
        difference = compare(open_dataset(store, before), dataset)
        counts = (len(difference.added), len(difference.changed), len(difference.removed))
    else:
        counts = (len(dataset), 0, 0)
    outcome = Imported(
        table=header.table,
        release=header.release,
        rows=len(dataset),
        parts_present=len(parts),
        parts_expected=max(header.parts, 1),
        before=f"{before.table}:{before.release}" if before else "",
        added=counts[0],
        changed=counts[1],
        removed=counts[2],
        repeated=sum(part.repeated for part in group),
        seconds=seconds + stopwatch() - started,
        replaces=present is not None,
    )
    return _Planned(parts, tuple(group), whole, digest_of(whole), present, outcome)


def _before(in_force: Sequence[Release], coverage_from: str) -> Release | None:
    earlier = [release for release in in_force if release.coverage_from < coverage_from]
    return max(earlier, key=lambda release: (release.coverage_from, release.published), default=None)


def _whole(parts: Mapping[int, tuple[str, int, bytes]], group: Sequence[Part]) -> bytes:
    """Returns the parts of an edition as one block. Raises InvalidDataError when they contradict one another."""
    if len(parts) == 1:
        return next(iter(parts.values()))[2]
    datasets = [Dataset(parts[number][2]) for number in sorted(parts)]
    block, _, clashes = pack(merge([dataset.unpacked(dataset.schema) for dataset in datasets]), PROBLEM_LIMIT)
    if clashes:
        header = group[0].header
        raise InvalidDataError(
            f"{header.table}:{header.release} was refused: its parts contradict one another",
            [
                Problem(
                    "E604",
                    f"{'/'.join(clash.key)} from {clash.first or 'the start'} has two different rows in the parts",
                    Place(str(group[0].file)),
                    "give the parts of one edition",
                )
                for clash in clashes
            ],
        )
    return block


def _commit(store: Path, planned: Sequence[_Planned], imported_on: str, at_sequence: int) -> bool:
    """Adds the planned releases in one transaction; returns False when another import came first."""
    with contextlib.closing(connect_to_write(store)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            newest = connection.execute("SELECT coalesce(max(sequence), 0) FROM release").fetchone()[0]
            if newest != at_sequence:
                connection.execute("ROLLBACK")
                return False
            for plan in planned:
                write_index(store, plan.digest, plan.whole)
                _insert(connection, plan, imported_on)
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise StoreError(f"{store}: the import could not be written, nothing was added: {error}") from error
        _remove_unused_indexes(store, connection)
    return True


def _insert(connection: sqlite3.Connection, plan: _Planned, imported_on: str) -> None:
    header = plan.read[0].header
    replaced = plan.replaces
    if replaced is not None:  # frees the name in force; its successor is filled in below
        connection.execute("UPDATE release SET replaced_by = 0 WHERE sequence = ?", (replaced.sequence,))
    cursor = connection.execute(
        "INSERT INTO release (table_id, release, published, coverage_from, coverage_to, carries_history, history_from,"
        " parts_expected, parts_present, imported_on, row_count, digest, index_size, replaces)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(header.table, header.release, header.published, header.coverage_from, header.coverage_to),
            *(header.carries_history, header.history_from, max(header.parts, 1), len(plan.parts), imported_on),
            *(plan.outcome.rows, plan.digest, len(plan.whole), replaced.sequence if replaced else None),
        ),
    )
    sequence = cursor.lastrowid
    fresh = {part.header.part for part in plan.read}
    for number, (digest, rows, block) in plan.parts.items():
        connection.execute(
            "INSERT OR IGNORE INTO block VALUES (?, ?, ?)", (digest, len(block), zlib.compress(block, level=1))
        )
        connection.execute("INSERT INTO part VALUES (?, ?, ?, ?)", (sequence, number, digest, rows))
    for part in plan.read:
        row = (sequence, part.header.part, part.file.name, part.file_sha256, part.member, part.layout, part.row_count)
        connection.execute("INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    if replaced is not None:
        connection.execute("UPDATE release SET replaced_by = ? WHERE sequence = ?", (sequence, replaced.sequence))
        for number in plan.parts.keys() - fresh:
            connection.execute(
                "INSERT INTO source SELECT ?, part, file_name, file_sha256, member, layout, row_count FROM source"
                " WHERE release_sequence = ? AND part = ?",
                (sequence, replaced.sequence, number),
            )


def _remove_unused_indexes(store: Path, connection: sqlite3.Connection) -> None:
    """Removes copies that no release in force uses, and what a crash left half written; whoever has them open keeps them."""
    connection.execute("BEGIN IMMEDIATE")  # no other import is writing its copies meanwhile
    used = {
        digest.removeprefix("sha256:")
        for (digest,) in connection.execute("SELECT digest FROM release WHERE replaced_by IS NULL")
    }
    for path in index_folder(store).iterdir():
        if path.name.startswith(".writing-") or (path.suffix == ".index" and path.stem not in used):
            with contextlib.suppress(OSError):
                path.unlink()
    connection.execute("ROLLBACK")
