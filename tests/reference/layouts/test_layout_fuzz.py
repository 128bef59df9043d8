from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidDataError, Problem
from engine.reference.layouts import LAYOUTS, recognise
from engine.reference.tables import OFFICIAL_TABLES
from tests.reference.layouts.samples import SAMPLES, member

_CODES = {"E601", "E602", "E603", "E605", "E606", "E607", "E609"}


def _read(layout: str, content: bytes) -> None:
    """Reads whatever it is: only InvalidDataError may be raised, and rows fit their table."""
    found = member(SAMPLES[layout][0], content)
    recognise(found)
    problems: list[Problem] = []
    try:
        for parsed in LAYOUTS[layout].read(found):
            width = len(OFFICIAL_TABLES[parsed.header.table].columns)
            assert all(len(row) == width for row in parsed.rows)
            problems += parsed.problems
            assert len(parsed.problems) <= 50
    except InvalidDataError as error:
        problems += error.problems
    assert {problem.code for problem in problems} <= _CODES


@st.composite
def _damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """A sample with a few stretches overwritten, cut out or repeated."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        middle = draw(
            st.sampled_from([b"", b"\x00", b"\xff\xfe", b'"', b"\t", b",", b"\n", b"-", b"99999999999999999999"])
        )
        middle = draw(st.one_of(st.just(middle), st.binary(max_size=12), st.just(content[start:end] * 2)))
        content = content[:start] + middle + content[end:]
    return content


@pytest.mark.parametrize("layout", SAMPLES)
def test_no_damage_raises_anything_but_invalid_data(layout: str) -> None:
    name_and_content = SAMPLES[layout][1]
    whole = name_and_content.encode() if isinstance(name_and_content, str) else name_and_content

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(_damaged(whole))
    def damage(content: bytes) -> None:
        _read(layout, content)

    damage()


@pytest.mark.parametrize("layout", SAMPLES)
def test_no_bytes_at_all_raise_anything_but_invalid_data(layout: str) -> None:
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=300))
    def anything(content: bytes) -> None:
        _read(layout, content)

    anything()
