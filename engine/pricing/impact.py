"""Says what a finding means in money; ``docs/decisions/0004-what-impact-means.md`` says why so.

``billed_at_risk_cents`` is what was billed on the lines that would be denied. ``allowed_delta_cents`` is the allowed amount when the
finding has its way less the allowed amount of the claim were it paid as billed: the denied lines' for a violation, the
correction's for over- and under-coding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from engine.context import ClaimContext
from engine.model import Claim, Finding, Fix, Impact, ServiceLine
from engine.operations import InapplicableError, apply_operations
from engine.phrases import money_text
from engine.pricing.claim import LinePrice, is_medicare, price_claim


class _Priced(msgspec.Struct, frozen=True):
    """A claim's lines and their prices, by line number."""

    lines: Mapping[int, ServiceLine]
    prices: Mapping[int, LinePrice]


class _Change(msgspec.Struct, frozen=True):
    """The change of the allowed amount in cents, or the reason why it is unknown, and the prices that it rests on."""

    cents: int | None
    reason: str = ""
    used: tuple[tuple[int, LinePrice], ...] = ()


class ImpactMaker:
    """Reckons the impact of one claim's findings; the claim as billed is priced once, and only when a finding asks."""

    def __init__(self, claim: Claim, context: ClaimContext) -> None:
        """Remembers the claim and the policy's view of the reference tables."""
        self._claim = claim
        self._context = context
        self._before: _Priced | None = None

    def impact_of(self, finding: Finding) -> Impact:
        """Returns the money of a finding whose fixes are made; nothing for warnings and information, which deny no line."""
        if finding.kind in ("VIOLATION", "OVER_CODING"):
            return self._of_denial(finding)
        if finding.kind == "UNDER_CODING":
            return self._of_under_coding(finding)
        return Impact()

    def _of_denial(self, finding: Finding) -> Impact:
        denied = self._denied(finding)
        charges = sum(line.charge_cents for line in denied)
        where = f"line {denied[0].line_number}" if finding.line_numbers and denied else "every line"
        fix = _usable(finding.fixes)
        corrected = self._after_fix(fix) if fix is not None else None
        if finding.kind == "OVER_CODING" and fix is not None and corrected is not None:
            return self._impact(charges, f"charge of {where}; after the change: {fix.description}", corrected)
        gone = {line.line_number for line in denied}
        rest = [line for line in self._claim.lines if line.line_number not in gone]
        change = self._change(msgspec.structs.replace(self._claim, lines=tuple(rest)))
        impact = self._impact(charges, f"charge of {where}, denied", change)
        if corrected is None or corrected.cents is None or change.cents is None or corrected.cents == change.cents:
            return impact
        kept = f"the first change that was proved keeps {money_text(corrected.cents - change.cents)}"
        return msgspec.structs.replace(impact, basis=f"{impact.basis}; {kept}")

    def _of_under_coding(self, finding: Finding) -> Impact:
        fix = _usable(finding.fixes) or next((fix for fix in finding.fixes if fix.verified), None)
        corrected = self._after_fix(fix) if fix is not None else None
        if fix is None or corrected is None:
            return Impact(basis="allowed amount not reckoned: no change was proved")
        supported = not fix.requires_documentation or fix.documentation_supported
        condition = "" if supported else ", if the record supports it"
        return self._impact(0, f"after the change: {fix.description}{condition}", corrected)

    def _denied(self, finding: Finding) -> list[ServiceLine]:
        return [
            line
            for line in self._claim.lines
            if not finding.line_numbers or line.line_number == finding.line_numbers[0]
        ]

    def _after_fix(self, fix: Fix) -> _Change | None:
        try:
            return self._change(apply_operations(self._claim, fix.operations))
        except InapplicableError:
            return None

    def _change(self, changed: Claim) -> _Change:
        """Returns the allowed amount of a changed claim less that of the claim as billed; what did not change cancels out."""
        if self._before is None:
            self._before = self._priced(self._claim)
        before, after = self._before, self._priced(changed)
        total = 0
        used: list[tuple[int, LinePrice]] = []
        for number in sorted(before.lines.keys() | after.lines.keys()):
            old, new = before.prices.get(number), after.prices.get(number)
            if old == new and before.lines.get(number) == after.lines.get(number):
                continue
            for price, sign in ((old, -1), (new, 1)):
                if price is None:
                    continue
                if price.cents is None:
                    return _Change(None, f"line {number}: {price.reason}")
                total += sign * price.cents
                used.append((number, price))
        return _Change(total, used=tuple(used))

    def _priced(self, claim: Claim) -> _Priced:
        return _Priced({line.line_number: line for line in claim.lines}, price_claim(claim, self._context))

    def _impact(self, charges: int, what: str, change: _Change) -> Impact:
        if change.cents is None:
            return Impact(charges, None, f"{what}; allowed amount not reckoned: {change.reason}")
        schedule = "Medicare physician fee schedule" + ("" if is_medicare(self._claim) else ", as a yardstick")
        return Impact(charges, change.cents, "; ".join([what, schedule, *_reckoning(change.used)]))


def _usable(fixes: Sequence[Fix]) -> Fix | None:
    """Returns the first change that was proved and that the record supports."""
    return next(
        (fix for fix in fixes if fix.verified and (not fix.requires_documentation or fix.documentation_supported)), None
    )


def _reckoning(used: Sequence[tuple[int, LinePrice]]) -> list[str]:
    """Returns the bases in use, each once, and the notes by line."""
    bases = dict.fromkeys(price.basis for _, price in used if price.basis)
    notes = dict.fromkeys(f"line {number}: {note}" for number, price in used for note in price.notes)
    return [*bases, *notes]
