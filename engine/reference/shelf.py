"""Finds which of many tables have rows for the codes of a claim, so that the others are not searched.

Most tables know few codes, and most claims meet few tables. For each code it is remembered which tables it leads into.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from engine.model import TableUse
from engine.reference.block import RecentlyUsed
from engine.reference.dataset import Dataset
from engine.reference.view import Row, RowKeys

_REMEMBERED = 20_000  # codes of one kind
Found = tuple[str, TableUse, Sequence[Row]]


class Directory:
    """Says which of some datasets a code leads into, by their positions."""

    def __init__(self, datasets: Sequence[Dataset]) -> None:
        """Sorts the datasets by the kind of code that leads their keys."""
        self.datasets = tuple(datasets)
        self._led: dict[str, list[tuple[int, Dataset]]] = {}
        self.always: list[int] = []
        for position, dataset in enumerate(datasets):
            if dataset.lead_kind:
                self._led.setdefault(dataset.lead_kind, []).append((position, dataset))
            else:
                self.always.append(position)
        self._known = {kind: RecentlyUsed(_REMEMBERED) for kind in self._led}

    def positions(self, keys: RowKeys) -> list[int]:
        """Returns, ascending, the positions of the datasets that may have rows for the codes of a claim; no other has any."""
        found = set(self.always)
        for kind, known in self._known.items():
            for code in getattr(keys, kind):
                positions = known.get(code)
                if positions is None:
                    positions = tuple([number for number, dataset in self._led[kind] if dataset.is_led_by(code)])
                    known.keep(code, positions)
                found.update(positions)
        return sorted(found)


class Shelf(msgspec.Struct, frozen=True):
    """The tables that judge one date: their names and releases, the date as an ordinal, and their rows in the directory."""

    tables: tuple[str, ...]
    uses: tuple[TableUse, ...]
    day: int
    directory: Directory

    def rows(self, keys: RowKeys) -> Iterator[Found]:
        """Yields each table that has rows for the codes of a claim, with its release and the rows in key order."""
        for position in self.directory.positions(keys):
            rows = self.directory.datasets[position].rows(keys, self.day)
            if rows:
                yield self.tables[position], self.uses[position], rows
