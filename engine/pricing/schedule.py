"""Reckons the fee of one unit of a code: relative values, geographic indices and the conversion factor of its date.

Fee = (work RVU x work GPCI + practice expense RVU x PE GPCI + malpractice RVU x MP GPCI) x conversion factor, rounded half up to
a cent. Where the file gives OPPS values (imaging), the lower of the two amounts counts. Source: record layout of the Medicare
relative value file; Medicare Claims Processing Manual, Pub. 100-04, chapter 12, sections 20 and 20.4.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from engine.model import Scalar
from engine.reference.view import ReferenceView

_HUNDRED = Decimal(100)
_ONE = Decimal(1)
_HALF = Decimal("0.5")
_PRICED = frozenset("ART")
_STATUS = {
    "B": "bundled into other services",
    "C": "priced by the contractor",
    "E": "excluded from the fee schedule by regulation",
    "I": "not valid for Medicare",
    "J": "anesthesia, and no table of base units is loaded",
    "M": "a measurement code",
    "N": "not covered by Medicare",
    "P": "bundled or excluded",
    "Q": "a therapy function code",
    "X": "not paid by the physician fee schedule",
}


class Area(msgspec.Struct, frozen=True):
    """A locality's name and geographic indices; the nation's are 1."""

    name: str = "national"
    work: Decimal = _ONE
    practice_expense: Decimal = _ONE
    malpractice: Decimal = _ONE


class Fee(msgspec.Struct, frozen=True):
    """The fee of one unit: ``cents``, or the ``reason`` why there is none, and in ``basis`` how it was reckoned.

    ``reduced_cents`` is the fee with half of the practice expense (therapy after the first), ``expense`` the practice expense RVU.
    """

    cents: int | None = None
    reason: str = ""
    basis: str = ""
    columns: Mapping[str, Scalar] = {}
    reduced_cents: int = 0
    expense: float = 0.0

    def indicator(self, name: str) -> str:
        """Returns a payment indicator of the row, empty when it has none."""
        return str(self.columns.get(name, ""))

    def share(self, name: str) -> Decimal:
        """Returns a share of the global package (``pre_percent`` …) as a part of one."""
        return decimal_of(self.columns.get(name, 0))


def decimal_of(value: Scalar) -> Decimal:
    """Returns a table's number exactly as it is printed there."""
    return Decimal(str(value))


def rounded(cents: Decimal) -> int:
    """Returns whole cents, half a cent upwards."""
    return int(cents.quantize(_ONE, rounding=ROUND_HALF_UP))


def fee_of(view: ReferenceView, code: str, component: str, place: str, on: str, state: str, known_on: str) -> Fee:
    """Returns the fee of a code on an ISO date; ``component`` is 26, TC, 53 or empty, ``state`` empty for national indices.

    It depends on nothing else, so that it can be remembered from claim to claim.
    """
    use = view.use("mpfs", on, known_on)
    if use is None:
        return Fee(reason=f"the fee schedule has no release for {on}")
    row = view.row("mpfs", (code, component), on, known_on)
    shown = f"{code}-{component}" if component else code
    if row is None:
        why = (
            "the sample of the fee schedule has no row for it" if not use.complete else "it is not in the fee schedule"
        )
        return Fee(
            reason=f"{shown}: {why}" if not component else f"{shown}: the fee schedule has no row for the modifier"
        )
    status = str(row.columns.get("status", ""))
    if status not in _PRICED:
        return Fee(reason=f"{shown}: status {status}, {_STATUS.get(status, 'not priced')}", columns=row.columns)
    factor, factor_text = _factor(view, row.columns, on, known_on)
    if factor is None:
        return Fee(reason=f"no conversion factor for {on}", columns=row.columns)
    rate = rate_of(view, row.columns, place, on, known_on)
    if not rate:
        reason = (
            f"{shown}: place of service {place or 'not given'} does not tell the facility from the non-facility rate"
        )
        return Fee(reason=reason, columns=row.columns)
    area = area_of(view, state, on, known_on)
    cents = _cents(row.columns, rate, area, factor, _ONE)
    if not cents:
        return Fee(reason=f"{shown}: the fee schedule gives no relative values", columns=row.columns)
    kind = "".join([" (sample)" if not use.complete else "", " (stale)" if use.stale else ""])
    return Fee(
        cents=cents,
        basis=f"relative values {use.release}{kind}, {area.name}, {rate.replace('nonf', 'non-f')} rate, {factor_text}",
        columns=row.columns,
        reduced_cents=_cents(row.columns, rate, area, factor, _HALF),
        expense=float(row.columns.get(f"{rate}_pe_rvu", 0)),
    )


def area_of(view: ReferenceView, state: str, on: str, known_on: str) -> Area:
    """Returns the one locality of a state; the nation when the state is unknown, has several, or no indices are loaded."""
    rows = [row for row in view.all_rows("gpci", on, known_on) if row.columns.get("state") == state] if state else []
    if len(rows) != 1:
        return Area()
    found = rows[0].columns
    return Area(
        f"locality {found['contractor']}-{found['locality']}",
        decimal_of(found["work"]),
        decimal_of(found["practice_expense"]),
        decimal_of(found["malpractice"]),
    )


def _factor(view: ReferenceView, columns: Mapping[str, Scalar], on: str, known_on: str) -> tuple[Decimal | None, str]:
    """Returns the conversion factor of the date: the dated table's, else the release's own, and how to name it."""
    row = view.row("conversion_factors", ("physician",), on, known_on)
    if row is not None:
        factor = decimal_of(row.columns["conversion_factor"])
        two = view.row("conversion_factors", ("physician_qualifying_apm",), on, known_on) is not None
        return factor, f"conversion factor {factor}{' (not a qualifying APM participant)' if two else ''}"
    own = columns.get("conversion_factor")
    return (decimal_of(own), f"conversion factor {own} of the release") if own else (None, "")


def rate_of(view: ReferenceView, columns: Mapping[str, Scalar], place: str, on: str, known_on: str) -> str:
    """Returns ``facility`` or ``nonfacility``, or nothing where the place does not decide and the rates differ."""
    undecided = "nonfacility" if columns.get("facility_pe_rvu") == columns.get("nonfacility_pe_rvu") else ""
    if not place or view.use("facility_rate_places", on, known_on) is None:
        return undecided
    row = view.row("facility_rate_places", (place,), on, known_on)
    if row is None:
        return "nonfacility"
    return "facility" if row.columns["rate"] == "facility" else undecided


def _cents(columns: Mapping[str, Scalar], rate: str, area: Area, factor: Decimal, part: Decimal) -> int:
    """Returns the fee in cents with a part of the practice expense, never above the OPPS amount where there is one."""
    work = decimal_of(columns.get("work_rvu", 0)) * area.work

    def amount(expense: str, malpractice: str) -> Decimal:
        values = decimal_of(columns.get(expense, 0)) * area.practice_expense * part
        return (work + values + decimal_of(columns.get(malpractice, 0)) * area.malpractice) * factor * _HUNDRED

    own = amount(f"{rate}_pe_rvu", "mp_rvu")
    if columns.get(f"opps_{rate}_pe_rvu"):
        own = min(own, amount(f"opps_{rate}_pe_rvu", "opps_mp_rvu"))
    return rounded(own)
