"""Searches the rows of one release: by the codes of a claim, by key, by column, on a date."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.code_ranges import lies_between, range_ends
from engine.model import Scalar
from engine.policy.types import ColumnType
from engine.reference.block import Block, Interval, RecentlyUsed
from engine.reference.packing import CONVERT, iso_day, text_of
from engine.reference.view import Row, RowKeys

Entry = tuple[int, int, Row]
_KIND_OF: dict[ColumnType, str] = {
    ColumnType.CODE: "procedures",
    ColumnType.CODE_RANGE: "procedures",
    ColumnType.ICD10: "diagnoses",
    ColumnType.ICD10_PREFIX: "diagnoses",
    ColumnType.MODIFIER: "modifiers",
    ColumnType.PLACE_OF_SERVICE: "places_of_service",
    ColumnType.TAXONOMY: "taxonomies",
    ColumnType.NPI: "npis",
    ColumnType.REVENUE_CODE: "revenue_codes",
}


_REMEMBERED = 3000


class Dataset(Block):
    """One release of one table, searchable. Days are ordinals; every search takes rows valid on that day only."""

    def __init__(self, content: Any) -> None:
        super().__init__(content)
        self._read_plan()
        self._entries = RecentlyUsed(_REMEMBERED)
        self._by_position = RecentlyUsed(_REMEMBERED)
        self._by_key = RecentlyUsed(_REMEMBERED)
        self._matching = RecentlyUsed(8192)
        self._ranges: dict[int, list[tuple[str, str, int]]] = {}
        self._members: dict[str, dict[str, tuple[Interval, ...]]] = {}
        self._everything: dict[int, tuple[Row, ...]] = {}

    def _read_plan(self) -> None:
        """Works out which key columns the codes of a claim limit, and how many of them lead."""
        width = len(self.header.key)
        self._kinds = kinds = [_KIND_OF.get(column_type, "") for column_type in self.types]
        self._wild = [bool(self.occurs[0] & (1 << index)) for index in range(width)]
        leading = 0
        while leading < min(width, 2) and kinds[leading]:
            leading += 1
        self._leading = leading
        self._lead_shift = np.uint64(self.shifts[0])
        self._later = [index for index in range(leading, width) if kinds[index]]
        self._exact = exact = [
            column_type not in (ColumnType.CODE_RANGE, ColumnType.ICD10_PREFIX) for column_type in self.types
        ]
        repeated = [kind for kind in set(kinds) if kind and kinds.count(kind) > 1]
        self._sharing = [[index for index in range(width) if kinds[index] == kind] for kind in repeated]
        plain = not self._later and not any(self._wild[:leading]) and all(exact[:leading])
        self._is_single = plain and leading == 1
        self._is_pair = plain and leading == 2 and width == 2 and kinds[0] == kinds[1]
        self.lead_kind = "" if leading == 0 or self._wild[0] else kinds[0]

    def _entry(self, position: int) -> Entry:
        found: Entry | None = self._by_position.get(position)
        if found is None:
            found = (*self.days_at(position), self.row_at(position))
            self._by_position.keep(position, found)
        return found

    # ------------------------------------------------------------ rows of a claim

    def is_led_by(self, code: str) -> bool:
        """Returns whether the first key column of any row holds a code, whatever the day; asked where ``lead_kind`` is not empty."""
        if not self._exact[0]:
            return bool(self._matches(0, code))
        number = self.search(code) if code else -1
        return number > 0 and bool(self.occurs[number] & 1)

    def rows(self, keys: RowKeys, on: int) -> list[Row]:
        """Returns the rows that the codes of a claim fetch, in key order."""
        if self._is_single:
            return self._rows_of_codes(getattr(keys, self._kinds[0]), on)
        if self._is_pair:
            return self._rows_of_pairs(keys, on)
        allowed = [(self.shifts[index], set(self._candidates(index, keys))) for index in self._later]
        result = []
        for position in self._positions(keys):
            if self.dated and not self.first[position] <= on <= self.last[position]:
                continue
            packed = self.key_view[position]
            if allowed and any((packed >> shift) & self.mask not in numbers for shift, numbers in allowed):
                continue
            if self._sharing and not all(self._are_different(packed, sharing, keys) for sharing in self._sharing):
                continue
            result.append(self._entry(position)[2])
        return result

    def _rows_of_codes(self, codes: Sequence[str], on: int) -> list[Row]:
        """Returns the rows of a table fetched by one code: the short way that most tables take."""
        cache = self._entries
        result: list[Row] = []
        for code in codes:
            found: Any = cache.newer.get(code)
            if found is None:
                found = cache.older.get(code)
                if found is None:
                    found = self._load(code)
                cache.keep(code, found)
            if not self.dated:
                result.extend(found)
                continue
            for first, last, row in found:
                if first <= on <= last:
                    result.append(row)
        return result

    def _load(self, code: str) -> tuple[Row, ...] | tuple[Entry, ...]:
        """Returns the rows of a code, with their days where the table has days."""
        number = self.search(code) if code else -1
        if number < 0:
            return ()
        start, stop = self.starts[number], self.starts[number + 1]
        if not self.dated:
            return (self.row_at(start),) if stop == start + 1 else tuple(map(self.row_at, range(start, stop)))
        return tuple([(*self.days_at(position), self.row_at(position)) for position in range(start, stop)])

    def _rows_of_pairs(self, keys: RowKeys, on: int) -> list[Row]:
        """Returns the rows of a table fetched by two different codes of one kind."""
        view, dated, bits, mask = self.key_view, self.dated, self.bits, self.mask
        result = []
        for position in self._first_of_pairs(keys):
            packed = view[position]
            if packed >> bits == packed & mask:
                continue
            while view[position] == packed:
                if not dated or self.first[position] <= on <= self.last[position]:
                    result.append(self._entry(position)[2])
                position += 1
        return result

    def _positions(self, keys: RowKeys) -> Iterator[int]:
        """Yields the positions of rows whose leading key columns match, in key order."""
        if self._leading == 0:
            yield from range(len(self))
        elif self._leading == 1:
            for number in self._candidates(0, keys):
                yield from range(self.starts[number], self.starts[number + 1])
        else:
            view, rest = self.key_view, self.shifts[1]
            for position in self._first_of_pairs(keys):
                packed = view[position] >> rest
                while view[position] >> rest == packed:
                    yield position
                    position += 1

    def _first_of_pairs(self, keys: RowKeys) -> list[int]:
        """Returns the first position of each pair of codes that has rows, all pairs searched for at once."""
        if self._is_pair:
            occurs = self.occurs
            known = [number for number in map(self.number, getattr(keys, self._kinds[0])) if number > 0]
            ones = [number for number in known if occurs[number] & 1]
            twos = [number for number in known if occurs[number] & 2] if ones else []
        else:
            ones = self._candidates(0, keys)
            twos = self._candidates(1, keys) if ones else []
        if not twos:
            return []
        rest = self.shifts[1]
        lead = np.array(ones, np.uint64) << self._lead_shift
        second = np.array(twos, np.uint64)
        if rest:
            second <<= np.uint64(rest)
        wanted = (lead[:, None] | second).ravel()
        places = self.keys.searchsorted(wanted)
        found = self.keys.take(places)
        if rest:
            found = (found >> np.uint64(rest)) << np.uint64(rest)
        found_places: list[int] = places[found == wanted].tolist()
        return found_places

    def _candidates(self, index: int, keys: RowKeys) -> list[int]:
        """Returns the numbers, ascending, that a key column may have for these codes; an empty cell limits nothing."""
        flag, occurs, number_of = 1 << index, self.occurs, self.number
        codes: tuple[str, ...] = getattr(keys, self._kinds[index])
        numbers = [0] if self._wild[index] else []
        if self._exact[index]:
            known = [number_of(code) for code in codes]
            return numbers + [number for number in known if number > 0 and occurs[number] & flag]
        found = {number for code in codes for number in self._matches(index, code)}
        return [*numbers, *sorted(found)]

    def _matches(self, index: int, code: str) -> tuple[int, ...]:
        """Returns the numbers of a range or prefix column that a code falls under."""
        known: tuple[int, ...] | None = self._matching.get((index, code))
        if known is None:
            flag = 1 << index
            if self.types[index] is ColumnType.ICD10_PREFIX:
                numbers = [self.number(code[:end]) for end in range(1, len(code) + 1)]
                known = tuple(number for number in numbers if number > 0 and self.occurs[number] & flag)
            else:
                known = tuple(number for low, high, number in self._ranges_of(index) if lies_between(code, low, high))
            self._matching.keep((index, code), known)
        return known

    def _ranges_of(self, index: int) -> list[tuple[str, str, int]]:
        ranges = self._ranges.get(index)
        if ranges is None:
            ranges = []
            for number in range(1, self.header.pool_size):
                if self.occurs[number] & (1 << index):
                    ranges.append((*range_ends(self.text(number)), number))
            self._ranges[index] = ranges
        return ranges

    def _are_different(self, packed: int, sharing: Sequence[int], keys: RowKeys) -> bool:
        """Returns whether key columns of one kind can be given different codes of the claim."""
        numbers = [(packed >> self.shifts[index]) & self.mask for index in sharing]
        if len(numbers) == 2 and self._exact[sharing[0]] and self._exact[sharing[1]]:
            return numbers[0] != numbers[1] or not numbers[0]
        codes: tuple[str, ...] = getattr(keys, self._kinds[sharing[0]])
        choices = [
            [code for code in codes if self._cell_matches(index, number, code)]
            for index, number in zip(sharing, numbers, strict=True)
            if number
        ]
        return any(len(set(choice)) == len(choice) for choice in product(*choices))

    def _cell_matches(self, index: int, number: int, code: str) -> bool:
        return self.text(number) == code if self._exact[index] else number in self._matches(index, code)

    # ------------------------------------------------------------ one key

    def row(self, key: tuple[str, ...], on: int) -> Row | None:
        """Returns the first row, in key order, of a key or of its leading columns."""
        entries = self._by_key.get(key)
        if entries is None:
            spots = [self._entry(position) for position in self._positions_of_key(key)]
            entries = tuple(spots)
            self._by_key.keep(key, entries)
        for first, last, row in entries:
            if first <= on <= last:
                found: Row = row
                return found
        return None

    def history(self, key: tuple[str, ...]) -> list[Row]:
        """Returns every row of a key whatever its days, the oldest first."""
        entries = [(*self.days_at(position), position) for position in self._positions_of_key(key)]
        return [self.row_at(position) for _, _, position in sorted(entries)]

    def _positions_of_key(self, key: tuple[str, ...]) -> list[int]:
        choices: list[list[int]] = []
        for index, text in enumerate(key[: len(self.shifts)]):
            if not text or self._exact[index]:
                number = self.number(text) if text else 0
                choices.append([number] if number >= 0 else [])
            else:
                own = self.number(text)
                choices.append(sorted({*self._matches(index, text), *([own] if own > 0 else [])}))
        rest = self.shifts[len(choices) - 1] if choices else self.bits * len(self.shifts)
        positions = []
        for numbers in product(*choices):
            packed = 0
            for number in numbers:
                packed = packed << self.bits | number
            at = bisect_left(self.key_view, packed << rest)
            while at < len(self) and self.key_view[at] >> rest == packed:
                positions.append(at)
                at += 1
        return positions

    # ------------------------------------------------------------ whole columns

    def positions_of(self, column: str, text: str, on: int) -> list[int]:
        """Returns the positions of rows whose key column holds a text (or a range or prefix it falls under)."""
        index = self.header.key.index(column)
        own = self.number(text)
        numbers = {own} if own > 0 else set()
        if not self._exact[index]:
            numbers.update(self._matches(index, text))
        if not numbers:
            return []
        ids = (self.keys[:-1] >> np.uint64(self.shifts[index])) & np.uint64(self.mask)
        first, last = self.days()
        hits = np.isin(ids, np.array(sorted(numbers), np.uint64)) & (first <= on) & (last >= on)
        positions: list[int] = hits.nonzero()[0].tolist()
        return positions

    def has(self, column: str, value: str, on: int) -> bool:
        """Returns whether a column holds a value; ranges and prefixes match."""
        members = self._members_of(column)
        column_type = self.header.columns[column]
        if column_type is ColumnType.ICD10_PREFIX:
            return any(_covers(members.get(value[:end], ()), on) for end in range(1, len(value) + 1))
        if column_type is ColumnType.CODE_RANGE:
            for text, spans in members.items():
                low, high = range_ends(text)
                if lies_between(value, low, high) and _covers(spans, on):
                    return True
            return False
        intervals = members.get(value)
        return intervals is not None and (not self.dated or _covers(intervals, on))

    def values(self, column: str, on: int) -> Collection[Scalar]:
        """Returns the distinct values of a column."""
        convert = CONVERT.get(self.header.columns[column], str)
        return [convert(text) for text, spans in self._members_of(column).items() if _covers(spans, on)]

    def _members_of(self, column: str) -> dict[str, tuple[Interval, ...]]:
        members = self._members.get(column)
        if members is None:
            spans: dict[str, set[Interval]] = {}
            for text, interval in self._spans_of(column):
                if text:
                    spans.setdefault(text, set()).add(interval)
            members = {text: tuple(sorted(found)) for text, found in spans.items()}
            self._members[column] = members
        return members

    def _spans_of(self, column: str) -> Iterator[tuple[str, Interval]]:
        """Yields each distinct text of a column with the days of its rows."""
        header = self.header
        first, last = self.days()
        if column in header.key:
            shift = self.shifts[header.key.index(column)]
            ids = (self.keys[:-1] >> np.uint64(shift)) & np.uint64(self.mask)
            for number, start, end in _distinct(ids, first, last):
                yield self.text(number), (start, end)
        elif column in (header.date_from, header.date_to):
            for _, start, end in _distinct(np.zeros(len(self), np.uint8), first, last):
                yield iso_day(start if column == header.date_from else end), (start, end)
        else:
            texts: dict[int, str] = {}
            for number, start, end in _distinct(self.payload_ids(), first, last):
                if number not in texts:
                    texts[number] = text_of(self.payload(number).get(column))
                yield texts[number], (start, end)

    def all_rows(self, on: int) -> Sequence[Row]:
        """Returns every row, in key order."""
        day = on if self.dated else 0
        found = self._everything.get(day)
        if found is None:
            found = tuple(
                self.row_at(position)
                for position in range(len(self))
                if not self.dated or self.first[position] <= on <= self.last[position]
            )
            if len(self) <= 5000:
                if len(self._everything) >= 8:
                    self._everything.clear()
                self._everything[day] = found
        return found


def _covers(intervals: Sequence[Interval], on: int) -> bool:
    return any(first <= on <= last for first, last in intervals)


def _distinct(ids: NDArray[Any], first: NDArray[np.int32], last: NDArray[np.int32]) -> Iterator[tuple[int, int, int]]:
    """Yields the distinct combinations of number, first day and last day."""
    if not len(ids):
        return
    order = np.lexsort((last, first, ids))
    ids, first, last = ids[order], first[order], last[order]
    new = np.concatenate(([True], (ids[1:] != ids[:-1]) | (first[1:] != first[:-1]) | (last[1:] != last[:-1])))
    yield from zip(ids[new].tolist(), first[new].tolist(), last[new].tolist(), strict=True)
