"""Imports official files into the reference store: whole or not at all, once, without blocking readers.

Files are read and checked before the store is touched; then one transaction adds the releases. What is in the store is
never changed: an edition imported again with other rows, or completed by a further part, is catalogued anew and says
which release it replaces.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from engine.errors import InvalidDataError, Place, Problem, StoreError
from engine.reference.catalogue import (
    Release,
    StoredBlock,
    blocks_of,
    connect_to_read,
    connect_to_write,
    digest_of,
    index_folder,
    insert_release,
    open_dataset,
    put_together,
    releases,
    sources,
    write_index,
)
from engine.reference.dataset import Dataset
from engine.reference.difference import compare
from engine.reference.layout import Layout
from engine.reference.packing import Clash
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
    """A release about to be catalogued (its sequence still 0): its parts by number and what was read of it now.

    Its rows already lie in the folder of memory-mapped copies.
    """

    release: Release
    parts: dict[int, StoredBlock]
    read: tuple[Part, ...]
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
    smaller: bool = False,
) -> ImportReport:
    """Imports files as downloaded into a store, making it when needed; ``again`` reads files known by their SHA-256 too.

    ``smaller`` takes what looks like an excerpt, which is refused otherwise: less than half the rows of the file that it replaces, or
    an edition in which more keys of the one before are gone than it has rows.
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
    imported = _store(store, groups, imported_on, unchanged, seconds, stopwatch, smaller)
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
            difference = compare(Dataset(_stored(twin).content()), Dataset(_stored(part).content()))
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
    return sorted(groups.values(), key=lambda group: (group[0].header.table, group[0].header.coverage_from))


def _store(
    store: Path,
    groups: Sequence[Sequence[Part]],
    imported_on: str,
    unchanged: list[Unchanged],
    seconds: Mapping[tuple[str, str], float],
    stopwatch: Callable[[], float],
    smaller: bool,
) -> list[Imported]:
    """Plans what to add against what is there, then adds it; plans anew when another import came between."""
    folder = index_folder(store)
    existed = folder.is_dir()
    copies_before = set(folder.iterdir()) if existed else set()
    try:
        while True:
            skipped: list[Unchanged] = []
            planned, at_sequence = _plans(store, groups, skipped, imported_on, seconds, stopwatch, smaller)
            if not planned or _commit(store, planned, at_sequence):
                break
    except BaseException:
        with contextlib.suppress(OSError):
            for path in set(folder.iterdir()) - copies_before:
                path.unlink()
            if not existed:
                folder.rmdir()
        raise
    unchanged += skipped
    return [plan.outcome for plan in planned]


def _plans(
    store: Path,
    groups: Sequence[Sequence[Part]],
    unchanged: list[Unchanged],
    imported_on: str,
    seconds: Mapping[tuple[str, str], float],
    stopwatch: Callable[[], float],
    smaller: bool,
) -> tuple[list[_Planned], int]:
    """Returns what to add, and the newest import it was planned against."""
    planned: list[_Planned] = []
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(contextlib.closing(connect_to_read(store))) if store.exists() else None
        catalogued = releases(connection) if connection is not None else []
        for group in groups:
            header = group[0].header
            spent = seconds.get((header.table, header.release), 0.0)
            there = [*catalogued, *(plan.release for plan in planned)]
            plan = _plan(store, connection, there, group, imported_on, spent, stopwatch, smaller)
            if plan is None:
                reason = f"{header.table}:{header.release} has these rows already"
                unchanged += [Unchanged(part.file.name, reason) for part in group]
            else:
                planned.append(plan)
    return planned, max((release.sequence for release in catalogued), default=0)


def _plan(
    store: Path,
    connection: sqlite3.Connection | None,
    catalogued: Sequence[Release],
    group: Sequence[Part],
    imported_on: str,
    seconds: float,
    stopwatch: Callable[[], float],
    smaller: bool,
) -> _Planned | None:
    """Returns what to add for one edition, or None when the store has it.

    Raises InvalidDataError for parts that clash, and unless ``smaller`` for what looks like an excerpt.
    """
    started = stopwatch()
    header = group[0].header
    in_force = [item for item in catalogued if item.table == header.table and not item.replaced_by]
    present = next((item for item in in_force if item.release == header.release), None)
    parts: dict[int, StoredBlock] = {}
    if present is not None and connection is not None and (present.parts_expected > 1) == (header.parts > 1):
        parts = dict(blocks_of(connection, present.sequence))
    fresh = {part.header.part: _stored(part) for part in group}
    if all(number in parts and parts[number].digest == new.digest for number, new in fresh.items()):
        return None
    for part in group:
        replaced = parts.get(part.header.part)
        if replaced is not None and fresh[part.header.part].rows * 2 < replaced.rows and not smaller:
            raise _excerpt(part, f"the file that it replaces has {replaced.rows:,}", fresh[part.header.part].rows)
    parts = dict(sorted((parts | fresh).items()))
    whole, clashes = put_together(list(parts.values()))
    if clashes:
        raise _contradiction(clashes, group[0])
    digest = digest_of(whole)
    write_index(store, digest, whole)
    dataset = Dataset(whole)
    before = present or _before(in_force, header.coverage_from)
    counts = (dataset.key_count(), 0, 0)
    if before is not None:
        difference = compare(open_dataset(store, before), dataset)
        counts = (len(difference.added), len(difference.changed), len(difference.removed))
        is_next = present is None and len(parts) >= header.parts
        if is_next and counts[2] > len(dataset) and not smaller:
            raise _excerpt(group[0], f"{counts[2]:,} keys of {before.table}:{before.release} are gone", len(dataset))
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
    release = Release(
        sequence=0,
        table=header.table,
        release=header.release,
        published=header.published,
        coverage_from=header.coverage_from,
        coverage_to=header.coverage_to,
        carries_history=header.carries_history,
        history_from=header.history_from,
        parts_expected=max(header.parts, 1),
        parts_present=len(parts),
        imported_on=imported_on,
        row_count=len(dataset),
        digest=digest,
        index_size=len(whole),
        replaces=present.sequence if present is not None else 0,
    )
    return _Planned(release, parts, tuple(group), outcome)


def _stored(part: Part) -> StoredBlock:
    return StoredBlock(part.digest, part.row_count - part.repeated, part.size, part.compressed)


def _before(in_force: Sequence[Release], coverage_from: str) -> Release | None:
    earlier = [release for release in in_force if release.coverage_from < coverage_from]
    return max(earlier, key=lambda release: (release.coverage_from, release.published), default=None)


def _excerpt(part: Part, against: str, rows: int) -> InvalidDataError:
    name = f"{part.header.table}:{part.header.release}"
    message = f"{rows:,} rows of {name} came, and {against}: an excerpt?"
    hint = "give the file as downloaded, or --smaller to take it all the same: its dates are then judged by it alone"
    return InvalidDataError(
        "nothing was imported", [Problem("E613", message, Place(f"{part.file}!{part.member}"), hint)]
    )


def _contradiction(clashes: Sequence[Clash], part: Part) -> InvalidDataError:
    header = part.header
    problems = [
        Problem(
            "E604",
            f"{'/'.join(clash.key)} from {clash.first or 'the start'} has two different rows in the parts",
            Place(str(part.file)),
            "give the parts of one edition",
        )
        for clash in clashes
    ]
    summary = f"{header.table}:{header.release} was refused: its parts contradict one another"
    return InvalidDataError(summary, problems)


def _commit(store: Path, planned: Sequence[_Planned], at_sequence: int) -> bool:
    """Adds the planned releases in one transaction; returns False when another import came first."""
    with contextlib.closing(connect_to_write(store)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            newest = connection.execute("SELECT coalesce(max(sequence), 0) FROM release").fetchone()[0]
            if newest != at_sequence:
                connection.execute("ROLLBACK")
                return False
            for plan in planned:
                _insert(connection, plan)
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise StoreError(f"{store}: the import could not be written, nothing was added: {error}") from error
        _remove_unused_indexes(store, connection)
    return True


def _insert(connection: sqlite3.Connection, plan: _Planned) -> None:
    """Catalogues one planned release with its parts and sources."""
    replaced = plan.release.replaces
    if replaced:  # frees the name in force; its successor is filled in below
        connection.execute("UPDATE release SET replaced_by = 0 WHERE sequence = ?", (replaced,))
    sequence = insert_release(connection, plan.release)
    fresh = {part.header.part for part in plan.read}
    for number, stored in plan.parts.items():
        block = (stored.digest, stored.size, stored.compressed)
        connection.execute("INSERT OR IGNORE INTO block VALUES (?, ?, ?)", block)
        connection.execute("INSERT INTO part VALUES (?, ?, ?, ?)", (sequence, number, stored.digest, stored.rows))
    for part in plan.read:
        row = (sequence, part.header.part, part.file.name, part.file_sha256, part.member, part.layout, part.row_count)
        connection.execute("INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    if replaced:
        connection.execute("UPDATE release SET replaced_by = ? WHERE sequence = ?", (sequence, replaced))
        for number in plan.parts.keys() - fresh:
            connection.execute(
                "INSERT INTO source SELECT ?, part, file_name, file_sha256, member, layout, row_count FROM source"
                " WHERE release_sequence = ? AND part = ?",
                (sequence, replaced, number),
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
