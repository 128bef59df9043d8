"""Answers what rules ask beside the facts of a claim, and remembers answers from claim to claim."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from engine.model import Scalar
from engine.policy.types import Value
from engine.reference.block import RecentlyUsed
from engine.reference.view import ReferenceView

_Answer = TypeVar("_Answer")
_REMEMBERED = 50_000


class ClaimContext:
    """Membership of dated tables and dated policy values, for one policy and knowledge date.

    Answers of the view depend on nothing but what is asked, so they are kept (bounded) for the claims that follow.
    """

    def __init__(self, view: ReferenceView, values: Mapping[str, Value], known_on: str) -> None:
        """Binds the view, the policy's values and the knowledge date (ISO, empty for all that is loaded)."""
        self.view = view
        self.values = values
        self.known_on = known_on
        self._members = RecentlyUsed(_REMEMBERED)
        self._remembered = RecentlyUsed(_REMEMBERED)

    def has(self, table: str, column: str, value: str, on: str) -> bool:
        """Returns whether a table's column holds a value on an ISO date."""
        asked = (table, column, value, on)
        found: bool | None = self._members.newer.get(asked)
        if found is not None:
            return found
        found = self._members.get(asked)
        if found is None:
            found = self.view.has(table, column, value, on, self.known_on)
            self._members.keep(asked, found)
        return found

    def value(self, value_id: str, on: str) -> Scalar | None:
        """Returns a dated value as it stood on an ISO date, or None before its first date."""
        value = self.values.get(value_id)
        entry = value.on(on) if value is not None else None
        return None if entry is None else entry.value

    def remembered(self, make: Callable[..., _Answer], *asked: Hashable) -> _Answer:
        """Returns ``make(view, *asked, known_on)``, made once for what is asked; ``make`` must depend on nothing else."""
        key = (make, *asked)
        found: _Answer | None = self._remembered.get(key)
        if found is None:
            found = make(self.view, *asked, self.known_on)
            self._remembered.keep(key, found)
        return found
