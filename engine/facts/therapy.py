"""Makes the facts of therapy: ``timed_service`` and ``therapy_threshold``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from engine.documentation import therapy
from engine.documentation.scope import ScopedFact
from engine.fact import Fact
from engine.facts.parts import ClaimParts, Fields
from engine.facts.rows import row_source
from engine.model import ServiceLine
from engine.pricing import price_claim

THRESHOLDS = "therapy_kx_thresholds"
# Physical therapy and speech-language pathology share a threshold (Social Security Act, section 1833(g)).
_BENEFITS = {"GN": "PT_SLP_combined", "GP": "PT_SLP_combined", "GO": "OT"}
_QUALIFIERS = {"PT_SLP_combined": "pt_slp", "OT": "ot"}


def timed_service_facts(parts: ClaimParts, scoped: Sequence[ScopedFact]) -> Iterator[Fact]:
    """Yields a fact ``timed_service`` for each timed therapy code, discipline and day whose minutes are known."""
    if not any(entry.fact.name == "timed_minutes" for entry in scoped):
        return
    for on in parts.dates:
        codes = parts.context.remembered(therapy.timed_codes, on)
        lines = [
            _therapy_line(line, scoped)
            for line in parts.lines
            if line.service_date == on and line.procedure_code in codes and "GY" not in line.modifiers
        ]
        use = parts.view.use(therapy.TABLE, on, parts.known_on) if lines else None
        for service in therapy.timed_services(codes, lines):
            fields: Fields = {"service_date": on, **service}
            yield Fact(
                "timed_service", fields, row_source(therapy.TABLE, use, {"code": str(service["procedure_code"])})
            )


def _therapy_line(line: ServiceLine, scoped: Sequence[ScopedFact]) -> therapy.TherapyLine:
    entries = [entry for entry in scoped if entry.line_number == line.line_number]
    return therapy.TherapyLine(
        line_number=line.line_number,
        procedure_code=line.procedure_code,
        units=line.units,
        modifiers=line.modifiers,
        own=tuple(entry.fact for entry in entries if not entry.claim_wide),
        shared=tuple(entry.fact for entry in entries if entry.claim_wide),
    )


def therapy_threshold_facts(parts: ClaimParts, scoped: Sequence[ScopedFact]) -> Iterator[Fact]:
    """Yields a fact ``therapy_threshold`` for each therapy line of a benefit whose amount of the year before the claim is known.

    Lines count by service date and then line number. From the first line whose allowed amount is not reckoned on, the amount is unknown.
    """
    before = {
        entry.fact.qualifier: Decimal(str(entry.fact.number))
        for entry in scoped
        if entry.fact.name == "therapy_year_to_date"
        and entry.claim_wide
        and not entry.line_number
        and entry.fact.number is not None
        and entry.fact.basis != "inferred"
    }
    if not before or parts.dates[0][:4] != parts.dates[-1][:4]:
        return
    prices = price_claim(parts.claim, parts.context)
    for benefit, qualifier in sorted(_QUALIFIERS.items()):
        if qualifier not in before:
            continue
        so_far: int | None = int((before[qualifier] * 100).to_integral_value())
        for line in sorted(parts.lines, key=lambda line: (line.service_date, line.line_number)):
            if {_BENEFITS.get(modifier) for modifier in line.modifiers} - {None} != {benefit} or "GY" in line.modifiers:
                continue
            row = parts.view.row(THRESHOLDS, (benefit,), line.service_date, parts.known_on)
            if row is None:
                continue
            fields: Fields = {
                "line_number": line.line_number,
                "procedure_code": line.procedure_code,
                "service_date": line.service_date,
                "benefit": benefit,
                "threshold_cents": int(row.columns["kx_threshold_usd"]) * 100,
                "kx": "KX" in line.modifiers,
            }
            price = prices.get(line.line_number)
            cents = price.cents if price is not None else None
            so_far = so_far + cents if so_far is not None and cents is not None else None
            if so_far is not None:
                fields["year_to_date_cents"] = so_far
            use = parts.view.use(THRESHOLDS, line.service_date, parts.known_on)
            yield Fact("therapy_threshold", fields, row_source(THRESHOLDS, use, {"benefit_group": benefit}))
