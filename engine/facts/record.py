"""Makes the facts of the record: ``documentation`` and ``supported_level``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
