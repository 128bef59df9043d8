from __future__ import annotations

import pytest

from engine.errors import InvalidDataError
from tests.reference.layouts.samples import (
    ANESTHESIA,
    ANESTHESIA_TEXT,
    CONVERSION_FACTORS,
    GPCI,
    GPCI_TEXT,
    LOCALITIES,
    LOCALITIES_TEXT,
    MPFS,
    MPFS_HEADER,
    MPFS_NAME,
    MPFS_ROWS,
    MPFS_TEXT,
    MPFS_TEXT_NAME,
    OPPS_CAP,
    OPPS_CAP_TEXT,
    member,
    problems,
    table,
    tables,
    workbook,
)


def test_relative_values_are_found_by_stacked_names() -> None:
    header, rows, _ = table(MPFS_NAME, MPFS)
    assert (header.release, header.published) == ("2025d", "2025-09-11")
    assert (header.coverage_from, header.coverage_to) == ("2025-10-01", "2025-12-31")
    first, second = rows
    assert (first["work_rvu"], first["nonfacility_pe_rvu"], first["facility_pe_rvu"]) == (1.3, 1.35, 0.57)
    assert (first["nonfacility_na"], first["facility_na"]) == (False, True)
    assert (first["global_days"], first["endoscopic_base"], first["conversion_factor"]) == ("010", "A0009", 32.3465)
    assert (second["modifier"], second["not_used_for_medicare"], second["physician_supervision"]) == ("TC", True, "6A")
    assert (second["opps_nonfacility_pe_rvu"], second["opps_facility_pe_rvu"], second["opps_mp_rvu"]) == (
        2.76,
        2.7,
        0.05,
    )


def test_text_and_csv_give_the_same_rows() -> None:
    assert table(MPFS_TEXT_NAME, MPFS_TEXT)[1] == table(MPFS_NAME, MPFS)[1]


def test_a_workbook_that_lost_zeros_gives_the_same_rows() -> None:
    def typed(cell: str) -> object:
        return float(cell) if cell.replace(".", "").isdigit() else cell or None

    cells = [*MPFS_HEADER, *([typed(cell) for cell in row] for row in MPFS_ROWS)]
    assert table("PPRRVU2025_Oct.xlsx", workbook(cells))[1] == table(MPFS_NAME, MPFS)[1]


def test_columns_in_another_order_and_a_new_column_change_nothing_else() -> None:
    rows = [[*row] for row in [*MPFS_HEADER, *MPFS_ROWS]]
    for row in rows:
        row.insert(2, row.pop(5))
    names = {5: "PRIC", 6: "IND"}
    for number, row in enumerate(rows):
        row.insert(20, names.get(number, "1" if number > 6 else ""))
    content = "\r\n".join(",".join(row) for row in rows)
    expected = [{**row, "price_indicator": "1"} for row in table(MPFS_NAME, MPFS)[1]]
    assert table(MPFS_NAME, content)[1] == expected


def test_a_missing_column_is_refused_by_name() -> None:
    content = MPFS.replace("GLOB,", "WORLD,")
    with pytest.raises(InvalidDataError, match="global_days"):
        tables(member(MPFS_NAME, content))


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        (",A,,1.30", ",Z,,1.30", "status"),
        (",1.30,", ",1.3O,", "work_rvu"),
        (",010,", ",011,", "global_days"),
        ("A0001,,", "A01,,", "code"),
        ("A0002,TC", "A0002,AB", "modifier"),
        (",NA,0.10", ",N,0.10", "facility_na"),
        (",A0009,", ",A09,", "endoscopic_base"),
    ],
)
def test_a_value_outside_its_domain_is_named(old: str, new: str, column: str) -> None:
    (found,) = problems(MPFS_NAME, MPFS.replace(old, new))
    assert (found[0], found[2]) == ("E606", column)
    assert found[1] in {8, 9}


def test_a_short_record_and_a_short_line_are_named() -> None:
    assert problems(MPFS_TEXT_NAME, MPFS_TEXT + "A0003 A 1.0\r\n") == [("E602", 4, "")]
    assert problems(MPFS_NAME, MPFS + "A0003,,A\r\n") == [("E602", 10, "")]


def test_the_copy_for_qualifying_participants_is_refused_with_a_reason() -> None:
    with pytest.raises(InvalidDataError, match="conversion factor only"):
        tables(member("PPRRVU2026_Jul_QPP.csv", MPFS))
    assert table("PPRRVU2026_Jul_nonQPP.csv", MPFS)[1]


def test_the_text_needs_a_name_that_says_its_quarter() -> None:
    with pytest.raises(InvalidDataError, match="E607"):
        tables(member("values.txt", MPFS_TEXT))
    assert table("values.txt", MPFS_TEXT, path="RVU24AR.zip")[0].release == "2024ar"


def test_a_title_that_contradicts_the_archive_is_refused() -> None:
    with pytest.raises(InvalidDataError, match="E607"):
        tables(member(MPFS_NAME, MPFS, path="RVU24C.zip"))


@pytest.mark.parametrize(
    ("csv_sample", "text_sample", "name"),
    [
        (GPCI, GPCI_TEXT, "GPCI2025"),
        (LOCALITIES, LOCALITIES_TEXT, "25LOCCO"),
        (ANESTHESIA, ANESTHESIA_TEXT, "ANES2025"),
        (OPPS_CAP, OPPS_CAP_TEXT, "OPPSCAP_Oct"),
    ],
)
def test_csv_and_text_of_the_small_tables_agree(csv_sample: str, text_sample: str, name: str) -> None:
    one = table(f"{name}.csv", csv_sample, path="RVU25D.zip")
    other = table(f"{name}.txt", text_sample, path="RVU25D.zip")
    assert one == other
    assert one[0].release == "2025d"


def test_small_tables_without_an_archive_cover_their_year() -> None:
    header, rows, _ = table("GPCI2025.csv", GPCI)
    assert (header.release, header.coverage_from, header.coverage_to) == ("2025", "2025-01-01", "2025-12-31")
    assert rows[0]["name"] == "SOMEWHERE"


def test_localities_get_their_zeros_and_the_state_of_their_group() -> None:
    _, rows, _ = table("25LOCCO.csv", LOCALITIES)
    assert [(row["contractor"], row["locality"], row["state"]) for row in rows] == [
        ("01234", "01", "SOME STATE"),
        ("01234", "02", "SOME STATE"),
        ("05678", "00", "OTHER STATE"),
    ]


def test_prices_are_cents_and_factors_dollars() -> None:
    assert table("OPPSCAP_Oct.csv", OPPS_CAP, path="RVU25D.zip")[1][0]["facility_price"] == 15069
    assert table("ANES2025.txt", ANESTHESIA_TEXT)[1][0]["conversion_factor"] == 19.31


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("GPCI2025.csv", GPCI.replace("0.9,", "x,"), "E606"),
        ("GPCI2025.txt", GPCI_TEXT.replace("0.900 ", ""), "E602"),
        ("25LOCCO.csv", LOCALITIES.replace("1234,2,", "1234,xx,"), "E606"),
        ("ANES2025.csv", ANESTHESIA.replace("19.31", "-1"), "E606"),
        ("ANES2025.txt", ANESTHESIA_TEXT + "\r\nrubbish\r\n", "E602"),
        ("OPPSCAP_Oct.csv", OPPS_CAP.replace("150.69", "150.691"), "E606"),
        ("OPPSCAP_Oct.txt", OPPS_CAP_TEXT + "A0001TC rubbish\r\n", "E602"),
    ],
)
def test_wrong_lines_of_the_small_tables_are_named(name: str, content: str, code: str) -> None:
    (found,) = problems(name, content, path="RVU25D.zip")
    assert found[0] == code
    assert found[1] > 0


def test_conversion_factors_cover_their_newest_year_and_judge_the_older() -> None:
    header, rows, _ = table("cf.csv", CONVERSION_FACTORS)
    assert (header.coverage_from, header.coverage_to, header.history_from) == ("2024-01-01", "2024-12-31", "2024-01-01")
    assert rows[1] == {"kind": "physician", "conversion_factor": 33.2875, "from": "2024-03-09", "to": "2024-12-31"}
    with pytest.raises(InvalidDataError, match="E603"):
        tables(member("cf.csv", CONVERSION_FACTORS.replace("2024-12-31", "2024-02-31")))
