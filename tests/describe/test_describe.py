"""Rules and policies read in plain English, and the committed catalogue is what the policies say."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main
from engine.describe.catalogue import catalogue
from engine.describe.waiting import WAITING
from engine.policy import load_policies
from engine.policy.categories import CATEGORIES
from engine.policy.loading import load_texts
from tests.regression.mutation_texts import FILES, POLICY
from tests.regression.test_mutation import written

REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_rule_is_told_in_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "S-1", "--policies", written(tmp_path, FILES)]) == 0
    told = capsys.readouterr().out
    for line in (
        "S-1: Too many units",
        "mue, violation, severity error, adjusts CO CARC 151",
        "- service: a line whose procedure code is 99213, and units is over value most",
        "- a modifier whose line number is service.line_number, and modifier is 76",
        "1. bill 1 unit on the line of service",
        "- value most (Most units): 3 since 2020-01-01, 2 since 2025-01-01",
        "- fires: small/three in 2025",
    ):
        assert line in told


def test_a_payer_policy_shows_what_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "acme-commercial", "--version", "2026.2", "--policies", str(REPOSITORY / "policies")]) == 0
    told = capsys.readouterr().out
    for heading in ("Extends", "Changes of parents' rules", "Parents' rules switched off", "Exceptions", "Values"):
        assert f"\n{heading}\n" in told
    assert "NAT-ADM-020: severity warning" in told


def test_an_unknown_name_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "NAT-ADM-0200", "--policies", str(REPOSITORY / "policies")]) == 2
    assert "did you mean NAT-ADM-020" in capsys.readouterr().err
    assert main(["describe", "--policies", str(REPOSITORY / "policies")]) == 2


def test_a_page_has_an_example_and_the_index_every_kind_of_edit() -> None:
    pages = catalogue(load_texts(FILES), "../../policies", "")
    assert set(pages) == {"README.md", "mue.md"}
    assert "> On line 1: Too many. Fix: bill 1 unit on line 1." in pages["mue.md"]
    assert "line 1   99213 x 3, 2025-01-01, dx 1" in pages["mue.md"]
    for slug in CATEGORIES:
        assert f"`{slug}`" in pages["README.md"]


def test_a_rule_on_trial_says_so() -> None:
    trial = POLICY.replace("severity: error\n", "severity: error\n    status: trial\n")
    tests = FILES["tests/small.yaml"].replace(
        "expect: [{rule: S-1, lines: [1]}]", "expect: [], trial: [{rule: S-1, lines: [1]}]"
    )
    page = catalogue(load_texts({"small.yaml": trial, "tests/small.yaml": tests}), "p", "")["mue.md"]
    assert "on trial" in page
    assert "> On line 1: Too many." in page


def test_what_edits_wait_for_names_edits_of_the_catalogue() -> None:
    assert set(WAITING) <= set(CATEGORIES)


def test_the_committed_catalogue_is_current() -> None:
    folder = REPOSITORY / "policies"
    pages = catalogue(load_policies(folder), "../../policies", folder.as_posix())
    committed = {page.name: page.read_text(encoding="utf-8") for page in (REPOSITORY / "docs" / "edits").glob("*.md")}
    stale = sorted(name for name in pages.keys() | committed.keys() if pages.get(name) != committed.get(name))
    assert stale == [], "run `make docs` and commit docs/edits"
