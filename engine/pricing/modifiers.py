"""Says what modifiers do to the fee of a line: the share paid, in words why, or why no amount can be given.

Source: Medicare Claims Processing Manual, Pub. 100-04, chapter 12, sections 20.4.3 (assistants), 20.4.6 (22 and 52), 30.1 (53), 40.2 and
40.4 (54, 55, 78), 40.7 (50), 40.8 (62, 66), 110.2 (AS); chapter 5, section 20.1 (CQ, CO).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from engine.pricing.schedule import Fee

COMPONENTS = ("26", "TC", "53")
# Shares of a package are not procedures to rank with others of the session.
NOT_RANKED = frozenset(["55", "78"])
_ASSISTANT = Decimal("0.16")
_ASSISTANTS = {"80": _ASSISTANT, "81": _ASSISTANT, "82": _ASSISTANT, "AS": _ASSISTANT * Decimal("0.85")}
_ASSISTANT_THERAPIST = Decimal("0.85")
_ASSISTANT_THERAPIST_FROM = "2022-01-01"
_CO_SURGEON = Decimal("0.625")
_BY_REPORT = {
    "52": "modifier 52 (reduced service) is priced by report",
    "53": "modifier 53 (discontinued procedure) is priced by report for this code",
    "56": "modifier 56: Medicare pays the preoperative part with the surgery",
    "66": "modifier 66 (team surgery) is priced by report",
}
_EXCLUDED = {"GY": "modifier GY: excluded by statute, nothing is paid", "GZ": "modifier GZ: denied, nothing is paid"}


class Share(msgspec.Struct, frozen=True):
    """The part of the fee that is paid, with notes; ``reason`` is set when no amount can be given."""

    part: Decimal = Decimal(1)
    sides: Decimal = Decimal(1)
    notes: tuple[str, ...] = ()
    reason: str = ""


def component_of(modifiers: Sequence[str]) -> str:
    """Returns the modifier that has a row of its own in the fee schedule, or nothing."""
    return next((modifier for modifier in COMPONENTS if modifier in modifiers), "")


def share_of(modifiers: Sequence[str], fee: Fee, on: str) -> Share:
    """Returns what is paid of a fee on an ISO date; the fee is that of the modifiers' component."""
    present = set(modifiers)
    for modifier, note in _EXCLUDED.items():
        if modifier in present:
            return Share(Decimal(0), notes=(note,))
    for modifier, reason in _BY_REPORT.items():
        if modifier in present and fee.indicator("modifier") != modifier:
            return Share(reason=reason)
    share = Share()
    for step in (_sides, _package, _assistants, _co_surgeons, _therapists):
        found = step(present, fee, on)
        if found.reason:
            return found
        share = Share(share.part * found.part, share.sides * found.sides, share.notes + found.notes)
    if "22" in present:
        share = msgspec.structs.replace(share, notes=(*share.notes, "modifier 22: more may be paid by report"))
    return share


def _sides(present: set[str], fee: Fee, _on: str) -> Share:
    if "50" not in present:
        return Share()
    bilateral = fee.indicator("bilateral")
    if bilateral == "1":
        return Share(sides=Decimal("1.5"), notes=("modifier 50: 150 %",))
    if bilateral == "3":
        return Share(sides=Decimal(2), notes=("modifier 50: 100 % for each side",))
    if bilateral in ("0", "2"):
        return Share(notes=(f"modifier 50 pays nothing more (bilateral indicator {bilateral})",))
    return Share(reason="modifier 50 does not apply to this code")


def _package(present: set[str], fee: Fee, _on: str) -> Share:
    chosen = [modifier for modifier in ("54", "55", "78") if modifier in present]
    if not chosen:
        return Share()
    pre, intra, post = (fee.share(name) for name in ("pre_percent", "intra_percent", "post_percent"))
    if chosen == ["78"] and not intra:
        return Share(notes=("modifier 78: no global package, paid in full",))
    if len(chosen) > 1 or not intra:
        return Share(reason=f"modifiers {', '.join(chosen)}: the fee schedule gives no shares to split by")
    part = {"54": pre + intra, "55": post, "78": intra}[chosen[0]]
    return Share(part, notes=(f"modifier {chosen[0]}: {_percent(part)} of the global package",))


def _assistants(present: set[str], fee: Fee, _on: str) -> Share:
    chosen = [modifier for modifier in _ASSISTANTS if modifier in present]
    if not chosen:
        return Share()
    part = min(_ASSISTANTS[modifier] for modifier in chosen)
    indicator = fee.indicator("assistant")
    if indicator == "1":
        return Share(Decimal(0), notes=("no assistant at surgery is paid for this code",))
    if indicator not in ("0", "2"):
        return Share(reason="an assistant at surgery does not apply to this code")
    condition = " if the record shows medical necessity" if indicator == "0" else ""
    return Share(part, notes=(f"modifier {', '.join(chosen)}: {_percent(part)}{condition}",))


def _co_surgeons(present: set[str], fee: Fee, _on: str) -> Share:
    if "62" not in present:
        return Share()
    indicator = fee.indicator("co_surgeon")
    if indicator == "0":
        return Share(Decimal(0), notes=("no co-surgeon is paid for this code",))
    if indicator not in ("1", "2"):
        return Share(reason="modifier 62 does not apply to this code")
    condition = " if the record shows medical necessity" if indicator == "1" else ""
    return Share(_CO_SURGEON, notes=(f"modifier 62: {_percent(_CO_SURGEON)}{condition}",))


def _therapists(present: set[str], _fee: Fee, on: str) -> Share:
    chosen = [modifier for modifier in ("CO", "CQ") if modifier in present]
    if not chosen or on < _ASSISTANT_THERAPIST_FROM:
        return Share()
    return Share(_ASSISTANT_THERAPIST, notes=(f"modifier {chosen[0]}: {_percent(_ASSISTANT_THERAPIST)}",))


def _percent(part: Decimal) -> str:
    return f"{(part * 100).normalize():f} %"
