from __future__ import annotations

import pytest

from engine.facts.earlier import completed_months, full_months


@pytest.mark.parametrize(
    ("first", "last", "full", "completed"),
    [
        ("2024-03-04", "2025-06-02", 14, 14),
        ("2024-03-04", "2026-04-07", 24, 25),
        ("2024-03-31", "2024-04-01", 0, 0),
        ("2024-03-10", "2024-05-09", 1, 1),
        ("2024-03-10", "2024-05-10", 1, 2),
        ("2024-03-10", "2024-03-11", 0, 0),
    ],
)
def test_months_between_two_services(first: str, last: str, full: int, completed: int) -> None:
    assert (full_months(first, last), completed_months(first, last)) == (full, completed)
