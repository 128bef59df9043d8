from __future__ import annotations

import argparse
import csv
import io
import json
import sqlite3
import zipfile
from pathlib import Path

import pytest

from engine.commands import data
from engine.errors import InvalidDataError, UsageError
from engine.reference.catalogue import index_folder

HEADER = (
    "CPT only copyright.\t\t\t\t\t\t\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n"
    "\t\t\t\t*=no data\t1=allowed\t\n"
    "\t\t\t\t\t9=not applicable\t\n"
)
OLD = "A0001\tA0002\t\t20050101\t*\t1\tInvented\nA0001\tA0003\t*\t19960101\t*\t0\tInvented\n"
NEW = OLD.replace("A0002\t\t20050101\t*", "A0002\t\t20050101\t20240630") + "A0004\tA0005\t\t20240701\t*\t1\tInvented\n"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    data.register(parser.add_subparsers())
    parsed = parser.parse_args(["data", *arguments])
    return int(parsed.run(parsed))


def ptp_file(folder: Path, name: str, rows: str) -> Path:
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.TXT", (HEADER + rows).replace("\n", "\r\n"))
    return path


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A store of two quarters of invented pairs, in the official layout; its path is in the environment."""
    path = tmp_path / "reference.sqlite"
    monkeypatch.setenv("CLAIMRULES_STORE", str(path))
    monkeypatch.setenv("COLUMNS", "200")
    old, new = ptp_file(tmp_path, "ccipra-v301r0", OLD), ptp_file(tmp_path, "ccipra-v302r0", NEW)
    assert run("import", str(old), str(new), "--imported-on", "2024-07-02") == 0
    capsys.readouterr()
    return path


def test_import_prints_what_came_in_against_the_release_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    files = [ptp_file(tmp_path, "ccipra-v301r0", OLD), ptp_file(tmp_path, "ccipra-v302r0", NEW)]
    store = tmp_path / "s.sqlite"
    assert run("import", *map(str, files), "--store", str(store), "--imported-on", "2024-07-02") == 0
    printed = capsys.readouterr().out
    line = next(line for line in printed.splitlines() if "2024q3" in line)
    cells = line.split()
    assert cells[:6] == ["ncci_ptp", "2024q3", "3", "1", "1", "0"]
    assert cells[7] == "ncci_ptp:2024q2"
    assert run("import", str(files[0]), "--store", str(store)) == 0
    assert "nothing new, imported before as ncci_ptp:2024q2" in capsys.readouterr().out


def test_a_malformed_file_stops_the_import_with_its_problems(store: Path, tmp_path: Path) -> None:
    bad = ptp_file(tmp_path, "ccipra-v303r0", "A0001\tA0002\t\t20050230\t*\t1\tInvented\n")
    before = store.read_bytes()
    with pytest.raises(InvalidDataError) as caught:
        run("import", str(bad))
    assert [(problem.code, problem.place.line) for problem in caught.value.problems] == [("E603", 6)]
    assert store.read_bytes() == before


def test_status_lists_what_is_loaded_and_what_is_not(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status") == 0
    printed = capsys.readouterr().out
    assert "1996-01-01 to 2024-09-30" in printed
    assert "ccipra-v302r0.zip" in printed
    assert "icd10cm" in printed.split("not loaded:")[1]


def test_status_says_what_the_policies_want_and_lack(
    store: Path, policies_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("status", "--policies", str(policies_folder)) == 0
    printed = capsys.readouterr().out.split("the policies want")[1]
    wanted = {line.split()[0]: line for line in printed.splitlines() if line.strip()}
    assert "2024q3" in wanted["ncci_ptp"]
    assert "a sample" in wanted["ncci_mue"]


def test_pair_says_what_the_edit_means(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("pair", "A0003", "A0001", "--on", "2024-07-15") == 0
    assert "A0003 is never paid with A0001 on one day; no modifier changes that." in capsys.readouterr().out


def test_a_release_that_loses_most_keys_is_questioned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    rest = ptp_file(tmp_path, "ccipra-v303r0", NEW.splitlines(keepends=True)[0])
    assert run("import", str(rest), "--imported-on", "2024-10-02", "--smaller") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "is the file whole?" in said


def test_pair_never_takes_no_release_for_no_row(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("pair", "A0003", "A0001", "--on", "2031-07-15") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "ncci_ptp has no release for 2031-07-15 (loaded:" in said
    assert run("show", "A0001", "--on", "2031-07-15") == 0
    assert "ncci_ptp has no release for 2031-07-15" in " ".join(capsys.readouterr().out.split())


def test_pair_shows_an_edit_of_other_dates(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("pair", "A0001", "A0002", "--on", "2024-07-15") == 0
    printed = capsys.readouterr().out
    assert "nothing on this date" in printed
    assert "2024-06-30" in printed.split("on other dates")[1]


def test_show_gives_everything_known_as_json(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "a0001", "--on", "2024-07-15", "--output", "json") == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    assert (table["table"], table["role"], table["release"]) == ("ncci_ptp", "column1", "2024q3")
    assert [row["column2"] for row in table["rows"]] == ["A0003"]


def test_show_of_an_unknown_code_says_so(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "Z9999", "--on", "2024-07-15") == 0
    assert "no loaded table has it" in capsys.readouterr().out


def test_diff_lists_what_was_added_and_changed(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("diff", "2024q2", "2024q3", "--table", "ncci_ptp", "--output", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [item["key"] for item in document["added"]] == [{"column1": "A0004", "column2": "A0005"}]
    assert document["removed"] == []
    assert document["changed"][0]["after"][0]["to"] == "2024-06-30"
    assert run("diff", "ncci_ptp:2024q2", "ncci_ptp:2024q3", "--output", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["change"], row["release"], row["column2"], row["to"]) for row in rows] == [
        ("added", "2024q3", "A0005", ""),
        ("changed", "2024q2", "A0002", ""),
        ("changed", "2024q3", "A0002", "2024-06-30"),
    ]
    assert run("diff", "ncci_ptp:2024q2", "ncci_ptp:2024q3") == 0
    assert "to - → 2024-06-30" in capsys.readouterr().out


def test_diff_of_a_release_that_is_not_there_names_those_that_are(store: Path) -> None:
    with pytest.raises(UsageError, match="there is ncci_ptp:2024q2, ncci_ptp:2024q3"):
        run("diff", "ncci_ptp:2024q1", "ncci_ptp:2024q3")
    with pytest.raises(UsageError, match="table:release"):
        run("diff", "2024q2", "2024q3")


def test_verify_finds_a_damaged_copy(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify") == 0
    assert capsys.readouterr().out.count("as imported") == 2
    damaged = sorted(index_folder(store).iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    assert run("verify") == 3
    assert "DAMAGED" in capsys.readouterr().out


def test_verify_finds_damaged_rows(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE block SET compressed = zeroblob(10)")
    connection.close()
    assert run("verify") == 3
    assert capsys.readouterr().out.count("DAMAGED") == 2
