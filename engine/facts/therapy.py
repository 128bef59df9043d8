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
    """Yields a fact ``therapy_threshold`` for each line with a therapy modifier.

    Lines count by service date and then line number. The year's amount is unknown without the amount before the claim, on a claim of
    two years, and from the first line whose allowed amount is not reckoned on.
    """
    if not any(modifier in _BENEFITS for line in parts.lines for modifier in line.modifiers):
        return
    one_year = parts.dates[0][:4] == parts.dates[-1][:4]
    before = {
        entry.fact.qualifier: Decimal(str(entry.fact.number))
        for entry in scoped
        if entry.fact.name == "therapy_year_to_date"
        and not entry.line_number
        and entry.fact.number is not None
        and entry.fact.basis != "inferred"
        and one_year
    }
    prices = price_claim(parts.claim, parts.context) if before else {}
    for benefit, qualifier in sorted(_QUALIFIERS.items()):
        so_far = int((before[qualifier] * 100).to_integral_value()) if qualifier in before else None
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
