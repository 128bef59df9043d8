"""How policies are read: the meaning of every form of the language."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidPolicyError
from engine.policy import load_policies, load_texts
from engine.policy.categories import CATEGORIES
from engine.policy.facts_page import facts_page
from engine.policy.source import read_source
from engine.policy.types import Operand, Operator, Pattern, PolicySet
from tests.policy import texts


def _condition(tests: str) -> Pattern:
    """Returns the last condition of the second rule, with its test of units replaced."""
    return _set("units: {over: 1}", tests).policies[0].rules[1].when[2]


def _set(old: str, new: str) -> PolicySet:
    return load_texts(texts.changed("base.yaml", old, new))


@pytest.mark.parametrize(
    ("written", "operand"),
    [
        ("units: $day.value", Operand(name="day", field="value")),
        ("units: {over: $day.value + 1}", Operand(name="day", field="value", operator="+", amount=1)),
        ("units: {over: $value.limit * 2}", Operand(value_id="limit", operator="*", amount=2)),
        (
            "service_end_date: $pair.on - 3 years",
            Operand(name="pair", field="on", operator="-", amount=3, unit="years"),
        ),
        (
            "service_end_date: {under: $pair.on + $value.limit days}",
            Operand(name="pair", field="on", operator="+", amount_value_id="limit", unit="days"),
        ),
        ("service_end_date: {not: $service.service_date}", Operand(name="service", field="service_date")),
        ('revenue_code: "$$5"', Operand(constant="$5")),
        ("service_end_date: 2024-02-29", Operand(constant="2024-02-29")),
        ("statutorily_excluded: false", Operand(constant=False)),
    ],
)
def test_operands_are_read(written: str, operand: Operand) -> None:
    assert _condition(written).tests[-1].operands == (operand,)


def test_several_keys_of_a_test_must_all_hold() -> None:
    tests = _condition("units: {over: 3, under: 10}").tests[-2:]
    assert [test.operator for test in tests] == [Operator.OVER, Operator.UNDER]


def test_membership_names_its_table_and_column() -> None:
    test = _condition("units: {over: 1}, endoscopic_base: {in: pairs.second}").tests[-1]
    assert (test.operator, test.table, test.column) == (Operator.IN, "pairs", "second")


def test_short_and_named_unless_are_told_apart() -> None:
    short = "      - marked: {line_number: $service.line_number}\n"
    loaded = _set(
        short,
        short
        + '      - modifier: {modifier: {not: "59"}}\n'
        + "      - other: {line: {line_number: {not: $service.line_number}}}\n"
        + "      - line: {units: {over: 3}}\n",
    )
    found = [(pattern.name, pattern.kind) for pattern in loaded.policies[0].rules[1].unless]
    assert found == [("unless_1", "marked"), ("unless_2", "modifier"), ("other", "line"), ("unless_4", "line")]


def test_a_message_keeps_its_text_and_its_fields_in_order() -> None:
    loaded = _set("{service.procedure_code} has", "{{x}} {service.charge_cents:money} has")
    report = loaded.policies[0].rules[1].report
    assert report is not None
    assert report.message[0].text == "{x} "
    assert (report.message[1].operand, report.message[1].format) == (
        Operand(name="service", field="charge_cents"),
        "money",
    )


def test_the_place_of_a_test_is_that_of_its_operand() -> None:
    place = _condition("units: {over: 1}").tests[-1].place
    line = texts.POLICY.splitlines()[place.line - 1]
    assert line[place.column - 1] == "1"
    assert place.path == "$.rules[1].when[2].service.line.units.over"


def test_cells_with_several_values_become_several_rows() -> None:
    table = texts.TABLE.split("rows:")[0] + 'split: {second: "|"}\nfile: pairs.csv\n'
    csv = "note,first,second,from,to\nx,10060,99213|99214,2020-01-01,\n"
    loaded = load_texts({**texts.FILES, "pairs.yaml": table, "pairs.csv": csv})
    assert loaded.tables[0].rows == (("10060", "99213", "2020-01-01", None), ("10060", "99214", "2020-01-01", None))


def test_a_malformed_csv_row_is_named_by_its_line() -> None:
    table = texts.TABLE.split("rows:")[0] + "file: pairs.csv\n"
    csv = "first,second,from,to\n10060,99213,2020-01-01,\n10060,9921,2020-01-01,\n"
    with pytest.raises(InvalidPolicyError) as caught:
        load_texts({**texts.FILES, "pairs.yaml": table, "pairs.csv": csv})
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.file, problem.place.line) == ("E502", "pairs.csv", 3)


def test_a_csv_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("first,second,from,to\n10060,99213,2020-01-01,\n")
    folder = tmp_path / "policies"
    folder.mkdir()
    for name, text in texts.FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "pairs.yaml").write_text(texts.TABLE.split("rows:")[0] + "file: link.csv\n")
    with pytest.raises(InvalidPolicyError) as caught:
        load_policies(folder)
    assert [problem.code for problem in caught.value.problems] == ["E504"]


@pytest.mark.parametrize(
    "word", ["08010", "yes", "1_000", "0x1F", "1e5", "12:30", "2026-01-01 10:00:00", "=", ".5", "1."]
)
def test_words_that_readers_disagree_about_are_unclear(word: str) -> None:
    source, problems = read_source("a.yaml", f"code: {word}\n")
    assert problems == []
    assert source.root is not None
    assert source.root.map["code"].kind == "unclear"


def test_golden_claims_are_plain_values() -> None:
    (file,) = load_texts(texts.FILES).tests
    assert dict(file.claims)["plain"] == {
        "claim_id": "T-1",
        "lines": [{"line_number": 1, "service_date": "2024-01-02"}],
    }
    assert file.tests[1].change == (("lines.1.units", 1),)


def test_each_parent_of_a_category_is_a_category() -> None:
    assert {parent for parent in CATEGORIES.values() if parent} <= set(CATEGORIES)


def test_the_categories_are_the_catalogue(shared: Path) -> None:
    lines = (shared / "edits.md").read_text().splitlines()
    assert set(CATEGORIES) == {line.removeprefix("### ").strip() for line in lines if line.startswith("### ")}


def test_the_page_of_facts_is_current() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "facts.md"
    assert page.read_text() == facts_page(), "print engine.policy.facts_page.facts_page() into docs/facts.md"


def test_the_policies_that_ship_load(policies_folder: Path) -> None:
    loaded = load_policies(policies_folder)
    assert len(loaded.policies) > 5


def test_what_proves_policies_need_not_be_read_to_judge_by_them(tmp_path: Path) -> None:
    for name, text in texts.FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    whole = load_policies(tmp_path)
    (tmp_path / "tests" / "golden.yaml").write_text("kind: tests\nformat: 1\ntests: [broken\n")
    bare = load_policies(tmp_path, tests=False)
    assert (bare.policies, bare.tables, bare.digest) == (whole.policies, whole.tables, whole.digest)
    assert bare.tests == ()
    with pytest.raises(InvalidPolicyError):
        load_policies(tmp_path)
