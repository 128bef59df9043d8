"""Reads one packed block of rows back: numbers and texts of key cells, single rows, columns.

A block is memory-mapped and read only, so that processes share its pages. What a process holds itself is bounded.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.reference.packing import FIRST_DAY, LAST_DAY, MAGIC, Header, Rows, decode_payload, short_text, whole_row
from engine.reference.view import Row, TableSchema

Interval = tuple[int, int]
_UNSIGNED: dict[int, Literal["B", "H", "I"]] = {1: "B", 2: "H", 4: "I"}
_SMALL_POOL = 20_000
_decode_row = msgspec.msgpack.Decoder(Row).decode


class RecentlyUsed:
    """A bounded cache in two generations: what was asked for lately survives when it fills. It never holds None."""

    __slots__ = ("limit", "newer", "older")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.newer: dict[Any, Any] = {}
        self.older: dict[Any, Any] = {}

    def get(self, item: Any) -> Any:
        """Returns what was kept under an item, or None."""
        found = self.newer.get(item)
        if found is None:
            found = self.older.get(item)
            if found is not None:
                self.keep(item, found)
        return found

    def keep(self, item: Any, value: Any) -> None:
        """Remembers a value."""
        if len(self.newer) >= self.limit:
            self.older, self.newer = self.newer, {}
        self.newer[item] = value


class Block:
    """The packed rows of one release of one table."""

    def __init__(self, content: Any) -> None:
        view = memoryview(content)
        if bytes(view[:8]) != MAGIC:
            raise ValueError("not a packed table of this version")
        length = int.from_bytes(view[8:16], "little")
        self.header = header = msgspec.msgpack.decode(view[16 : 16 + length], type=Header)
        self.content = content
        self.schema = TableSchema(
            header.table, "", header.columns, header.key, header.date_from, header.date_to, header.repeats
        )
        self._data = view[-(-(16 + length) // 64) * 64 :]
        self.keys = self._array("keys", "<u8")
        self.key_view = self._typed("keys", "Q", 8)
        self.starts = self._typed("starts", "I", 4)
        self.occurs = self._typed("occurs", "B", 1)
        self.first = self._typed("first", "i", 4)
        self.last = self._typed("last", "i", 4)
        self._payload_ids = self._typed("payload_ids", _UNSIGNED[header.payload_width], header.payload_width)
        self._payload_offsets = self._typed("payload_offsets", "I", 4)
        self._payloads = self._typed("payloads", "B", 1)
        self._whole_offsets = self._typed("whole_offsets", "I", 4)
        self._whole = self._typed("whole", "B", 1)
        self._has_whole = len(self._whole_offsets) > 0
        self.dated = len(self.first) > 0
        self.bits = header.key_bits
        self.mask = (1 << header.key_bits) - 1
        self.shifts = [header.key_bits * (len(header.key) - 1 - index) for index in range(len(header.key))]
        self.types = [header.columns[name] for name in header.key]
        self._texts: list[str] = []
        self._number_of: dict[str, int] = {}
        self._numbers = RecentlyUsed(8192)
        self._short = self._typed("pool", "Q", 8) if not header.wide_pool else memoryview(b"")
        self._read_pool()

    def __len__(self) -> int:
        return self.header.rows

    def _typed(self, section: str, code: Literal["B", "H", "I", "Q", "i"], size: int) -> memoryview[int]:
        offset, count = self.header.sections[section]
        return self._data[offset : offset + count * size].cast(code)

    def _array(self, section: str, dtype: str) -> NDArray[Any]:
        offset, count = self.header.sections[section]
        return np.frombuffer(self._data, dtype, count, offset)

    def _read_pool(self) -> None:
        """Makes a dictionary of the key texts when they are few or long; many short ones are searched where they lie."""
        if self.header.wide_pool:
            start, end = self.header.sections["pool"][0], self.header.sections["keys"][0]
            self._texts = msgspec.msgpack.decode(self._data[start:end].tobytes().rstrip(b"\0"))
        elif self.header.pool_size <= _SMALL_POOL:
            self._texts = [self._short_text(number) for number in range(self.header.pool_size)]
        self._number_of = {text: number for number, text in enumerate(self._texts)}

    def _short_text(self, number: int) -> str:
        return self._short[number].to_bytes(8, "big").rstrip(b"\0").decode("ascii")

    def text(self, number: int) -> str:
        """Returns the key text that a number stands for."""
        return self._texts[number] if self._texts else self._short_text(number)

    def number(self, text: str) -> int:
        """Returns the number of a key text, or -1 when no row has it."""
        if self._texts:
            return self._number_of.get(text, -1)
        found: int | None = self._numbers.get(text)
        if found is None:
            found = self.search(text)
            self._numbers.keep(text, found)
        return found

    def search(self, text: str) -> int:
        """Returns the number of a key text as ``number`` does, without remembering it."""
        if self._texts:
            return self._number_of.get(text, -1)
        if not short_text(text):
            return -1
        wanted = int.from_bytes(text.encode("ascii").ljust(8, b"\0"), "big")
        at = bisect_left(self._short, wanted)
        return at if at < len(self._short) and self._short[at] == wanted else -1

    def key_at(self, position: int) -> tuple[str, ...]:
        """Returns the key of the row at a position."""
        packed = self.key_view[position]
        return tuple(self.text((packed >> shift) & self.mask) for shift in self.shifts)

    def days_at(self, position: int) -> Interval:
        """Returns the first and last valid day of the row at a position."""
        return (self.first[position], self.last[position]) if self.dated else (FIRST_DAY, LAST_DAY)

    def row_at(self, position: int) -> Row:
        """Returns the row at a position, empty cells left out."""
        if self._has_whole:
            return _decode_row(self._whole[self._whole_offsets[position] : self._whole_offsets[position + 1]])
        first, last = self.days_at(position)
        return whole_row(self.schema, self.key_at(position), first, last, self.payload(self._payload_ids[position]))

    def payload(self, number: int) -> dict[str, Any]:
        """Returns the cells that are neither key nor validity, by the number of their payload."""
        return decode_payload(self._payloads[self._payload_offsets[number] : self._payload_offsets[number + 1]])

    def payload_ids(self) -> NDArray[Any]:
        """Returns the payload number of every row."""
        return self._array("payload_ids", f"<u{self.header.payload_width}")

    def days(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Returns the first and the last valid day of every row."""
        if self.dated:
            return self._array("first", "<i4"), self._array("last", "<i4")
        return np.full(len(self), FIRST_DAY, np.int32), np.full(len(self), LAST_DAY, np.int32)

    def unpacked(self, schema: TableSchema, start: int = 0, stop: int | None = None) -> Rows:
        """Returns rows in columns again, to merge them with other parts or compare them with another release."""
        offsets = self._payload_offsets
        stop = len(self) if stop is None else stop
        keys = self.keys[start:stop]
        first, last = self.days()
        return Rows(
            schema=schema,
            pool=[self.text(number) for number in range(self.header.pool_size)],
            key=[((keys >> np.uint64(shift)) & np.uint64(self.mask)).astype(np.uint32) for shift in self.shifts],
            first=first[start:stop],
            last=last[start:stop],
            payload_ids=self.payload_ids()[start:stop].astype(np.uint32),
            payloads=[
                self._payloads[offsets[number] : offsets[number + 1]].tobytes() for number in range(len(offsets) - 1)
            ],
            numbers=np.arange(start, stop, dtype=np.uint32),
        )

    def key_count(self) -> int:
        """Returns how many different keys the rows have."""
        keys = self.keys[:-1]
        return int((keys[1:] != keys[:-1]).sum()) + bool(len(keys))

    def position_of_lead(self, text: str) -> int:
        """Returns the position of the first row whose first key column is a text or sorts after it."""
        return self.starts[bisect_left(range(self.header.pool_size), text, key=self.text)]
