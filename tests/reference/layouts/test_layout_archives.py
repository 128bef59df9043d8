from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from engine.errors import InvalidDataError
from engine.reference.layouts import LAYOUTS, data_members, members, recognise, unrecognised, without_twins
from engine.reference.layouts.archive import LARGEST_MEMBER
from tests.reference.layouts.samples import (
    COVERAGE,
    GPCI,
    GPCI_TEXT,
    MPFS,
    MPFS_NAME,
    MPFS_TEXT,
    MPFS_TEXT_NAME,
    MUE,
    MUE_NAME,
    PTP,
    PTP_NAME,
    archive,
    member,
    workbook,
)


def _code(path: Path) -> tuple[str, str]:
    with pytest.raises(InvalidDataError) as refused:
        list(members(path))
    problem = refused.value.problems[0]
    return problem.code, problem.place.file


def test_members_of_a_zip_are_named_with_their_archive(tmp_path: Path) -> None:
    path = archive(tmp_path, "RVU25D.zip", {"inner/b.csv": "x", "a.txt": "yy", "__MACOSX/._a": "z"})
    found = list(members(path))
    assert [(one.name, one.size, one.path) for one in found] == [("a.txt", 2, str(path)), ("inner/b.csv", 1, str(path))]
    for _ in range(2):  # a fresh stream each time
        with found[1].open() as stream:
            assert stream.read() == b"x"


def test_a_zip_in_a_zip_is_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as written:
        written.writestr("article.csv", "x")
    path = archive(tmp_path, "outer.zip", {"current_csv.zip": inner.getvalue()})
    (found,) = members(path)
    assert found.name == "current_csv.zip/article.csv"
    with found.open() as stream:
        assert stream.read() == b"x"


def test_a_workbook_is_one_file_and_a_folder_its_files(tmp_path: Path) -> None:
    (tmp_path / "AOC.xlsx").write_bytes(workbook([["a"]]))
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "x.csv").write_text("a,b\n")
    assert [one.name for one in members(tmp_path / "AOC.xlsx")] == ["AOC.xlsx"]
    assert [one.name for one in members(tmp_path)] == [f"{tmp_path.name}/AOC.xlsx", f"{tmp_path.name}/below/x.csv"]


def test_a_truncated_zip_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, "whole.zip", {PTP_NAME: PTP * 50})
    cut = tmp_path / "cut.zip"
    cut.write_bytes(path.read_bytes()[:-40])
    assert _code(cut) == ("E601", str(cut))
    empty = tmp_path / "empty.zip"
    empty.write_bytes(b"")
    assert _code(empty) == ("E601", str(empty))
    assert _code(tmp_path / "absent.zip")[0] == "E601"


def test_a_damaged_member_is_a_problem_with_archive_and_member(tmp_path: Path) -> None:
    path = archive(
        tmp_path,
        "damaged.zip",
        {PTP_NAME: PTP + "".join(f"A{n:04}\tB{n * 7 % 9999:04}\t\t20200101\t*\t1\tx\r\n" for n in range(9000))},
    )
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    (found,) = members(path)
    (parsed,) = LAYOUTS["ncci_ptp"].read(found)
    assert sum(1 for _ in parsed.rows) < 9004
    assert parsed.problems
    assert {problem.code for problem in parsed.problems} <= {"E601", "E602", "E603", "E605", "E606"}
    assert parsed.problems[-1].place.file == f"{path}!{PTP_NAME}"


def test_damage_within_the_first_lines_is_a_problem_too(tmp_path: Path) -> None:
    path = archive(tmp_path, "damaged.zip", {MUE_NAME: MUE + bytes(range(32, 127)) * 9})
    content = bytearray(path.read_bytes())
    start = len(MUE_NAME) + 30
    content[start + 20 : start + 40] = b"\xff" * 20
    path.write_bytes(content)
    (found,) = members(path)
    with pytest.raises(InvalidDataError) as refused:
        next(LAYOUTS["ncci_mue"].read(found))
    assert refused.value.problems[0].code in {"E601", "E607"}


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, "locked.zip", {"a.txt": "x"})
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    path.write_bytes(content)
    assert _code(path) == ("E601", f"{path}!a.txt")


def test_a_member_that_would_grow_past_the_limit_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, "bomb.zip", {"a.txt": "x" * 10})
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\x01\x02")
    content[start + 24 : start + 28] = (LARGEST_MEMBER + 1).to_bytes(4, "little")
    path.write_bytes(content)
    assert _code(path) == ("E601", f"{path}!a.txt")


def test_a_zip_nested_twice_is_refused(tmp_path: Path) -> None:
    content = archive(tmp_path, "one.zip", {"a.txt": "x"}).read_bytes()
    content = archive(tmp_path, "two.zip", {"one.zip": content}).read_bytes()
    assert _code(archive(tmp_path, "three.zip", {"two.zip": content}))[0] == "E601"


def test_of_twins_the_csv_is_kept_and_the_rest_named_with_reasons(tmp_path: Path) -> None:
    path = archive(
        tmp_path,
        "RVU25D.zip",
        {
            MPFS_NAME: MPFS,
            MPFS_TEXT_NAME: MPFS_TEXT,
            "GPCI2025.txt": GPCI_TEXT,
            "GPCI2025.csv": GPCI,
            "RVU25D.pdf": "%PDF",
        },
    )
    kept, skipped = without_twins(members(path))
    assert [one.name for one in kept] == ["GPCI2025.csv", MPFS_NAME]
    assert {one.member.name: one.reason for one in skipped} == {
        "RVU25D.pdf": "no official layout is recognised in it",
        "GPCI2025.txt": "the same table as GPCI2025.csv (gpci:2025d)",
        MPFS_TEXT_NAME: f"the same table as {MPFS_NAME} (mpfs:2025d)",
    }
    assert [one.name for one in unrecognised(path)] == ["RVU25D.pdf"]
    assert [one.name for one in data_members(path)] == ["GPCI2025.csv", MPFS_NAME]


def test_parts_of_one_edition_are_no_twins(tmp_path: Path) -> None:
    path = archive(tmp_path, "all.zip", {f"ccipra-v302r0-f{number}.TXT": PTP for number in (1, 2)})
    assert len(list(data_members(path))) == 2


def test_the_copy_for_qualifying_participants_is_left_out_with_its_reason() -> None:
    copies = [member(f"PPRRVU2025_Oct_{kind}.csv", MPFS) for kind in ("QPP", "nonQPP")]
    kept, skipped = without_twins(copies)
    assert [one.name for one in kept] == ["PPRRVU2025_Oct_nonQPP.csv"]
    assert "conversion factor" in skipped[0].reason


def _coverage(path: Path) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for one in data_members(path):
        layout = recognise(one)
        assert layout is not None
        for parsed in layout.read(one):
            rows += parsed.rows
            assert not parsed.problems
    return rows


def test_coverage_articles_join_from_zip_and_folder(tmp_path: Path) -> None:
    folder = tmp_path / "current_article_csv"
    folder.mkdir()
    for name, content in COVERAGE.items():
        (folder / name).write_text(content)
    expected = [
        ("A0002", "A00.0", "A1", "2", "L33", 1, True, "77 78", "2020-01-01", None),
        ("A0001", "A00.1", "A1", "2", "L33", 2, True, "77 78", "2020-01-01", None),
        ("A0002", "A00.1", "A1", "2", "L33", 2, True, "77 78", "2020-01-01", None),
        ("A0001", "B90.0", "A1", "2", "L33", 1, False, "77 78", "2020-01-01", None),
        ("A0002", "B90.0", "A1", "2", "L33", 1, False, "77 78", "2020-01-01", None),
    ]
    assert _coverage(folder) == expected
    assert _coverage(archive(tmp_path, "current_article_csv.zip", COVERAGE)) == expected
    assert _coverage(folder / "article_x_icd10_covered.csv") == expected


def test_a_coverage_table_without_its_neighbours_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "article_x_hcpc_code.csv"
    path.write_text(COVERAGE[path.name])
    (found,) = members(path)
    with pytest.raises(InvalidDataError, match="E609"):
        list(LAYOUTS["coverage_articles"].read(found))


def test_a_wrong_code_in_a_coverage_table_is_named_with_its_table(tmp_path: Path) -> None:
    content = {**COVERAGE, "article_x_icd10_covered.csv": COVERAGE["article_x_icd10_covered.csv"] + "1,2,hello,,1,N\n"}
    path = archive(tmp_path, "articles.zip", content)
    found = next(one for one in members(path) if one.name == "article_x_hcpc_code.csv")
    (parsed,) = LAYOUTS["coverage_articles"].read(found)
    list(parsed.rows)
    assert [(one.code, one.place.line) for one in parsed.problems] == [("E606", 4)]
    assert parsed.problems[0].place.file.endswith("!article_x_icd10_covered.csv")


def test_a_damaged_workbook_is_refused() -> None:
    content = workbook([line.split("\t") for line in PTP.split("\r\n")])
    cut = member("ccipra-v302r0-f2.xlsx", content[: len(content) // 2])
    with pytest.raises(InvalidDataError, match="E60"):
        next(LAYOUTS["ncci_ptp"].read(cut))
