"""Checks what tests files and rules say of each other before any test runs: names that exist,
and tests that prove a rule. The loader has checked what a file says of itself (its claims and the names of its tests)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from engine.errors import ClaimrulesError, Place, Problem
from engine.policy import resolve_policy
from engine.policy.types import Expectation, GoldenTest, PolicySet, Rule, Status, TestFile
from engine.regression.compare import FIELDS


def problems_of_file(policies: PolicySet, file: TestFile) -> tuple[Problem, ...]:
    """Returns what is wrong with a tests file: names that do not exist, a rule that its policy lacks."""
    problems: list[Problem] = []
    try:
        resolved = resolve_policy(policies, file.policy_id, file.policy_version)
    except ClaimrulesError as error:
        return (Problem("G102", f"policy {file.policy_id} {file.policy_version}: {error}", file.place),)
    rules = {rule.id for rule in resolved.rules}
    known = {rule.id for policy in policies.policies for rule in policy.rules}
    exceptions = {exception.id for exception in resolved.exceptions}
    policy = f"{file.policy_id} {file.policy_version}"
    for test in file.tests:
        for expectation in _expectations(test):
            place = expectation.place if expectation.place.line else test.place
            problems += _rule_problems(expectation.rule, rules, known, policy, test, place)
            problems += _key_problems(expectation, exceptions, policy, test, place)
        for rule in test.not_evaluated or ():
            problems += _rule_problems(rule, rules, known, policy, test, test.place)
    return tuple(problems)


def problems_of_rules(policies: PolicySet) -> tuple[Problem, ...]:
    """Returns what is wrong with the tests that rules name: one that does not exist, or that does not prove what it is named for."""
    files = {file.stem: file for file in policies.tests}
    tests = {f"{file.stem}/{test.name}": (file, test) for file in policies.tests for test in file.tests}
    reach = {file.stem: _rules_reached(policies, file) for file in files.values()}
    problems: list[Problem] = []
    seen: set[tuple[str, str]] = set()
    for rule in (rule for policy in policies.policies for rule in policy.rules):
        if rule.status in (Status.DRAFT, Status.RETIRED) or rule.report is None:
            continue
        for name in (*rule.tests.fires, *rule.tests.near):
            if (rule.id, name) in seen and name in tests:
                continue
            seen.add((rule.id, name))
            if name not in tests:
                problems.append(_no_test(rule, name, tests))
                continue
            file, test = tests[name]
            problems += _proof_problems(rule, name, file, test, name in rule.tests.fires, reach[file.stem])
    return tuple(problems)


def _rule_problems(
    rule: str, rules: set[str], known: set[str], policy: str, test: GoldenTest, place: Place
) -> Iterator[Problem]:
    if rule in rules:
        return
    if rule in known:
        message = f"test {test.name!r}: policy {policy} does not have rule {rule}"
        yield Problem("G102", message, place, "it is disabled, a draft, or of a pack that the policy does not extend")
    else:
        yield Problem("G102", f"test {test.name!r}: there is no rule {rule}", place, _meant(rule, known))


def _key_problems(
    expectation: Expectation, exceptions: set[str], policy: str, test: GoldenTest, place: Place
) -> Iterator[Problem]:
    for key, _ in expectation.fields:
        if key not in FIELDS:
            yield Problem("G102", f"test {test.name!r}: a finding has no {key!r}", place, _meant(key, FIELDS))
    if expectation.exception and expectation.exception not in exceptions:
        message = f"test {test.name!r}: policy {policy} has no exception {expectation.exception}"
        yield Problem("G102", message, place, _meant(expectation.exception, exceptions))


def _no_test(rule: Rule, name: str, tests: Mapping[str, object]) -> Problem:
    return Problem(
        "G107", f"rule {rule.id} names the test {name!r}, which does not exist", rule.place, _meant(name, tests)
    )


def _proof_problems(
    rule: Rule, name: str, file: TestFile, test: GoldenTest, fires: bool, reached: frozenset[str]
) -> Iterator[Problem]:
    expected = {expectation.rule for expectation in _expectations(test)}
    if rule.id not in reached:
        message = f"rule {rule.id}: test {name!r} proves nothing, because policy {file.policy_id} {file.policy_version} lacks the rule"
        yield Problem("G107", message, rule.place, "name a test of a policy that has the rule")
    elif fires and rule.id not in expected:
        message = f"rule {rule.id}: test {name!r} is named under fires, but does not expect the rule"
        yield Problem("G107", message, rule.place, "expect the rule in the test, or name another test")
    elif not fires and rule.id in expected:
        message = f"rule {rule.id}: test {name!r} is named as a near miss, but expects the rule"
        yield Problem("G107", message, rule.place, "name a test in which the rule just does not fire")


def _rules_reached(policies: PolicySet, file: TestFile) -> frozenset[str]:
    try:
        resolved = resolve_policy(policies, file.policy_id, file.policy_version)
    except ClaimrulesError:
        return frozenset()  # problems_of_file names the policy that does not resolve
    return frozenset(rule.id for rule in resolved.rules)


def _expectations(test: GoldenTest) -> tuple[Expectation, ...]:
    return (*test.expect, *test.excepted, *test.trial)


def _meant(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, sorted(set(known)), 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else ""
