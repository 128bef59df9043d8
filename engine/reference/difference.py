"""Compares two releases of one table, key by key."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.reference.dataset import Dataset
from engine.reference.packing import Rows, decode_payload, in_order, merge, packed_keys

Key = tuple[str, ...]


class Difference(msgspec.Struct, frozen=True):
    """Keys that only the newer release has, that only the older has, and that both have with other rows; each in key order."""

    added: tuple[Key, ...]
    removed: tuple[Key, ...]
    changed: tuple[Key, ...]


_CHUNK = 250_000
_PLACES = {"icd10cm": "order"}  # columns that only say where in its file a row stands


def compare(old: Dataset, new: Dataset) -> Difference:
    """Returns which keys were added, removed and changed from the older release to the newer."""
    found = [_compare_span(old, new, *span) for span in _spans(old, new)]
    return Difference(
        added=tuple(key for part in found for key in part.added),
        removed=tuple(key for part in found for key in part.removed),
        changed=tuple(key for part in found for key in part.changed),
    )


def _spans(old: Dataset, new: Dataset) -> Iterator[tuple[int, int, int, int]]:
    """Yields matching spans of both releases, cut where a first key column begins, so that memory stays bounded."""
    old_at = new_at = 0
    while new_at + _CHUNK < len(new):
        cut = new.key_at(new_at + _CHUNK)[0]
        old_to, new_to = old.position_of_lead(cut), new.position_of_lead(cut)
        if new_to <= new_at:
            break
        yield old_at, old_to, new_at, new_to
        old_at, new_at = old_to, new_to
    yield old_at, len(old), new_at, len(new)


def _compare_span(old: Dataset, new: Dataset, old_from: int, old_to: int, new_from: int, new_to: int) -> Difference:
    older = old.unpacked(new.schema, old_from, old_to)
    newer = new.unpacked(new.schema, new_from, new_to)
    rows = in_order(merge([_without_places(older), _without_places(newer)]))
    keys, bits = packed_keys(rows)
    is_new = np.arange(len(keys)) >= old_to - old_from
    order = np.lexsort((rows.payload_ids, rows.last, rows.first, keys))
    same = np.ones(max(len(order) - 1, 0), bool)
    for column in (keys, rows.first, rows.last, rows.payload_ids):
        ordered = column[order]
        same &= ordered[1:] == ordered[:-1]
    alone = np.ones(len(order), bool)
    alone[1:] &= ~same
    alone[:-1] &= ~same
    touched = np.unique(keys[order[alone]])
    in_old = np.isin(touched, keys[~is_new])
    in_new = np.isin(touched, keys[is_new])
    width = len(rows.key)
    return Difference(
        added=_texts(touched[~in_old], bits, rows.pool, width),
        removed=_texts(touched[~in_new], bits, rows.pool, width),
        changed=_texts(touched[in_old & in_new], bits, rows.pool, width),
    )


def _without_places(rows: Rows) -> Rows:
    """Returns rows without the column that every insertion shifts, which would make every row after it a change."""
    column = _PLACES.get(rows.schema.id)
    if column is not None:
        cells = [decode_payload(payload) for payload in rows.payloads]
        for payload in cells:
            payload.pop(column, None)
        rows.payloads = [msgspec.msgpack.encode(payload) for payload in cells]
    return rows


def _texts(keys: NDArray[np.uint64], bits: int, pool: list[str], width: int) -> tuple[Key, ...]:
    mask = (1 << bits) - 1
    shifts = [bits * (width - 1 - index) for index in range(width)]
    return tuple(tuple(pool[(key >> shift) & mask] for shift in shifts) for key in keys.tolist())
