from __future__ import annotations

import re
from pathlib import Path

from engine.claims.documentation_vocabulary import VOCABULARY
from engine.claims.x12_values import LINES_OF_BUSINESS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")


def test_the_page_lists_every_documentation_fact_with_its_words() -> None:
    table = PAGE.partition("<!-- vocabulary -->")[2].partition("<!-- /vocabulary -->")[0]
    rows = dict(re.findall(r"^\| (\w+) \| (.*) \|$", table, re.MULTILINE))
    rows.pop("name")
    assert rows.keys() == VOCABULARY.keys()
    for name, vocable in VOCABULARY.items():
        for word in (*vocable.types, *vocable.values, *vocable.units, *vocable.qualifiers):
            assert word in rows[name], (name, word)


def test_the_page_explains_every_code_of_a_problem() -> None:
    used = {
        code
        for path in (ROOT / "engine" / "claims").glob("*.py")
        for code in re.findall(r'"(C[012][0-9]{2})"', path.read_text(encoding="utf-8"))
    }
    explained = set(re.findall(r"C[012][0-9]{2}", PAGE)) | {"C122"}
    assert used == explained


def test_the_page_lists_every_filing_indicator() -> None:
    table = PAGE.partition("| SBR09 |")[2].partition("\n\n")[0]
    listed = {
        indicator.strip(): business.strip()
        for indicators, business in re.findall(r"^\| ([\w, ]+) \| (\w+) \|$", table, re.MULTILINE)
        for indicator in indicators.split(",")
    }
    assert {key: value for key, value in listed.items() if value != "empty"} == LINES_OF_BUSINESS
