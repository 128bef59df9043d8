from __future__ import annotations

import pytest

from engine.code_ranges import lies_between
from engine.facts.matched import with_matches
from engine.policy.types import ColumnType
from engine.reference.view import RowKeys


@pytest.mark.parametrize(
    ("code", "low", "high", "lies"),
    [
        ("99203", "99202", "99205", True),
        ("99206", "99202", "99205", False),
        ("0240U", "0001U", "0999U", True),
        ("0275T", "0001U", "0999U", False),
        ("0518F", "0001U", "0999U", False),
        ("J0585", "A0425", "V9999", True),
        ("Q0138", "J0000", "J9999", False),
        ("00400", "0001U", "0999U", False),
        ("A0425", "A0021", "A0999", True),
        ("A04255", "A0021", "A0999", False),
    ],
)
def test_a_range_holds_codes_of_its_own_form(code: str, low: str, high: str, lies: bool) -> None:
    assert lies_between(code, low, high) is lies


def test_a_row_stands_once_for_each_pair_of_codes_that_its_prefixes_match() -> None:
    keys = RowKeys(diagnoses=("E10.9", "E11.22", "E11.9", "I10"))
    fields = {"code_prefix": "E11", "excluded_prefix": "E1"}
    columns = (("code_prefix", ColumnType.ICD10_PREFIX), ("excluded_prefix", ColumnType.ICD10_PREFIX))
    found = {
        (row["code_prefix_matched"], row["excluded_prefix_matched"])
        for row in with_matches(dict(fields), columns, keys)
    }
    assert found == {("E11.22", "E10.9"), ("E11.22", "E11.9"), ("E11.9", "E10.9"), ("E11.9", "E11.22")}


def test_a_column_that_matches_nothing_leaves_the_field_absent() -> None:
    keys = RowKeys(procedures=("99213",), diagnoses=("I10",))
    (row,) = with_matches({"codes": "10060-10061"}, (("codes", ColumnType.CODE_RANGE),), keys)
    assert "codes_matched" not in row


def test_a_range_matches_procedures() -> None:
    keys = RowKeys(procedures=("10060", "99213"))
    (row,) = with_matches({"codes": "10060-10061"}, (("codes", ColumnType.CODE_RANGE),), keys)
    assert row["codes_matched"] == "10060"
