from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import InvalidDataError, StoreError
from engine.reference import open_reference
from engine.reference.catalogue import connect_to_read, index_folder, releases, sources
from engine.reference.view import RowKeys
from tests.reference.invented import imported, write_file, zipped

MUE = [("11042", "1", "3"), ("97597", "4", "2")]
ON = "2024-07-15"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store that holds one release."""
    path = tmp_path / "reference.sqlite"
    imported(path, write_file(tmp_path, "mue.txt", "ncci_mue", "2024q3", MUE))
    return path


def fingerprint(store: Path) -> dict[str, str]:
    files = [store, *index_folder(store).iterdir()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def refused(store: Path, *files: Path) -> InvalidDataError:
    """Imports files that must be refused, and checks that the store stayed byte for byte as it was."""
    before = fingerprint(store)
    with pytest.raises(InvalidDataError) as caught:
        imported(store, *files)
    assert fingerprint(store) == before
    return caught.value


def test_the_same_file_twice_adds_nothing_and_says_so(store: Path, tmp_path: Path) -> None:
    before = fingerprint(store)
    report = imported(store, tmp_path / "mue.txt")
    assert report.imported == ()
    assert report.unchanged[0].reason == "imported before as ncci_mue:2024q3"
    assert fingerprint(store) == before


def test_the_same_rows_in_another_file_add_nothing(store: Path, tmp_path: Path) -> None:
    report = imported(store, zipped(tmp_path / "mue.txt"))
    assert report.imported == ()
    assert report.unchanged[0].reason == "ncci_mue:2024q3 has these rows already"


def test_a_release_knows_its_file_its_rows_and_its_dates(store: Path, tmp_path: Path) -> None:
    connection = connect_to_read(store)
    (release,), (source,) = releases(connection), sources(connection)
    connection.close()
    assert (release.table, release.release, release.row_count) == ("ncci_mue", "2024q3", 2)
    assert (release.coverage_from, release.coverage_to, release.imported_on) == (
        "2024-07-01",
        "2024-09-30",
        "2024-07-02",
    )
    assert release.complete
    assert source.file_name == "mue.txt"
    assert source.file_sha256 == hashlib.sha256((tmp_path / "mue.txt").read_bytes()).hexdigest()


def test_an_edition_with_other_rows_replaces_the_one_before_and_both_are_kept(store: Path, tmp_path: Path) -> None:
    corrected = write_file(tmp_path, "mue2.txt", "ncci_mue", "2024q3", [("11042", "2", "3"), ("99999", "1", "2")])
    (outcome,) = imported(store, corrected).imported
    assert (outcome.added, outcome.changed, outcome.removed, outcome.replaces) == (1, 1, 1, True)
    connection = connect_to_read(store)
    old, new = releases(connection)
    connection.close()
    assert (old.replaced_by, new.replaces, new.replaced_by) == (new.sequence, old.sequence, 0)


def stored_limits(folder: Path, count: int) -> tuple[Path, list[tuple[str, ...]]]:
    """Returns a store of one edition of unit limits, and its rows."""
    store = folder / "r.sqlite"
    rows: list[tuple[str, ...]] = [(f"{number:05}", "2", "3") for number in range(100, 100 + count)]
    imported(store, write_file(folder, "whole.txt", "ncci_mue", "2024q3", rows))
    return store, rows


def test_an_excerpt_of_what_is_there_is_refused(tmp_path: Path) -> None:
    store, rows = stored_limits(tmp_path, 9)
    before = store.read_bytes()
    short = write_file(tmp_path, "short.txt", "ncci_mue", "2024q3", rows[:4])
    (problem,) = refused(store, short).problems
    assert (problem.code, "short.txt" in problem.place.file) == ("E613", True)
    assert problem.message == "4 rows of ncci_mue:2024q3 came, and the file that it replaces has 9: an excerpt?"
    assert store.read_bytes() == before
    (outcome,) = imported(store, short, smaller=True).imported
    assert (outcome.rows, outcome.replaces) == (4, True)


def test_an_edition_that_lacks_most_keys_of_the_one_before_is_refused(tmp_path: Path) -> None:
    store, rows = stored_limits(tmp_path, 9)
    next_quarter = ("2024-10-01", "")
    short = write_file(tmp_path, "short.txt", "ncci_mue", "2024q4", rows[:4], coverage=next_quarter)
    (problem,) = refused(store, short).problems
    assert problem.message == "4 rows of ncci_mue:2024q4 came, and 5 keys of ncci_mue:2024q3 are gone: an excerpt?"
    (outcome,) = imported(store, short, smaller=True).imported
    assert (outcome.removed, outcome.replaces) == (5, False)


def test_a_replacement_with_half_the_rows_is_taken(tmp_path: Path) -> None:
    store, rows = stored_limits(tmp_path, 8)
    (outcome,) = imported(store, write_file(tmp_path, "half.txt", "ncci_mue", "2024q3", rows[:4])).imported
    assert outcome.rows == 4


def test_releases_given_together_are_compared_with_one_another(tmp_path: Path) -> None:
    later = write_file(
        tmp_path, "b.txt", "ncci_mue", "2024q4", [MUE[0], ("99999", "1", "2")], coverage=("2024-10-01", "")
    )
    earlier = write_file(tmp_path, "a.txt", "ncci_mue", "2024q3", MUE)
    outcomes = imported(tmp_path / "r.sqlite", later, earlier).imported
    assert [(item.release, item.before, item.added, item.removed) for item in outcomes] == [
        ("2024q3", "", 2, 0),
        ("2024q4", "ncci_mue:2024q3", 1, 1),
    ]


def test_a_refused_import_makes_no_store(tmp_path: Path) -> None:
    rows = [("10000", "97597", "2005-01-01", "", "0")]
    other = [("10000", "97597", "2005-01-01", "", "1")]
    files = [
        write_file(tmp_path, f"f{part}.txt", "ncci_ptp", "2024q3", given, part=part, parts=2)
        for part, given in ((1, rows), (2, other))
    ]
    with pytest.raises(InvalidDataError, match="contradict one another"):
        imported(tmp_path / "r.sqlite", *files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f1.txt", "f2.txt"]


def test_a_truncated_zip_is_refused(store: Path, tmp_path: Path) -> None:
    rows = [(f"{number:05}", str(number % 9), "3") for number in range(3000)]
    whole = zipped(write_file(tmp_path, "big.txt", "ncci_mue", "2024q4", rows))
    short = tmp_path / "short.zip"
    short.write_bytes(whole.read_bytes()[:2000])
    error = refused(store, short)
    assert error.problems[0].code == "E601"
    assert "short.zip" in error.problems[0].place.file


def test_a_zip_with_a_damaged_member_is_refused(store: Path, tmp_path: Path) -> None:
    rows = [(f"{number:05}", str(number % 9), "3") for number in range(3000)]
    whole = zipped(write_file(tmp_path, "big.txt", "ncci_mue", "2024q4", rows))
    content = bytearray(whole.read_bytes())
    content[1500:1600] = b"\0" * 100
    whole.write_bytes(content)
    assert refused(store, whole).problems[0].code == "E601"


def test_a_wrong_number_of_columns_is_refused_with_its_line(store: Path, tmp_path: Path) -> None:
    path = write_file(tmp_path, "bad.txt", "ncci_mue", "2024q4", [*MUE, ("12345", "1")])
    (problem,) = refused(store, path).problems
    assert (problem.place.line, problem.message) == (5, "2 columns, expected 3")


def test_an_impossible_date_is_refused_with_its_line(store: Path, tmp_path: Path) -> None:
    rows = [("11042", "97597", "2005-01-01", "", "1"), ("11042", "97598", "2005-02-30", "", "1")]
    (problem,) = refused(store, write_file(tmp_path, "bad.txt", "ncci_ptp", "2024q3", rows)).problems
    assert problem.place.line == 4
    assert "day is out of range" in problem.message


def test_a_key_with_two_different_values_is_refused_with_both_lines(store: Path, tmp_path: Path) -> None:
    rows = [("11042", "1", "3"), ("97597", "4", "2"), ("11042", "2", "3")]
    (problem,) = refused(store, write_file(tmp_path, "bad.txt", "ncci_mue", "2024q4", rows)).problems
    assert (problem.code, problem.place.line) == ("E604", 5)
    assert problem.message == "ncci_mue 11042 says something else than line 3"


def test_a_row_said_twice_counts_once(tmp_path: Path) -> None:
    (outcome,) = imported(
        tmp_path / "r.sqlite", write_file(tmp_path, "a.txt", "ncci_mue", "2024q3", [*MUE, MUE[0]])
    ).imported
    assert (outcome.rows, outcome.repeated) == (2, 1)


def test_an_edit_taken_back_on_its_first_day_contradicts_nothing(tmp_path: Path) -> None:
    rows = [("11042", "97597", "2015-01-01", "2015-01-01", "9"), ("11042", "97597", "2015-01-01", "2019-12-31", "0")]
    (outcome,) = imported(tmp_path / "r.sqlite", write_file(tmp_path, "a.txt", "ncci_ptp", "2024q3", rows)).imported
    assert outcome.rows == 2


def test_a_byte_that_is_not_utf_8_is_refused_with_its_place_and_the_reason(store: Path, tmp_path: Path) -> None:
    path = write_file(tmp_path, "bad.txt", "ncci_mue", "2024q4", MUE)
    path.write_bytes(path.read_bytes().replace(b"97597", b"97\xff97"))
    (problem,) = refused(store, path).problems
    assert problem.code == "E605"
    assert "byte 0xff is not utf-8" in problem.message
    assert (Path(problem.place.file).name, problem.place.line, problem.place.column) == ("bad.txt", 4, 3)


def test_a_file_of_no_known_layout_is_refused_with_what_it_holds(store: Path, tmp_path: Path) -> None:
    stray = tmp_path / "stray.txt"
    stray.write_text("hello\n")
    (problem,) = refused(store, stray).problems
    assert problem.code == "E611"
    assert "stray.txt" in problem.message


def test_a_file_that_is_not_there_is_refused_by_name(store: Path, tmp_path: Path) -> None:
    assert "absent.zip" in str(refused(store, tmp_path / "absent.zip"))


def test_one_malformed_file_refuses_all_files_given_with_it(store: Path, tmp_path: Path) -> None:
    good = write_file(tmp_path, "good.txt", "ncci_mue", "2024q4", MUE)
    bad = write_file(tmp_path, "bad.txt", "ncci_mue", "2025q1", [*MUE, ("1",)])
    refused(store, good, bad)


def test_no_more_than_fifty_problems_are_listed(store: Path, tmp_path: Path) -> None:
    rows = [MUE[0], *[(f"{number:05}",) for number in range(80)]]
    assert len(refused(store, write_file(tmp_path, "bad.txt", "ncci_mue", "2024q4", rows)).problems) == 50


def test_twins_in_one_import_must_hold_the_same_rows(store: Path, tmp_path: Path) -> None:
    one = write_file(tmp_path, "one.txt", "ncci_mue", "2024q4", MUE)
    same = write_file(tmp_path, "same.txt", "ncci_mue", "2024q4", [*MUE, MUE[0]])
    other = write_file(tmp_path, "other.txt", "ncci_mue", "2024q4", [("11042", "9", "3"), MUE[1]])
    (problem,) = refused(store, one, other).problems
    assert problem.code == "E604"
    assert "(11042)" in problem.message
    (outcome,) = imported(store, one, same).imported
    assert outcome.rows == 2


def part_files(folder: Path) -> list[Path]:
    return [
        write_file(
            folder,
            f"f{part}.txt",
            "ncci_ptp",
            "2024q3",
            [
                (f"{part}0000", "97597", "2005-01-01", "", "1"),
                (f"{part}0001", f"code{part}"[:5], "2005-01-01", "", "0"),
            ],
            part=part,
            parts=3,
            history_from="1996-01-01",
        )
        for part in (1, 2, 3)
    ]


def test_parts_together_or_one_after_another_form_one_release(tmp_path: Path) -> None:
    files = part_files(tmp_path)
    together, apart = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    (outcome,) = imported(together, *files).imported
    assert (outcome.rows, outcome.parts_present) == (6, 3)
    for path in reversed(files):
        imported(apart, path)
    views = [open_reference(path, ()) for path in (together, apart)]
    uses = [view.use("ncci_ptp", ON) for view in views]
    assert uses[0] == uses[1]
    assert uses[0] is not None
    assert uses[0].complete
    connection = connect_to_read(apart)
    in_force = [release for release in releases(connection) if not release.replaced_by]
    files_of = [source.file_name for source in sources(connection) if source.release_sequence == in_force[0].sequence]
    connection.close()
    assert len(in_force) == 1
    assert files_of == ["f1.txt", "f2.txt", "f3.txt"]


def test_a_release_without_all_its_parts_says_it_is_incomplete(tmp_path: Path) -> None:
    store = tmp_path / "r.sqlite"
    imported(store, part_files(tmp_path)[0])
    use = open_reference(store, ()).use("ncci_ptp", ON)
    assert use is not None
    assert not use.complete


def test_an_incomplete_release_does_not_displace_a_complete_one(tmp_path: Path) -> None:
    store = tmp_path / "r.sqlite"
    old = [("11042", "97597", "2005-01-01", "", "1")]
    q2 = ("2024-04-01", "2024-06-30")
    imported(store, write_file(tmp_path, "q2.txt", "ncci_ptp", "2024q2", old, coverage=q2, history_from="1996-01-01"))
    imported(store, part_files(tmp_path)[0])
    use = open_reference(store, ()).use("ncci_ptp", ON)
    assert use is not None
    assert (use.release, use.complete, use.stale) == ("2024q2", True, True)


def test_parts_that_contradict_one_another_are_refused(tmp_path: Path) -> None:
    store = tmp_path / "r.sqlite"
    files = part_files(tmp_path)
    imported(store, files[0])
    rows = [("10000", "97597", "2005-01-01", "", "0")]
    bad = write_file(tmp_path, "bad.txt", "ncci_ptp", "2024q3", rows, part=2, parts=3, history_from="1996-01-01")
    assert refused(store, bad).problems[0].code == "E604"


def test_a_reader_is_not_blocked_and_not_disturbed_while_an_import_writes(store: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(store, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE release SET imported_on = '1999-01-01'")
    view = open_reference(store, ())
    assert len(view.rows("ncci_mue", RowKeys(procedures=("11042", "97597")), ON)) == 2
    writer.execute("ROLLBACK")
    writer.close()


CRASH = """
import os, signal, sys
from pathlib import Path
from engine.reference import catalogue, store
from tests.reference.invented import imported
original = store._insert
def insert_and_die(connection, plan):
    original(connection, plan)
    os.kill(os.getpid(), signal.SIGKILL)
store._insert = insert_and_die
imported(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_an_import_killed_in_mid_write_leaves_the_old_store_usable(store: Path, tmp_path: Path) -> None:
    digest = open_reference(store, ()).digest()
    more = write_file(tmp_path, "more.txt", "ncci_mue", "2024q4", MUE, coverage=("2024-10-01", "2024-12-31"))
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", CRASH, str(store), str(more)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    view = open_reference(store, ())
    assert view.digest() == digest
    assert view.use("ncci_mue", "2024-11-01") is not None
    (outcome,) = imported(store, more).imported
    assert outcome.release == "2024q4"


def test_missing_memory_maps_are_built_anew_from_the_store(store: Path) -> None:
    for path in index_folder(store).iterdir():
        path.unlink()
    row = open_reference(store, ()).row("ncci_mue", ("97597",), ON)
    assert row is not None
    assert row.columns["value"] == 4
    assert len(list(index_folder(store).iterdir())) == 1


def test_a_store_that_cannot_be_written_is_read_all_the_same(store: Path) -> None:
    for path in index_folder(store).iterdir():
        path.unlink()
    index_folder(store).rmdir()
    index_folder(store).write_text("in the way of the folder")
    row = open_reference(store, ()).row("ncci_mue", ("97597",), ON)
    assert row is not None


def test_a_file_that_is_no_store_is_named_as_such(tmp_path: Path) -> None:
    stray = tmp_path / "stray.sqlite"
    sqlite3.connect(stray).execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(StoreError, match="not a claimrules reference store"):
        open_reference(stray, ())
    with pytest.raises(StoreError, match="there is no reference store"):
        open_reference(tmp_path / "absent.sqlite", ())
