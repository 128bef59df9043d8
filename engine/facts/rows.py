"""Makes the facts of tables and sums: ``row`` for each table row whose key is on the claim, and ``total``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.fact import Fact, FieldValue
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
        for table in parts.plan.row_tables:
            rows = parts.view.rows(table, keys, on, parts.known_on)
            if not rows:
                continue
            use = parts.view.use(table, on, parts.known_on)
            for row in rows:
                fields: Fields = {**row.columns, "table": table, "on": on}
                if use is not None:
                    fields["release"] = use.release
                yield Fact("row", fields, row_source(table, use, row.key))


def _row_keys(parts: ClaimParts, on: str, diagnoses: tuple[str, ...]) -> RowKeys:
    lines = [line for line in parts.lines if line.service_date == on]
    codes = {line.procedure_code for line in lines}
    codes |= {line.procedure_code for line in parts.history if line.service_date == on}
    places = {line.place_of_service or parts.claim.place_of_service for line in lines} - {""}
    specialties = {performer.specialty for performer in parts.performers} - {""}
    return RowKeys(
        procedures=tuple(sorted(codes)),
        diagnoses=diagnoses,
        modifiers=tuple(sorted({modifier for line in lines for modifier in line.modifiers})),
        places_of_service=tuple(sorted(places)),
        taxonomies=tuple(sorted(specialties)),
    )


def row_source(table: str, use: TableUse | None, key: dict[str, str]) -> RowSource | None:
    """Returns where a row came from, or None when its table has no release."""
    return None if use is None else RowSource(table, use.release, key, use.complete, use.stale)


def total_facts(parts: ClaimParts, facts: Sequence[Fact]) -> Iterator[Fact]:
    """Yields a fact ``total`` for each group of each ``totals:`` entry of the policy."""
    for total, predicate in parts.plan.totals:
        groups: dict[tuple[FieldValue, ...], list[Fact]] = {}
        for fact in facts:
            if (
                fact.kind == total.kind
                and all(name in fact.fields for name in total.by)
                and predicate(fact, parts.context)
            ):
                groups.setdefault(tuple(fact.fields[name] for name in total.by), []).append(fact)
        for key, members in groups.items():
            yield Fact("total", _total_fields(total, key, members, parts.earliest))


def _total_fields(total: Total, key: Sequence[FieldValue], members: Sequence[Fact], earliest: str) -> Fields:
    fields: Fields = {"service_date": earliest, **dict(zip(total.by, key, strict=True))}
    fields["id"] = total.id
    fields["count"] = len(members)
    if total.measure == "sum":
        amounts = (fact.fields.get(total.field) for fact in members)
        fields["value"] = sum(amount for amount in amounts if isinstance(amount, int | float))
    else:
        fields["value"] = len(members)
    lines = sorted({number for fact in members if isinstance(number := fact.fields.get("line_number"), int)})
    if lines:
        fields |= {"lines": lines, "first_line": lines[0], "last_line": lines[-1]}
    return fields
