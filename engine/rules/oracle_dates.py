"""Moves dates for the oracle, by plain counting, apart from how the engine does it."""

from __future__ import annotations

from datetime import date, timedelta


def shifted(text: str, amount: int, unit: str) -> str | None:
    """Returns an ISO date moved by days, weekdays, months or years; None out of range."""
    try:
        day = date.fromisoformat(text)
        if unit == "days":
            return str(day + timedelta(days=amount))
        if unit == "weekdays":
            return _weekdays_on(day, amount)
        total = (day.year * 12 + day.month - 1) + (amount if unit == "months" else 12 * amount)
        for last in range(day.day, 27, -1):
            try:
                return str(date(total // 12, total % 12 + 1, last))
            except ValueError:
                continue
        return str(date(total // 12, total % 12 + 1, min(day.day, 28)))
    except (ValueError, OverflowError):
        return None


def _weekdays_on(day: date, amount: int) -> str:
    step = timedelta(days=1 if amount > 0 else -1)
    while amount:
        day += step
        amount -= (1 if amount > 0 else -1) if day.isoweekday() <= 5 else 0
    return str(day)
