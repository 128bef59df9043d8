from __future__ import annotations

import pytest

from engine.errors import InvalidDataError
from tests.reference.layouts.samples import (
    AOC,
    AOC_NAME,
    MUE,
    MUE_NAME,
    PTP,
    PTP_HEADER,
    PTP_NAME,
    member,
    problems,
    table,
    tables,
    workbook,
)


def test_ptp_rows_carry_iso_dates_and_no_deletion_is_no_end() -> None:
    header, rows, _ = table(PTP_NAME, PTP)
    assert (header.table, header.release, header.part, header.parts) == ("ncci_ptp", "2024q3", 2, 4)
    assert (header.coverage_from, header.coverage_to) == ("2024-07-01", "2024-09-30")
    assert rows[0] == {
        "column1": "A0001",
        "column2": "A0002",
        "from": "1996-01-01",
        "to": None,
        "modifier_indicator": "0",
        "rationale": "Invented",
        "before_1996": True,
    }
    assert rows[1]["to"] == "2023-12-31"
    assert rows[2]["from"] == rows[2]["to"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ccioph-v321r0-f4.TXT", ("ncci_ptp_outpatient", "2026q2", 4, 4)),
        ("ccipra-v301r0.TXT", ("ncci_ptp", "2024q2", 0, 0)),
        ("CCIPRA-V300R0-F1.txt", ("ncci_ptp", "2024q1", 1, 4)),
    ],
)
def test_the_name_says_setting_quarter_and_part(name: str, expected: tuple[str, str, int, int]) -> None:
    header, _, _ = table(name, PTP)
    assert (header.table, header.release, header.part, header.parts) == expected


def test_the_archive_name_serves_when_the_member_was_renamed() -> None:
    header, _, _ = table("edits.txt", PTP, path="downloads/ccioph-v302r0-f1.zip")
    assert (header.table, header.part) == ("ncci_ptp_outpatient", 1)


def test_edits_without_an_official_name_are_refused() -> None:
    with pytest.raises(InvalidDataError) as refused:
        tables(member("edits.txt", PTP))
    assert refused.value.problems[0].code == "E607"
    assert "ccipra" in refused.value.problems[0].hint


def test_hospital_edits_in_a_practitioner_archive_are_refused() -> None:
    with pytest.raises(InvalidDataError, match="E607"):
        tables(member("ccioph-v302r0-f1.TXT", PTP, path="ccipra-v302r0-f1.zip"))


def test_a_workbook_of_edits_reads_as_its_text() -> None:
    cells: list[list[object]] = [line.split("\t") for line in PTP.split("\r\n") if line]
    cells.append(["11042", 97597, None, 20050101, "*", 1, "Invented"])
    cells.append([100, 97597, None, 20050101, 20051231, 1, None])
    _, rows, _ = table("ccipra-v302r0-f2.xlsx", workbook(cells))
    assert rows[:3] == table(PTP_NAME, PTP)[1]
    assert rows[3]["column2"] == "97597"
    assert rows[3]["from"] == "2005-01-01"
    assert rows[4]["column1"] == "00100"


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("A0001\tA0002\t\t20200101\t*\t1", "E602", ""),
        ("A0001\tA0002\t\t20200101\t*\t1\tx\ty", "E602", ""),
        ("A0001\tA0002\t\t20200230\t*\t1\tx", "E603", "Effective Date"),
        ("A0001\tA0002\t\t20200101\t20209999\t1\tx", "E603", "Deletion Date"),
        ("A0001\tA0002\t\t20200101\t\t1\tx", "E603", "Deletion Date"),
        ("A0001\tA0002\t\t20200101\t20191231\t1\tx", "E603", "Deletion Date"),
        ("A001\tA0002\t\t20200101\t*\t1\tx", "E606", "Column 1"),
        ("A0001\ta0002\t\t20200101\t*\t1\tx", "E606", "Column 2"),
        ("A0001\tA0002\t\t20200101\t*\t2\tx", "E606", "Modifier"),
        ("A0001\tA0002\tx\t20200101\t*\t1\tx", "E606", "*=in existence prior to 1996"),
    ],
)
def test_a_wrong_ptp_line_is_named_with_its_line_and_column(line: str, code: str, column: str) -> None:
    assert problems(PTP_NAME, PTP + line + "\r\n") == [(code, 10, column)]


def test_a_byte_that_is_not_utf8_is_named_with_its_line() -> None:
    content = PTP.encode() + b"A0001\tA0002\t\t20200101\t*\t1\tcaf\xe9\r\n"
    assert problems(PTP_NAME, content) == [("E605", 10, "")]


def test_a_reader_stops_after_fifty_problems() -> None:
    content = PTP_HEADER + "A0001\tA0002\t\t20200101\t*\t7\tx\r\n" * 500
    found = problems(PTP_NAME, content)
    assert len(found) == 50
    assert found[-1][1] == 56


def test_columns_in_another_order_are_refused() -> None:
    content = PTP.replace("Effective\tDeletion", "Deletion\tEffective")
    with pytest.raises(InvalidDataError, match="E607"):
        tables(member(PTP_NAME, content))


def test_mue_values_keep_indicator_and_rationale() -> None:
    header, rows, _ = table(MUE_NAME, MUE)
    assert (header.table, header.release) == ("ncci_mue", "2024q3")
    assert rows == [
        {"code": "A0001", "value": 2, "mai": "3", "rationale": "Clinical: Data"},
        {"code": "A0002", "value": 0, "mai": "1", "rationale": "CMS Policy"},
    ]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        (b"Outpatient Hospital Services MUE Values", "ncci_mue_outpatient"),
        (b"DME Supplier Services MUE Values", "ncci_mue_dme"),
    ],
)
def test_the_heading_of_the_values_names_the_mue_table(heading: bytes, expected: str) -> None:
    assert table(MUE_NAME, MUE.replace(b"Practitioner Services MUE Values", heading))[0].table == expected


def test_the_archive_name_gives_the_mue_quarter_too() -> None:
    header, _, _ = table("table.csv", MUE, path="medicare-ncci-2025q1-practitioner-services-mue-table.zip")
    assert (header.release, header.coverage_from) == ("2025q1", "2025-01-01")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (b"A0003,many,3 Date,x", "MUE Values"),
        (b"A0003,2,4 Date,x", "MUE Adjudication Indicator"),
        (b"A00031,2,3 Date,x", "HCPCS/CPT Code"),
    ],
)
def test_a_wrong_mue_line_is_named(line: bytes, column: str) -> None:
    assert problems(MUE_NAME, MUE + line + b"\r\n") == [("E606", 8, column)]


def test_an_mue_line_with_a_column_missing_and_a_bad_byte_are_named() -> None:
    assert problems(MUE_NAME, MUE + b"A0003,2\r\n") == [("E602", 8, "")]
    assert problems(MUE_NAME, MUE + b"A0003,2,3 D,\x81\r\n") == [("E605", 8, "")]


def test_add_on_edits_end_when_one_of_their_codes_does() -> None:
    header, rows, _ = table(AOC_NAME, AOC)
    assert (header.release, header.carries_history) == ("2024q3", True)
    assert [row["from"] for row in rows] == ["2013-04-01", "2020-02-29", "2013-04-01"]
    assert [row["to"] for row in rows] == [None, "2020-12-31", "2021-01-31"]
    assert [row["contractor_defined"] for row in rows] == [False, True, False]
    assert rows[1]["primary"] is None  # any code: the contractor decides


def test_older_headings_of_add_on_edits_are_understood() -> None:
    older = AOC.replace("AOC_DelDT", "AOC_Del_Dt").replace("AOC_Edit_EffDT", "AOC_Edit_Eff_Dt (Julian)")
    assert table(AOC_NAME, older)[1] == table(AOC_NAME, AOC)[1]


def test_a_workbook_of_add_on_edits_reads_as_its_text() -> None:
    cells: list[list[object]] = [
        [int(cell) if cell.isdigit() else cell or None for cell in line.split("\t")]
        for line in AOC.split("\r\n")
        if line
    ]
    assert table("AOC_V2024Q3-MCR.xlsx", workbook(cells))[1] == table(AOC_NAME, AOC)[1]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("4\tA0001\t\tA0002\t\t2013091\t\t", "E606"),
        ("1\tA0001\t\tA0002\t\t2013366\t\t", "E603"),
        ("1\tA0001\t\tA0002\t\t2013091\t2012001\t", "E603"),
        ("1\tA00\t\tA0002\t\t2013091\t\t", "E606"),
        ("1\tA0001\t\tA0002", "E602"),
    ],
)
def test_a_wrong_add_on_line_is_named(line: str, code: str) -> None:
    assert [found[:2] for found in problems(AOC_NAME, AOC + line + "\r\n")] == [(code, 6)]
