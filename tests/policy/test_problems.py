"""Every problem code can be caused, is documented, and says where and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.errors import InvalidPolicyError
from engine.policy import lint, load_policies, load_texts
from tests.policy import breakage, texts

_REPOSITORY = Path(__file__).resolve().parents[2]


def _codes_in_source() -> set[str]:
    files = (_REPOSITORY / "engine" / "policy").glob("*.py")
    return {code for file in files for code in re.findall(r'"([EW]\d{3})"', file.read_text())}


def test_the_unbroken_set_loads_without_a_warning() -> None:
    assert lint(load_texts(texts.FILES), "2024-01-01") == ()


def test_the_shipped_policies_load_without_a_warning() -> None:
    assert lint(load_policies(_REPOSITORY / "policies")) == ()


@pytest.mark.parametrize("code", sorted(breakage.BREAKAGE))
def test_each_error_is_reported_with_a_place_and_a_hint(code: str) -> None:
    with pytest.raises(InvalidPolicyError) as caught:
        load_texts(breakage.BREAKAGE[code])
    found = [problem for problem in caught.value.problems if problem.code == code]
    assert found, str(caught.value)
    assert all(problem.place.file for problem in found)
    assert code in ("E101", "E102") or all(problem.hint for problem in found) or code == "E108"


@pytest.mark.parametrize("code", sorted(breakage.WARNINGS))
def test_each_warning_is_given_alone(code: str) -> None:
    found = lint(load_texts(breakage.WARNINGS[code]), "2024-01-01")
    assert {problem.code for problem in found} == {code}
    assert {problem.severity for problem in found} == {"warning"}


def test_every_code_in_the_source_has_a_test() -> None:
    assert _codes_in_source() == set(breakage.BREAKAGE) | set(breakage.WARNINGS)


def test_every_code_in_the_source_has_a_section_in_the_docs() -> None:
    page = (_REPOSITORY / "docs" / "problems.md").read_text()
    sections = dict(re.findall(r"^## ([EGW]\d{3})\n(.*?)(?=^## |\Z)", page, re.M | re.S))
    assert _codes_in_source() | _codes_elsewhere() == set(sections)
    for code in _codes_in_source():
        assert all(word in sections[code] for word in ("**Avoid:**", "**Prefer:**", "**Why:**")), code
    assert all(text.strip() for text in sections.values())


def _codes_elsewhere() -> set[str]:
    """Returns the codes of reference data, the rules engine and golden tests; those of claims are in docs/claims.md."""
    folders = ("reference", "rules", "regression")
    texts_of = (path.read_text() for name in folders for path in (_REPOSITORY / "engine" / name).rglob("*.py"))
    return {code for text in texts_of for code in re.findall(r'"([EG]\d{3})"', text)}


def test_problems_of_all_files_come_in_one_run_sorted_by_place() -> None:
    files = {
        "base.yaml": texts.POLICY.replace("category: mue", "category: mew"),
        "child.yaml": texts.CHILD.replace("rule: BASE-010", "rule: BASE-011"),
        "pairs.yaml": texts.TABLE.replace('"10060"', '"1006"'),
    }
    with pytest.raises(InvalidPolicyError) as caught:
        load_texts(files)
    problems = caught.value.problems
    assert {problem.place.file for problem in problems} == set(files)
    assert list(problems) == sorted(problems, key=lambda problem: problem.place)


def test_a_problem_prints_file_line_column_excerpt_path_and_what_was_meant() -> None:
    with pytest.raises(InvalidPolicyError) as caught:
        load_texts(texts.changed("base.yaml", "first: $day.procedure_code", "frist: $day.procedure_code"))
    line = next(i for i, text in enumerate(texts.POLICY.splitlines(), 1) if "first: $day" in text)
    printed = str(caught.value)
    assert f"base.yaml:{line}:" in printed
    assert "E203 unknown column 'frist' of table 'pairs' (did you mean 'first'?)" in printed
    assert f"   {line} |       - pair: {{row: {{table: pairs, frist:" in printed
    assert "at $.rules[1].when[1].pair.row.frist    docs/problems.md#E203" in printed
