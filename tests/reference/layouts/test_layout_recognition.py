from __future__ import annotations

import pytest

from engine.reference.layouts import LAYOUTS, recognise
from engine.reference.tables import OFFICIAL_TABLES
from tests.reference.layouts.samples import COVERAGE, SAMPLES, member, tables


@pytest.mark.parametrize("layout", SAMPLES)
def test_exactly_one_layout_claims_a_sample_whatever_it_is_named(layout: str) -> None:
    name, content = SAMPLES[layout]
    for renamed in (name, "renamed.dat"):
        found = recognise(member(renamed, content))
        assert found is not None
        assert found.id == layout


@pytest.mark.parametrize("layout", SAMPLES)
def test_a_sample_reads_without_problems_into_its_tables(layout: str) -> None:
    name, content = SAMPLES[layout]
    read = tables(member(name, content))
    assert read
    for header, rows, problems in read:
        assert rows
        assert not problems, problems[0].text()
        assert header.table in LAYOUTS[layout].tables
        assert header.coverage_from <= header.coverage_to


def test_every_layout_has_a_sample_and_every_official_table_a_layout() -> None:
    assert set(LAYOUTS) == set(SAMPLES) | {"coverage_articles"}
    assert set(OFFICIAL_TABLES) == {table for layout in LAYOUTS.values() for table in layout.tables}


@pytest.mark.parametrize("name", COVERAGE)
def test_only_the_article_layout_claims_a_table_of_the_article_export(name: str) -> None:
    found = recognise(member(name, COVERAGE[name]))
    assert found is not None
    assert found.id == "coverage_articles"


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"%PDF-1.7 \x00\xff", b"a,b,c\n1,2,3\n", b"PK\x03\x04", b"\x00" * 70_000]
)
def test_a_file_of_no_official_layout_is_claimed_by_none(content: bytes) -> None:
    assert recognise(member("README.txt", content)) is None


@pytest.mark.parametrize("layout", SAMPLES)
def test_the_line_of_a_row_lies_within_the_file(layout: str) -> None:
    name, content = SAMPLES[layout]
    last = len((content.encode() if isinstance(content, str) else content).split(b"\n"))
    for parsed in LAYOUTS[layout].read(member(name, content)):
        seen = [parsed.line for _ in parsed.rows]
        assert seen == sorted(seen)
        assert all(0 <= line <= last for line in seen)
