"""Decides which documentation facts hold for which line, and which contradict each other.

A line's own fact beats a claim-wide one of the same name. A claim-wide fact holds for the lines of its date; without a date
it holds when the claim has one service date only (``docs/claims.md``, Form). The date of a fact that is told by a date, such as a
day of discharge, is what it says and not the day on which it held.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from engine.claims.documentation_vocabulary import VOCABULARY
from engine.model import Claim, DocumentationFact, ServiceLine


class ScopedFact(msgspec.Struct, frozen=True):
    """One documentation fact as it holds for one line, or for the claim when ``line_number`` is 0."""

    fact: DocumentationFact
    line_number: int
    service_date: str
    claim_wide: bool


class Conflict(msgspec.Struct, frozen=True, order=True):
    """Facts of one name that disagree for one line (0: for the claim); none of them is used."""

    name: str
    line_number: int


class ScopedFacts(msgspec.Struct, frozen=True):
    """All facts by line and every conflict, in canonical order."""

    facts: tuple[ScopedFact, ...]
    conflicts: tuple[Conflict, ...]


def _content(fact: DocumentationFact) -> tuple[object, ...]:
    return (fact.number, fact.text, fact.flag, fact.date, fact.unit)


def _sort_key(fact: DocumentationFact) -> tuple[str, ...]:
    return (fact.name, fact.group, fact.qualifier, *(repr(part) for part in _content(fact)), fact.basis, fact.note_id)


def scope_facts(claim: Claim, lines: Sequence[ServiceLine]) -> ScopedFacts:
    """Returns the documentation facts of a claim as they hold for each line; ``lines`` are the claim's in canonical order."""
    stated = sorted(claim.documentation.facts, key=_sort_key)
    if not stated:
        return ScopedFacts((), ())
    dates = sorted({line.service_date for line in lines})
    wide = [fact for fact in stated if not fact.line_number]
    facts: list[ScopedFact] = []
    conflicts: list[Conflict] = []
    kept, clashes = _without_conflicts(wide, 0)
    conflicts += clashes
    facts += [ScopedFact(fact, 0, _day_of(fact) or dates[0], True) for fact in kept]
    for line in lines:
        own, clashes = _without_conflicts((f for f in stated if f.line_number == line.line_number), line.line_number)
        conflicts += clashes
        beaten = {fact.name for fact in own} | {clash.name for clash in clashes}
        facts += [ScopedFact(fact, line.line_number, line.service_date, False) for fact in own]
        for fact in kept:
            if fact.name not in beaten and _holds_on(fact, line.service_date, dates):
                facts.append(ScopedFact(fact, line.line_number, line.service_date, True))
    return ScopedFacts(tuple(facts), tuple(sorted(set(conflicts))))


def _holds_on(fact: DocumentationFact, service_date: str, dates: Sequence[str]) -> bool:
    day = _day_of(fact)
    return day == service_date if day else len(dates) == 1


def _day_of(fact: DocumentationFact) -> str:
    """Returns the day on which a fact held, or nothing when it gives none."""
    known = VOCABULARY.get(fact.name)
    return "" if known is not None and "date" in known.types else fact.date


def _without_conflicts(
    facts: Iterable[DocumentationFact], line_number: int
) -> tuple[list[DocumentationFact], list[Conflict]]:
    """Keeps one of each name, group and qualifier; where their contents differ, keeps none and says so."""
    groups: dict[tuple[str, str, str], list[DocumentationFact]] = {}
    for fact in facts:
        groups.setdefault((fact.name, fact.group, fact.qualifier), []).append(fact)
    kept, conflicts = [], []
    for (name, _, _), same in groups.items():
        if len({_content(fact) for fact in same}) > 1:
            conflicts.append(Conflict(name, line_number))
        else:
            kept.append(min(same, key=lambda fact: (_BASES.index(fact.basis), fact.note_id)))
    return kept, conflicts


_BASES = ("stated", "computed", "inferred")
