"""Prices of lines, reckoned by hand from the published relative values and conversion factors."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.context import ClaimContext
from engine.model import Claim, Payer, Provider, ServiceLine
from engine.policy import load_policies
from engine.pricing import LinePrice, price_claim
from engine.reference import open_reference
from engine.reference.layouts import LAYOUTS, data_members
from engine.reference.store import import_files


@pytest.fixture(scope="module")
def sample(policies_folder: Path) -> ClaimContext:
    """The starter sample of the fee schedule (July 2024)."""
    return ClaimContext(open_reference(None, load_policies(policies_folder).tables), {}, "")


@pytest.fixture(scope="module")
def official(shared: Path, policies_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ClaimContext:
    """The real fee schedules of July 2024 and October 2025."""
    store = tmp_path_factory.mktemp("fees") / "reference.sqlite"
    files = [shared / "reference" / "mpfs" / name for name in ("RVU24C.zip", "RVU25D.zip")]
    import_files(store, files, imported_on="2025-10-01", layouts=LAYOUTS, members=data_members)
    return ClaimContext(open_reference(store, load_policies(policies_folder).tables), {}, "")


def line(
    number: int, code: str, modifiers: str = "", units: float = 1, on: str = "2024-07-10", **more: object
) -> ServiceLine:
    return ServiceLine(number, code, on, tuple(modifiers.split()), units, **more)  # type: ignore[arg-type]


def priced(
    context: ClaimContext, *lines: ServiceLine, place: str = "11", payer: Payer | None = None
) -> dict[int, LinePrice]:
    claim = Claim(
        "P-1",
        payer or Payer("MEDICARE_B", "medicare"),
        lines,
        place_of_service=place,
        rendering_provider=Provider("1999999992", taxonomy_code="207Q00000X"),
    )
    return price_claim(claim, context)


def cents(context: ClaimContext, *lines: ServiceLine, place: str = "11") -> list[int | None]:
    return [price.cents for _, price in sorted(priced(context, *lines, place=place).items())]


ONE_LINE = [
    # 2.73 x 33.2875 = 90.874875
    ("99213", "", "11", 9087),
    # 1.96 x 33.2875 = 65.2435
    ("99213", "", "22", 6524),
    # 1.01, 0.31 and 0.70 x 33.2875 = 33.620375, 10.319125, 23.30125
    ("71046", "", "11", 3362),
    ("71046", "26", "11", 1032),
    ("71046", "TC", "11", 2330),
    # 5.09 x 33.2875 = 169.433375: a row of its own
    ("45378", "53", "11", 16943),
    # 16.14 x 33.2875 = 537.26025; 150 % = 805.89; 10 + 70 % = 429.808; 20 % = 107.452; 70 % = 376.082
    ("66984", "", "24", 53726),
    ("66984", "50", "24", 80589),
    ("66984", "54", "24", 42981),
    ("66984", "55", "24", 10745),
    ("66984", "78", "24", 37608),
    # 51.50 x 33.2875 = 1,714.30625; 62.5 % = 1,071.44375; 16 % = 274.2896; 85 % of that = 233.14616
    ("22551", "62", "21", 107144),
    ("22551", "80", "21", 27429),
    ("22551", "AS", "21", 23315),
    # 38.57 x 33.2875 = 1,283.898875; 16 % of 1,283.90 = 205.424
    ("27447", "80", "21", 20542),
    # assistant indicator 1, bilateral indicators 0 and 1
    ("66984", "80", "24", 0),
    ("10060", "50", "11", 12749),
    # 0.88 x 33.2875 = 29.293; 85 % of 29.29 = 24.8965
    ("97110", "CQ GP", "11", 2490),
    ("99213", "GY", "11", 0),
    # assistant indicator 0: 16 % of 90.87 where the record shows the need; a home is no facility from 2024
    ("99213", "80", "11", 1454),
    ("99213", "", "10", 9087),
]


@pytest.mark.parametrize(("code", "modifiers", "place", "expected"), ONE_LINE)
def test_a_line_is_priced_as_by_hand(
    sample: ClaimContext, code: str, modifiers: str, place: str, expected: int
) -> None:
    assert cents(sample, line(1, code, modifiers), place=place) == [expected]


@pytest.mark.parametrize(("code", "modifiers", "place", "expected"), ONE_LINE)
def test_the_official_file_gives_the_same_prices(
    official: ClaimContext, code: str, modifiers: str, place: str, expected: int
) -> None:
    assert cents(official, line(1, code, modifiers), place=place) == [expected]


UNPRICED = [
    ("99213", "52", "11", "reduced service"),
    ("10060", "53", "11", "discontinued procedure"),
    ("66984", "56", "24", "preoperative part"),
    ("22904", "66", "21", "team surgery"),
    ("99213", "26", "11", "no row for the modifier"),
    ("99213", "54", "11", "no shares to split by"),
    ("85025", "", "11", "status X"),
    ("00790", "AA", "21", "anesthesia"),
    ("99213", "", "", "place of service not given"),
    ("99999", "", "11", "no row"),
]


@pytest.mark.parametrize(("code", "modifiers", "place", "reason"), UNPRICED)
def test_what_is_not_priced_says_why(sample: ClaimContext, code: str, modifiers: str, place: str, reason: str) -> None:
    price = priced(sample, line(1, code, modifiers), place=place)[1]
    assert price.cents is None
    assert reason in price.reason


@pytest.mark.parametrize(
    ("on", "expected", "named"),
    [
        ("2024-03-08", 8939, "32.7442"),
        ("2024-03-09", 9087, "33.2875"),
        ("2024-12-31", 9087, "33.2875"),
        ("2025-01-01", 8831, "32.3465"),
        ("2026-01-01", 9118, "33.4009 (not a qualifying APM participant)"),
    ],
)
def test_the_conversion_factor_is_that_of_the_date(sample: ClaimContext, on: str, expected: int, named: str) -> None:
    price = priced(sample, line(1, "99213", on=on))[1]
    assert price.cents == expected
    assert named in price.basis
    assert "(sample)" in price.basis


def test_telehealth_at_home_is_unsettled_before_2024(sample: ClaimContext) -> None:
    assert cents(sample, line(1, "99213", on="2023-12-31"), place="10") == [None]
    assert cents(sample, line(1, "99213", on="2024-01-01"), place="10") == [8939]
    # Both rates are equal, so the place does not matter.
    assert cents(sample, line(1, "71046", on="2023-12-31"), place="10") == [3423]


def test_of_two_procedures_the_cheaper_is_halved(sample: ClaimContext) -> None:
    # 3.83 and 3.90 x 33.2875 = 127.49 and 129.82; half of 127.49 = 63.745, half up.
    assert cents(sample, line(1, "10060"), line(2, "11042")) == [6375, 12982]


def test_a_procedure_that_is_not_paid_halves_no_other(sample: ClaimContext) -> None:
    # 11730 has no second surgeon, so the injection keeps its whole price.
    (alone,) = cents(sample, line(1, "20610"))
    assert cents(sample, line(1, "11730", "62"), line(2, "20610")) == [0, alone]


def test_another_practitioner_or_day_halves_nothing(sample: ClaimContext) -> None:
    other = Provider("1234567893", taxonomy_code="208600000X")
    assert cents(sample, line(1, "10060"), line(2, "11042", rendering_provider=other)) == [12749, 12982]
    assert cents(sample, line(1, "10060"), line(2, "11042", on="2024-07-11")) == [12749, 12982]


def test_the_sixth_procedure_is_by_report(sample: ClaimContext) -> None:
    assert cents(sample, line(1, "10060", units=5)) == [12749 + 4 * 6375]
    assert (
        priced(sample, line(1, "10060", units=6))[1].reason
        == "multiple procedures after the fifth are priced by report"
    )


def test_endoscopies_of_a_family_share_their_base(sample: ClaimContext) -> None:
    # 13.60, 12.99 and 10.19 x 33.2875 = 452.71, 432.40 and 339.20; 432.40 - 339.20 = 93.20.
    lines = (line(1, "45380"), line(2, "45385"), line(3, "45378"))
    assert cents(sample, *lines) == [9320, 45271, 0]


def test_a_family_ranks_as_one_with_other_procedures(sample: ClaimContext) -> None:
    # The colonoscopies come to 545.91, before 287.27 for 43235 (8.63 x 33.2875 = 287.271125), which is halved.
    lines = (line(1, "45380"), line(2, "45385"), line(3, "43235"))
    assert cents(sample, *lines) == [9320, 45271, 14364]


def test_therapy_after_the_first_unit_loses_half_its_practice_expense(sample: ClaimContext) -> None:
    # (0.45 + 0.21 + 0.01) x 33.2875 = 22.302625
    assert cents(sample, line(1, "97110", "GP", units=3)) == [2929 + 2 * 2230]


def test_reductions_that_are_not_reckoned_are_said(sample: ClaimContext) -> None:
    prices = priced(sample, line(1, "93000"), line(2, "93306"))
    assert all("indicator 6 is not reckoned" in price.notes[0] for price in prices.values())
    assert priced(sample, line(1, "93306"))[1].notes == ()


def test_an_institutional_claim_is_not_priced(sample: ClaimContext) -> None:
    claim = Claim("P-2", Payer("X"), (line(1, "99213"),), claim_type="INSTITUTIONAL", place_of_service="22")
    assert price_claim(claim, sample)[1].cents is None


def test_the_only_locality_of_a_medicare_state_counts(official: ClaimContext) -> None:
    nevada = priced(official, line(1, "99213"), payer=Payer("MEDICARE_B", "medicare", state="NV"))[1]
    # Nevada 2024: 1.000, 1.000, 0.844; 1.30 + 1.33 + 0.10 x 0.844 = 2.7144, x 33.2875 = 90.35559
    assert (nevada.cents, "locality 01312-00" in nevada.basis) == (9036, True)
    for payer in (Payer("MEDICARE_B", "medicare", state="CA"), Payer("UNITY", "commercial", state="NV")):
        price = priced(official, line(1, "99213"), payer=payer)[1]
        assert (price.cents, ", national," in price.basis) == (9087, True)


def test_the_release_of_the_date_counts(official: ClaimContext) -> None:
    # October 2025: 2.75 x 32.3465 = 88.952875
    assert cents(official, line(1, "99213", on="2025-10-10")) == [8895]
    assert "no release for 2024-01-10" in priced(official, line(1, "99213", on="2024-01-10"))[1].reason


def test_status_t_is_paid_only_alone(official: ClaimContext) -> None:
    # 94760: 0.08 x 33.2875 = 2.663
    assert cents(official, line(1, "94760")) == [266]
    assert cents(official, line(1, "94760"), line(2, "99213")) == [0, 9087]


def test_imaging_is_capped_at_the_opps_amount(official: ClaimContext) -> None:
    # 3.15 x 33.2875 = 104.86, but with the OPPS values 0.32 + 2.74 + 0.03 = 3.09 x 33.2875 = 102.858375
    assert cents(official, line(1, "70370")) == [10286]


def test_the_two_components_make_the_whole(official: ClaimContext) -> None:
    split = [
        str(row.columns["code"])
        for row in official.view.all_rows("mpfs", "2024-07-10")
        if row.columns["pc_tc"] == "1" and row.columns["status"] == "A" and not row.columns.get("modifier")
    ]
    apart = []
    for code in split:
        whole, professional, technical = (
            cents(official, line(1, code, component))[0] for component in ("", "26", "TC")
        )
        if None not in (whole, professional, technical) and abs(whole - professional - technical) > 1:  # type: ignore[operator]
            apart.append((code, whole, professional, technical))
    assert len(split) > 400
    assert apart == []


CODES = ("99213", "10060", "11042", "45380", "45385", "45378", "97110", "71046", "66984", "93306")
MODIFIERS = ("", "50", "26", "59", "78", "CQ", "54", "22")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.lists(
        st.tuples(st.sampled_from(CODES), st.sampled_from(MODIFIERS), st.integers(1, 3)), min_size=1, max_size=5
    ),
    data=st.data(),
)
def test_more_units_never_lower_the_sum(
    sample: ClaimContext, chosen: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    lines = [line(number, code, modifiers, units) for number, (code, modifiers, units) in enumerate(chosen, start=1)]
    at = data.draw(st.integers(0, len(lines) - 1))
    code, modifiers, units = chosen[at]
    before = cents(sample, *lines)
    after = cents(sample, *lines[:at], line(at + 1, code, modifiers, units + 1), *lines[at + 1 :])
    if None not in before and None not in after:
        assert sum(c or 0 for c in after) >= sum(c or 0 for c in before)
    shuffled = data.draw(st.permutations(lines))
    assert cents(sample, *shuffled) == before
