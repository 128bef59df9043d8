"""Runs golden tests: each claim, changed as its test says, against the pinned policy and the pinned reference releases.

A test that fails says what was expected, what came and why; a tests file that cannot mean what it says is a problem, and
all problems are collected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from engine.claims import decode_claim
from engine.errors import ClaimrulesError, InvalidClaimError, Problem
from engine.evaluate import Evaluator
from engine.explain import finding_text, why_not
from engine.model import Claim, Evaluation
from engine.policy.types import GoldenTest, PolicySet, TestFile
from engine.reference.view import ReferenceView
from engine.regression.changes import changed_claim
from engine.regression.compare import Difference, differences
from engine.regression.given import GivenViews
from engine.regression.pinned import MissingReleaseError, pinned_view
from engine.regression.prove import problems_of_file, problems_of_rules
from engine.snapshot import Snapshot

Observer = Callable[[Evaluator, TestFile, Claim, Evaluation], None]


class TestResult(msgspec.Struct, frozen=True):
    """What came of one golden test; it passed when there are no differences. ``reasons`` explain the differences."""

    file: str
    name: str
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the evaluation was exactly as expected."""
        return not self.differences


class FileResult(msgspec.Struct, frozen=True):
    """The results of one tests file, in its order."""

    stem: str
    title: str
    policy: str
    tests: tuple[TestResult, ...]


class Report(msgspec.Struct, frozen=True):
    """Everything a run found: results by file, and problems of tests files that cannot run as they are written."""

    files: tuple[FileResult, ...]
    problems: tuple[Problem, ...]

    @property
    def tests(self) -> tuple[TestResult, ...]:
        """Every test's result."""
        return tuple(test for file in self.files for test in file.tests)

    @property
    def failed(self) -> tuple[TestResult, ...]:
        """The tests that did not pass."""
        return tuple(test for test in self.tests if not test.passed)


class Selection(msgspec.Struct, frozen=True):
    """Which tests to run: those of a file (stem or path) and those with some words in their name; empty takes all."""

    file: str = ""
    name: str = ""

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return not (self.file or self.name)

    def tests(self, file: TestFile) -> tuple[GoldenTest, ...]:
        """Returns the chosen tests of a file."""
        if self.file and self.file != file.stem and Path(self.file).stem != file.stem:
            return ()
        return tuple(test for test in file.tests if self.name.lower() in f"{file.stem}/{test.name}".lower())


EVERY_TEST = Selection()


def run_tests(
    policies: PolicySet, store: Path | None, selection: Selection = EVERY_TEST, observe: Observer | None = None
) -> Report:
    """Runs the chosen golden tests of a policy set.

    ``store`` is read only for releases that a file pins. ``observe`` is told of every evaluation. Raises
    InvalidPolicyError when the policies cannot be compiled.
    """
    evaluators = Evaluators(policies, store)
    problems = list(problems_of_rules(policies)) if selection.is_all else []
    files = []
    try:
        for file in policies.tests:
            chosen = selection.tests(file)
            if not chosen and not selection.is_all:
                continue
            unsound = problems_of_file(policies, file)
            problems += unsound
            result, more = _run_file(evaluators, file, chosen, observe)
            problems += more
            files.append(result)
            if not result.tests and not unsound and not more:
                problems.append(Problem("G105", f"no test of {file.stem} ran", file.place, "write a test under tests:"))
    finally:
        evaluators.close()
    return Report(tuple(files), tuple(sorted(set(problems), key=lambda p: (p.place, p.code, p.message))))


class Evaluators:
    """Keeps one evaluator for each set of pinned releases, because compiling a policy set takes longer than a test."""

    def __init__(self, policies: PolicySet, store: Path | None) -> None:
        """Makes none yet; ``store`` is read only for releases that a file pins."""
        self._policies = policies
        self._store = store
        self._made: dict[tuple[tuple[str, str], ...], Evaluator] = {}
        self._views: dict[Evaluator, GivenViews] = {}
        self._given: dict[tuple[Evaluator, ReferenceView], Evaluator] = {}

    def for_file(self, file: TestFile) -> Evaluator:
        """Returns the evaluator for the releases that a tests file pins."""
        pins = tuple(sorted(file.reference))
        if pins not in self._made:
            view = pinned_view(self._policies.tables, self._store, dict(pins))
            self._made[pins] = Evaluator(Snapshot(self._policies, view))
        return self._made[pins]

    def for_test(self, file: TestFile, test: GoldenTest) -> Evaluator:
        """Returns the evaluator of a file as one of its tests needs it: with the rows that the test gives."""
        evaluator = self.for_file(file)
        if not test.given and not test.complete:
            return evaluator
        views = self._views.setdefault(evaluator, GivenViews(evaluator.snapshot.reference, self._policies.tables))
        view = views.of(test)
        key = (evaluator, view)
        if key not in self._given:
            self._given[key] = evaluator.judging_with(view)
        return self._given[key]

    def close(self) -> None:
        """Releases the rules engine's memory."""
        for evaluator in self._made.values():
            evaluator.close()


def _run_file(
    evaluators: Evaluators, file: TestFile, tests: Sequence[GoldenTest], observe: Observer | None
) -> tuple[FileResult, list[Problem]]:
    problems: list[Problem] = []
    results: list[TestResult] = []
    try:
        evaluator = evaluators.for_file(file)
        evaluator.snapshot.policy(file.policy_id, file.policy_version)
    except MissingReleaseError as error:
        problems.append(Problem("G106", f"pinned reference data is missing: {error}", file.place))
    except ClaimrulesError as error:
        problems += error.problems or [Problem("G102", str(error), file.place)]
    else:
        for test, outcome in _outcomes(lambda test: evaluators.for_test(file, test), file, tests, observe):
            if isinstance(outcome, TestResult):
                results.append(outcome)
            else:
                problems += outcome
                if not outcome:
                    problems.append(Problem("G103", f"test {test.name!r} could not run", test.place))
    policy = f"{file.policy_id} {file.policy_version}"
    return FileResult(file.stem, file.title, policy, tuple(results)), problems


def _outcomes(
    evaluator_for: Callable[[GoldenTest], Evaluator],
    file: TestFile,
    tests: Sequence[GoldenTest],
    observe: Observer | None,
) -> Iterator[tuple[GoldenTest, TestResult | list[Problem]]]:
    documents = dict(file.claims)
    for test in tests:
        document, problems = changed_claim(documents[test.claim], test)
        if problems:
            yield test, list(problems)
            continue
        try:
            claim = decode_claim(msgspec.json.encode(document))
            yield test, _run(evaluator_for(test), file, test, claim, observe)
        except InvalidClaimError as error:
            yield test, [_in_test(test, problem) for problem in error.problems]
        except ClaimrulesError as error:
            yield test, [Problem("G103", f"test {test.name!r}: the claim cannot be judged: {error}", test.place)]


def _in_test(test: GoldenTest, problem: Problem) -> Problem:
    message = f"test {test.name!r}: claim {test.claim}: {problem.place.path}: {problem.code} {problem.message}"
    return Problem("G103", message, test.place, problem.hint)


def _run(evaluator: Evaluator, file: TestFile, test: GoldenTest, claim: Claim, observe: Observer | None) -> TestResult:
    policy = (file.policy_id, file.policy_version)
    evaluation = evaluator.evaluate(claim, policy=policy)
    if observe is not None:
        observe(evaluator, file, claim, evaluation)
    found = differences(test, evaluation)
    reasons = tuple(_reason(evaluator, claim, policy, difference, evaluation) for difference in found)
    return TestResult(file.stem, test.name, found, tuple(reason for reason in reasons if reason))


def _reason(
    evaluator: Evaluator, claim: Claim, policy: tuple[str, str], difference: Difference, evaluation: Evaluation
) -> str:
    """Says why: for a finding that came, what it matched; for one that did not, the condition that failed and what it saw."""
    if difference.finding is not None:
        return finding_text(difference.finding)
    if difference.section == "not evaluated":
        return ""
    unjudged = [entry for entry in evaluation.not_evaluated if entry.rule_id == difference.rule]
    if unjudged:
        return "\n".join(f"{e.rule_id} was not judged ({e.reason}): {e.detail}" for e in unjudged)
    elsewhere = [*evaluation.findings, *evaluation.trial_findings, *(entry.finding for entry in evaluation.excepted)]
    came = [finding for finding in elsewhere if finding.rule_id == difference.rule]
    if came:
        return "\n".join(finding_text(finding) for finding in came)
    try:
        return why_not(evaluator, claim, difference.rule, policy=policy).text()
    except ClaimrulesError as error:
        return str(error)
