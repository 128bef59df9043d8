"""A golden test passes for exactly the findings it expects."""

from __future__ import annotations

import msgspec
import pytest

from engine.model import Adjustment, Evaluation, Excepted, Finding, NotEvaluated
from engine.policy.types import Expectation, GoldenTest
from engine.regression.compare import differences

FINDING = Finding(
    "f1",
    "R-1",
    "p",
    "1",
    "mue",
    "VIOLATION",
    "ERROR",
    "Too many units.",
    line_numbers=(2, 1),
    adjustment=Adjustment("CO", "151"),
)


def evaluation(**parts: object) -> Evaluation:
    return Evaluation("C", "e", "PASS", **parts)


def test_the_exact_findings_pass() -> None:
    test = GoldenTest("t", "c", expect=(Expectation("R-1", (2, 1), (("carc", "151"), ("severity", "error"))),))
    assert differences(test, evaluation(findings=(FINDING,))) == ()


def test_a_finding_that_was_not_expected_fails() -> None:
    (found,) = differences(GoldenTest("t", "c"), evaluation(findings=(FINDING,)))
    assert (found.what, found.rule, found.lines, found.finding) == ("unexpected", "R-1", (2, 1), FINDING)


def test_the_order_of_lines_counts_because_the_first_is_what_the_finding_is_about() -> None:
    test = GoldenTest("t", "c", expect=(Expectation("R-1", (1, 2)),))
    found = differences(test, evaluation(findings=(FINDING,)))
    assert [difference.what for difference in found] == ["missing", "unexpected"]
    assert "it came on lines 2, 1" in found[0].text()


@pytest.mark.parametrize(
    ("key", "value"),
    [("carc", "97"), ("rarc", "M15"), ("group", "PR"), ("kind", "warning"), ("severity", "info"), ("category", "x")],
)
def test_a_key_that_is_given_must_agree(key: str, value: str) -> None:
    test = GoldenTest("t", "c", expect=(Expectation("R-1", (2, 1), ((key, value),)),))
    (found,) = differences(test, evaluation(findings=(FINDING,)))
    assert found.what == "different"
    assert f"{key} expected {value}" in found.text()


def test_a_key_that_no_finding_has_fails() -> None:
    test = GoldenTest("t", "c", expect=(Expectation("R-1", (2, 1), (("colour", "red"),)),))
    assert "a finding has no 'colour'" in differences(test, evaluation(findings=(FINDING,)))[0].text()


def test_two_findings_of_one_rule_and_line_each_need_an_expectation() -> None:
    other = msgspec.structs.replace(FINDING, finding_id="f2", adjustment=Adjustment("CO", "97"))
    came = evaluation(findings=(FINDING, other))
    once = GoldenTest("t", "c", expect=(Expectation("R-1", (2, 1)),))
    assert [difference.what for difference in differences(once, came)] == ["unexpected"]
    both = GoldenTest("t", "c", expect=(Expectation("R-1", (2, 1)), Expectation("R-1", (2, 1), (("carc", "151"),))))
    assert differences(both, came) == ()


def test_excepted_and_trial_findings_are_expected_apart() -> None:
    came = evaluation(excepted=(Excepted(FINDING, "X-1", "p", "because"),), trial_findings=(FINDING,))
    right = GoldenTest(
        "t", "c", excepted=(Expectation("R-1", (2, 1), exception="X-1"),), trial=(Expectation("R-1", (2, 1)),)
    )
    assert differences(right, came) == ()
    wrong = msgspec.structs.replace(right, excepted=(Expectation("R-1", (2, 1), exception="X-2"),), trial=())
    assert {(d.section, d.what) for d in differences(wrong, came)} == {
        ("excepted", "different"),
        ("trial", "unexpected"),
    }


def test_rules_that_were_not_evaluated_count_only_when_the_test_says_so() -> None:
    came = evaluation(not_evaluated=(NotEvaluated("R-9", "MISSING_TABLE", "mpfs has no release"),))
    assert differences(GoldenTest("t", "c"), came) == ()
    assert differences(GoldenTest("t", "c", not_evaluated=("R-9",)), came) == ()
    none, other = (differences(GoldenTest("t", "c", not_evaluated=rules), came) for rules in ((), ("R-8",)))
    assert [(d.what, d.rule) for d in none] == [("unexpected", "R-9")]
    assert {(d.what, d.rule) for d in other} == {("missing", "R-8"), ("unexpected", "R-9")}
