"""Mutation testing names what golden tests would not notice, and says nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from engine.cli import main
from engine.errors import UsageError
from engine.policy import load_policies, types
from engine.policy.loading import load_texts
from engine.policy.types import Operand, Operator, Rule
from engine.regression.golden import run_tests
from engine.regression.mutants import Part, mutants_of, subjects_of
from engine.regression.mutate_test import mutated_tests
from engine.regression.mutation import run_mutation, unknown_subjects
from tests.regression.mutation_texts import FILES, SURVIVORS, TESTS

REPOSITORY = Path(__file__).resolve().parents[2]


def changes(test: types.Test, kind: str = "line") -> list[tuple[Operator, object]]:
    return [(made.operator, made.operands[-1].constant) for _, made in mutated_tests(test, kind)]


def number(operator: Operator, *values: object) -> types.Test:
    return types.Test("units", operator, tuple(Operand(constant=value) for value in values))


def test_both_sides_of_the_edge_of_a_comparison_are_tried() -> None:
    assert changes(number(Operator.AT_LEAST, 5)) == [(Operator.OVER, 5), (Operator.AT_LEAST, 4)]
    assert changes(number(Operator.OVER, 5)) == [(Operator.AT_LEAST, 5), (Operator.OVER, 6)]
    assert changes(number(Operator.UNDER, 5)) == [(Operator.AT_MOST, 5), (Operator.UNDER, 4)]
    assert changes(number(Operator.AT_MOST, 5)) == [(Operator.UNDER, 5), (Operator.AT_MOST, 6)]


def test_each_end_of_between_moves_both_ways() -> None:
    made = [tuple(o.constant for o in t.operands) for _, t in mutated_tests(number(Operator.BETWEEN, 3, 6), "line")]
    assert made == [(2, 6), (4, 6), (3, 5), (3, 7)]


def test_dates_move_by_a_day_and_codes_do_not_move() -> None:
    day = types.Test("service_date", Operator.AT_LEAST, (Operand(constant="2024-03-01"),))
    assert changes(day) == [(Operator.OVER, "2024-03-01"), (Operator.AT_LEAST, "2024-02-29")]
    code = types.Test("procedure_code", Operator.EQUAL, (Operand(constant="99213"),))
    assert changes(code) == [(Operator.NOT, "99213")]


def test_presence_flips_and_an_offset_moves() -> None:
    assert changes(number(Operator.PRESENT, True)) == [(Operator.PRESENT, False)]
    back = types.Test(
        "service_date", Operator.AT_LEAST, (Operand(name="v", field="d", operator="-", amount=3, unit="days"),)
    )
    assert [made.operands[0].amount for _, made in mutated_tests(back, "line")] == [3, 4]


def test_what_survives_is_what_no_test_proves() -> None:
    report = run_mutation(load_texts(FILES), None)
    survivors = [lived.survivor.change for lived in report.policies[0].survivors]
    # The tests have no claim with a modifier, and none of exactly four units in 2024 or three units a day before 2025.
    assert "drop unless repeated" in survivors
    assert "drop condition header" not in survivors
    assert "service: units over becomes at_least" not in survivors
    assert "2025-01-01 becomes 2024-12-31" not in survivors
    assert "2025-01-01 becomes 2025-01-02" not in survivors
    assert report.total.counted == report.total.caught + len(survivors)
    place = report.policies[0].survivors[0].survivor.place
    assert (place.file, place.line > 0) == ("small.yaml", True)


def test_a_condition_that_the_report_reads_cannot_be_dropped() -> None:
    (rule,) = (rule for policy in load_texts(FILES).policies for rule in policy.rules)
    made = {mutant.change: mutant.made for mutant in mutants_of(rule)}
    assert made["drop condition service"] is None
    dropped = made["drop condition header"]
    assert isinstance(dropped, Rule)
    assert [pattern.name for pattern in dropped.when] == ["service"]


def test_a_test_that_is_weaker_lets_more_live() -> None:
    weaker = TESTS.replace(
        "  - {name: another place", "  - {name: other, claim: visit, expect: [{rule: S-1, lines: [1]}]}\n#"
    )
    survivors = run_mutation(load_texts({**FILES, "tests/small.yaml": weaker}), None).policies[0].survivors
    assert "drop condition header" in [lived.survivor.change for lived in survivors]


def test_an_explained_survivor_counts_as_survivor_but_not_as_open() -> None:
    plain = run_mutation(load_texts(FILES), None)
    explained = run_mutation(load_texts({**FILES, "survivors.yaml": SURVIVORS}), None)
    assert explained.total.percent == plain.total.percent
    assert explained.unexplained == plain.unexplained - 1
    assert explained.problems == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [("drop condition header", "a golden test catches"), ("drop unless repeatd", "there is no survivor")],
)
def test_an_explanation_without_its_survivor_is_a_problem(change: str, said: str) -> None:
    text = SURVIVORS.replace("drop unless repeated", change)
    (problem,) = run_mutation(load_texts({**FILES, "survivors.yaml": text}), None).problems
    assert problem.code == "G108"
    assert said in problem.message
    assert problem.place.line == 5


def test_an_explanation_of_a_rule_that_does_not_exist_is_a_problem() -> None:
    loaded = load_texts({**FILES, "survivors.yaml": SURVIVORS.replace("S-1", "S-2")})
    assert [problem.code for problem in unknown_subjects(loaded)] == ["G108"]


def test_an_unknown_policy_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="did you mean small"):
        run_mutation(load_texts(FILES), None, ["smal"])


def written(tmp_path: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return str(tmp_path)


def test_the_command_fails_below_the_asked_share_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path, FILES)
    asked = ["test", folder, "--mutate", "--processes", "1", "--output", "json"]
    assert main(asked) == 4
    document = json.loads(capsys.readouterr().out)
    assert document["total"]["survived"] == len(document["policies"][0]["survivors"]) > 0
    assert main([*asked, "--fail-under", str(document["total"]["percent"] - 1)]) == 0
    assert main([*asked, "--fail-under", "99.9"]) == 4
    capsys.readouterr()
    for output in ("tree", "list", "junit"):
        main(["test", folder, "--mutate", "--processes", "1", "--output", output])
        assert "drop unless repeated" in capsys.readouterr().out


def test_two_processes_say_what_one_says() -> None:
    policies = load_texts(FILES)
    assert run_mutation(policies, None, processes=2) == run_mutation(policies, None)


def test_a_slice_of_a_policy_says_of_a_mutant_what_the_whole_policy_says() -> None:
    loaded = load_policies(REPOSITORY / "policies")
    # The goldens of a few files are enough for the comparison, and spare it minutes.
    told = tuple(file for file in loaded.tests if file.stem in ("visits", "clean-medicare"))
    policies = msgspec.structs.replace(loaded, tests=told)
    (policy,) = (one for one in policies.policies if one.id == "national-em")
    report = run_mutation(policies, None, [policy.id])
    survived = {(lived.subject.id, lived.survivor.change) for lived in report.policies[0].survivors}
    subject = next(subject for subject in subjects_of(policy) if subject.part is Part.RULE)
    (rule,) = (one for one in policy.rules if one.id == subject.id)
    for mutant in mutants_of(rule)[::8]:
        if isinstance(mutant.made, Rule):
            rules = tuple(mutant.made if one is rule else one for one in policy.rules)
            changed = msgspec.structs.replace(policy, rules=rules)
            everything = tuple(changed if one is policy else one for one in policies.policies)
            caught = bool(run_tests(msgspec.structs.replace(policies, policies=everything), None).failed)
            assert caught == ((rule.id, mutant.change) not in survived), mutant.change
