"""Reads the real files in place and compares them with the manifest that describes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.reference.layout import ParsedTable, SourceMember
from engine.reference.layouts import data_members, members, recognise
from engine.reference.layouts.fields import icd_with_dot

_NOT_ONE_ROW_A_LINE = {"25LOCCO.csv", "25LOCCO.txt", "ANES2025.csv", "GPCI2025.csv", "GPCI2025.txt", "OPPSCAP_Oct.csv"}
_GROUP_CODES = 5  # CO, CR, OA, PI and PR are in the reason code list and no reasons


def _parsed(found: SourceMember) -> Iterator[ParsedTable]:
    layout = recognise(found)
    assert layout is not None, f"{found.name} was not recognised"
    yield from layout.read(found)


def _rows(found: SourceMember) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for parsed in _parsed(found):
        rows += parsed.rows
        assert not parsed.problems, parsed.problems[0].text()
    return rows


def _member(path: Path, name: str) -> SourceMember:
    return next(one for one in members(path) if one.name == name)


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[tuple[str, str], int]:
    """Rows by file and member, as the manifest counts them."""
    manifest = json.loads((shared / "reference" / "manifest.json").read_text())
    return {
        (file["path"], part.get("member", "")): part["rows"]
        for file in manifest["files"]
        for part in file["parts"]
        if file["path"].split("/")[0] in {"ncci", "mpfs", "hcpcs", "icd10cm", "codes"}
    }


def _is_large(path: str) -> bool:
    return "ccipra" in path or "ccioph" in path


def test_every_small_file_has_the_rows_of_the_manifest(shared: Path, expected: dict[tuple[str, str], int]) -> None:
    for (path, name), rows in expected.items():
        if _is_large(path) or name in _NOT_ONE_ROW_A_LINE:
            continue
        file = shared / "reference" / path
        found = len(_rows(_member(file, name or file.name)))
        assert found == rows - (_GROUP_CODES if path.endswith("carc_rarc.csv") else 0), (path, name)


def test_tables_with_notes_have_their_localities(shared: Path) -> None:
    release = shared / "reference" / "mpfs" / "RVU25D.zip"
    for stem, rows in (("25LOCCO", 110), ("GPCI2025", 109), ("ANES2025", 109), ("OPPSCAP_Oct", 16_100)):
        assert len(_rows(_member(release, f"{stem}.csv"))) == len(_rows(_member(release, f"{stem}.txt"))) == rows


def test_every_part_of_the_pair_edits_has_the_rows_of_the_manifest(
    shared: Path, expected: dict[tuple[str, str], int]
) -> None:
    known = {("11042", "97597"): "1", ("45385", "45378"): "0", ("93306", "93307"): "0"}
    for (path, name), rows in expected.items():
        if not _is_large(path):
            continue
        file = shared / "reference" / path
        (parsed,) = _parsed(_member(file, name or file.name))
        count = 0
        for row in parsed.rows:
            count += 1
            if row[0] in {"11042", "45385", "93306"} and (pair := (str(row[0]), str(row[1]))) in known:
                assert (row[4], row[3]) == (known[pair], None)
        assert not parsed.problems
        assert count == rows, (path, name)
        assert parsed.header.table == ("ncci_ptp" if "ccipra" in path else "ncci_ptp_outpatient")


def test_relative_values_as_csv_and_text_are_identical(shared: Path) -> None:
    release = shared / "reference" / "mpfs" / "RVU25D.zip"
    rows = _rows(_member(release, "PPRRVU2025_Oct.csv"))
    assert rows == _rows(_member(release, "PPRRVU2025_Oct.txt"))
    office_visit = next(row for row in rows if row[0] == "99213")
    assert office_visit[4:6] == (1.30, 1.35)


def test_the_32_columns_of_2026_are_read_by_name(shared: Path) -> None:
    file = shared / "reference" / "mpfs" / "PPRRVU2026_Jul_nonQPP.excerpt.csv"
    (row,) = _rows(_member(file, file.name))
    assert (row[0], row[23], row[-1]) == ("00100", 33.4009, "9")


def test_counties_as_csv_and_text_have_the_same_localities(shared: Path) -> None:
    release = shared / "reference" / "mpfs" / "RVU25D.zip"
    one, other = (_rows(_member(release, f"25LOCCO.{suffix}")) for suffix in ("csv", "txt"))
    assert [row[:2] for row in one] == [row[:2] for row in other]
    assert all(row[2] for row in one)


def test_known_lines_of_unlikely_edits_and_add_ons_are_there(shared: Path) -> None:
    folder = shared / "reference" / "ncci" / "2024q3"
    archive = folder / "medicare-ncci-2024q3-practitioner-services-mue-table.zip"
    assert ("99213", 2, "3", "Clinical: Data") in [row for one in members(archive) for row in _rows(one)]
    text, book = (_rows(_member(folder / name, name)) for name in ("AOC_V2024Q3-MCR.txt", "AOC_V2024Q3-MCR.xlsx"))
    assert text == book
    assert ("11045", "11042", "1") in [row[:3] for row in text]
    assert sum(bool(row[5]) for row in text) == 44


def test_the_tabular_list_agrees_with_the_order_file(shared: Path) -> None:
    folder = shared / "reference" / "icd10cm"
    (tabular,) = members(folder / "icd10cm-tabular-April-1-2026.zip")
    (order,) = members(folder / "icd10cm-order-2026.zip")
    read = {parsed.header.table: list(parsed.rows) for parsed in _parsed(tabular)}
    ours = {row[0]: row[2] for row in read["icd10cm"]}
    official = {row[0]: row[2] for row in _rows(order)}
    assert {code: billable for code, billable in ours.items() if code in official} == official
    # the order file beside it was rebuilt without the subcategories of QA0, which are in the XML
    assert {str(code)[:3] for code in ours.keys() - official.keys()} == {"QA0"}
    excludes1 = {(row[0], row[1]) for row in read["icd10cm_excludes1"]}
    assert ("E55", "M80") in excludes1
    assert len(excludes1) > 5000
    for table in ("icd10cm_excludes1", "icd10cm_excludes2"):
        for row in read[table]:
            prefix, excluded = str(row[0]), str(row[1])
            assert not prefix.startswith(excluded), row
            assert not excluded.startswith(prefix), row
            assert len(excluded) < 3 or icd_with_dot(excluded) == excluded


def test_the_editor_s_sex_conflict_ends_before_october_2024(shared: Path) -> None:
    file = shared / "reference" / "icd10cm" / "mce_edits.csv"
    ends = {row[4] for row in _rows(_member(file, file.name)) if row[1] == "SEX_CONFLICT"}
    assert ends == {"2024-09-30"}


def test_the_echocardiography_article_covers_every_pair_once(shared: Path) -> None:
    folder = shared / "reference" / "coverage" / "current_article_csv"
    rows = [row for one in data_members(folder) for row in _rows(one)]
    assert len(rows) == len({row[:2] for row in rows}) == 6 * 121
    assert {row[2:7] for row in rows} == {("A56781", "34", "L33577", 1, True)}
