"""Prices the lines of one claim together, because procedures of one session reduce each other.

Surgery (multiple procedure indicator 2): 100 % of the dearest, 50 % of the second to fifth, the rest by report. Endoscopy (3): within the
family of one base code the dearest in full and the others less the base's fee; the family then ranks as one. Therapy (5): half of the
practice expense of all units but the dearest's. Other reductions (indicators 4, 6, 7) are not reckoned, and said so.
Source: Medicare Claims Processing Manual, Pub. 100-04, chapter 12, section 40.6; chapter 5, section 10.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from engine.context import ClaimContext
from engine.model import Claim, ServiceLine
from engine.practitioners import line_performer, practitioner_keys
from engine.pricing.modifiers import NOT_RANKED, Share, component_of, share_of
from engine.pricing.schedule import Fee, fee_of, rounded
from engine.reference.view import ReferenceView

_MOST_RANKED = 5
_SECOND = Decimal("0.5")
_MOST_RANKED_UNITS = 50
_NOT_RECKONED = frozenset("467")


class LinePrice(msgspec.Struct, frozen=True):
    """The allowed amount of a line in cents, or the reason why there is none; how it was reckoned, and notes on it."""

    cents: int | None = None
    reason: str = ""
    basis: str = ""
    notes: tuple[str, ...] = ()


class _Item(msgspec.Struct, frozen=True, eq=False):
    """A line that has a fee, and what is paid of it."""

    line: ServiceLine
    fee: Fee
    share: Share
    cents: int  # one unit by itself
    session: tuple[str, str]

    @property
    def one(self) -> Decimal:
        """The fee of one unit, both sides of a bilateral one together."""
        return Decimal(self.fee.cents or 0) * self.share.sides


class _Part(msgspec.Struct, frozen=True, eq=False):
    """One unit of a ranked line and what the session leaves of its fee."""

    item: _Item
    amount: Decimal


def price_claim(claim: Claim, context: ClaimContext) -> dict[int, LinePrice]:
    """Returns the price of every line of a claim by line number."""
    if claim.claim_type != "PROFESSIONAL":
        reason = "an institutional claim is not paid by the physician fee schedule"
        return {line.line_number: LinePrice(reason=reason) for line in claim.lines}
    prices: dict[int, LinePrice] = {}
    items: list[_Item] = []
    lines = sorted(claim.lines, key=lambda line: line.line_number)
    state = claim.payer.state if is_medicare(claim) else ""
    owners = practitioner_keys([line_performer(claim, line) for line in lines])
    for line, owner in zip(lines, owners, strict=True):
        place = line.place_of_service or claim.place_of_service
        asked = (line.procedure_code, line.modifiers, place, line.service_date, state)
        fee, share, cents = context.remembered(_rated, *asked)
        if share.reason:
            prices[line.line_number] = LinePrice(reason=share.reason)
        else:
            items.append(_Item(line, fee, share, cents, (owner, line.service_date)))
    for session in _sessions(items):
        prices |= _price_session(session, claim, state, context)
    return prices


def _rated(
    view: ReferenceView, code: str, modifiers: tuple[str, ...], place: str, on: str, state: str, known_on: str
) -> tuple[Fee, Share, int]:
    """Returns the fee of a code with modifiers, what is paid of it, and that in cents for one unit by itself."""
    component = component_of(modifiers)
    fee = fee_of(view, code, component, place, on, state, known_on)
    if fee.cents is None and component == "53":
        # Only a few codes have a row for 53; that of the others is by report, which ``share_of`` says.
        fee = fee_of(view, code, "", place, on, state, known_on)
    if fee.cents is None:
        return fee, Share(reason=fee.reason), 0
    share = share_of(modifiers, fee, on)
    return fee, share, rounded(fee.cents * share.sides * share.part)


def is_medicare(claim: Claim) -> bool:
    """Returns whether the claim goes to Medicare, which pays by this schedule and in the state of the service."""
    return claim.payer.line_of_business.lower() == "medicare"


def _sessions(items: Iterable[_Item]) -> Iterable[list[_Item]]:
    found: dict[tuple[str, str], list[_Item]] = {}
    for item in items:
        found.setdefault(item.session, []).append(item)
    return found.values()


def _price_session(items: Sequence[_Item], claim: Claim, state: str, context: ClaimContext) -> dict[int, LinePrice]:
    """Prices the lines of one practitioner and day."""
    bases = {item.fee.indicator("endoscopic_base") for item in items if item.fee.indicator("multiple") == "3"}
    ranked: list[_Item] = []
    therapy: list[_Item] = []
    prices: dict[int, LinePrice] = {}
    for item in items:
        indicator = item.fee.indicator("multiple")
        if item.fee.indicator("status") == "T" and len(items) > 1:
            prices[item.line.line_number] = _price(item, 0, "status T: not paid beside another service of the day")
        elif not item.share.part:
            # What is not paid at all (62 where two surgeons are not allowed) takes no rank from the others.
            prices[item.line.line_number] = _price(item, 0)
        elif indicator in ("2", "3") and NOT_RANKED.isdisjoint(item.line.modifiers):
            ranked.append(item)
        elif indicator == "5":
            therapy.append(item)
        else:
            notes = _unreckoned(indicator, items) if indicator in _NOT_RECKONED else ()
            units = item.line.units
            cents = item.cents if units == 1 else rounded(item.cents * Decimal(str(units)))
            prices[item.line.line_number] = _price(item, cents, *notes)
    prices |= _therapy(therapy)
    if len(ranked) == 1 and ranked[0].line.units == 1:
        only = ranked[0]
        prices[only.line.line_number] = _price(only, only.cents)
        return prices
    if not ranked:
        return prices

    def base_fee(item: _Item) -> int | None:
        place = item.line.place_of_service or claim.place_of_service
        base = item.fee.indicator("endoscopic_base") or item.line.procedure_code
        fee: Fee = context.remembered(fee_of, base, "", place, item.line.service_date, state)
        return fee.cents

    return prices | _ranked(ranked, bases, {item.line.line_number: base_fee(item) for item in ranked})


def _unreckoned(indicator: str, items: Sequence[_Item]) -> tuple[str, ...]:
    several = sum(1 for item in items if item.fee.indicator("multiple") == indicator) > 1
    return (f"the reduction of multiple procedure indicator {indicator} is not reckoned",) if several else ()


def _price(item: _Item, cents: int, *notes: str) -> LinePrice:
    return LinePrice(cents, basis=item.fee.basis, notes=item.share.notes + notes)


def _therapy(items: Sequence[_Item]) -> dict[int, LinePrice]:
    """Pays the unit with the highest practice expense in full, and the others with half of theirs."""
    if not items:
        return {}
    dearest = max(items, key=lambda item: (item.fee.expense, -item.line.line_number))
    prices = {}
    for item in items:
        full = min(Decimal(str(item.line.units)), Decimal(1)) if item is dearest else Decimal(0)
        rest = Decimal(str(item.line.units)) - full
        first, later = (rounded(cents * item.share.part) for cents in (item.one, Decimal(item.fee.reduced_cents)))
        notes = ("half of the practice expense after the first therapy unit",) if rest else ()
        prices[item.line.line_number] = _price(item, rounded(first * full + later * rest), *notes)
    return prices


def _ranked(items: Sequence[_Item], bases: set[str], base_fees: Mapping[int, int | None]) -> dict[int, LinePrice]:
    """Ranks procedures and families of endoscopies and reduces all but the first."""
    prices: dict[int, LinePrice] = {}
    families: dict[str, list[_Item]] = {}
    groups: list[list[_Part]] = []
    for item in items:
        number, units = item.line.line_number, item.line.units
        if units != int(units) or not 0 < units <= _MOST_RANKED_UNITS:
            prices[number] = LinePrice(reason=f"line {number}: {units:g} units cannot be ranked with other procedures")
            continue
        base = item.fee.indicator("endoscopic_base") if item.fee.indicator("multiple") == "3" else ""
        if not base and item.line.procedure_code in bases:
            base = item.line.procedure_code
        if base:
            families.setdefault(base, []).append(item)
        else:
            groups += [[_Part(item, item.one)] for _ in range(int(units))]
    for members in families.values():
        parts, reasons = _family(members, base_fees)
        prices |= reasons
        groups += [parts] if parts else []
    groups.sort(key=lambda parts: (-sum(part.amount for part in parts), parts[0].item.line.line_number))
    return prices | _paid_by_rank(groups)


def _family(members: Sequence[_Item], base_fees: Mapping[int, int | None]) -> tuple[list[_Part], dict[int, LinePrice]]:
    """Returns the parts of a family of endoscopies: the dearest in full, the others less the base's fee."""
    units = [item for item in members for _ in range(int(item.line.units))]
    units.sort(key=lambda item: (-item.one, item.line.line_number))
    if len(units) > 1:
        wanting = any(base_fees[item.line.line_number] is None for item in members)
        if wanting or any(item.share.sides != 1 for item in members):
            reason = (
                "the base endoscopy has no fee" if wanting else "a bilateral endoscopy beside another of its family"
            )
            return [], {item.line.line_number: LinePrice(reason=reason) for item in members}
    parts = [_Part(units[0], units[0].one)]
    for item in units[1:]:
        parts.append(_Part(item, max(item.one - (base_fees[item.line.line_number] or 0), Decimal(0))))
    return parts, {}


def _paid_by_rank(groups: Sequence[Sequence[_Part]]) -> dict[int, LinePrice]:
    paid: dict[int, int] = {}
    notes: dict[int, list[str]] = {}
    items: dict[int, _Item] = {}
    by_report: set[int] = set()
    for rank, parts in enumerate(groups, start=1):
        for place, part in enumerate(parts):
            number = part.item.line.line_number
            items[number] = part.item
            rate = Decimal(1) if rank == 1 else _SECOND
            paid[number] = paid.get(number, 0) + rounded(part.amount * rate * part.item.share.part)
            if rank > _MOST_RANKED:
                by_report.add(number)
            if place:
                notes.setdefault(number, []).append("endoscopy: the fee less that of its base")
            if rank > 1:
                notes.setdefault(number, []).append("multiple procedures: 50 %")
    prices = {}
    for number, cents in paid.items():
        if number in by_report:
            prices[number] = LinePrice(reason="multiple procedures after the fifth are priced by report")
        else:
            prices[number] = _price(items[number], cents, *dict.fromkeys(notes.get(number, ())))
    return prices
