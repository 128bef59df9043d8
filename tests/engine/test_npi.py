from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.npi import npi_is_valid


@pytest.mark.parametrize("npi", ["1245319599", "1234567893", "1999999992"])
def test_a_right_check_digit_is_valid(npi: str) -> None:
    assert npi_is_valid(npi)


@pytest.mark.parametrize(
    "npi", ["1245319593", "3234567893", "123456789", "12345678930", "12345678a3", "", "１２３４５６７８９３"]
)
def test_anything_else_is_not(npi: str) -> None:
    assert not npi_is_valid(npi)


@given(st.sampled_from("12"), st.text("0123456789", min_size=8, max_size=8))
def test_exactly_one_check_digit_fits_nine_digits(first: str, rest: str) -> None:
    assert sum(npi_is_valid(first + rest + digit) for digit in "0123456789") == 1
