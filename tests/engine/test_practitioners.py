from __future__ import annotations

import random

from engine.model import Claim, HistoryLine, Payer, Provider, ServiceLine
from engine.practitioners import UNSTATED, Performer, history_performer, line_performer, practitioner_keys


def keys(*performers: Performer) -> list[str]:
    return practitioner_keys(performers)


def test_the_same_npi_is_the_same_practitioner_whatever_the_specialty() -> None:
    first, second = keys(Performer("1", "T", "A"), Performer("1", "T", ""))
    assert first == second


def test_the_same_group_and_specialty_is_the_same_practitioner() -> None:
    first, second = keys(Performer("1", "T", "A"), Performer("2", "T", "A"))
    assert first == second


def test_another_specialty_of_the_group_is_another_practitioner() -> None:
    first, second = keys(Performer("1", "T", "A"), Performer("2", "T", "B"))
    assert first != second


def test_without_a_specialty_only_the_npi_is_compared() -> None:
    first, second = keys(Performer("1", "T", ""), Performer("2", "T", ""))
    assert first != second


def test_one_npi_joins_two_that_share_a_group_each_with_it() -> None:
    one, both, other = keys(Performer("1", "T", "A"), Performer("1", "U", "B"), Performer("3", "U", "B"))
    assert one == both == other


def test_lines_that_name_nobody_are_by_one_unstated_practitioner() -> None:
    assert keys(Performer("", "", ""), Performer("", "", "")) == [UNSTATED, UNSTATED]


def test_the_order_of_lines_does_not_change_who_is_who() -> None:
    performers = [Performer(str(n % 4), "T" if n % 3 else "U", "A" if n % 2 else "") for n in range(12)]
    expected = dict(zip(performers, practitioner_keys(performers), strict=True))
    for seed in range(20):
        shuffled = random.Random(seed).sample(performers, len(performers))
        assert dict(zip(shuffled, practitioner_keys(shuffled), strict=True)) == expected


def test_a_line_without_a_provider_is_the_claims_own() -> None:
    line = ServiceLine(1, "99213", "2024-07-10")
    claim = Claim(
        "C", Payer("P"), (line,), rendering_provider=Provider("1", "", "A"), billing_provider=Provider("9", "T")
    )
    assert line_performer(claim, line) == Performer("1", "T", "A")


def test_a_line_with_its_own_provider_does_not_borrow_the_claims_specialty() -> None:
    line = ServiceLine(1, "99213", "2024-07-10", rendering_provider=Provider("2"))
    claim = Claim(
        "C", Payer("P"), (line,), rendering_provider=Provider("1", "", "A"), billing_provider=Provider("9", "T")
    )
    assert line_performer(claim, line) == Performer("2", "T", "")


def test_a_history_line_carries_its_own_group() -> None:
    line = HistoryLine("99213", "2024-07-01", rendering_npi="1", billing_tin="T", taxonomy_code="A")
    assert history_performer(line) == Performer("1", "T", "A")
