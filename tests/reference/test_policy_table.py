from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidPolicyError
from engine.model import Citation, Scalar
from engine.policy.types import ColumnType, Table
from engine.reference import open_reference
from engine.reference.view import RowKeys
from tests.reference.invented import imported, write_file

CODE, RANGE, PREFIX, DATE, INTEGER, TEXT = (
    ColumnType.CODE,
    ColumnType.CODE_RANGE,
    ColumnType.ICD10_PREFIX,
    ColumnType.DATE,
    ColumnType.INTEGER,
    ColumnType.TEXT,
)
ON = "2026-03-01"


def table(
    table_id: str,
    columns: dict[str, ColumnType],
    key: tuple[str, ...],
    rows: tuple[tuple[Scalar | None, ...], ...],
    *,
    date_to: str = "",
    inclusive: bool = False,
    complete: bool = True,
) -> Table:
    return Table(
        id=table_id,
        version="2026.1",
        title="Invented",
        columns=tuple(columns.items()),
        key=key,
        rows=rows,
        source=Citation("Invented"),
        date_from="from" if "from" in columns else "",
        date_to=date_to,
        date_to_inclusive=inclusive,
        complete=complete,
    )


DATED = {"code": CODE, "units": INTEGER, "from": DATE, "to": DATE}


def test_a_table_answers_with_its_version_on_any_date() -> None:
    view = open_reference(None, [table("auth", {"code": CODE, "units": INTEGER}, ("code",), (("97110", 4),))])
    use = view.use("auth", "1999-01-01")
    assert use is not None
    assert (use.release, use.complete, use.stale) == ("2026.1", True, False)
    (row,) = view.rows("auth", RowKeys(procedures=("11042", "97110")), ON)
    assert row.columns == {"code": "97110", "units": 4}
    assert view.schemas()["auth"].key == ("code",)


@pytest.mark.parametrize(("inclusive", "last"), [(False, "2026-03-31"), (True, "2026-04-01")])
def test_the_last_day_is_handed_out_inclusive(inclusive: bool, last: str) -> None:
    rows = (("97110", 4, "2026-01-01", "2026-04-01"),)
    view = open_reference(None, [table("auth", DATED, ("code",), rows, date_to="to", inclusive=inclusive)])
    row = view.row("auth", ("97110",), last)
    assert row is not None
    assert row.columns["to"] == last
    assert (view.row("auth", ("97110",), "2026-04-01") is not None) is inclusive
    assert view.row("auth", ("97110",), "2026-04-02") is None


def test_ranges_of_codes_match_codes_of_equal_length() -> None:
    rows = (("99202-99205", "visit"), ("J0100-J0999", "drug"), ("99213", "single"))
    view = open_reference(None, [table("families", {"codes": RANGE, "family": TEXT}, ("codes",), rows)])
    found = view.rows("families", RowKeys(procedures=("0001F", "99203", "99213", "J0120")), ON)
    assert [row.columns["family"] for row in found] == ["visit", "single", "drug"]
    assert view.has("families", "codes", "99205", ON)
    assert not view.has("families", "codes", "99206", ON)
    row = view.row("families", ("99204",), ON)
    assert row is not None
    assert row.columns["family"] == "visit"


def test_a_key_of_procedure_and_diagnosis_is_fetched_for_every_combination() -> None:
    rows = (("11042", "L89"), ("97597", "L89.1"), ("97597", "E11"))
    view = open_reference(None, [table("cover", {"code": CODE, "dx": PREFIX}, ("code", "dx"), rows)])
    found = view.rows("cover", RowKeys(procedures=("11042", "97597"), diagnoses=("L89.103",)), ON)
    assert [tuple(row.key.values()) for row in found] == [("11042", "L89"), ("97597", "L89.1")]


def test_two_procedure_columns_need_two_different_codes_even_in_ranges() -> None:
    rows = (("99202-99215", "99202-99215"),)
    view = open_reference(None, [table("pairs", {"one": RANGE, "two": RANGE}, ("one", "two"), rows)])
    assert view.rows("pairs", RowKeys(procedures=("99203",)), ON) == []
    assert len(view.rows("pairs", RowKeys(procedures=("99203", "99213")), ON)) == 1


def test_an_empty_key_cell_limits_nothing() -> None:
    rows = (("11042", None, "any modifier"), ("11042", "59", "this modifier"), ("97597", "25", "another"))
    columns = {"code": CODE, "modifier": ColumnType.MODIFIER, "note": TEXT}
    view = open_reference(None, [table("fit", columns, ("code", "modifier"), rows)])
    found = view.rows("fit", RowKeys(procedures=("11042", "97597"), modifiers=("59",)), ON)
    assert [row.columns["note"] for row in found] == ["any modifier", "this modifier"]


def test_one_key_may_have_several_rows() -> None:
    rows = (("11042", 1), ("11042", 2))
    view = open_reference(None, [table("many", {"code": CODE, "n": INTEGER}, ("code",), rows)])
    assert [row.columns["n"] for row in view.rows("many", RowKeys(procedures=("11042",)), ON)] == [1, 2]
    assert [row.columns["n"] for row in view.all_rows("many", ON)] == [1, 2]


def test_a_sample_of_an_official_table_serves_only_where_the_store_has_none(tmp_path: Path) -> None:
    sample = table("ncci_mue", {"code": CODE, "value": INTEGER}, ("code",), (("11042", 9),), complete=False)
    use = open_reference(None, [sample]).use("ncci_mue", "2024-07-15")
    assert use is not None
    assert (use.release, use.complete) == ("starter", False)
    store = tmp_path / "r.sqlite"
    imported(store, write_file(tmp_path, "mue.txt", "ncci_mue", "2024q3", [("11042", "1")]))
    view = open_reference(store, [sample])
    row = view.row("ncci_mue", ("11042",), "2024-07-15")
    assert row is not None
    assert row.columns["value"] == 1
    assert view.use("ncci_mue", "2020-01-01") is None


def test_a_sample_without_a_key_column_is_found_by_the_official_key() -> None:
    sample = table("mpfs", {"code": CODE, "status": TEXT}, ("code",), (("93000", "A"),), complete=False)
    view = open_reference(None, [sample])
    row = view.row("mpfs", ("93000", ""), ON)
    assert row is not None
    assert row.columns == {"code": "93000", "status": "A"}


def test_tables_that_clash_are_refused_together() -> None:
    one = table("auth", {"code": CODE}, ("code",), (("97110",),))
    stray = table("ncci_mue", {"code": CODE, "colour": TEXT}, ("code",), (("11042", "red"),))
    with pytest.raises(InvalidPolicyError) as caught:
        open_reference(None, [one, one, stray])
    assert sorted(problem.code for problem in caught.value.problems) == ["E622", "E623"]


def test_a_table_with_no_rows_answers_with_none() -> None:
    view = open_reference(None, [table("empty", {"code": CODE}, ("code",), ())])
    assert view.rows("empty", RowKeys(procedures=("97110",)), ON) == []
    assert view.use("empty", ON) is not None
    assert not view.has("empty", "code", "97110", ON)


def test_rows_are_fetched_by_the_identifiers_of_providers_and_by_revenue_codes() -> None:
    registry = table("registry", {"npi": ColumnType.NPI, "status": TEXT}, ("npi",), (("1999999992", "enrolled"),))
    columns = {"revenue_code": ColumnType.REVENUE_CODE, "codes": RANGE}
    services = table("services", columns, ("revenue_code", "codes"), (("0420", "97110-97112"),))
    view = open_reference(None, [registry, services])
    keys = RowKeys(procedures=("97110",), npis=("1888888884", "1999999992"), revenue_codes=("0420",))
    assert [row.columns["status"] for row in view.rows("registry", keys, "2024-07-15")] == ["enrolled"]
    assert len(view.rows("services", keys, "2024-07-15")) == 1
    other = RowKeys(procedures=("97110",), npis=("1888888884",), revenue_codes=("0450",))
    assert not view.rows("registry", other, "2024-07-15")
    assert not view.rows("services", other, "2024-07-15")
