"""Coverage says which rules, conditions, blockers and values golden tests have reached, and lists the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main
from engine.policy.loading import load_texts
from engine.regression import Coverage, CoverageReport, run_tests
from tests.regression.mutation_texts import FILES, TESTS
from tests.regression.test_mutation import written


def measured(files: dict[str, str]) -> CoverageReport:
    policies = load_texts(files)
    coverage = Coverage()
    assert not run_tests(policies, None, observe=coverage.see).failed
    return coverage.report(policies)


def test_what_no_test_reaches_is_listed() -> None:
    report = measured(FILES)
    assert [gap.text() for gap in report.uncovered] == ["unless never stops: S-1 repeated (small 1)"]
    assert {name: (reached, of) for name, reached, of in report.counts} == {
        "rules fired": (1, 1),
        "rules nearly fired": (1, 1),
        "conditions true": (2, 2),
        "conditions false": (2, 2),
        "unless that stopped": (0, 1),
        "values used": (2, 2),
        "exceptions used": (0, 0),
        "overrides used": (0, 0),
    }
    assert report.percent == pytest.approx(100 * 8 / 9)


def test_a_condition_is_seen_false_only_after_those_before_it_held() -> None:
    few = "".join(line for line in TESTS.splitlines(keepends=True) if "another place" not in line)
    gaps = [gap.text() for gap in measured({**FILES, "tests/small.yaml": few}).uncovered]
    assert "condition never false: S-1 header (small 1)" in gaps
    assert "condition never false: S-1 service (small 1)" not in gaps


def test_a_value_is_used_when_it_decides() -> None:
    few = "".join(line for line in TESTS.splitlines(keepends=True) if "three in 2024" not in line)
    gaps = [gap.text() for gap in measured({**FILES, "tests/small.yaml": few}).uncovered]
    assert "value never used: most since 2020-01-01 (read under small 1)" in gaps


def test_the_command_fails_below_the_asked_share(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path, FILES)
    assert main(["test", folder, "--coverage", "--fail-under", "80"]) == 0
    assert main(["test", folder, "--coverage", "--fail-under", "95"]) == 4
    assert "unless that stopped: 0 of 1 (0.0 %)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [["--fail-under", "9"], ["--policy", "small"], ["--mutate", "--name", "x"], ["--mutate", "--processes", "0"]],
)
def test_options_that_do_not_go_together_are_refused(wrong: list[str], tmp_path: Path) -> None:
    assert main(["test", written(tmp_path, FILES), *wrong]) == 2


def test_a_folder_in_which_no_test_runs_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", written(tmp_path, FILES), "--name", "no such words"]) == 2
    assert "no golden test" in capsys.readouterr().err
