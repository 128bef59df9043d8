"""Reckons the units of timed therapy codes from the documented minutes, by the Medicare rule for the day and by each code alone.

Source: Medicare Claims Processing Manual, Pub. 100-04, chapter 5, section 20.2: the minutes of all timed codes of a discipline and day
make its units (8 to 22 minutes one, 23 to 37 two, and so on); each code has its whole quarters of an hour, and what is left of the
day's units goes to the codes with the most minutes left over. CPT counts each code alone: a unit is reached past its midpoint. The
codes and their minutes are rows of the table ``therapy_timed_codes``, by service date.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.model import DocumentationFact
from engine.reference.view import ReferenceView

TABLE = "therapy_timed_codes"
FACTS = frozenset({"timed_minutes", "assistant_minutes"})
"""The names of the documentation facts that are read."""

DISCIPLINES = ("GN", "GO", "GP")
_DAY_RULE_MINUTES = 15
_DAY_RULE_FIRST = 8

Fields = dict[str, str | int | float | bool | list[int]]


class TimedCode(msgspec.Struct, frozen=True):
    """The minutes of one unit of a code, and those that a first unit needs."""

    minutes_per_unit: int
    first_unit: int
    in_sequence: bool = False

    def alone(self, minutes: float) -> int:
        """Returns the units of so many minutes, the code taken alone."""
        return int((minutes + self.minutes_per_unit - self.first_unit) // self.minutes_per_unit)

    @property
    def by_the_day(self) -> bool:
        """Whether the rule for the day counts the code: quarters of an hour, and no code that continues another."""
        return self.minutes_per_unit == _DAY_RULE_MINUTES and not self.in_sequence


class TherapyLine(msgspec.Struct, frozen=True):
    """One line of a timed code, the facts given for it and those of the whole claim that hold for it."""

    line_number: int
    procedure_code: str
    units: float
    modifiers: tuple[str, ...]
    own: tuple[DocumentationFact, ...]
    shared: tuple[DocumentationFact, ...]


def timed_codes(view: ReferenceView, on: str, known_on: str = "") -> dict[str, TimedCode]:
    """Returns the timed therapy codes in force on a date."""
    found = {}
    for row in view.all_rows(TABLE, on, known_on):
        columns = row.columns
        minutes, first = columns.get("minutes_per_unit"), columns.get("min_minutes_for_one_unit")
        if columns.get("timed") is True and isinstance(minutes, int) and isinstance(first, int):
            found[str(columns["code"])] = TimedCode(minutes, first, columns.get("in_sequence") is True)
    return found


def day_units(minutes: float) -> int:
    """Returns the units that the minutes of all timed codes of a day make."""
    return int((minutes + _DAY_RULE_MINUTES - _DAY_RULE_FIRST) // _DAY_RULE_MINUTES)


def allocate(minutes: dict[str, float], billed: dict[str, float]) -> dict[str, int]:
    """Returns the units of each code by the rule for the day; of equal remainders the one that is billed comes first."""
    units = {code: int(given // _DAY_RULE_MINUTES) for code, given in minutes.items()}
    left = day_units(sum(minutes.values())) - sum(units.values())
    order = sorted(minutes, key=lambda code: (-(minutes[code] % _DAY_RULE_MINUTES), units[code] >= billed[code], code))
    for code in order[:left]:
        units[code] += 1
    return units


def timed_services(codes: dict[str, TimedCode], lines: Sequence[TherapyLine]) -> list[Fields]:
    """Returns the fields of the facts ``timed_service`` for the timed lines of one day, by discipline and code."""
    found: list[Fields] = []
    stated = {discipline for line in lines for discipline in _disciplines(line)}
    by_discipline: dict[str, list[TherapyLine]] = {}
    for line in lines:
        own = _disciplines(line)
        # A line without a discipline belongs to the only one of the day; with several, the day cannot be told apart.
        discipline = own[0] if len(own) == 1 else (next(iter(stated)) if len(stated) == 1 else "")
        by_discipline.setdefault(discipline, []).append(line)
    unclear = len(stated) > 1 and "" in by_discipline
    only_code = len({line.procedure_code for line in lines}) == 1
    for discipline, of_discipline in sorted(by_discipline.items()):
        by_code: dict[str, list[TherapyLine]] = {}
        for line in of_discipline:
            by_code.setdefault(line.procedure_code, []).append(line)
        shared_ok = {code: not _elsewhere(code, discipline, by_discipline) for code in by_code}
        services = {
            code: _service(code, codes[code], of_code, only_code, shared_ok[code]) for code, of_code in by_code.items()
        }
        if not unclear:
            _put_day(services, codes)
        for service in services.values():
            if discipline:
                service["discipline"] = discipline
            if "minutes" in service:
                found.append(service)
    return found


def _disciplines(line: TherapyLine) -> list[str]:
    return sorted(set(line.modifiers).intersection(DISCIPLINES))


def _elsewhere(code: str, discipline: str, by_discipline: dict[str, list[TherapyLine]]) -> bool:
    return any(
        line.procedure_code == code for other, lines in by_discipline.items() if other != discipline for line in lines
    )


def _service(code: str, timed: TimedCode, lines: Sequence[TherapyLine], only_code: bool, shared_ok: bool) -> Fields:
    fields: Fields = {
        "line_number": lines[0].line_number,
        "line_units": lines[0].units,
        "lines": [line.line_number for line in lines],
        "procedure_code": code,
        "billed_units": sum(line.units for line in lines),
        "assistant_billed": any(modifier in line.modifiers for line in lines for modifier in ("CO", "CQ")),
    }
    minutes = _minutes("timed_minutes", code, lines, only_code, shared_ok)
    if minutes is None:
        return fields
    fields["minutes"] = minutes
    if not timed.in_sequence:
        fields["units_alone"] = timed.alone(minutes)
        _put_first_line(fields, "line_units_alone", timed.alone(minutes), lines[0].units)
    assistant = _minutes("assistant_minutes", code, lines, only_code, shared_ok)
    if assistant is not None and assistant <= minutes:
        fields |= {"assistant_minutes": assistant, "units_without_assistant": timed.alone(minutes - assistant)}
    return fields


def _put_day(services: dict[str, Fields], codes: dict[str, TimedCode]) -> None:
    """Adds the rule for the day, when the minutes of every code that it counts are known."""
    counted = {code: service for code, service in services.items() if codes[code].minutes_per_unit == _DAY_RULE_MINUTES}
    if not counted or any("minutes" not in service or not codes[code].by_the_day for code, service in counted.items()):
        return
    minutes = {code: _number(service["minutes"]) for code, service in counted.items()}
    billed = {code: _number(service["billed_units"]) for code, service in counted.items()}
    units = allocate(minutes, billed)
    for code, service in counted.items():
        service |= {
            "day_minutes": sum(minutes.values()),
            "day_units": day_units(sum(minutes.values())),
            "billed_day_units": sum(billed.values()),
            "units_by_day": units[code],
        }
        _put_first_line(service, "line_units_by_day", units[code], _number(service["line_units"]))


def _put_first_line(fields: Fields, name: str, units: int, first: float) -> None:
    """Adds what the first line must say to make the sum of the code's lines right, if it can."""
    own = first + units - _number(fields["billed_units"])
    if own > 0:
        fields[name] = own


def _minutes(name: str, code: str, lines: Sequence[TherapyLine], only_code: bool, shared_ok: bool) -> float | None:
    """Returns the minutes of a code's lines: the sum of each line's own, or those of the whole claim that name the code."""
    own = [_one(line.own, name, (code, "")) for line in lines]
    if any(number is not None for number in own):
        known = [number for number in own if number is not None]
        return sum(known) if len(known) == len(lines) else None
    if not shared_ok:
        return None
    shared = [_one(line.shared, name, (code, "") if only_code else (code,)) for line in lines]
    return shared[0]


def _one(facts: Sequence[DocumentationFact], name: str, qualifiers: tuple[str, ...]) -> float | None:
    """Returns the number under the first qualifier that gives one; an inferred fact gives none."""
    for qualifier in qualifiers:
        for fact in facts:
            if (
                fact.name == name
                and fact.qualifier == qualifier
                and fact.basis != "inferred"
                and fact.number is not None
            ):
                return fact.number
    return None


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0.0
