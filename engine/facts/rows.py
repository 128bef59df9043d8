"""Makes the facts of tables and sums: ``row`` for each table row whose key is on the claim, and ``total``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.fact import Fact, FieldValue
from engine.facts.matched import with_matches
from engine.facts.parts import ClaimParts, Fields
from engine.model import RowSource, TableUse
from engine.policy.types import Total
from engine.reference.view import RowKeys


def row_facts(parts: ClaimParts) -> Iterator[Fact]:
    """Yields a fact ``row`` for each row, valid on a service date, of the tables that the policy's rules read.

    Codes of history lines of the same date fetch rows too, so that pairs across claims are found.
    """
    diagnoses = tuple(sorted({diagnosis.code for diagnosis in parts.claim.diagnoses}))
    for on in parts.dates:
        keys = _row_keys(parts, on, diagnoses)
        for table, use, rows in parts.view.rows_of(parts.plan.row_tables, keys, on, parts.known_on):
            matches = parts.plan.row_matches.get(table)
            for row in rows:
                fields: Fields = {**row.columns, "table": table, "on": on, "release": use.release}
                source = row_source(table, use, row.key)
                for matched in with_matches(fields, matches, keys) if matches else (fields,):
                    yield Fact("row", matched, source)


def _row_keys(parts: ClaimParts, on: str, diagnoses: tuple[str, ...]) -> RowKeys:
    lines = [line for line in parts.lines if line.service_date == on]
    codes = {line.procedure_code for line in lines}
    codes |= {line.procedure_code for line in parts.history if line.service_date == on}
    places = {line.place_of_service or parts.claim.place_of_service for line in lines} - {""}
    specialties = {performer.specialty for performer in parts.performers} - {""}
    claim = parts.claim
    parties = [claim.billing_provider, claim.referring_provider, claim.ordering_provider]
    parties += [claim.supervising_provider, claim.service_facility, claim.rendering_provider]
    npis = {party.npi for party in parties} | {performer.npi for performer in parts.performers}
    return RowKeys(
        procedures=tuple(sorted(codes)),
        diagnoses=diagnoses,
        modifiers=tuple(sorted({modifier for line in lines for modifier in line.modifiers})),
        places_of_service=tuple(sorted(places)),
        taxonomies=tuple(sorted(specialties)),
        npis=tuple(sorted(npis - {""})),
        revenue_codes=tuple(sorted({line.revenue_code for line in lines} - {""})),
    )


def row_source(table: str, use: TableUse | None, key: dict[str, str]) -> RowSource | None:
    """Returns where a row came from, or None when its table has no release."""
    return None if use is None else RowSource(table, use.release, key, use.complete, use.stale)


def total_facts(parts: ClaimParts, facts: Sequence[Fact]) -> Iterator[Fact]:
    """Yields a fact ``total`` for each group of each ``totals:`` entry of the policy."""
    for total, taken in zip(parts.plan.totals, parts.plan.members_of_totals.select(facts, parts.context), strict=True):
        groups: dict[tuple[FieldValue | None, ...], list[Fact]] = {}
        for fact in taken:
            key = tuple(map(fact.fields.get, total.by))
            if None not in key:
                groups.setdefault(key, []).append(fact)
        for members in groups.values():
            yield Fact("total", _total_fields(total, members, parts))


def _total_fields(total: Total, members: Sequence[Fact], parts: ClaimParts) -> Fields:
    shared = members[0].fields
    fields: Fields = {"service_date": parts.earliest, "id": total.id, "count": len(members)}
    if total.kind == "row" and "on" in total.by:
        fields["service_date"] = shared["on"]
    for name in total.by:
        fields[name] = shared[name]
    if total.measure == "sum":
        amounts = (fact.fields.get(total.field) for fact in members)
        fields["value"] = sum(amount for amount in amounts if isinstance(amount, int | float))
    else:
        fields["value"] = len(members)
    lines = _lines_behind(members, parts)
    if lines:
        fields |= {"lines": lines, "first_line": lines[0], "last_line": lines[-1]}
    return fields


def _lines_behind(facts: Sequence[Fact], parts: ClaimParts) -> list[int]:
    """Returns the lines that facts are about; for a row the lines of its date whose code stands in its key."""
    lines: set[int] = set()
    for fact in facts:
        number = fact.fields.get("line_number")
        if isinstance(number, int):
            lines.add(number)
        elif isinstance(fact.source, RowSource):
            on, codes = fact.fields.get("on"), fact.source.key.values()
            for line in parts.lines:
                if line.service_date == on and line.procedure_code in codes:
                    lines.add(line.line_number)
    return sorted(lines)
