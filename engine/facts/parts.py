"""Holds what the builders of one claim's facts share, in canonical order: lines, standing history, dates, practitioners."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.context import ClaimContext
from engine.fact import FieldValue
from engine.model import Claim, HistoryLine, ServiceLine
from engine.policy.types import ColumnType, Total
from engine.practitioners import Performer, history_performer, line_performer, practitioner_keys
from engine.reference.view import ReferenceView
from engine.rules import Selections

Fields = dict[str, FieldValue]


class FactPlan(msgspec.Struct, frozen=True):
    """What a compiled policy reads: kinds of facts, fields by kind, tables of ``row`` conditions, totals and the facts they take.

    ``row_matches`` names, by table, the columns of which the matched code is read.
    """

    kinds: frozenset[str]
    fields: dict[str, frozenset[str]]
    row_tables: tuple[str, ...]
    row_matches: dict[str, tuple[tuple[str, ColumnType], ...]]
    totals: tuple[Total, ...]
    members_of_totals: Selections

    def wants(self, kind: str, names: frozenset[str]) -> bool:
        """Returns whether any of the fields of a kind is read."""
        return not names.isdisjoint(self.fields.get(kind, frozenset()))


class ClaimParts(msgspec.Struct, frozen=True):
    """One claim taken apart. ``lines`` are by line number, ``history`` by date; denied, void and replaced history is left out.

    ``practitioners`` has a key for each line and then for each history line; equal keys mean the same practitioner.
    """

    claim: Claim
    plan: FactPlan
    context: ClaimContext
    lines: tuple[ServiceLine, ...]
    history: tuple[HistoryLine, ...]
    dates: tuple[str, ...]
    performers: tuple[Performer, ...]
    practitioners: tuple[str, ...]

    @property
    def view(self) -> ReferenceView:
        """The reference view."""
        return self.context.view

    @property
    def known_on(self) -> str:
        """The knowledge date, empty for all that is loaded."""
        return self.context.known_on

    @property
    def earliest(self) -> str:
        """The earliest service date."""
        return self.dates[0]


def take_apart(claim: Claim, plan: FactPlan, context: ClaimContext) -> ClaimParts:
    """Returns the parts of a claim that has at least one line."""
    lines = sorted(claim.lines, key=lambda line: line.line_number)
    history = sorted(_standing_history(claim), key=_history_order)
    performers = [line_performer(claim, line) for line in lines]
    return ClaimParts(
        claim=claim,
        plan=plan,
        context=context,
        lines=tuple(lines),
        history=tuple(history),
        dates=tuple(sorted({line.service_date for line in lines})),
        performers=tuple(performers),
        practitioners=tuple(practitioner_keys([*performers, *(history_performer(line) for line in history)])),
    )


def _standing_history(claim: Claim) -> Iterable[HistoryLine]:
    replaced = claim.original_claim_id if claim.frequency_code in ("7", "8") else ""
    for line in claim.history:
        if line.status in ("PAID", "PENDING") and not (replaced and line.claim_id == replaced):
            yield line


def _history_order(line: HistoryLine) -> tuple[object, ...]:
    return (
        line.service_date,
        line.procedure_code,
        line.claim_id,
        line.modifiers,
        line.units,
        line.rendering_npi,
        line.billing_tin,
        line.taxonomy_code,
        line.place_of_service,
        line.status,
        line.diagnosis_codes,
    )


def put_text(fields: Fields, **texts: str) -> None:
    """Adds the texts that are not empty: an absent field has no key."""
    for name, text in texts.items():
        if text:
            fields[name] = text
