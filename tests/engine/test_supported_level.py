from __future__ import annotations

import pytest

from engine.documentation.level import VisitCode, VisitFamily, supported_level
from engine.model import DocumentationFact


def _family(rows: dict[str, tuple[tuple[int, ...], float | None, str]]) -> VisitFamily:
    codes = {code: VisitCode(code, frozenset(levels), time, rule) for code, (levels, time, rule) in rows.items()}
    levelled = sorted((v for v in codes.values() if v.levels), key=lambda v: max(v.levels))
    return VisitFamily("office", "established", tuple(levelled), codes)


TOTAL = "total_time_on_date"
OFFICE = _family(
    {
        "99211": ((), None, "no_time"),
        "99212": ((1,), 10, TOTAL),
        "99213": ((2,), 20, TOTAL),
        "99214": ((3,), 30, TOTAL),
        "99215": ((4,), 40, TOTAL),
    }
)
HOSPITAL = _family({"99221": ((1, 2), 40, TOTAL), "99222": ((3,), 55, TOTAL), "99223": ((4,), 75, TOTAL)})
EMERGENCY = _family({f"9928{n + 1}": ((n,), None, "no_time") for n in (1, 2, 3, 4)})
BEFORE_2021 = _family({"99213": ((2,), 15, "counseling_dominant"), "99214": ((3,), 25, "counseling_dominant")})


def fact(name: str, text: str = "", number: float | None = None, flag: bool | None = None, basis: str = "stated"):
    return DocumentationFact(name, text=text, number=number, flag=flag, basis=basis)


def level(code: str, family: VisitFamily, *facts: DocumentationFact) -> dict[str, object]:
    found = supported_level(code, family, facts)
    assert found is not None
    return found


def test_nothing_known_gives_no_fact() -> None:
    assert supported_level("99213", OFFICE, []) is None
    assert supported_level("99213", OFFICE, [fact("em_basis", "time")]) is None


@pytest.mark.parametrize(("minutes", "rank"), [(9, 0), (10, 1), (19, 1), (20, 2), (39.5, 3), (40, 4), (300, 4)])
def test_time_is_met_or_exceeded(minutes: float, rank: int) -> None:
    assert level("99213", OFFICE, fact("total_minutes", number=minutes))["time_rank"] == rank


def test_a_given_level_is_both_the_least_and_the_most() -> None:
    found = level("99215", OFFICE, fact("mdm_level", "moderate"), fact("total_minutes", number=22))
    assert (found["mdm_rank"], found["mdm_highest_rank"], found["supported_code"]) == (3, 3, "99214")
    assert found["highest_possible_rank"] == 3


def test_two_of_three_elements_make_the_level() -> None:
    elements = [fact("mdm_problems", "high"), fact("mdm_data", "low"), fact("mdm_risk", "moderate")]
    assert level("99213", OFFICE, *elements)["mdm_code"] == "99214"


def test_an_unknown_element_is_low_for_what_is_supported_and_high_for_what_is_possible() -> None:
    found = level("99215", OFFICE, fact("mdm_problems", "low"), fact("mdm_risk", "moderate"))
    assert (found["mdm_rank"], found["mdm_highest_rank"]) == (2, 3)


def test_one_element_alone_says_nothing() -> None:
    assert supported_level("99215", OFFICE, [fact("mdm_risk", "low")]) is None


def test_unknown_time_keeps_the_top_possible_unless_the_basis_is_decision_making() -> None:
    assert level("99215", OFFICE, fact("mdm_level", "low"))["highest_possible_rank"] == 4
    stated = level("99215", OFFICE, fact("mdm_level", "low"), fact("em_basis", "mdm"))
    assert stated["highest_possible_rank"] == 2


def test_unknown_decision_making_keeps_the_top_possible_unless_the_basis_is_time() -> None:
    assert level("99215", OFFICE, fact("total_minutes", number=22))["highest_possible_rank"] == 4
    stated = level("99215", OFFICE, fact("total_minutes", number=22), fact("em_basis", "time"))
    assert stated["highest_possible_rank"] == 2


def test_emergency_visits_are_never_levelled_by_time() -> None:
    found = level("99285", EMERGENCY, fact("mdm_level", "moderate"), fact("total_minutes", number=300))
    assert "time_rank" not in found
    assert found["highest_possible_rank"] == 3


def test_one_code_may_cover_two_levels() -> None:
    assert level("99221", HOSPITAL, fact("mdm_level", "straightforward"))["mdm_code"] == "99221"
    assert level("99223", HOSPITAL, fact("mdm_level", "moderate"))["mdm_code"] == "99222"


def test_a_nurse_visit_ranks_below_the_lowest_level() -> None:
    assert level("99211", OFFICE, fact("mdm_level", "low"))["billed_rank"] == 0


def test_before_2021_time_counts_only_when_counselling_dominates() -> None:
    assert supported_level("99213", BEFORE_2021, [fact("total_minutes", number=26)]) is None
    dominated = level("99213", BEFORE_2021, fact("total_minutes", number=26), fact("counseling_minutes", number=14))
    assert dominated["time_code"] == "99214"


def test_before_2021_decision_making_alone_decides_nothing() -> None:
    assert supported_level("99213", BEFORE_2021, [fact("mdm_level", "high")]) is None


def test_inferred_facts_support_nothing() -> None:
    assert supported_level("99213", OFFICE, [fact("mdm_level", "high", basis="inferred")]) is None


def test_minutes_below_the_lowest_support_no_code() -> None:
    found = level("99212", OFFICE, fact("total_minutes", number=5), fact("em_basis", "time"))
    assert found["time_rank"] == 0
    assert "supported_code" not in found
