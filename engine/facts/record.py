"""Makes the facts of the record: ``documentation``, ``supported_level`` and ``drug_amount``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from engine.documentation import drugs
from engine.documentation.level import TABLE, supported_level, visit_families
from engine.documentation.scope import ScopedFact
from engine.fact import Fact
from engine.facts.parts import ClaimParts, Fields, put_text
from engine.facts.rows import row_source
from engine.model import DocumentationFact


def documentation_facts(scoped: Sequence[ScopedFact]) -> Iterator[Fact]:
    """Yields a fact ``documentation`` for each documentation fact and line it holds for, and for the claim."""
    for entry in scoped:
        fact = entry.fact
        fields: Fields = {
            "name": fact.name,
            "claim_wide": entry.claim_wide,
            "basis": fact.basis,
            "service_date": entry.service_date,
        }
        if entry.line_number:
            fields["line_number"] = entry.line_number
        if fact.number is not None:
            fields["number"] = fact.number
        if fact.flag is not None:
            fields["flag"] = fact.flag
        put_text(fields, text=fact.text, date=fact.date, unit=fact.unit, qualifier=fact.qualifier, group=fact.group)
        yield Fact("documentation", fields)


def supported_level_facts(parts: ClaimParts, scoped: Sequence[ScopedFact]) -> Iterator[Fact]:
    """Yields a fact ``supported_level`` for each visit line of which the record says something."""
    by_line: dict[int, list[DocumentationFact]] = {}
    for entry in scoped:
        by_line.setdefault(entry.line_number, []).append(entry.fact)
    for line in parts.lines:
        facts = by_line.get(line.line_number)
        if not facts:
            continue
        families = parts.context.remembered(visit_families, line.service_date)
        family = families.get(line.procedure_code)
        level = supported_level(line.procedure_code, family, facts) if family is not None else None
        if level is not None:
            use = parts.view.use(TABLE, line.service_date, parts.known_on)
            fields: Fields = {"line_number": line.line_number, "service_date": line.service_date, **level}
            yield Fact("supported_level", fields, row_source(TABLE, use, {"code": line.procedure_code}))


def drug_amount_facts(parts: ClaimParts, scoped: Sequence[ScopedFact]) -> Iterator[Fact]:
    """Yields a fact ``drug_amount`` for each drug code and day of which the record gives a dose or what was discarded."""
    if not any(entry.fact.name in ("drug", "drug_dose", "drug_discarded") for entry in scoped):
        return
    for on in parts.dates:
        units = parts.context.remembered(drugs.drug_units, on)
        by_code: dict[str, list[drugs.DrugLine]] = {}
        for line in parts.lines:
            if line.service_date == on and line.procedure_code in units and "GY" not in line.modifiers:
                entries = [entry for entry in scoped if entry.line_number == line.line_number]
                by_code.setdefault(line.procedure_code, []).append(
                    drugs.DrugLine(
                        line_number=line.line_number,
                        units=Decimal(str(line.units)),
                        discarded="JW" in line.modifiers,
                        own=tuple(entry.fact for entry in entries if not entry.claim_wide),
                        shared=tuple(entry.fact for entry in entries if entry.claim_wide),
                    )
                )
        use = parts.view.use(drugs.TABLE, on, parts.known_on) if by_code else None
        for code, lines in sorted(by_code.items()):
            others = [units[other] for other in by_code if other != code]
            amount = drugs.drug_amount(units[code], lines, others)
            if amount is not None:
                fields: Fields = {"service_date": on, **amount}
                yield Fact("drug_amount", fields, row_source(drugs.TABLE, use, {"code": code}))
