"""Derives the level of a visit that the record supports, by medical decision making and by total time.

Sources: AMA CPT Evaluation and Management guidelines 2021 (office) and 2023 (all families), with the 2024 time changes; the codes,
levels and minutes are rows of the table ``em_time_thresholds``, by service date. Medical decision making is two of three elements;
an element that the record does not give is unknown, never low: it counts as high where the question is what is still possible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from engine.model import DocumentationFact
from engine.reference.view import ReferenceView

TABLE = "em_time_thresholds"

_LEVELS = {"straightforward": 1, "low": 2, "moderate": 3, "high": 4}
_ELEMENT_LEVELS = {"none": 1, "minimal": 1, "low": 2, "limited": 2, "moderate": 3, "high": 4, "extensive": 4}
_HIGHEST = 4


class VisitCode(msgspec.Struct, frozen=True):
    """One code of a visit family: the decision-making levels it covers (1 to 4, empty for none) and its time, if any."""

    code: str
    levels: frozenset[int]
    minutes: float | None
    time_rule: str


class VisitFamily(msgspec.Struct, frozen=True):
    """The codes of one family and patient type on a date; ``levelled`` from the lowest to the highest (ranks from 1)."""

    family: str
    patient_type: str
    levelled: tuple[VisitCode, ...]
    codes: Mapping[str, VisitCode]

    def rank(self, code: str) -> int:
        """Returns the rank of a code from 1; 0 when it has no level of decision making."""
        for index, visit in enumerate(self.levelled, start=1):
            if visit.code == code:
                return index
        return 0

    def code_at(self, rank: int) -> str:
        """Returns the code of a rank, or an empty text below the lowest."""
        return self.levelled[rank - 1].code if rank > 0 else ""

    def rank_for_level(self, level: int) -> int:
        """Returns the rank of the highest code whose lowest level is at most the one given; 0 when there is none."""
        return max((rank for rank, v in enumerate(self.levelled, start=1) if min(v.levels) <= level), default=0)

    def rank_for_minutes(self, minutes: float) -> int:
        """Returns the rank of the highest code whose minutes are met or exceeded; 0 below the lowest."""
        met = [rank for rank, v in enumerate(self.levelled, start=1) if v.minutes is not None and v.minutes <= minutes]
        return max(met, default=0)


def visit_families(view: ReferenceView, on: str, known_on: str = "") -> dict[str, VisitFamily]:
    """Returns the family of every visit code in force on a date, by code."""
    codes: dict[tuple[str, str], dict[str, VisitCode]] = {}
    for row in view.all_rows(TABLE, on, known_on):
        columns = row.columns
        code = str(columns["code"])
        levels = {_LEVELS[level] for level in str(columns.get("mdm_level", "")).split("|") if level in _LEVELS}
        family = codes.setdefault((str(columns["family"]), str(columns["patient_type"])), {})
        if code in family:
            levels |= family[code].levels
        minutes = columns.get("min_minutes")
        given = float(minutes) if isinstance(minutes, int | float) else None
        family[code] = VisitCode(code, frozenset(levels), given, str(columns["time_rule"]))
    found = {}
    for (name, patient_type), members in codes.items():
        levelled = sorted((v for v in members.values() if v.levels), key=lambda v: (max(v.levels), v.code))
        family_of = VisitFamily(name, patient_type, tuple(levelled), members)
        if levelled:
            found.update(dict.fromkeys(members, family_of))
    return found


def supported_level(
    procedure_code: str, family: VisitFamily, facts: Sequence[DocumentationFact]
) -> dict[str, str | int | float | bool] | None:
    """Returns the fields of the fact ``supported_level`` for one visit line, or None when the record says nothing of it.

    Inferred facts are left out: they support neither a finding nor a fix.
    """
    known = {fact.name: fact for fact in facts if fact.basis != "inferred"}
    stated_basis = known["em_basis"].text if "em_basis" in known else ""
    visit = family.codes[procedure_code]
    by_total_time = visit.time_rule == "total_time_on_date"
    by_counselling = visit.time_rule == "counseling_dominant"
    lowest, highest = (None, None) if by_counselling else _decision_making(known)
    minutes = _minutes(known, by_total_time, by_counselling)
    if lowest is None and highest is None and minutes is None:
        return None
    top = len(family.levelled)
    fields: dict[str, str | int | float | bool] = {
        "procedure_code": procedure_code,
        "family": family.family,
        "patient_type": family.patient_type,
        "billed_rank": family.rank(procedure_code),
        "time_allowed": by_total_time or by_counselling,
    }
    if stated_basis:
        fields["basis"] = stated_basis
    possible = []
    if lowest is not None:
        rank = family.rank_for_level(lowest)
        fields |= {"mdm_rank": rank, "mdm_level": _level_name(lowest)}
        if rank:
            fields["mdm_code"] = family.code_at(rank)
    if highest is not None:
        fields["mdm_highest_rank"] = family.rank_for_level(highest)
    if highest is not None or not (stated_basis == "time" and minutes is not None):
        possible.append(family.rank_for_level(highest) if highest is not None else top)
    if minutes is not None:
        rank = family.rank_for_minutes(minutes)
        fields |= {"time_rank": rank, "minutes": minutes, "time_stated": _time_stated(known, stated_basis)}
        if rank:
            fields["time_code"] = family.code_at(rank)
        possible.append(rank)
    elif fields["time_allowed"] and not (stated_basis == "mdm" and highest is not None):
        possible.append(top)
    supported = [int(fields[name]) for name in ("mdm_rank", "time_rank") if name in fields]
    if supported:
        fields["supported_rank"] = max(supported)
        if max(supported):
            fields["supported_code"] = family.code_at(max(supported))
    fields["highest_possible_rank"] = max(possible)
    return fields


def _decision_making(known: Mapping[str, DocumentationFact]) -> tuple[int | None, int | None]:
    """Returns the lowest and highest level (1 to 4) that the facts allow, each None when they say nothing."""
    if "mdm_level" in known and known["mdm_level"].text in _LEVELS:
        level = _LEVELS[known["mdm_level"].text]
        return level, level
    texts = [known[name].text for name in ("mdm_problems", "mdm_data", "mdm_risk") if name in known]
    elements = [_ELEMENT_LEVELS[text] for text in texts if text in _ELEMENT_LEVELS]
    if len(elements) < 2:
        return None, None
    unknown = 3 - len(elements)
    return sorted([*elements, *([1] * unknown)])[1], sorted([*elements, *([_HIGHEST] * unknown)])[1]


def _minutes(known: Mapping[str, DocumentationFact], by_total_time: bool, by_counselling: bool) -> float | None:
    total = known["total_minutes"].number if "total_minutes" in known else None
    if total is None or by_total_time:
        return total if by_total_time else None
    if by_counselling:
        # Before 2021 (office) and 2023 (others) time decided only when counselling took more than half the visit.
        counselling = known["counseling_minutes"].number if "counseling_minutes" in known else None
        return total if counselling is not None and counselling * 2 > total else None
    return None


def _time_stated(known: Mapping[str, DocumentationFact], stated_basis: str) -> bool:
    statement = known.get("time_statement")
    return stated_basis == "time" or (statement is not None and statement.flag is True)


def _level_name(level: int) -> str:
    return next(name for name, rank in _LEVELS.items() if rank == level)
