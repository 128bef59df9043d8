"""Lets a golden test be judged with rows of its own: a view in which a few tables are as the test gives them."""

from __future__ import annotations

from collections.abc import Sequence

from engine.policy.given_rows import stand_ins
from engine.policy.types import GoldenTest, Table
from engine.reference.lookup import ReferenceLookup
from engine.reference.policy_table import holding_of
from engine.reference.view import ReferenceView
from engine.regression.pinned import PinnedView

_Given = tuple[tuple[tuple[str, object], ...], tuple[str, ...]]


class GivenViews:
    """Makes the views of golden tests that give rows, once for each set of rows, beside the view of all other tests."""

    def __init__(self, view: ReferenceView, tables: Sequence[Table]) -> None:
        """Takes the view of tests without given rows (``view``) and the tables beside the policies."""
        self.view = view
        self._tables = tables
        self._made: dict[_Given, ReferenceView] = {}

    def of(self, test: GoldenTest) -> ReferenceView:
        """Returns the view that a test is judged with; its ``given`` must have passed ``check_given``."""
        key = tuple((row.table, row.cells) for row in test.given), test.complete
        if key not in self._made:
            self._made[key] = self._with(test) if any(key) else self.view
        return self._made[key]

    def _with(self, test: GoldenTest) -> ReferenceView:
        tables = stand_ins(test, self._tables)
        holdings = {table.id: [holding_of(table)] for table in tables}
        own = ReferenceLookup(self.view.schemas(), holdings, stale_days=0)
        return PinnedView(self.view, own, holdings)
