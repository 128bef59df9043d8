"""Keeps the catalogue of the reference store: which releases were imported, from which files, and who replaced whom.

One SQLite file in WAL mode holds everything, rows included (each part of an edition as one packed, compressed block).
The folder ``<store>.d`` beside it holds memory-mappable copies named by their SHA-256, rebuilt when they are missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import StoreError
from engine.reference.dataset import Dataset
from engine.reference.packing import Clash, merge, pack

APPLICATION_ID = 0x436C5266
FORMAT = 1
_SCHEMA = """
CREATE TABLE release (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    table_id TEXT NOT NULL,
    release TEXT NOT NULL,
    published TEXT NOT NULL,
    coverage_from TEXT NOT NULL,
    coverage_to TEXT NOT NULL,
    carries_history INTEGER NOT NULL,
    history_from TEXT NOT NULL,
    parts_expected INTEGER NOT NULL,
    parts_present INTEGER NOT NULL,
    imported_on TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    digest TEXT NOT NULL,
    index_size INTEGER NOT NULL,
    replaces INTEGER REFERENCES release(sequence),
    replaced_by INTEGER REFERENCES release(sequence) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX release_in_force ON release (table_id, release) WHERE replaced_by IS NULL;
CREATE TABLE part (
    release_sequence INTEGER NOT NULL REFERENCES release(sequence),
    part INTEGER NOT NULL,
    block_digest TEXT NOT NULL REFERENCES block(digest),
    row_count INTEGER NOT NULL,
    PRIMARY KEY (release_sequence, part)
) STRICT;
CREATE TABLE source (
    release_sequence INTEGER NOT NULL REFERENCES release(sequence),
    part INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    member TEXT NOT NULL,
    layout TEXT NOT NULL,
    row_count INTEGER NOT NULL
) STRICT;
CREATE INDEX source_of_file ON source (file_sha256);
CREATE TABLE block (
    digest TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    compressed BLOB NOT NULL
) STRICT;
"""


class Release(msgspec.Struct, frozen=True):
    """One release of one table as catalogued. Dates are ISO text; ``replaced_by`` and ``replaces`` are sequences, 0 for none.

    ``digest`` names the packed rows of all parts together; ``complete`` is False while parts are missing.
    """

    sequence: int
    table: str
    release: str
    published: str
    coverage_from: str
    coverage_to: str
    carries_history: bool
    history_from: str
    parts_expected: int
    parts_present: int
    imported_on: str
    row_count: int
    digest: str
    index_size: int
    replaces: int = 0
    replaced_by: int = 0

    @property
    def complete(self) -> bool:
        """Whether every part of the edition has been imported."""
        return self.parts_present >= self.parts_expected


class Source(msgspec.Struct, frozen=True):
    """One file (and the member of it) that a release came from."""

    release_sequence: int
    part: int
    file_name: str
    file_sha256: str
    member: str
    layout: str
    row_count: int


def index_folder(store: Path) -> Path:
    """Returns the folder of memory-mappable copies that belongs to a store."""
    return store.with_name(store.name + ".d")


def digest_of(block: bytes) -> str:
    """Returns the name of a packed block: ``sha256:`` and its SHA-256."""
    return "sha256:" + hashlib.sha256(block).hexdigest()


def connect_to_write(store: Path) -> sqlite3.Connection:
    """Opens a store for import, creating it when it is not there; the caller begins and ends transactions.

    Raises StoreError when the file is something else, was made by another version, or cannot be written.
    """
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        is_new = not store.exists() or store.stat().st_size == 0
        connection = sqlite3.connect(store, isolation_level=None, timeout=60)
        if is_new:
            _create(connection)
        else:
            _check(connection, store)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{store}: the reference store cannot be opened for import: {error}") from error
    return connection


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        for statement in _SCHEMA.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def connect_to_read(store: Path) -> sqlite3.Connection:
    """Opens a store read only; works on a medium that cannot be written, too. Raises StoreError."""
    if not store.is_file():
        raise StoreError(
            f"{store}: there is no reference store; make one with: claimrules data import FILE… --store {store}"
        )
    attempts = ["mode=ro"]
    if not store.with_name(store.name + "-wal").exists():
        attempts.append("mode=ro&immutable=1")
    failure: Exception | None = None
    for attempt in attempts:
        connection = sqlite3.connect(
            f"{store.absolute().as_uri()}?{attempt}", uri=True, isolation_level=None, timeout=60
        )
        try:
            _check(connection, store)
        except sqlite3.Error as error:
            connection.close()
            failure = error
        except StoreError:
            connection.close()
            raise
        else:
            return connection
    raise StoreError(f"{store}: the reference store cannot be read: {failure}") from failure


def _check(connection: sqlite3.Connection, store: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise StoreError(f"{store}: this SQLite file is not a claimrules reference store")
    if version != FORMAT:
        raise StoreError(f"{store}: the store has format {version}, this version reads {FORMAT}; import the files anew")


def releases(connection: sqlite3.Connection) -> list[Release]:
    """Returns every release ever imported, replaced ones too, in the order of import."""
    query = "SELECT {} FROM release ORDER BY sequence".format(  # the names are the struct's own, never input
        ", ".join({"table": "table_id"}.get(name, name) for name in Release.__struct_fields__)
    )
    return [_release(row) for row in connection.execute(query)]


def _release(row: Sequence[Any]) -> Release:
    values = dict(zip(Release.__struct_fields__, row, strict=True))
    values["carries_history"] = bool(values["carries_history"])
    values["replaces"] = values["replaces"] or 0
    values["replaced_by"] = values["replaced_by"] or 0
    return Release(**values)


def insert_release(connection: sqlite3.Connection, release: Release) -> int:
    """Adds a release to the catalogue and returns the sequence number it gets."""
    names = [name for name in Release.__struct_fields__ if name not in ("sequence", "replaced_by")]
    values = [getattr(release, name) for name in names]
    values[-1] = release.replaces or None
    columns = ", ".join({"table": "table_id"}.get(name, name) for name in names)
    places = ", ".join("?" for _ in names)
    cursor = connection.execute(f"INSERT INTO release ({columns}) VALUES ({places})", values)
    return int(cursor.lastrowid or 0)


def sources(connection: sqlite3.Connection) -> list[Source]:
    """Returns the files of every release, in the order of import."""
    query = f"SELECT {', '.join(Source.__struct_fields__)} FROM source ORDER BY release_sequence, part, rowid"
    return [Source(*row) for row in connection.execute(query)]


class StoredBlock(msgspec.Struct, frozen=True):
    """The packed rows of one part as they lie in the store; ``digest`` and ``size`` are those before compression."""

    digest: str
    rows: int
    size: int
    compressed: bytes

    def content(self) -> bytes:
        """Returns the packed rows."""
        return zlib.decompress(self.compressed)


def blocks_of(connection: sqlite3.Connection, sequence: int) -> Iterator[tuple[int, StoredBlock]]:
    """Yields part number and rows of each part of a release, in order."""
    query = (
        "SELECT part.part, block.digest, part.row_count, block.size, block.compressed FROM part"
        " JOIN block ON block.digest = part.block_digest WHERE part.release_sequence = ? ORDER BY part.part"
    )
    for part, digest, rows, size, compressed in connection.execute(query, (sequence,)):
        yield part, StoredBlock(digest, rows, size, compressed)


def whole_block(connection: sqlite3.Connection, release: Release) -> bytes:
    """Returns the packed rows of all parts of a release, built from the store itself. Raises StoreError when they differ."""
    found = [stored for _, stored in blocks_of(connection, release.sequence)]
    if not found:
        raise StoreError(f"{release.table}:{release.release} has no rows in the store; import its file again")
    block, _ = put_together(found)
    if digest_of(block) != release.digest:
        raise StoreError(
            f"{release.table}:{release.release}: the rows in the store are not those imported; import it again"
        )
    return block


def put_together(parts: Sequence[StoredBlock]) -> tuple[bytes, list[Clash]]:
    """Returns the rows of all parts of an edition as one packed block, and the rows that contradict one another."""
    if len(parts) == 1:
        return parts[0].content(), []
    datasets = [Dataset(part.content()) for part in parts]
    block, _, clashes = pack(merge([dataset.unpacked(dataset.schema) for dataset in datasets]))
    return block, clashes


def index_path(store: Path, digest: str) -> Path:
    """Returns where the memory-mappable copy of a block is kept."""
    return index_folder(store) / (digest.removeprefix("sha256:") + ".index")


def write_index(store: Path, digest: str, block: bytes) -> None:
    """Writes the memory-mappable copy of a block under its name, whole or not at all, and safe on the disk."""
    path = index_path(store, digest)
    if path.exists() and path.stat().st_size == len(block):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def open_dataset(store: Path, release: Release) -> Dataset:
    """Opens the rows of a release: memory-mapped when its copy is there or can be written, else held in memory.

    Raises StoreError when the store itself cannot give the rows.
    """
    path = index_path(store, release.digest)
    if not path.is_file() or path.stat().st_size != release.index_size:
        with contextlib.closing(connect_to_read(store)) as connection:
            block = whole_block(connection, release)
        try:
            write_index(store, release.digest, block)
        except OSError:  # a store on a medium that cannot be written still answers, without shared pages
            return Dataset(block)
    with open(path, "rb") as stream:
        return Dataset(mmap(stream.fileno(), 0, access=ACCESS_READ))
