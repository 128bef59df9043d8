"""Checks that a reference store still holds what was imported: every block and every memory-mapped copy by its SHA-256."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from pathlib import Path

import msgspec

from engine.errors import StoreError
from engine.reference.catalogue import (
    Release,
    blocks_of,
    connect_to_read,
    digest_of,
    index_path,
    releases,
    whole_block,
)
from engine.reference.dataset import Dataset


class Check(msgspec.Struct, frozen=True):
    """What was found of one release: ``faults`` is empty when its rows and its copy are as imported."""

    release: str
    rows: int
    faults: tuple[str, ...]
    note: str = ""


def verify(store: Path) -> list[Check]:
    """Returns a check of every release in the store, replaced ones too. Raises StoreError when it cannot be opened."""
    with contextlib.closing(connect_to_read(store)) as connection:
        try:
            found = connection.execute("PRAGMA integrity_check").fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{store}: the SQLite file is damaged: {error}") from error
        if found != [("ok",)]:
            raise StoreError(f"{store}: the SQLite file is damaged: {'; '.join(str(row[0]) for row in found[:5])}")
        return [_check(store, connection, release) for release in releases(connection)]


def _check(store: Path, connection: sqlite3.Connection, release: Release) -> Check:
    faults: list[str] = []
    count = 0
    try:
        for part, stored in blocks_of(connection, release.sequence):
            if digest_of(stored.content()) != stored.digest:
                faults.append(f"part {part or 1}: its rows are not those imported")
        whole = whole_block(connection, release)
        count = len(Dataset(whole))
        if count != release.row_count:
            faults.append(f"{count} rows, {release.row_count} were imported")
    except (StoreError, ValueError, OSError) as error:
        faults.append(str(error))
    except Exception as error:  # a damaged block fails in whatever way zlib and msgpack fail on it
        faults.append(f"its rows cannot be read: {error}")
    fault, note = _check_copy(store, release)
    faults += [fault] if fault else []
    name = f"{release.table}:{release.release}"
    if release.replaced_by:
        name += f" (import {release.sequence}, replaced by {release.replaced_by})"
        note = ""
    return Check(name, count, tuple(faults), note)


def _check_copy(store: Path, release: Release) -> tuple[str, str]:
    path = index_path(store, release.digest)
    if not path.is_file():
        return "", "its memory-mapped copy is missing and will be built again when it is next used"
    with open(path, "rb") as stream:
        digest = "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != release.digest:
        return f"its copy {path.name} is damaged; remove the file, it will be built again", ""
    return "", ""
