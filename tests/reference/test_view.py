from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from engine.policies_folder import default_policies_folder
from engine.policy import load_policies
from engine.reference import open_reference
from engine.reference.view import Row, RowKeys
from tests.reference.invented import imported, write_file

PAIRS = (
    ("11042", "97597", "2005-01-01", "", "1"),
    ("11042", "97598", "2005-01-01", "2010-12-31", "1"),
    ("11042", "97598", "2020-01-01", "", "0"),
    ("45385", "45378", "1996-01-01", "", "0"),
    ("A0001", "11042", "2024-08-01", "", "0"),
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with one release of pairs that carries its history, and one of each of some plain tables."""
    store = tmp_path / "reference.sqlite"
    imported(
        store,
        write_file(tmp_path, "ptp.txt", "ncci_ptp", "2024q3", PAIRS, history_from="1996-01-01"),
        write_file(tmp_path, "mue.txt", "ncci_mue", "2024q3", [("11042", "1", "3"), ("97597", "4", "2")]),
        write_file(
            tmp_path,
            "mpfs.txt",
            "mpfs",
            "2024c",
            [("11042", "", "A", "1.01"), ("93000", "", "A", "0.2"), ("93000", "26", "A", "0.1")],
            columns=("code", "modifier", "status", "work_rvu"),
        ),
        write_file(
            tmp_path,
            "ex.txt",
            "icd10cm_excludes1",
            "fy2024",
            [("E10", "E11"), ("E11", "E10"), ("L02.4", "L02"), ("I10", "O10")],
        ),
    )
    return store


def keys_of(rows: object) -> list[tuple[str, ...]]:
    assert isinstance(rows, list | tuple)
    return [tuple(row.key.values()) for row in rows]


def test_every_ordered_pair_of_codes_on_the_claim_is_fetched_on_its_date(store: Path) -> None:
    view = open_reference(store, ())
    claim = RowKeys(procedures=("11042", "45378", "45385", "97597", "97598", "A0001"))
    assert keys_of(view.rows("ncci_ptp", claim, "2024-07-15")) == [
        ("11042", "97597"),
        ("11042", "97598"),
        ("45385", "45378"),
    ]
    assert ("A0001", "11042") in keys_of(view.rows("ncci_ptp", claim, "2024-08-01"))
    assert keys_of(view.rows("ncci_ptp", claim, "2015-05-05")) == [("11042", "97597"), ("45385", "45378")]


def test_a_row_leaves_out_empty_cells_and_gives_its_last_day_inclusive(store: Path) -> None:
    view = open_reference(store, ())
    found = view.row("ncci_ptp", ("11042", "97598"), "2010-12-31")
    assert found == Row(
        {
            "column1": "11042",
            "column2": "97598",
            "from": "2005-01-01",
            "to": "2010-12-31",
            "modifier_indicator": "1",
        },
        {"column1": "11042", "column2": "97598"},
    )
    assert view.row("ncci_ptp", ("11042", "97598"), "2011-01-01") is None


def test_a_text_column_of_the_key_does_not_limit_what_is_fetched(store: Path) -> None:
    view = open_reference(store, ())
    found = view.rows("mpfs", RowKeys(procedures=("93000",)), "2024-07-15")
    assert keys_of(found) == [("93000", ""), ("93000", "26")]
    assert view.row("mpfs", ("93000", ""), "2024-07-15") == found[0]
    assert view.row("mpfs", ("93000",), "2024-07-15") == found[0]
    assert view.row("mpfs", ("93000", "TC"), "2024-07-15") is None
    assert "modifier" not in found[0].columns


def test_prefixes_match_and_need_two_different_diagnoses(store: Path) -> None:
    view = open_reference(store, ())
    two = RowKeys(diagnoses=("E10.9", "E11.65"))
    assert keys_of(view.rows("icd10cm_excludes1", two, "2024-07-15")) == [("E10", "E11"), ("E11", "E10")]
    assert view.rows("icd10cm_excludes1", RowKeys(diagnoses=("L02.415",)), "2024-07-15") == []
    both = RowKeys(diagnoses=("L02.01", "L02.415"))
    assert keys_of(view.rows("icd10cm_excludes1", both, "2024-07-15")) == [("L02.4", "L02")]


def test_membership_knows_dates_and_prefixes(store: Path) -> None:
    view = open_reference(store, ())
    assert view.has("ncci_ptp", "column1", "A0001", "2024-08-01")
    assert not view.has("ncci_ptp", "column1", "A0001", "2024-07-31")
    assert view.has("ncci_mue", "code", "11042", "2024-07-01")
    assert not view.has("ncci_mue", "code", "99999", "2024-07-01")
    assert view.has("icd10cm_excludes1", "code_prefix", "L02.415", "2024-07-01")
    assert not view.has("icd10cm_excludes1", "code_prefix", "L02.115", "2024-07-01")
    assert view.has("ncci_mue", "value", "4", "2024-07-01")
    assert sorted(view.column_values("ncci_mue", "value", "2024-07-01")) == [1, 4]


def test_no_release_is_not_no_row(store: Path) -> None:
    view = open_reference(store, ())
    assert view.use("ncci_mue", "2024-06-30") is None
    assert view.use("ncci_ptp", "1995-12-31") is None
    assert view.use("taxonomy", "2024-07-01") is None
    assert view.use("ncci_ptp", "1996-01-01") is not None
    assert view.rows("taxonomy", RowKeys(taxonomies=("207Q00000X",)), "2024-07-01") == ()
    assert not view.has("taxonomy", "code", "207Q00000X", "2024-07-01")


def test_a_release_judges_past_its_coverage_as_stale_and_then_no_more(store: Path) -> None:
    view = open_reference(store, (), stale_days=31)
    in_time, late = view.use("ncci_mue", "2024-09-30"), view.use("ncci_mue", "2024-10-31")
    assert in_time is not None
    assert not in_time.stale
    assert late is not None
    assert late.stale
    assert late.release == "2024q3"
    assert view.use("ncci_mue", "2024-11-01") is None
    assert view.use("ncci_ptp", "2024-11-01") is None


def test_the_release_whose_coverage_began_last_judges_a_plain_table(tmp_path: Path) -> None:
    store = tmp_path / "r.sqlite"
    q2 = ("2024-04-01", "2024-06-30")
    imported(
        store,
        write_file(tmp_path, "q3.txt", "ncci_mue", "2024q3", [("11042", "2")]),
        write_file(tmp_path, "q2.txt", "ncci_mue", "2024q2", [("11042", "1")], coverage=q2),
    )
    view = open_reference(store, ())
    rows = [view.row("ncci_mue", ("11042",), on) for on in ("2024-06-30", "2024-07-01")]
    assert [row.columns["value"] for row in rows if row] == [1, 2]
    assert [row.columns["value"] for row in view.history("ncci_mue", ("11042",))] == [1, 2]
    assert [edition.release for edition in view.editions("ncci_mue")] == ["2024q2", "2024q3"]


def test_the_newest_release_judges_every_date_of_a_table_with_history(tmp_path: Path) -> None:
    store = tmp_path / "r.sqlite"
    q2 = ("2024-04-01", "2024-06-30")
    old, new = [("11042", "97597", "2005-01-01", "", "1")], [("11042", "97597", "2005-01-01", "2024-05-31", "1")]
    imported(
        store,
        write_file(tmp_path, "q2.txt", "ncci_ptp", "2024q2", old, coverage=q2, history_from="1996-01-01"),
        write_file(tmp_path, "q3.txt", "ncci_ptp", "2024q3", new, history_from="1996-01-01"),
    )
    view = open_reference(store, ())
    pair = ("11042", "97597")
    assert view.row("ncci_ptp", pair, "2024-06-15") is None
    assert view.row("ncci_ptp", pair, "2024-05-15") is not None
    then = view.use("ncci_ptp", "2024-06-15", known_on="2024-06-20")
    assert then is not None
    assert then.release == "2024q2"
    assert view.row("ncci_ptp", pair, "2024-06-15", known_on="2024-06-20") is not None
    assert view.use("ncci_ptp", "2024-06-15", known_on="2024-03-31") is None


def test_a_date_can_be_judged_by_what_was_imported_then(tmp_path: Path) -> None:
    store = tmp_path / "r.sqlite"
    imported(store, write_file(tmp_path, "a.txt", "ncci_mue", "2024q3", [("11042", "1")]), on="2024-07-10")
    imported(store, write_file(tmp_path, "b.txt", "ncci_mue", "2024q3", [("11042", "2")]), on="2024-08-10")
    view = open_reference(store, (), knowledge="imported")
    answers = [view.row("ncci_mue", ("11042",), "2024-07-15", known_on=day) for day in ("2024-07-10", "2024-08-10")]
    assert [row.columns["value"] for row in answers if row] == [1, 2]
    assert view.row("ncci_mue", ("11042",), "2024-07-15", known_on="2024-07-09") is None
    published = open_reference(store, ()).row("ncci_mue", ("11042",), "2024-07-15", known_on="2024-07-01")
    assert published is not None
    assert published.columns["value"] == 2


def test_pairs_agree_with_plain_loops_on_random_claims(tmp_path: Path) -> None:
    random.seed(7)
    codes = [f"{number:05}" for number in range(100, 160)]
    rows = []
    for one, two in random.sample(list(permutations(codes, 2)), 900):
        start = f"20{random.randint(10, 24)}-0{random.randint(1, 9)}-01"
        end = random.choice(["", f"20{random.randint(10, 24)}-0{random.randint(1, 9)}-15"])
        rows.append((one, two, start, end, random.choice("019")))
    store = tmp_path / "r.sqlite"
    imported(store, write_file(tmp_path, "p.txt", "ncci_ptp", "2024q3", rows, history_from="1996-01-01"))
    view = open_reference(store, ())
    for _ in range(60):
        claim = tuple(sorted(random.sample([*codes, "99999"], random.choice((1, 2, 6, 30)))))
        on = f"20{random.randint(10, 24)}-0{random.randint(1, 9)}-10"
        expected = sorted(
            (one, two, start)
            for one, two, start, end, _ in rows
            if one in claim and two in claim and start <= on and (not end or on <= end)
        )
        found = view.rows("ncci_ptp", RowKeys(procedures=claim), on)
        assert [(row.columns["column1"], row.columns["column2"], row.columns["from"]) for row in found] == expected


def test_many_tables_are_read_at_once_as_they_are_one_by_one() -> None:
    view = open_reference(None, load_policies(default_policies_folder()).tables)
    tables = tuple(sorted(view.schemas()))
    rng = random.Random(7)
    codes = sorted({code for table in tables for code in _codes_of_key(view.all_rows(table, "2024-07-15"))})
    seen = set()
    for number in range(60):
        some = tuple(sorted({*rng.sample(codes, 40), "99213", "E11.9", "Z38.00", "11", "59", ""}))
        keys = RowKeys(some, some, some, some, some, some, some)
        on = ("2024-07-15", "2025-01-01", "1990-01-01")[number % 3]
        one_by_one = [(table, view.use(table, on), list(view.rows(table, keys, on))) for table in tables]
        found = [(table, use, list(rows)) for table, use, rows in view.rows_of(tables, keys, on)]
        assert found == [entry for entry in one_by_one if entry[2]]
        seen.update(table for table, _, _ in found)
    assert len(seen) > len(tables) // 2


def _codes_of_key(rows: Sequence[Row]) -> list[str]:
    return [code.split("-")[0] for row in rows for code in row.key.values() if code]


def test_the_digest_names_what_can_be_answered(store: Path, tmp_path: Path) -> None:
    before = open_reference(store, ()).digest()
    assert before == open_reference(store, ()).digest()
    assert before.startswith("sha256:")
    imported(
        store,
        write_file(tmp_path, "more.txt", "ncci_mue", "2024q4", [("11042", "9")], coverage=("2024-10-01", "2024-12-31")),
    )
    assert open_reference(store, ()).digest() != before
    assert open_reference(None, ()).digest() != before


def test_a_view_opened_before_an_import_answers_as_before(store: Path, tmp_path: Path) -> None:
    view = open_reference(store, ())
    digest = view.digest()
    imported(store, write_file(tmp_path, "other.txt", "ncci_mue", "2024q3", [("11042", "7")]), on="2024-09-01")
    row = view.row("ncci_mue", ("11042",), "2024-07-15")
    assert row is not None
    assert row.columns["value"] == 1
    assert view.digest() == digest
