from __future__ import annotations

import csv
from pathlib import Path

import pytest

from engine.documentation.therapy import TherapyLine, TimedCode, allocate, day_units, timed_services
from engine.model import DocumentationFact

QUARTER = TimedCode(15, 8)
CODES = dict.fromkeys(("97110", "97112", "97140", "97530"), QUARTER) | {
    "96125": TimedCode(60, 31),
    "97129": TimedCode(15, 8, in_sequence=True),
}
BANDS = Path(__file__).parent / "therapy_8_minute_bands.csv"


def minutes(number: float, code: str = "", name: str = "timed_minutes", basis: str = "stated") -> DocumentationFact:
    return DocumentationFact(name, number=number, qualifier=code, basis=basis)


def line(
    number: int,
    code: str,
    units: float,
    *own: DocumentationFact,
    modifiers: tuple[str, ...] = ("GP",),
    shared: tuple[DocumentationFact, ...] = (),
) -> TherapyLine:
    return TherapyLine(number, code, units, modifiers, own, shared)


def by_code(*lines: TherapyLine) -> dict[str, dict[str, object]]:
    return {str(service["procedure_code"]): dict(service) for service in timed_services(CODES, lines)}


def test_the_units_of_a_day_are_those_of_the_manual() -> None:
    with BANDS.open(encoding="utf-8", newline="") as file:
        bands = list(csv.DictReader(file))
    assert bands
    for band in bands:
        for given in range(int(band["min_total_minutes"]), int(band["max_total_minutes"]) + 1):
            assert day_units(given) == int(band["total_units"])
    assert day_units(7) == 0


@pytest.mark.parametrize(
    ("given", "units"),
    [
        # The examples of chapter 5, section 20.2.C.
        ({"97112": 24, "97110": 23}, {"97112": 2, "97110": 1}),
        ({"97112": 20, "97110": 20}, {"97112": 2, "97110": 1}),
        ({"97110": 33, "97140": 7}, {"97110": 2, "97140": 1}),
        ({"97110": 18, "97140": 13, "97530": 10}, {"97110": 1, "97140": 1, "97530": 1}),
        ({"97112": 7, "97110": 7, "97140": 7}, {"97112": 1, "97110": 0, "97140": 0}),
        ({"97112": 12, "97140": 9}, {"97112": 1, "97140": 0}),
        ({"97112": 15, "97140": 9}, {"97112": 1, "97140": 1}),
    ],
)
def test_what_is_left_goes_to_the_most_minutes_left_over(given: dict[str, float], units: dict[str, int]) -> None:
    # Of equal minutes the code that is billed for them comes first.
    assert allocate(given, {code: float(number) for code, number in units.items()}) == units


def test_of_equal_minutes_either_may_be_billed() -> None:
    assert allocate({"97112": 7, "97110": 7, "97140": 7}, {"97112": 0, "97110": 0, "97140": 1}) == {
        "97112": 0,
        "97110": 0,
        "97140": 1,
    }


@pytest.mark.parametrize(("given", "units"), [(7, 0), (8, 1), (22, 1), (23, 2), (37.5, 2), (38, 3)])
def test_a_unit_alone_is_reached_past_the_midpoint(given: float, units: int) -> None:
    assert QUARTER.alone(given) == units


@pytest.mark.parametrize(("given", "units"), [(30, 0), (31, 1), (90, 1), (91, 2)])
def test_an_hour_is_reached_past_its_midpoint(given: float, units: int) -> None:
    assert CODES["96125"].alone(given) == units


def test_missing_minutes_of_one_code_leave_the_day_unknown() -> None:
    services = by_code(line(1, "97110", 1, minutes(20)), line(2, "97140", 1))
    assert list(services) == ["97110"]
    assert services["97110"]["units_alone"] == 1
    assert "units_by_day" not in services["97110"]


def test_minutes_of_the_claim_must_name_the_code_unless_it_is_the_only_one() -> None:
    nameless = (minutes(20),)
    assert by_code(line(1, "97110", 1, shared=nameless))["97110"]["minutes"] == 20
    assert by_code(line(1, "97110", 1, shared=nameless), line(2, "97140", 1, shared=nameless)) == {}


def test_lines_of_a_code_are_added_and_each_must_be_known() -> None:
    both = by_code(line(1, "97110", 2, minutes(15)), line(2, "97110", 1, minutes(15)))["97110"]
    assert (both["minutes"], both["billed_units"], both["units_by_day"], both["line_units_by_day"]) == (30, 3, 2, 1)
    assert by_code(line(1, "97110", 1, minutes(15)), line(2, "97110", 1)) == {}


def test_disciplines_are_counted_apart_and_a_line_without_one_joins_the_only_one() -> None:
    apart = by_code(line(1, "97110", 1, minutes(8)), line(2, "97530", 1, minutes(8), modifiers=("GO",)))
    assert (apart["97110"]["day_units"], apart["97530"]["day_units"]) == (1, 1)
    joined = by_code(line(1, "97110", 1, minutes(8)), line(2, "97530", 1, minutes(8), modifiers=()))
    assert (joined["97110"]["day_units"], joined["97530"]["discipline"]) == (1, "GP")
    unclear = by_code(
        line(1, "97110", 1, minutes(8)),
        line(2, "97530", 1, minutes(8), modifiers=("GO",)),
        line(3, "97140", 1, minutes(8), modifiers=()),
    )
    assert not any("units_by_day" in service for service in unclear.values())


def test_one_amount_of_minutes_for_two_disciplines_is_unclear() -> None:
    shared = (minutes(30, "97110"),)
    assert by_code(line(1, "97110", 1, shared=shared), line(2, "97110", 1, modifiers=("GO",), shared=shared)) == {}


def test_a_code_that_continues_another_leaves_the_day_unknown() -> None:
    services = by_code(line(1, "97129", 1, minutes(25)), line(2, "97110", 1, minutes(15)))
    assert not any("units_by_day" in service for service in services.values())
    assert "units_alone" not in services["97129"]


def test_an_hour_does_not_count_into_the_quarters_of_the_day() -> None:
    services = by_code(line(1, "96125", 1, minutes(60)), line(2, "97110", 1, minutes(15)))
    assert services["97110"]["day_minutes"] == 15
    assert "units_by_day" not in services["96125"]


def test_minutes_of_an_assistant() -> None:
    found = by_code(line(1, "97110", 2, minutes(26), minutes(3, name="assistant_minutes")))["97110"]
    assert (found["assistant_minutes"], found["units_without_assistant"], found["assistant_billed"]) == (3, 2, False)
    billed = by_code(line(1, "97110", 1, minutes(15), modifiers=("GP", "CQ")))["97110"]
    assert billed["assistant_billed"] is True
    more = by_code(line(1, "97110", 1, minutes(15), minutes(16, name="assistant_minutes")))["97110"]
    assert "assistant_minutes" not in more


def test_inferred_minutes_say_nothing() -> None:
    assert by_code(line(1, "97110", 1, minutes(15, basis="inferred"))) == {}
