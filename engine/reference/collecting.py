"""Collects a stream of rows into columns, checked against the table's schema, without holding the rows themselves."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.model import Scalar
from engine.policy.types import ColumnType
from engine.reference.packing import FIRST_DAY, LAST_DAY, Numbering, Rows, text_of
from engine.reference.view import TableSchema

_EXPECTED: Mapping[ColumnType, tuple[type, ...]] = {
    ColumnType.INTEGER: (int,),
    ColumnType.MONEY: (int,),
    ColumnType.DECIMAL: (float, int),
    ColumnType.FLAG: (bool,),
}


class _Ordinals(dict[Any, int]):
    """Turns ISO dates into day numbers; an empty cell becomes ``blank``."""

    def __init__(self, blank: int) -> None:
        super().__init__({None: blank, "": blank})

    def __missing__(self, text: Any) -> int:
        number = date.fromisoformat(text).toordinal()
        self[text] = number
        return number


def collect(schema: TableSchema, rows: Iterable[tuple[Scalar | None, ...]], tick: Callable[[int], None]) -> Rows:
    """Reads a stream of rows, in the order of the schema's columns, into columns; calls ``tick`` every 20,000 rows.

    Raises ValueError for a row or a value that does not fit the schema (a mistake of the reader, not of the file).
    """
    names = list(schema.columns)
    pool, payloads = Numbering({"": 0, None: 0}), Numbering()
    pool.pop(None)
    key_columns = [(array("I"), names.index(name)) for name in schema.key]
    rest = [name for name in names if name not in schema.key and name not in (schema.date_from, schema.date_to)]
    payload_of = _tuple_getter([names.index(name) for name in rest])
    payload_ids, first, last = array("I"), array("i"), array("i")
    from_at = names.index(schema.date_from) if schema.date_from else -1
    to_at = names.index(schema.date_to) if schema.date_to else -1
    from_days, to_days = _Ordinals(FIRST_DAY), _Ordinals(LAST_DAY)
    width, count = len(names), 0
    for row in rows:
        if len(row) != width:
            raise ValueError(f"{schema.id}: row {count + 1} has {len(row)} values, the table has {width} columns")
        for column, index in key_columns:
            column.append(pool[row[index]])
        payload_ids.append(payloads[payload_of(row)])
        first.append(from_days[row[from_at]] if from_at >= 0 else FIRST_DAY)
        last.append(to_days[row[to_at]] if to_at >= 0 else LAST_DAY)
        count += 1
        if not count % 20_000:
            tick(count)
    tick(count)
    texts, renumbered = _texts_of(list(pool))
    return Rows(
        schema=schema,
        pool=texts,
        key=[renumbered[np.frombuffer(column, np.uint32)] for column, _ in key_columns],
        first=np.frombuffer(first, np.int32) if first else np.empty(0, np.int32),
        last=np.frombuffer(last, np.int32) if last else np.empty(0, np.int32),
        payload_ids=np.frombuffer(payload_ids, np.uint32) if payload_ids else np.empty(0, np.uint32),
        payloads=[_encode_payload(schema, rest, values) for values in payloads],
        numbers=np.arange(count, dtype=np.uint32),
    )


def _tuple_getter(indexes: Sequence[int]) -> Callable[[tuple[Any, ...]], Any]:
    """Returns a function that picks the cells at some places as a tuple, for any number of places."""
    if not indexes:
        return lambda _: ()
    if len(indexes) == 1:
        only = indexes[0]
        return lambda row: (row[only],)
    return itemgetter(*indexes)


def _texts_of(raw: Sequence[Scalar | None]) -> tuple[list[str], NDArray[np.uint32]]:
    """Returns the distinct texts of key values in first-seen order, and the number of each value's text."""
    texts = Numbering({"": 0})
    numbers = [texts[text_of(value)] for value in raw]
    return list(texts), np.array(numbers, np.uint32)


def _encode_payload(schema: TableSchema, names: Sequence[str], values: Sequence[Scalar | None]) -> bytes:
    kept: dict[str, Scalar] = {}
    for name, value in zip(names, values, strict=True):
        if value is None or value == "":
            continue
        column_type = schema.columns[name]
        expected = _EXPECTED.get(column_type, (str,))
        if not isinstance(value, expected) or (isinstance(value, bool) and column_type is not ColumnType.FLAG):
            raise ValueError(f"{schema.id}.{name}: {value!r} is not of type {column_type.value}")
        if column_type is ColumnType.DATE:
            date.fromisoformat(str(value))
        kept[name] = float(value) if column_type is ColumnType.DECIMAL else value
    return msgspec.msgpack.encode(kept)
