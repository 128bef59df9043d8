"""A golden test may give rows of its own: they stand in place of those with the same key, for that test alone."""

from __future__ import annotations

import pytest

from engine.errors import InvalidPolicyError
from engine.policy import load_texts
from engine.regression.golden import run_tests
from engine.regression.mutation import run_mutation

POLICY = """kind: policy
format: 1
id: small
version: "1"
title: Small
status: active
effective: {from: 2020-01-01}
references: {m: {title: Manual}}
tables: [limits]
rules:
  - id: S-1
    title: Too many units
    category: mue
    kind: violation
    severity: error
    references: [m]
    when:
      - limit: {row: {table: limits}}
      - service: {line: {procedure_code: $limit.code, units: {over: $limit.most}}}
    report: {lines: [$service.line_number], message: Too many., group: CO, carc: "151"}
    fix: [{set_units: {line: $service.line_number, units: 1}}]
    known_exceptions: [None is known]
    tests: {fires: ["small/three"], near: ["small/three where four are allowed"]}
"""
TABLE = """kind: table
format: 1
id: limits
version: "1"
title: Limits
source: {title: Invented}
key: [code]
columns: {code: code, most: integer, from: date, to: date}
complete: false
rows:
  - ["99213", 2, null, null]
"""
TESTS = """kind: tests
format: 1
title: Small
policy: {id: small, version: "1"}
reference: {limits: starter}
claims:
  visit:
    claim_id: "C"
    payer: {payer_id: P}
    diagnoses: [{code: "I10"}]
    lines: [{line_number: 1, procedure_code: "99213", units: 3, service_date: "2025-01-01", charge_cents: 100, diagnosis_pointers: [1]}]
tests:
  - {name: three, claim: visit, expect: [{rule: S-1, lines: [1]}]}
  - {name: three where four are allowed, claim: visit, given: {limits: [{code: "99213", most: 4}]}, expect: []}
  - {name: three when the limit has ended, claim: visit, given: {limits: [{code: "99213", most: 2, to: 2025-01-01}]}, expect: []}
  - name: three on the last day of the limit
    claim: visit
    given: {limits: [{code: "99213", to: 2025-01-02}]}
    expect: [{rule: S-1, lines: [1]}]
  - {name: another code has a limit too, claim: visit, given: {limits: [{code: "99214", most: 4}]}, expect: [{rule: S-1, lines: [1]}]}
  - name: three of a code without a limit
    claim: visit
    change:
      lines.1.units: 1
      lines.2: {procedure_code: "99215", units: 3, service_date: "2025-01-01", charge_cents: 100, diagnosis_pointers: [1]}
    expect: []
  - {name: three where three are allowed, claim: visit, given: {limits: [{code: "99213", most: 3}]}, expect: []}
  - {name: three once more, claim: visit, complete: [limits], expect: [{rule: S-1, lines: [1]}]}
"""
FILES = {"small.yaml": POLICY, "limits.yaml": TABLE, "small_tests/small.yaml": TESTS}


def _with(given: str, pin: str = "starter") -> dict[str, str]:
    text = TESTS.replace('{limits: [{code: "99213", most: 4}]}', given).replace("starter", pin)
    return {**FILES, "small_tests/small.yaml": text}


def test_rows_stand_for_the_rows_with_their_key_in_their_test_alone() -> None:
    report = run_tests(load_texts(FILES), None)
    assert not report.problems
    assert not report.failed
    assert len(report.tests) == 8


def test_mutants_are_caught_by_tests_with_rows_of_their_own() -> None:
    report = run_mutation(load_texts(FILES), None)
    assert [lived.survivor.change for lived in report.policies[0].survivors] == []
    worse = {**FILES, "small_tests/small.yaml": TESTS.replace("most: 3}", "most: 9}")}
    survivors = [lived.survivor.change for lived in run_mutation(load_texts(worse), None).policies[0].survivors]
    assert survivors == ["service: units over becomes at_least"]


def test_a_table_without_dates_changes_from_day_to_day_as_it_would_with_a_new_release() -> None:
    undated = TABLE.replace(", from: date, to: date", "").replace("2, null, null", "2")
    assert not run_tests(load_texts({**FILES, "limits.yaml": undated}), None).failed


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ("{limit: [{code: '99213'}]}", "E215", "did you mean 'limits'"),
        ("{limits: [{code: '99213', mosst: 4}]}", "E203", "did you mean 'most'"),
        ("{limits: [{code: 99213, most: 4}]}", "E502", "code cannot be 99213"),
        ("{limits: [{code: '99213', most: yes}]}", "E107", "without quotes"),
        ("{limits: [{code: '99213', most: '4'}]}", "E502", "write a whole number"),
        ("{limits: [{most: 4}]}", "E204", "lacks 'code'"),
        ("{limits: [{code: '99213', most: [4]}]}", "E205", "most is a list"),
        ("{limits: [{code: '99213', from: 2025-01-01, to: 2025-01-01}]}", "E508", "ends on 2025-01-01, before it"),
        ("{limits: {code: '99213'}}", "E205", "the rows of limits"),
    ],
)
def test_a_row_that_does_not_fit_its_table_is_a_problem(given: str, code: str, words: str) -> None:
    with pytest.raises(InvalidPolicyError) as caught:
        load_texts(_with(given))
    problem = next(problem for problem in caught.value.problems if problem.code == code)
    assert words in f"{problem.message} {problem.hint}"
    assert problem.place.file == "small_tests/small.yaml"
    assert problem.place.line > 10


def test_rows_are_given_beside_the_sample_only() -> None:
    with pytest.raises(InvalidPolicyError) as caught:
        load_texts(_with('{limits: [{code: "99213", most: 4}]}', pin="2024q3"))
    assert {problem.code for problem in caught.value.problems} == {"E520"}
