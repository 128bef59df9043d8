"""Writes a golden claim in short form: what a reader needs to see why a rule fires, and nothing that is as always."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from engine.model import Claim, DocumentationFact, HistoryLine, ServiceLine
from engine.phrases import value_text

_SHOWN_OF_CLAIM = frozenset({"claim_id", "payer", "lines", "patient", "diagnoses", "history", "documentation"})
_SHOWN_OF_LINE = frozenset(
    {"line_number", "procedure_code", "modifiers", "units", "service_date", "diagnosis_pointers"}
)


def short_claim(claim: Claim) -> str:
    """Returns a claim as a few lines of text."""
    lines = [f"payer    {_payer(claim)}"]
    lines += _labelled("claim", [", ".join(_others(claim, _SHOWN_OF_CLAIM))])
    lines += _labelled("patient", [", ".join(_others(claim.patient, frozenset()))])
    diagnoses = (f"{position} {diagnosis.code}" for position, diagnosis in enumerate(claim.diagnoses, start=1))
    lines += _labelled("dx", [", ".join(diagnoses)])
    lines += [f"line {line.line_number:<4}{_line(line)}" for line in claim.lines]
    lines += _labelled("history", map(_history, claim.history))
    lines += _labelled("record", map(_documented, claim.documentation.facts))
    return "\n".join(lines)


def _payer(claim: Claim) -> str:
    return ", ".join(text for text in (claim.payer.payer_id, claim.payer.line_of_business) if text)


def _labelled(label: str, texts: Iterable[str]) -> list[str]:
    return [f"{label:<9}{text}" for text in texts if text]


def _line(line: ServiceLine) -> str:
    parts = [" ".join([line.procedure_code, *line.modifiers]) + f" x {value_text(line.units)}", line.service_date]
    if line.diagnosis_pointers:
        parts.append(f"dx {value_text(line.diagnosis_pointers)}")
    return ", ".join([*parts, *_others(line, _SHOWN_OF_LINE)])


def _history(line: HistoryLine) -> str:
    parts = [" ".join([line.procedure_code, *line.modifiers]), line.service_date]
    return ", ".join([*parts, *_others(line, frozenset({"procedure_code", "modifiers", "service_date", "claim_id"}))])


def _documented(fact: DocumentationFact) -> str:
    where = f" (line {fact.line_number})" if fact.line_number else ""
    given = [] if fact.number is None else [value_text(fact.number) + (f" {fact.unit}" if fact.unit else "")]
    given += [text for text in (fact.text, fact.date, fact.qualifier) if text]
    given += [] if fact.flag is None else [value_text(fact.flag)]
    given += [] if fact.basis == "stated" else [fact.basis]
    return f"{fact.name.replace('_', ' ')}{where}: {', '.join(given)}"


def _others(thing: msgspec.Struct, shown: frozenset[str]) -> Iterator[str]:
    """Yields every field that is not as it is by default, and not shown already."""
    for field in msgspec.structs.fields(thing):
        value = getattr(thing, field.name)
        if field.name not in shown and value != field.default and value not in (None, "", ()):
            yield from _field(field.name.replace("_", " "), value)


def _field(name: str, value: object) -> Iterator[str]:
    if isinstance(value, msgspec.Struct):
        yield from (f"{name} {inner}" for inner in _others(value, frozenset()))
    elif name.endswith(" cents") and isinstance(value, int):
        yield f"{name.removesuffix(' cents')} ${value / 100:,.2f}"
    elif isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
        for entry in value:
            yield f"{name} " + " ".join(_others(entry, frozenset()))
    else:
        yield f"{name} {value_text(value)}"
