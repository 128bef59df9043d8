from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands.data_compare import compare_releases
from engine.errors import Place
from engine.model import Citation
from engine.policy.types import (
    ColumnType,
    GoldenTest,
    Operand,
    Operator,
    Pattern,
    Policy,
    PolicySet,
    Rule,
    Status,
    Table,
    Test,
    TestFile,
)
from engine.reference.readiness import Readiness, readiness
from engine.reference.readiness_report import report_html, report_text
from tests.reference.invented import imported, write_file

Test.__test__ = TestFile.__test__ = False  # type: ignore[attr-defined]  # pytest would collect them

OLD = [
    ("A0001", "2000-01-01", "", "Invented thing"),
    ("A0002", "2000-01-01", "", "Second thing"),
    ("A0003", "2000-01-01", "", "Third thing <3"),
    ("A0004", "2000-01-01", "", "Fourth"),
]
NEW = [
    ("A0001", "2000-01-01", "2024-12-31", "Invented thing"),
    ("A0003", "2000-01-01", "", "Third thing, larger"),
    ("A0004", "2000-01-01", "", "Fourth"),
    ("A0009", "2025-01-01", "", "Successor"),
]
TABLE = """kind: table
rows:
  - ["A0001", 4, 2020-01-01, null]
  - ["A0004", 5, 2020-01-01, null]
"""


def policy_set() -> PolicySet:
    equal = Test("procedure_code", Operator.EQUAL, (Operand(constant="A0003"),))
    near = Test("procedure_code", Operator.IN_RANGE, (Operand(constant="A0001-A0002"),))
    wide = Test("procedure_code", Operator.STARTS_WITH, (Operand(constant="A"),))
    rules = tuple(
        Rule(name, name, (Pattern("line", "line", (test,)),), place=Place("p.yaml", number))
        for number, (name, test) in enumerate((("R-EQ", equal), ("R-RANGE", near), ("R-WIDE", wide)), 1)
    )
    code, text, day = ColumnType.CODE, ColumnType.TEXT, ColumnType.DATE
    units = Table(
        id="units",
        version="1",
        title="Units",
        columns=(("code", code), ("units", ColumnType.INTEGER), ("from", day), ("to", day)),
        key=("code",),
        rows=(("A0001", 4, "2020-01-01", None), ("A0004", 5, "2020-01-01", None)),
        source=Citation("Invented"),
        date_from="from",
        date_to="to",
        place=Place("tables/units.yaml", 1),
    )
    retired = Table(
        id="retired_codes",
        version="1",
        title="Retired",
        columns=(("code", code), ("successors", text)),
        key=("code",),
        rows=(("A0001", "A0009"),),
        source=Citation("Invented"),
    )
    claim = {"claim_id": "T-1", "lines": [{"procedure_code": "A0002", "modifiers": []}]}
    tests = TestFile("t", "T", "p", "1", (), (("one", claim),), (GoldenTest("uses it", "one"),), Place("t.yaml", 1))
    policy = Policy("p", "1", "P", Status.ACTIVE, "2024-01-01", rules=rules)
    return PolicySet((policy,), (retired, units), (tests,), "sha256:0")


@pytest.fixture
def found(tmp_path: Path) -> Readiness:
    """The report of two invented HCPCS releases against a small policy set."""
    store = tmp_path / "r.sqlite"
    columns = ("code", "from", "to", "long_description")
    imported(
        store,
        write_file(tmp_path, "a.txt", "hcpcs", "2024", OLD, columns=columns, coverage=("2024-01-01", "2024-12-31")),
        write_file(tmp_path, "b.txt", "hcpcs", "2025", NEW, columns=columns, coverage=("2025-01-01", "2025-12-31")),
    )
    both = compare_releases(store, "hcpcs:2024", "hcpcs:2025")
    return readiness([(both.older, both.newer, both.old_rows, both.new_rows)], policy_set(), lambda _: TABLE)


def test_it_finds_every_place_that_names_a_changed_code(found: Readiness) -> None:
    named = {
        (item.change.codes[0], item.change.what): [mention.name for mention in item.mentions] for item in found.affected
    }
    assert named == {
        ("A0001", "replaced"): ["R-RANGE", "units"],
        ("A0002", "retired"): ["R-RANGE", "t/uses it"],
        ("A0003", "changed"): ["R-EQ"],
    }


def test_a_code_that_ended_is_out_from_the_day_after(found: Readiness) -> None:
    ended = next(item.change for item in found.affected if item.change.codes == ("A0001",))
    assert (ended.on, ended.successors) == ("2025-01-01", ("A0009",))


def test_a_single_successor_gives_a_draft_patch(found: Readiness) -> None:
    (patch,) = found.patches
    lines = patch.diff.splitlines()
    assert '-  - ["A0001", 4, 2020-01-01, null]' in lines
    assert '+  - ["A0001", 4, 2020-01-01, 2025-01-01]' in lines
    assert '+  - ["A0009", 4, 2025-01-01, null]' in lines
    assert found.by_hand == ()


def test_the_report_is_told_as_text_and_as_html(found: Readiness) -> None:
    text, page = report_text(found), report_html(found)
    assert "A0001 replaced on 2025-01-01 (hcpcs); successors: A0009" in text
    assert "rule R-RANGE  p.yaml:2" in text
    assert "Third thing &lt;3" in page
    assert "<3" not in page
    assert page.rstrip().endswith("</html>")
