"""Reckons the billing units of a drug from the dose that the record gives and the amount of one unit.

Sources: HCPCS Level II descriptors (table ``drug_units``, by service date); Medicare Claims Processing Manual, Pub. 100-04, chapter 17,
sections 10, 40 and 70: a part of a unit counts as a whole one, and so a remainder smaller than the unit it was rounded up into is
not billed again as waste. Amounts are exact decimals. Where the record could mean more than one drug, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec

from engine.model import DocumentationFact
from engine.reference.view import ReferenceView

TABLE = "drug_units"
FACTS = frozenset({"drug", "drug_dose", "drug_discarded", "container", "vial_size", "vials_used"})
"""The names of the documentation facts that are read."""

_IN_MICROGRAMS = {"mcg": Decimal(1), "mg": Decimal(1000), "g": Decimal(1_000_000)}
_CONTAINERS = {"Y": "single_dose", "N": "multi_dose"}
_AMOUNTS = ("drug_dose", "drug_discarded", "drug")


class DrugUnit(msgspec.Struct, frozen=True):
    """The amount of one billing unit of a code; ``container`` is empty where the drug is sold in both kinds."""

    code: str
    drug: str
    amount: Decimal
    unit: str
    container: str


class DrugLine(msgspec.Struct, frozen=True):
    """One line of a drug code, the facts given for it and those of the whole claim that hold for it."""

    line_number: int
    units: Decimal
    discarded: bool
    own: tuple[DocumentationFact, ...]
    shared: tuple[DocumentationFact, ...]


class _UnclearError(Exception):
    """The record can be read in more than one way."""


def drug_units(view: ReferenceView, on: str, known_on: str = "") -> dict[str, DrugUnit]:
    """Returns the billing unit of every drug code in force on a date, by code."""
    found = {}
    for row in view.all_rows(TABLE, on, known_on):
        columns = row.columns
        code = str(columns["code"])
        container = _CONTAINERS.get(str(columns.get("single_dose", "")), "")
        amount = Decimal(str(columns["unit_amount"]))
        found[code] = DrugUnit(code, str(columns["drug"]), amount, str(columns["unit"]), container)
    return found


def drug_amount(
    unit: DrugUnit, lines: Sequence[DrugLine], others: Sequence[DrugUnit]
) -> dict[str, str | int | float | bool | list[int]] | None:
    """Returns the fields of the fact ``drug_amount`` for the lines of one code and day, or None when nothing is certain.

    ``others`` are the other drugs billed on the day: without any, a nameless dose of the whole claim is this drug's.
    """
    given = [line for line in lines if not line.discarded]
    wasted = [line for line in lines if line.discarded]
    try:
        facts = {line.line_number: _facts_of(unit, line, others) for line in lines}
        dose, doses = _dose(unit, given, facts)
        discarded = _discarded(unit, given, wasted, facts)
        container = _text(facts, "container") or unit.container
        opened = _opened(unit, facts)
    except _UnclearError:
        return None
    if dose is None and discarded is None:
        return None
    first = (given or wasted)[0]
    billed = sum((line.units for line in given), Decimal())
    billed_discarded = sum((line.units for line in wasted), Decimal())
    fields: dict[str, str | int | float | bool | list[int]] = {
        "line_number": first.line_number,
        "procedure_code": unit.code,
        "lines": [line.line_number for line in lines],
        "billed_units": _plain(billed),
        "billed_discarded_units": _plain(billed_discarded),
        "billed_all_units": _plain(billed + billed_discarded),
    }
    if wasted:
        fields["discarded_line"] = wasted[0].line_number
    if container:
        fields["container"] = container
    if opened is not None:
        fields["container_units"] = _up(opened / unit.amount)
    if dose is not None:
        expected = _up(dose / unit.amount)
        if expected == doses:
            fields["expected_units"] = expected
            own = first.units + expected - billed
            if given and own > 0:
                fields["line_expected_units"] = _plain(own)
    if discarded is not None:
        fields["discarded_units"] = _discarded_units(unit, dose, discarded)
        if dose is not None and "expected_units" in fields:
            fields["used_units"] = _up((dose + discarded) / unit.amount)
    return fields


def _discarded_units(unit: DrugUnit, dose: Decimal | None, discarded: Decimal) -> int:
    """Returns what is left of the opened containers once the dose is rounded up; without a dose, the whole units in the waste."""
    if dose is None:
        return int((discarded / unit.amount).to_integral_value(ROUND_FLOOR))
    return _up((dose + discarded) / unit.amount) - _up(dose / unit.amount)


def _facts_of(unit: DrugUnit, line: DrugLine, others: Sequence[DrugUnit]) -> list[DocumentationFact]:
    """Returns the line's own facts and those of the whole claim that are of this drug; a line's own beat them by name."""
    own = [fact for fact in line.own if fact.basis != "inferred"]
    shared = [fact for fact in line.shared if fact.basis != "inferred"]
    named = {fact.group: fact.text for fact in shared if fact.name == "drug"}
    groups = {fact.group for fact in shared if fact.name in _AMOUNTS}
    mine = {group for group in groups if group in named and _only_this(unit, named[group], others)}
    if not mine and not others and len(groups) == 1 and not named:
        mine = groups
    if len(mine) > 1:
        raise _UnclearError
    beaten = {fact.name for fact in own}
    return own + [fact for fact in shared if fact.group in mine and fact.name not in beaten]


def _only_this(unit: DrugUnit, name: str, others: Sequence[DrugUnit]) -> bool:
    """Returns whether a name fits the drug and no other drug of the day."""
    return _same_drug(unit, name) and not any(_same_drug(other, name) for other in others)


def _same_drug(unit: DrugUnit, name: str) -> bool:
    """Returns whether a name is the code, or all words of the shorter name stand in the longer; most brand names fit none."""
    stated, drug = _words(name), _words(unit.drug)
    return unit.code.casefold() in stated or (bool(stated) and (stated <= drug or drug <= stated))


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", name.casefold())) - {"and"}


def _dose(
    unit: DrugUnit, given: Sequence[DrugLine], facts: dict[int, list[DocumentationFact]]
) -> tuple[Decimal | None, int]:
    """Returns the dose of the day, and its units when each dose is rounded up by itself."""
    stated = {line.line_number: _amount(unit, facts[line.line_number], "drug_dose", "drug") for line in given}
    found = [amount for amount in stated.values() if amount is not None]
    if not found:
        return None, 0
    shared = any(line.own and _has(line.own, "drug_dose", "drug") for line in given)
    if not shared:
        return found[0], _up(found[0] / unit.amount)
    if len(found) < len(given) or any(not _has(line.own, "drug_dose", "drug") for line in given):
        raise _UnclearError
    return sum(found, Decimal()), sum(_up(amount / unit.amount) for amount in found)


def _discarded(
    unit: DrugUnit, given: Sequence[DrugLine], wasted: Sequence[DrugLine], facts: dict[int, list[DocumentationFact]]
) -> Decimal | None:
    """Returns the waste of the day; the lines given and the lines discarded may both state it, if they agree."""
    found = []
    for side in (given, wasted):
        amounts = [_amount(unit, facts[line.line_number], "drug_discarded") for line in side]
        known = [amount for amount in amounts if amount is not None]
        if known:
            own = any(_has(line.own, "drug_discarded") for line in side)
            found.append(sum(known, Decimal()) if own else known[0])
    if len(set(found)) > 1:
        raise _UnclearError
    return found[0] if found else None


def _opened(unit: DrugUnit, facts: dict[int, list[DocumentationFact]]) -> Decimal | None:
    """Returns the amount in the opened containers, when one size and one count are stated."""
    sizes = {_amount(unit, of_line, "vial_size") for of_line in facts.values()} - {None}
    counts = {fact.number for of_line in facts.values() for fact in of_line if fact.name == "vials_used"} - {None}
    if len(sizes) != 1 or len(counts) != 1:
        return None
    size, count = sizes.pop(), counts.pop()
    return None if size is None or count is None else size * Decimal(str(count))


def _amount(unit: DrugUnit, facts: Sequence[DocumentationFact], *names: str) -> Decimal | None:
    """Returns the one amount under the first name that gives any, in the code's unit."""
    for name in names:
        stated = [fact for fact in facts if fact.name == name and fact.number is not None]
        if len({(fact.number, fact.unit) for fact in stated}) > 1 or (name in _AMOUNTS and _several(stated)):
            raise _UnclearError
        for fact in stated:
            return _converted(Decimal(str(fact.number)), fact.unit, unit.unit)
    return None


def _several(facts: Sequence[DocumentationFact]) -> bool:
    """Returns whether the facts could be several doses, as of two knees, rather than one that is stated again in its group."""
    return len(facts) > 1 and (not facts[0].group or len({fact.group for fact in facts}) > 1)


def _converted(number: Decimal, stated: str, wanted: str) -> Decimal:
    if stated == wanted:
        return number
    if stated in _IN_MICROGRAMS and wanted in _IN_MICROGRAMS:
        return number * _IN_MICROGRAMS[stated] / _IN_MICROGRAMS[wanted]
    raise _UnclearError


def _text(facts: dict[int, list[DocumentationFact]], name: str) -> str:
    found = {fact.text for of_line in facts.values() for fact in of_line if fact.name == name}
    if len(found) > 1:
        raise _UnclearError
    return found.pop() if found else ""


def _has(facts: Sequence[DocumentationFact], *names: str) -> bool:
    return any(fact.name in names and fact.number is not None and fact.basis != "inferred" for fact in facts)


def _up(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
