"""A note of the tabular list is firm where it names codes by their own words, and qualified where it says less than the codes."""

from __future__ import annotations

import pytest

from engine.reference.layouts.icd10cm_notes import read_note
from engine.reference.layouts.icd10cm_tree import CodeTree

# Invented titles in the manner of the list: a family with a residual code, and codes whose titles carry a limit.
_TITLES = {
    "E00": "Another disease",
    "E08": "Fever by cause",
    "E11": "Fever of the second kind",
    "E13": "Other specified fever",
    "E15": "One more",
    "M54": "Ache",
    "M544": "Ache with numbness",
    "M512": "Other slip of a disc",
    "F05": "Confusion due to a known condition",
}


@pytest.fixture
def tree() -> CodeTree:
    made = CodeTree()
    for code, title in _TITLES.items():
        parent = code[:3] if len(code) > 3 and code[:3] in _TITLES else ""
        made.add(code, title, True, parent)
    return made


@pytest.mark.parametrize(
    ("text", "codes", "qualified"),
    [
        ("fever (E08-E13)", {"E08", "E11", "E13"}, False),
        ("confusion in fever (E08-E13)", {"E08", "E11", "E13"}, True),
        ("accidents such as fever (E08-E13)", {"E08", "E11", "E13"}, True),
        ("ache with numbness (M54.4-)", {"M544"}, False),
        ("confusion due to a known condition (F05)", {"F05"}, False),
        ("ache due to slip of a disc (M54.4-)", {"M544"}, True),
        ("ache with numbness NOS (M54.4-)", {"M544"}, True),
        ("fever of bees (E13.-)", {"E13"}, True),
        ("other fever (E13.-)", {"E13"}, False),
        ("fever (E11.-) unless it is past", {"E11"}, True),
    ],
)
def test_a_note_is_firm_where_its_words_say_all_that_the_code_says(
    tree: CodeTree, text: str, codes: set[str], qualified: bool
) -> None:
    said = read_note("", text, tree)
    assert set(said.prefixes) == codes
    assert said.qualified is qualified
