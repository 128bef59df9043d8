from __future__ import annotations

import pytest

from engine.errors import InvalidDataError
from engine.reference.layouts.icd10cm_notes import read_note
from engine.reference.layouts.icd10cm_tree import CodeTree
from tests.reference.layouts.samples import (
    HCPCS_CSV,
    HCPCS_NAME,
    HCPCS_TEXT,
    MCE,
    MODIFIERS,
    ORDER,
    ORDER_NAME,
    PLACES,
    REASONS,
    REVENUE,
    TABULAR,
    TABULAR_NAME,
    TAXONOMY,
    hcpcs_record,
    member,
    problems,
    table,
    tables,
)


def test_hcpcs_codes_and_modifiers_are_two_tables() -> None:
    (codes, code_rows, _), (modifiers, modifier_rows, _) = tables(member(HCPCS_NAME, HCPCS_TEXT))
    assert (codes.table, codes.release, codes.coverage_from) == ("hcpcs", "2024q3", "2024-07-01")
    assert (modifiers.table, modifiers.history_from) == ("hcpcs_modifiers", "2020-01-01")
    assert code_rows[0]["long_description"] == "The first line of a long description and its second line"
    assert (code_rows[0]["from"], code_rows[0]["to"], code_rows[0]["action_date"]) == ("2001-01-01", None, "2002-01-01")
    assert (code_rows[0]["pricing"], code_rows[0]["type_of_service"], code_rows[0]["cross_reference"]) == (
        "00",
        "1P",
        "A0030",
    )
    assert (code_rows[1]["to"], code_rows[1]["action"]) == ("2020-12-31", "D")
    assert modifier_rows[0]["modifier"] == "ZZ"


def test_named_columns_give_the_rows_of_the_records() -> None:
    assert tables(member("HCPC2024_JUL_ANWEB.csv", HCPCS_CSV)) == tables(member(HCPCS_NAME, HCPCS_TEXT))


def test_a_file_of_the_whole_year_covers_it_and_has_no_empty_table() -> None:
    content = hcpcs_record("A0001", "3", "Only", "2001010120010101")
    ((header, _, _),) = tables(member("HCPC2019_CONTR_ANWEB.txt", content))
    assert (header.release, header.coverage_to) == ("2019", "2019-12-31")


def test_a_reactivated_code_begins_with_its_action() -> None:
    content = hcpcs_record("A0001", "3", "Back again", "2001010120230101", action="R")
    assert table(HCPCS_NAME, content)[1][0]["from"] == "2023-01-01"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (hcpcs_record("A0003", "4", "no first line"), "E602"),
        (hcpcs_record("A0003", "3", "x", "2020023020200101"), "E603"),
        (hcpcs_record("A0003", "3", "x", "202001012020010120190101"), "E603"),
        (hcpcs_record("A0003", "3", "x", "2020010120200101", action="Q"), "E606"),
        ("A000300100" + "3too short\r\n", "E602"),
        ("rubbish\r\n", "E602"),
    ],
)
def test_a_wrong_hcpcs_record_is_named(record: str, code: str) -> None:
    found = problems(HCPCS_NAME, HCPCS_TEXT + record.encode())
    assert found[0][:2] == (code, 8)


def test_the_order_file_gets_its_dots() -> None:
    header, rows, _ = table(ORDER_NAME, ORDER)
    assert (header.release, header.coverage_from, header.coverage_to) == ("fy2026", "2025-10-01", "2026-09-30")
    assert [(row["code"], row["order"], row["billable"]) for row in rows] == [
        ("A00", 1, False),
        ("A00.0", 2, True),
        ("S01.00XA", 3, True),
    ]
    assert (rows[1]["short_title"], rows[1]["long_title"]) == ("Code", "A code")


def test_an_update_of_april_begins_in_april() -> None:
    header, _, _ = table("icd10cm-order-April-1-2026.txt", ORDER)
    assert (header.release, header.coverage_from, header.coverage_to) == ("fy2026-04", "2026-04-01", "2026-09-30")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("00004 A00!    1 x", "E606"),
        ("0000x A001    1 x y z", "E606"),
        ("00004 A001    2 x", "E606"),
        ("short", "E602"),
    ],
)
def test_a_wrong_line_of_the_order_file_is_named(line: str, code: str) -> None:
    assert [found[:2] for found in problems(ORDER_NAME, ORDER + line + "\r\n")] == [(code, 4)]


def _tabular(name: str) -> list[dict[str, object]]:
    return {header.table: rows for header, rows, _ in tables(member(TABULAR_NAME, TABULAR))}[name]


def test_tabular_codes_are_filled_to_the_seventh_character() -> None:
    billable = {row["code"]: row["billable"] for row in _tabular("icd10cm")}
    assert billable["A00"] is False
    assert billable["A00.0"] is True
    assert billable["T36.0X1"] is False
    assert billable["T36.0X1A"] is True
    assert billable["T36.92XD"] is True
    assert [row["order"] for row in _tabular("icd10cm")] == list(range(1, len(billable) + 1))


def test_seventh_characters_that_a_note_bars_are_left_out() -> None:
    note = (
        "<notes><note>7th characters D and S do not apply to codes in category T36 with 6th character 1 - dead, or 2 - x"
        "</note></notes><sevenChrDef>"
    )
    rows = tables(member(TABULAR_NAME, TABULAR.replace("<sevenChrDef>", note)))[0][1]
    codes = {row["code"] for row in rows}
    assert {"T36.0X1A", "T36.0X5A", "T36.0X5D"} <= codes
    assert "T36.0X1D" not in codes


def test_excludes_notes_become_pairs_of_prefixes() -> None:
    pairs = {(row["code_prefix"], row["excluded_prefix"]): row for row in _tabular("icd10cm_excludes1")}
    assert pairs["A00", "A01"]["qualified"] is False
    assert ("A00.0", "A00.1") in pairs  # a note on a heading about its own child spares that child
    assert ("A00", "A00.1") not in pairs
    assert pairs["A", "B90"]["note_at"] == "A00-A09"
    excludes2 = {(row["code_prefix"], row["excluded_prefix"]) for row in _tabular("icd10cm_excludes2")}
    assert excludes2 == {("A00.1", "E08.2"), ("A00.1", "E10.2")}


def test_instructions_carry_targets_and_conditions() -> None:
    rows = {
        (row["code_prefix"], row["instruction"], row["target_prefix"]): row for row in _tabular("icd10cm_instructions")
    }
    assert rows["A00.1", "use_additional", "B90.0"]["conditional"] is True  # its heading says "if applicable"
    assert rows["A01", "code_first", ""]["conditional"] is False
    assert ("A01", "code_first", "T36.0X1") in rows
    assert ("A01", "code_first", "T36.92") in rows
    assert ("A01", "code_first", "T36.0X5") not in rows
    assert ("A01", "code_also", "B91") in rows


def test_a_tabular_list_with_entities_is_refused() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    content = TABULAR.replace('<?xml version="1.0" encoding="utf-8"?>', bomb).replace("Cholera", "&b;")
    with pytest.raises(InvalidDataError, match="entities"):
        tables(member(TABULAR_NAME, content))


def test_a_tabular_list_cut_short_is_refused_with_its_line() -> None:
    with pytest.raises(InvalidDataError) as refused:
        tables(member(TABULAR_NAME, TABULAR[: len(TABULAR) // 2]))
    assert refused.value.problems[0].code == "E601"
    assert refused.value.problems[0].place.line > 1


def test_a_tabular_code_of_another_shape_or_listed_twice_is_named() -> None:
    wrong = problems(TABULAR_NAME, TABULAR.replace("<name>A00.0<", "<name>hello<"))
    assert ("E606", 0, "hello") in wrong
    twice = problems(TABULAR_NAME, TABULAR.replace("<name>A00.1<", "<name>A00.0<"))
    assert ("E606", 0, "A00.0") in twice


def test_the_sex_conflict_ends_with_the_file_s_dates() -> None:
    header, rows, _ = table("mce.csv", MCE)
    assert (header.release, header.coverage_to, header.history_from) == ("2026-01", "2026-09-30", "2023-10-01")
    assert rows[0] == {
        "code": "A18.14",
        "edit": "SEX_CONFLICT",
        "detail": "male",
        "from": "2023-10-01",
        "to": "2024-09-30",
    }
    assert rows[1]["to"] is None


def test_short_lists_read_by_name() -> None:
    assert table("pos.csv", PLACES)[1][1] == {"code": "21", "name": "Elsewhere", "setting": "Facility"}
    (carc, carc_rows, _), (rarc, rarc_rows, _) = tables(member("reasons.csv", REASONS))
    assert (carc.table, rarc.table, carc.release) == ("carc", "rarc", "2017-11")
    assert carc_rows[1] == {"code": "15", "from": "1995-01-01", "to": "2018-05-01", "modified": "2017-11-01"}
    assert [row["code"] for row in rarc_rows] == ["M1"]
    header, rows, _ = table("nucc_taxonomy_241.csv", TAXONOMY)
    assert (header.release, header.coverage_from, header.coverage_to) == ("24.1", "2024-07-01", "2024-12-31")
    assert rows[0]["code"] == "207K00000X"
    assert table("revenue.csv", REVENUE)[1] == [{"code": "0450", "category": "045X"}]
    header, rows, _ = table("modifiers.csv", MODIFIERS)
    assert header.release == "2024-list"
    assert (rows[0]["from"], rows[0]["to"], rows[1]["from"]) == ("2015-04-01", "2015-06-30", None)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PLACES + "x1,Bad,Facility\n", "E606"),
        (PLACES + "22,Bad,Somewhere\n", "E606"),
        (PLACES + "22,Bad\n", "E602"),
        (TAXONOMY + "207K,a,b,c\n", "E606"),
        (REVENUE + "45A,x\n", "E606"),
        (MODIFIERS + "Z,x,,,,,,,\n", "E606"),
        (MODIFIERS + "ZX,x,,,,20150230,,,\n", "E603"),
    ],
)
def test_wrong_lines_of_short_lists_are_named(content: str, code: str) -> None:
    (found,) = problems("list.csv", content)
    assert found[:2] == (code, content.count("\n"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (REASONS + "2,CARC,1995-13-01,,\n", "E603"),
        (REASONS + "2,CARP,1995-01-01,,\n", "E606"),
        (MCE + "A1814,SEX_CONFLICT,male,20241001,20240930,Y,N\n", "E603"),
        (MCE + "A1814,NO_CONFLICT,,20231001,,Y,Y\n", "E606"),
        (MCE.replace("seen_at_", "saw_"), "E607"),
    ],
)
def test_lists_that_are_read_whole_are_refused_whole(content: str, code: str) -> None:
    with pytest.raises(InvalidDataError) as refused:
        tables(member("list.csv", content))
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_quote_that_never_closes_is_named() -> None:
    assert problems("pos.csv", PLACES + '23,"Never closed,Facility\n24,More,Facility\n') == [("E602", 4, "")]


@pytest.mark.parametrize(
    ("note", "qualified"),
    [
        ("diabetes mellitus (E08-E13)", False),  # some codes of the range are residual
        ("coma in diabetes (E08-E13)", True),
        ("certain kinds of diabetes (E08-E13)", True),
        ("diabetes of another kind (E13.-)", True),
        ("lumbago with sciatica (M54.4-)", False),  # the title says the same
        ("sciatica with lumbago (M54.4-)", False),
        ("lumbago due to strain (M54.4-)", True),
    ],
)
def test_words_of_a_note_narrow_its_codes_only_where_their_titles_lack_them(note: str, qualified: bool) -> None:
    tree = CodeTree()
    for code, title in (
        ("E03", "Other hypothyroidism"),
        ("E08", "Diabetes mellitus due to underlying condition"),
        ("E11", "Type 2 diabetes mellitus"),
        ("E13", "Other specified diabetes mellitus"),
        ("E16", "Other disorders of pancreatic internal secretion"),
        ("M54", "Dorsalgia"),
    ):
        tree.add(code, title, False, "")
    tree.add("M544", "Lumbago with sciatica", False, "M54")
    assert read_note("", note, tree).qualified is qualified
