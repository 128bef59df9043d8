from __future__ import annotations

from decimal import Decimal

import pytest

from engine.documentation.drugs import DrugLine, DrugUnit, drug_amount
from engine.model import DocumentationFact

DEXAMETHASONE = DrugUnit("J1100", "dexamethasone sodium phosphate", Decimal(1), "mg", "")
BORTEZOMIB = DrugUnit("J9041", "bortezomib", Decimal("0.1"), "mg", "single_dose")
CEFTRIAXONE = DrugUnit("J0696", "ceftriaxone", Decimal(250), "mg", "single_dose")
PALONOSETRON = DrugUnit("J2469", "palonosetron", Decimal(25), "mcg", "single_dose")
HEPARIN = DrugUnit("J1644", "heparin", Decimal(1000), "unit", "")


def fact(name: str, number: float | None = None, unit: str = "mg", **other: str) -> DocumentationFact:
    return DocumentationFact(name, number=number, unit=unit if number is not None else "", **other)


def line(
    number: int, units: float, *own: DocumentationFact, jw: bool = False, shared: tuple[DocumentationFact, ...] = ()
):
    return DrugLine(number, Decimal(str(units)), jw, own, shared)


def amount(unit: DrugUnit, *lines: DrugLine, others: tuple[DrugUnit, ...] = ()) -> dict[str, object]:
    found = drug_amount(unit, lines, others)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("unit", "dose", "of", "units"),
    [
        (DEXAMETHASONE, 8, "mg", 8),
        (DEXAMETHASONE, 8.1, "mg", 9),
        (CEFTRIAXONE, 1, "g", 4),
        (CEFTRIAXONE, 250, "mg", 1),
        (CEFTRIAXONE, 251, "mg", 2),
        (CEFTRIAXONE, 0.75, "g", 3),
        (BORTEZOMIB, 2.6, "mg", 26),
        (BORTEZOMIB, 2300, "mcg", 23),
        (PALONOSETRON, 0.25, "mg", 10),
        (HEPARIN, 5000, "unit", 5),
    ],
)
def test_a_part_of_a_unit_counts_as_one_and_amounts_are_exact(unit: DrugUnit, dose: float, of: str, units: int) -> None:
    assert amount(unit, line(1, 1, fact("drug_dose", dose, of)))["expected_units"] == units


@pytest.mark.parametrize(
    ("unit", "of"), [(DEXAMETHASONE, "unit"), (HEPARIN, "mg"), (DEXAMETHASONE, "ml"), (DEXAMETHASONE, "")]
)
def test_units_of_another_kind_give_no_fact(unit: DrugUnit, of: str) -> None:
    assert drug_amount(unit, [line(1, 1, fact("drug_dose", 8, of))], ()) is None


@pytest.mark.parametrize(
    ("dose", "discarded", "units"), [(2.6, 0.9, 9), (2.55, 0.95, 9), (2.55, 0.05, 0), (2.5, 0.05, 1), (3.5, 0, 0)]
)
def test_what_rounding_up_the_dose_bills_is_not_discarded(dose: float, discarded: float, units: int) -> None:
    found = amount(BORTEZOMIB, line(1, 26, fact("drug_dose", dose), fact("drug_discarded", discarded)))
    assert found["discarded_units"] == units


def test_without_a_dose_only_whole_units_are_discarded() -> None:
    found = amount(BORTEZOMIB, line(1, 26, fact("drug_discarded", 0.95)))
    assert found["discarded_units"] == 9
    assert "used_units" not in found
    assert "expected_units" not in found


def test_doses_of_two_lines_are_added_when_rounding_each_makes_no_difference() -> None:
    even = amount(DEXAMETHASONE, line(1, 4, fact("drug_dose", 4)), line(2, 5, fact("drug_dose", 4)))
    assert (even["expected_units"], even["billed_units"], even["line_expected_units"]) == (8, 9, 3)
    odd = amount(DEXAMETHASONE, line(1, 4, fact("drug_dose", 3.5)), line(2, 4, fact("drug_dose", 3.5)))
    assert "expected_units" not in odd


def test_a_dose_of_one_of_two_lines_is_unclear() -> None:
    assert drug_amount(DEXAMETHASONE, [line(1, 4, fact("drug_dose", 4)), line(2, 4)], ()) is None


def test_a_dose_of_the_claim_is_counted_once_for_all_lines() -> None:
    dose = (fact("drug_dose", 8),)
    assert amount(DEXAMETHASONE, line(1, 4, shared=dose), line(2, 4, shared=dose))["expected_units"] == 8


def test_a_nameless_dose_of_the_claim_is_that_of_its_only_drug() -> None:
    dose = (fact("drug_dose", 8),)
    assert drug_amount(DEXAMETHASONE, [line(1, 4, shared=dose)], (CEFTRIAXONE,)) is None


def test_two_doses_of_the_claim_are_told_apart_by_name() -> None:
    shared = (
        fact("drug", text="Dexamethasone", group="a"),
        fact("drug_dose", 8, group="a"),
        fact("drug", text="J0696", group="b"),
        fact("drug_dose", 1, "g", group="b"),
    )
    assert amount(DEXAMETHASONE, line(1, 4, shared=shared), others=(CEFTRIAXONE,))["expected_units"] == 8
    assert amount(CEFTRIAXONE, line(2, 4, shared=shared), others=(DEXAMETHASONE,))["expected_units"] == 4
    assert drug_amount(BORTEZOMIB, [line(3, 4, shared=shared)], (CEFTRIAXONE, DEXAMETHASONE)) is None


def test_two_doses_of_one_line_are_unclear() -> None:
    own = (fact("drug_dose", 8, group="a"), fact("drug_dose", 4, group="b"))
    assert drug_amount(DEXAMETHASONE, [line(1, 4, *own)], ()) is None


def test_equal_doses_are_one_only_when_they_share_a_group() -> None:
    knees = [fact("drug_dose", 4, group=side) for side in ("right knee", "left knee")]
    again = [fact("drug_dose", 4, group="iv"), fact("drug_dose", 4, group="iv")]
    assert drug_amount(DEXAMETHASONE, [line(1, 8, *knees)], ()) is None
    assert drug_amount(DEXAMETHASONE, [line(1, 8, fact("drug_dose", 4), fact("drug_dose", 4))], ()) is None
    assert amount(DEXAMETHASONE, line(1, 4, *again))["expected_units"] == 4


def test_a_drug_may_carry_its_dose() -> None:
    assert amount(DEXAMETHASONE, line(1, 4, fact("drug", 8, text="Decadron")))["expected_units"] == 8


def test_lines_of_the_dose_and_of_the_waste_must_agree() -> None:
    given = line(1, 26, fact("drug_dose", 2.6), fact("drug_discarded", 0.9))
    agreed = amount(BORTEZOMIB, given, line(2, 9, fact("drug_discarded", 0.9), jw=True))
    assert (agreed["discarded_units"], agreed["discarded_line"], agreed["billed_all_units"]) == (9, 2, 35)
    assert drug_amount(BORTEZOMIB, [given, line(2, 9, fact("drug_discarded", 0.5), jw=True)], ()) is None


def test_opened_containers_need_size_and_count() -> None:
    facts = (fact("drug_dose", 2.6), fact("vial_size", 3.5))
    assert "container_units" not in amount(BORTEZOMIB, line(1, 26, *facts))
    assert amount(BORTEZOMIB, line(1, 26, *facts, fact("vials_used", 2)))["container_units"] == 70


def test_the_record_beats_the_label() -> None:
    assert amount(BORTEZOMIB, line(1, 1, fact("drug_dose", 1)))["container"] == "single_dose"
    assert "container" not in amount(DEXAMETHASONE, line(1, 1, fact("drug_dose", 1)))
    stated = amount(BORTEZOMIB, line(1, 1, fact("drug_dose", 1), fact("container", text="multi_dose")))
    assert stated["container"] == "multi_dose"


def test_inferred_facts_and_lines_without_facts_say_nothing() -> None:
    assert drug_amount(DEXAMETHASONE, [line(1, 4, fact("drug_dose", 8, basis="inferred"))], ()) is None
    assert drug_amount(DEXAMETHASONE, [line(1, 4)], ()) is None


def test_a_name_that_fits_two_drugs_of_the_day_is_unclear() -> None:
    acetate = DrugUnit("J1010", "methylprednisolone acetate", Decimal(1), "mg", "")
    succinate = DrugUnit("J2919", "methylprednisolone sodium succinate", Decimal(5), "mg", "single_dose")
    short = (fact("drug", text="methylprednisolone"), fact("drug_dose", 40))
    assert drug_amount(acetate, [line(1, 4, shared=short)], (succinate,)) is None
    full = (fact("drug", text="Methylprednisolone Acetate"), fact("drug_dose", 40))
    assert amount(acetate, line(1, 4, shared=full), others=(succinate,))["expected_units"] == 40
    assert drug_amount(succinate, [line(2, 4, shared=full)], (acetate,)) is None


def test_another_name_is_not_this_drug_even_alone() -> None:
    assert (
        drug_amount(DEXAMETHASONE, [line(1, 4, shared=(fact("drug", text="ketorolac"), fact("drug_dose", 30)))], ())
        is None
    )
