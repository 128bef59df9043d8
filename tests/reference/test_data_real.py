"""The official files themselves, read in place; skipped where they are not beside the checkout."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from engine.commands.data_compare import Compared, compare_releases
from engine.reference import ReferenceLookup, open_reference
from engine.reference.layouts import LAYOUTS, data_members
from engine.reference.store import ImportReport, import_files
from engine.reference.view import RowKeys


@pytest.fixture(scope="module")
def imported(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImportReport]:
    """A store of the real NCCI and ICD-10-CM files."""
    reference = shared / "reference"
    quarter = reference / "ncci" / "2024q3"
    store = tmp_path_factory.mktemp("real") / "reference.sqlite"
    files = [
        reference / "ncci" / "2024q2" / "ccipra-v301r0.zip",
        *sorted(quarter.glob("ccipra-v302r0-f?.zip")),
        *sorted(quarter.glob("*practitioner*mue*.zip")),
        *sorted((reference / "icd10cm").glob("icd10cm-order-202?.zip")),
    ]
    report = import_files(store, files, imported_on="2024-07-02", layouts=LAYOUTS, members=data_members)
    return store, report


@pytest.fixture(scope="module")
def view(imported: tuple[Path, ImportReport]) -> ReferenceLookup:
    return open_reference(imported[0], ())


@pytest.fixture(scope="module")
def pairs(imported: tuple[Path, ImportReport]) -> Compared:
    return compare_releases(imported[0], "ncci_ptp:2024q2", "ncci_ptp:2024q3")


def test_every_row_is_there(imported: tuple[Path, ImportReport]) -> None:
    rows = {(item.table, item.release): item.rows for item in imported[1].imported}
    assert rows == {
        ("ncci_ptp", "2024q2"): 2_545_089,
        ("ncci_ptp", "2024q3"): 2_546_017,
        ("ncci_mue", "2024q3"): 14_677,
        ("icd10cm", "fy2025"): 97_584,
        ("icd10cm", "fy2026"): 98_166,
    }


def test_four_parts_are_one_complete_release(view: ReferenceLookup) -> None:
    use = view.use("ncci_ptp", "2024-07-15")
    assert use is not None
    assert (use.release, use.complete, use.stale) == ("2024q3", True, False)


def test_a_diagnostic_endoscopy_is_never_paid_with_the_surgical_one(view: ReferenceLookup) -> None:
    (row,) = view.rows("ncci_ptp", RowKeys(procedures=("45378", "45385")), "2024-07-15")
    assert (row.columns["column1"], row.columns["column2"]) == ("45385", "45378")
    assert row.columns["modifier_indicator"] == "0"


def file_pairs(archive: Path) -> set[bytes]:
    """Returns the pairs of codes of a file, counted without any of our readers."""
    with zipfile.ZipFile(archive) as opened, opened.open(opened.namelist()[0]) as stream:
        lines = stream.read().split(b"\r\n")[6:]
    return {line[:11] for line in lines if line}


def test_the_pairs_new_in_a_quarter_are_those_a_plain_count_finds(shared: Path, pairs: Compared) -> None:
    ncci = shared / "reference" / "ncci"
    old = file_pairs(ncci / "2024q2" / "ccipra-v301r0.zip")
    new: set[bytes] = set()
    for part in (1, 2, 3, 4):
        new |= file_pairs(ncci / "2024q3" / f"ccipra-v302r0-f{part}.zip")
    assert {"\t".join(key).encode() for key in pairs.difference.added} == new - old
    assert len(pairs.difference.added) == 925
    assert {"\t".join(key).encode() for key in pairs.difference.removed} == old - new


def test_the_diagnoses_of_a_new_year_are_found(imported: tuple[Path, ImportReport]) -> None:
    difference = compare_releases(imported[0], "icd10cm:fy2025", "icd10cm:fy2026").difference
    assert (len(difference.added), len(difference.removed)) == (594, 12)
    assert any(code.startswith("M") for (code,) in [*difference.added, *difference.changed])
