"""Makes the facts ``diagnosis``: one for each diagnosis, and again for service dates on which the code set says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from engine import diagnosis_codes
from engine.fact import Fact
from engine.facts.parts import ClaimParts, Fields, put_text

_TABLE_FIELDS = frozenset({"valid", "billable", "header", "laterality", "right_code", "left_code"})


def diagnosis_facts(parts: ClaimParts) -> Iterator[Fact]:
    """Yields the facts of every diagnosis, on the dates of the lines that point to it (else the claim's earliest)."""
    wants_table = parts.plan.wants("diagnosis", _TABLE_FIELDS)
    for position, diagnosis in enumerate(parts.claim.diagnoses, start=1):
        dates = sorted({line.service_date for line in parts.lines if position in line.diagnosis_pointers})
        seen: list[Fields] = []
        for on in dates or [parts.earliest]:
            validity: Fields = {}
            if wants_table:
                validity = parts.context.remembered(diagnosis_codes.validity, diagnosis.code, on)
            if validity in seen:
                continue
            seen.append(validity)
            fields: Fields = {
                "position": position,
                "code": diagnosis.code,
                "category": diagnosis.code[:3],
                "first_listed": position == 1,
                "service_date": on,
                **validity,
            }
            put_text(fields, seventh_character=diagnosis.code[7:8])
            chapter = diagnosis_codes.chapter(diagnosis.code)
            if chapter:
                fields["chapter"] = chapter
            yield Fact("diagnosis", fields)
