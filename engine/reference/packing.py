"""Packs the rows of one table into one immutable block of bytes that can be memory-mapped and searched.

A row is a key, a first and last valid day, and the rest of its columns (its payload). Key texts are numbered in their
sorted order, so that a packed key sorts as its texts do; equal payloads are kept once. The same rows give the same bytes
in whatever order they came, so that a block's SHA-256 names its content.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.model import Scalar
from engine.policy.types import ColumnType
from engine.reference.view import Row, TableSchema

MAGIC = b"CLMREF03"
FIRST_DAY, LAST_DAY = 0, 2**31 - 1
NO_MORE = np.uint64(2**64 - 1)
_ALIGNMENT = 64
_WHOLE_LIMIT = 150_000
CONVERT: Mapping[ColumnType, Callable[[str], Scalar]] = {
    ColumnType.INTEGER: int,
    ColumnType.MONEY: int,
    ColumnType.DECIMAL: float,
    ColumnType.FLAG: lambda text: text == "true",
}
decode_payload = msgspec.msgpack.Decoder(dict[str, Any]).decode
_days: dict[int, str] = {}


class Header(msgspec.Struct, frozen=True):
    """What a packed block says of itself; ``sections`` gives offset (past the header) and count of each array."""

    table: str
    columns: dict[str, ColumnType]
    key: tuple[str, ...]
    date_from: str
    date_to: str
    repeats: bool
    rows: int
    key_bits: int
    pool_size: int
    wide_pool: bool
    payload_width: int
    sections: dict[str, tuple[int, int]]


class Rows(msgspec.Struct):
    """Rows in columns: numbered key texts, valid days (ordinals, both inclusive) and numbered payloads.

    ``pool[0]`` is the empty text, which stands for an empty cell. ``numbers`` are the positions of the rows as read
    (from 0), kept to name a row that contradicts another.
    """

    schema: TableSchema
    pool: list[str]
    key: list[NDArray[np.uint32]]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    payload_ids: NDArray[np.uint32]
    payloads: list[bytes]
    numbers: NDArray[np.uint32]


class Numbering(dict[Any, int]):
    """Numbers what it is asked for in the order of first sight."""

    def __missing__(self, item: Any) -> int:
        number = len(self)
        self[item] = number
        return number


class Clash(msgspec.Struct, frozen=True):
    """Two rows with one key and first day that say different things; ``rows`` are their positions as read."""

    key: tuple[str, ...]
    first: str
    rows: tuple[int, int]


def merge(parts: Sequence[Rows]) -> Rows:
    """Puts the rows of several parts of one edition together; row positions run on from part to part."""
    if len(parts) == 1:
        return parts[0]
    pool, payloads = Numbering({"": 0}), Numbering()
    key: list[list[NDArray[np.uint32]]] = [[] for _ in parts[0].key]
    payload_ids, numbers, offset = [], [], 0
    for part in parts:
        renumbered = np.array([pool[text] for text in part.pool], np.uint32)
        for column, ids in zip(key, part.key, strict=True):
            column.append(renumbered[ids])
        payload_ids.append(np.array([payloads[item] for item in part.payloads], np.uint32)[part.payload_ids])
        numbers.append(part.numbers + np.uint32(offset))
        offset += len(part.numbers)
    return Rows(
        schema=parts[0].schema,
        pool=list(pool),
        key=[np.concatenate(column) for column in key],
        first=np.concatenate([part.first for part in parts]),
        last=np.concatenate([part.last for part in parts]),
        payload_ids=np.concatenate(payload_ids),
        payloads=list(payloads),
        numbers=np.concatenate(numbers),
    )


def pack(rows: Rows, limit: int = 50) -> tuple[bytes, int, list[Clash]]:
    """Returns the packed block, the number of repeated identical rows left out, and contradictions (at most ``limit``)."""
    rows = in_order(rows)
    keys, bits = packed_keys(rows)
    order = _sorted_order(keys, rows)
    keys, first, last = keys[order], rows.first[order], rows.last[order]
    payload_ids, numbers = rows.payload_ids[order], rows.numbers[order]
    same_start = (keys[1:] == keys[:-1]) & (first[1:] == first[:-1])
    identical = same_start & (last[1:] == last[:-1]) & (payload_ids[1:] == payload_ids[:-1])
    clashes: list[Clash] = []
    if not rows.schema.repeats:
        # NCCI takes an edit back by listing it once more, deleted on its first day: that contradicts nothing.
        lasting = last > first
        for at in (same_start & ~identical & lasting[1:] & lasting[:-1]).nonzero()[0][:limit].tolist():
            texts = _unpacked(int(keys[at]), bits, rows)
            pair = sorted((int(numbers[at]), int(numbers[at + 1])))
            clashes.append(Clash(texts, iso_day(int(first[at])), (pair[0], pair[1])))
    repeated = int(identical.sum())
    if repeated:
        kept = np.concatenate(([True], ~identical))
        keys, first, last, payload_ids = keys[kept], first[kept], last[kept], payload_ids[kept]
    return _assemble(rows, keys, first, last, payload_ids, bits), repeated, clashes


def text_of(value: Scalar | None) -> str:
    """Returns a cell as the text that keys and membership tests compare: empty for none, ``true``/``false`` for flags."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def packed_keys(rows: Rows) -> tuple[NDArray[np.uint64], int]:
    """Returns each row's key as one number, and how many bits of it a key column takes. Raises ValueError when too wide."""
    bits = max(1, math.ceil(math.log2(max(len(rows.pool), 2))))
    if bits * len(rows.key) > 63:
        raise ValueError(f"{rows.schema.id}: {len(rows.key)} key columns of {len(rows.pool)} texts do not fit one key")
    keys = np.zeros(len(rows.first), np.uint64)
    for column in rows.key:
        keys = (keys << np.uint64(bits)) | column.astype(np.uint64)
    return keys, bits


def iso_day(ordinal: int) -> str:
    """Returns a day number as ISO text, empty for an open end."""
    return "" if ordinal in (FIRST_DAY, LAST_DAY) else date.fromordinal(ordinal).isoformat()


def _sorted_order(keys: NDArray[np.uint64], rows: Rows) -> NDArray[np.intp]:
    """Returns the order by key, first day, last day and payload; cheap when the rows come sorted with single keys."""
    order = np.argsort(keys, kind="stable")
    in_order = keys[order]
    if bool((in_order[1:] == in_order[:-1]).any()):
        return np.lexsort((rows.payload_ids, rows.last, rows.first, keys))
    return order


def _unpacked(key: int, bits: int, rows: Rows) -> tuple[str, ...]:
    mask = (1 << bits) - 1
    width = len(rows.key)
    return tuple(rows.pool[(key >> (bits * (width - 1 - index))) & mask] for index in range(width))


def in_order(rows: Rows) -> Rows:
    """Renumbers texts and payloads in sorted order, leaving out those no row uses (the empty text stays first)."""
    used = np.zeros(len(rows.pool), bool)
    used[0] = True
    for column in rows.key:
        used[column] = True
    texts = sorted(rows.pool[at] for at in used.nonzero()[0].tolist())
    place = {text: number for number, text in enumerate(texts)}
    renumbered = np.array([place.get(text, 0) for text in rows.pool], np.uint32)
    payloads = sorted(set(rows.payloads))
    payload_place = {payload: number for number, payload in enumerate(payloads)}
    payload_numbers = np.array([payload_place[payload] for payload in rows.payloads], np.uint32)
    return Rows(
        schema=rows.schema,
        pool=texts,
        key=[renumbered[column] for column in rows.key],
        first=rows.first,
        last=rows.last,
        payload_ids=payload_numbers[rows.payload_ids] if payloads else rows.payload_ids,
        payloads=payloads,
        numbers=rows.numbers,
    )


def short_text(text: str) -> bool:
    """Returns whether a text fits eight bytes, so that its number can be found without building a dictionary."""
    return len(text) <= 8 and text.isascii() and "\0" not in text


def _assemble(
    rows: Rows,
    keys: NDArray[np.uint64],
    first: NDArray[np.int32],
    last: NDArray[np.int32],
    payload_ids: NDArray[np.uint32],
    bits: int,
) -> bytes:
    """Lays the arrays out behind a header, each at a multiple of 64 bytes."""
    schema, texts = rows.schema, rows.pool
    wide = not all(short_text(text) for text in texts)
    pool = (
        msgspec.msgpack.encode(texts)
        if wide
        else b"".join(int.from_bytes(text.encode().ljust(8, b"\0"), "big").to_bytes(8, "little") for text in texts)
    )
    lead = (keys >> np.uint64(bits * (len(rows.key) - 1))).astype(np.uint32)
    starts = np.searchsorted(lead, np.arange(len(texts) + 1, dtype=np.uint32)).astype(np.uint32)
    occurs = np.zeros(len(texts), np.uint8)
    for index, column in enumerate(rows.key[:8]):
        occurs[column] |= 1 << index
    width = 1 if len(rows.payloads) <= 2**8 else 2 if len(rows.payloads) <= 2**16 else 4
    whole = _whole_rows(rows, keys, first, last, payload_ids, bits)
    dated = bool(schema.date_from or schema.date_to)
    sections: list[tuple[str, int, bytes]] = [
        ("pool", len(texts), pool),
        ("keys", len(keys) + 1, np.append(keys, NO_MORE).astype("<u8").tobytes()),
        ("starts", len(starts), starts.astype("<u4").tobytes()),
        ("occurs", len(occurs), occurs.tobytes()),
        ("first", len(keys) if dated else 0, first.astype("<i4").tobytes() if dated else b""),
        ("last", len(keys) if dated else 0, last.astype("<i4").tobytes() if dated else b""),
        ("payload_ids", len(keys), payload_ids.astype(f"<u{width}").tobytes()),
        ("payload_offsets", len(rows.payloads) + 1, _offsets(rows.payloads)),
        ("payloads", sum(map(len, rows.payloads)), b"".join(rows.payloads)),
        ("whole_offsets", len(whole) + 1 if whole else 0, _offsets(whole) if whole else b""),
        ("whole", sum(map(len, whole)), b"".join(whole)),
    ]
    places: dict[str, tuple[int, int]] = {}
    at = 0
    for name, count, content in sections:
        places[name] = (at, count)
        at += _padded(len(content))
    header = Header(
        table=schema.id,
        columns=dict(schema.columns),
        key=schema.key,
        date_from=schema.date_from,
        date_to=schema.date_to,
        repeats=schema.repeats,
        rows=len(keys),
        key_bits=bits,
        pool_size=len(texts),
        wide_pool=wide,
        payload_width=width,
        sections=places,
    )
    body = msgspec.msgpack.encode(header)
    head = MAGIC + len(body).to_bytes(8, "little") + body
    return b"".join(_padded_contents([head, *(content for _, _, content in sections)]))


def _whole_rows(
    rows: Rows,
    keys: NDArray[np.uint64],
    first: NDArray[np.int32],
    last: NDArray[np.int32],
    payload_ids: NDArray[np.uint32],
    bits: int,
) -> list[bytes]:
    """Returns each row ready to be decoded in one step, where the rows are few enough for that."""
    if len(keys) > _WHOLE_LIMIT:
        return []
    payloads = [decode_payload(payload) for payload in rows.payloads]
    encode = msgspec.msgpack.Encoder().encode
    found = []
    for key, since, until, payload in zip(
        keys.tolist(), first.tolist(), last.tolist(), payload_ids.tolist(), strict=True
    ):
        texts = _unpacked(key, bits, rows)
        found.append(encode(whole_row(rows.schema, texts, since, until, payloads[payload])))
    return found


def whole_row(schema: TableSchema, key: Sequence[str], first: int, last: int, payload: Mapping[str, Any]) -> Row:
    """Returns a row as it is handed out, empty cells left out."""
    columns: dict[str, Scalar] = {}
    for name, text in zip(schema.key, key, strict=True):
        if text:
            convert = CONVERT.get(schema.columns[name])
            columns[name] = convert(text) if convert else text
    if schema.date_from and first != FIRST_DAY:
        columns[schema.date_from] = day_text(first)
    if schema.date_to and last != LAST_DAY:
        columns[schema.date_to] = day_text(last)
    columns.update(payload)
    return Row(columns, dict(zip(schema.key, key, strict=True)))


def day_text(ordinal: int) -> str:
    """Returns a day number as ISO text, remembered."""
    text = _days.get(ordinal)
    if text is None:
        if len(_days) > 100_000:
            _days.clear()
        text = _days[ordinal] = iso_day(ordinal)
    return text


def _offsets(items: Sequence[bytes]) -> bytes:
    return np.cumsum([0, *map(len, items)]).astype("<u4").tobytes()


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _padded_contents(contents: Iterable[bytes]) -> Iterator[bytes]:
    for content in contents:
        yield content
        yield b"\0" * (_padded(len(content)) - len(content))
