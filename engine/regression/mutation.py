"""Mutation testing: changes each rule in small ways and lists the changes that no golden test notices.

A survivor may be explained in a file of kind ``survivors``; an explanation without its survivor is a problem.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from difflib import get_close_matches
from pathlib import Path

import msgspec

from engine.errors import Problem, UsageError
from engine.policy.proofs import ExplainedSurvivor
from engine.policy.types import PolicySet
from engine.regression.mutants import Subject, subjects_of
from engine.regression.mutation_bench import MutationBench, Survivor, Tried


class Score(msgspec.Struct, frozen=True):
    """How many mutants were caught, and how many survivors are explained; those that do not compile or change nothing do not count."""

    caught: int
    survived: int
    explained: int
    not_applicable: int
    equivalent: int

    @property
    def counted(self) -> int:
        """How many mutants a test could have caught."""
        return self.caught + self.survived

    @property
    def percent(self) -> float:
        """The share caught, 100 where there was nothing to catch. Explained survivors are not caught."""
        return 100 * self.caught / self.counted if self.counted else 100.0


class Lived(msgspec.Struct, frozen=True):
    """A survivor with its rule (or value, or total) and, if it is explained, why no test catches it."""

    subject: Subject
    survivor: Survivor
    because: str = ""


class PolicyMutation(msgspec.Struct, frozen=True):
    """What came of the mutants of one policy; ``policy`` is its id and version."""

    policy: str
    score: Score
    survivors: tuple[Lived, ...]


class MutationReport(msgspec.Struct, frozen=True):
    """What came of all mutants, by policy, and explanations that explain nothing (G108)."""

    policies: tuple[PolicyMutation, ...]
    total: Score
    problems: tuple[Problem, ...]

    @property
    def unexplained(self) -> int:
        """How many survivors nobody has explained."""
        return self.total.survived - self.total.explained


def run_mutation(
    policies: PolicySet, store: Path | None, chosen: Sequence[str] = (), processes: int = 1
) -> MutationReport:
    """Tries every mutant of the chosen policies (ids; all when none is given) against the golden tests of the set.

    Golden tests that fail without any change catch nothing. Raises UsageError for a policy that does not exist or has nothing to change.
    """
    subjects = _chosen(policies, chosen)
    tried = list(_try_here(policies, store, subjects) if processes < 2 else _try(policies, store, subjects, processes))
    explained = _Explained(policies.survivors)
    reports = [_of_policy(name, own, explained) for name, own in _by_policy(tried)]
    scores = [report.score for report in reports]
    return MutationReport(tuple(reports), _sum(scores), tuple(explained.problems(tried)))


def _chosen(policies: PolicySet, chosen: Sequence[str]) -> list[Subject]:
    known = sorted({policy.id for policy in policies.policies})
    for name in chosen:
        if name not in known:
            close = get_close_matches(name, known, 1, 0.5)
            raise UsageError(f"there is no policy {name}" + (f"; did you mean {close[0]}?" if close else ""))
    taken = [policy for policy in policies.policies if not chosen or policy.id in chosen]
    subjects = [subject for policy in taken for subject in subjects_of(policy)]
    if not subjects:
        raise UsageError("there is no rule, value or total to change in " + (", ".join(chosen) or "the policies"))
    return subjects


def _try_here(policies: PolicySet, store: Path | None, subjects: Iterable[Subject]) -> Iterator[Tried]:
    bench = MutationBench(policies, store)
    try:
        for subject in subjects:
            yield bench.try_all(subject)
    finally:
        bench.close()


_BENCH: list[MutationBench] = []  # the bench of a worker process


def _open(policies: PolicySet, store: Path | None) -> None:
    _BENCH.append(MutationBench(policies, store))


def _try_one(subject: Subject) -> Tried:
    return _BENCH[0].try_all(subject)


def _try(policies: PolicySet, store: Path | None, subjects: Sequence[Subject], processes: int) -> Iterator[Tried]:
    # Processes are started anew: the rules kernel is not carried over into copies of this one.
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_open, initargs=(policies, store)
    )
    with pool:
        yield from pool.map(_try_one, subjects)


def _by_policy(tried: Iterable[Tried]) -> Iterator[tuple[str, list[Tried]]]:
    found: dict[str, list[Tried]] = {}
    for one in tried:
        found.setdefault(one.subject.is_of, []).append(one)
    yield from found.items()


def _of_policy(name: str, tried: Sequence[Tried], explained: _Explained) -> PolicyMutation:
    survivors = [
        Lived(one.subject, survivor, explained.reason(one.subject, survivor.change))
        for one in tried
        for survivor in one.survivors
    ]
    score = Score(
        caught=sum(len(one.caught) for one in tried),
        survived=len(survivors),
        explained=sum(bool(lived.because) for lived in survivors),
        not_applicable=sum(one.not_applicable for one in tried),
        equivalent=sum(one.equivalent for one in tried),
    )
    return PolicyMutation(name, score, tuple(survivors))


def _sum(scores: Sequence[Score]) -> Score:
    return Score(
        caught=sum(score.caught for score in scores),
        survived=sum(score.survived for score in scores),
        explained=sum(score.explained for score in scores),
        not_applicable=sum(score.not_applicable for score in scores),
        equivalent=sum(score.equivalent for score in scores),
    )


class _Explained:
    """The explanations of a policy set, and which of them a survivor has asked for."""

    def __init__(self, entries: Sequence[ExplainedSurvivor]) -> None:
        self._entries = entries
        self._used: set[ExplainedSurvivor] = set()

    def reason(self, subject: Subject, change: str) -> str:
        """Returns why a mutant survives, or nothing where nobody has explained it."""
        reasons = [entry for entry in self._entries if _is_about(entry, subject) and entry.change == change]
        self._used.update(reasons)
        return reasons[0].because if reasons else ""

    def problems(self, tried: Sequence[Tried]) -> Iterator[Problem]:
        """Yields a problem for each explanation of a rule that was tried, or that does not exist, without its survivor."""
        for entry in self._entries:
            own = [one for one in tried if _is_about(entry, one.subject)]
            if entry in self._used or not own:
                continue
            if any(entry.change in one.caught for one in own):
                said = f"{entry.rule}: a golden test catches {entry.change!r} now"
                yield Problem("G108", said, entry.place, "delete the entry")
            else:
                survivors = [survivor.change for one in own for survivor in one.survivors]
                close = get_close_matches(entry.change, survivors, 1, 0.6)
                hint = f"did you mean {close[0]!r}?" if close else "delete the entry"
                yield Problem("G108", f"{entry.rule}: there is no survivor {entry.change!r}", entry.place, hint)


def _is_about(entry: ExplainedSurvivor, subject: Subject) -> bool:
    return entry.rule == subject.id and entry.policy in ("", subject.policy[0])


def unknown_subjects(policies: PolicySet) -> tuple[Problem, ...]:
    """Returns a problem for each explanation of a rule, value or total that no policy has."""
    known = [subject for policy in policies.policies for subject in subjects_of(policy)]
    ids = sorted({subject.id for subject in known})
    problems = []
    for entry in policies.survivors:
        if not any(_is_about(entry, subject) for subject in known):
            close = get_close_matches(entry.rule, ids, 1, 0.6)
            of = f" of {entry.policy}" if entry.policy else ""
            hint = f"did you mean {close[0]!r}?" if close else "delete the entry"
            problems.append(Problem("G108", f"there is no rule, value or total {entry.rule}{of}", entry.place, hint))
    return tuple(problems)
