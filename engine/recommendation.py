"""Searches for the smallest set of fixes that leaves no finding of severity error on a claim.

Only fixes that were proved to remove their finding take part, and none that needs documentation which the record does not state: the
search invents nothing. Fewer fixes come first, then fewer operations, then those that need no documentation at all, then those
that keep more charges. The work is bounded, and it is said when a bound was hit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from engine.fixes import FixMaker, Judgement
from engine.model import Claim, Finding, Fix, Operation
from engine.operation_text import describe_operations
from engine.operations import InapplicableError

MOST_SETS = 400
MOST_STEPS = 5_000
MORE_TRIALS = 20
"""Bounds: sets of fixes looked at, steps of the search for them, and changed claims judged beside those of single fixes."""


class Recommendation(msgspec.Struct, frozen=True):
    """The fix to make, if there is one, and in words why there is none or that the search was stopped."""

    fix: Fix | None = None
    remark: str = ""


def recommend(claim: Claim, findings: Sequence[Finding], before: Judgement, maker: FixMaker) -> Recommendation:
    """Returns the smallest set of fixes that leaves no live finding of severity error; ``findings`` are the live ones with fixes."""
    errors = [finding for finding in findings if finding.severity == "ERROR"]
    if not errors:
        return Recommendation()
    usable = _usable(findings)
    for error in errors:
        if not any(error.finding_id in fix.resolves for fix in usable):
            where = f" on line {error.line_numbers[0]}" if error.line_numbers else ""
            return Recommendation(None, f"no change that the record supports removes {error.rule_id}{where}")
    budget = _Budget(MOST_STEPS)
    for chosen in _sets(usable, errors, claim, budget):
        try:
            operations = maker.joined(chosen)
            after = maker.try_out(operations, MORE_TRIALS)
        except InapplicableError:
            continue
        if after is None:
            budget.hit = True
            break
        if _leaves_no_error(before, after):
            return Recommendation(_joined_fix(chosen, operations, before, after))
    if budget.hit:
        return Recommendation(None, "the search for a set of changes was stopped: there are too many to try")
    return Recommendation(None, "no set of changes that the record supports leaves the claim without an error")


def _usable(findings: Sequence[Finding]) -> list[Fix]:
    """Returns the fixes that may be made without asking anybody, each set of operations once."""
    found: dict[object, Fix] = {}
    for fix in (fix for finding in findings for fix in finding.fixes):
        if fix.verified and (not fix.requires_documentation or fix.documentation_supported):
            kept = found.setdefault(fix.operations, fix)
            if kept.requires_documentation and not fix.requires_documentation:
                found[fix.operations] = fix
    return list(found.values())


def _sets(usable: Sequence[Fix], errors: Sequence[Finding], claim: Claim, budget: _Budget) -> Iterator[tuple[Fix, ...]]:
    """Yields sets of fixes that between them resolve every error, fewest fixes first and then the preferred, up to the bounds.

    Every set must hold a fix for the error that has the fewest, so the search branches on that error's fixes alone.
    """
    wanted = frozenset(error.finding_id for error in errors)
    resolvers = {each: [fix for fix in usable if each in fix.resolves] for each in wanted}
    yielded = 0
    for size in range(1, len(errors) + 1):
        found = {frozenset(usable.index(fix) for fix in chosen) for chosen in _covers(wanted, resolvers, size, budget)}
        sets = [tuple(usable[index] for index in sorted(indices)) for indices in found]
        for chosen in sorted(sets, key=lambda fixes: _preference(fixes, claim)):
            yield chosen
            yielded += 1
            if yielded == MOST_SETS:
                budget.hit = True
                return


class _Budget:
    """How many steps a search may still take, and whether a bound stopped it."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.hit = False

    def spend(self) -> bool:
        """Takes a step; returns whether there was one left."""
        self.left -= 1
        self.hit = self.hit or self.left < 0
        return not self.hit


def _covers(
    wanted: frozenset[str], resolvers: Mapping[str, Sequence[Fix]], size: int, budget: _Budget
) -> Iterator[tuple[Fix, ...]]:
    """Yields choices of exactly ``size`` fixes, each of which resolves an error that those before it left."""
    if not wanted:
        if size == 0:
            yield ()
        return
    if size == 0:
        return
    hardest = min(sorted(wanted), key=lambda each: len(resolvers[each]))
    for fix in resolvers[hardest]:
        if not budget.spend():
            return
        for rest in _covers(wanted.difference(fix.resolves), resolvers, size - 1, budget):
            yield (fix, *rest)


def _preference(fixes: tuple[Fix, ...], claim: Claim) -> tuple[int, int, int, str]:
    charges = {line.line_number: line.charge_cents for line in claim.lines}
    operations = [operation for fix in fixes for operation in fix.operations]
    lost = sum(charges.get(operation.line_number, 0) for operation in operations if operation.op == "remove_line")
    documented = sum(fix.requires_documentation for fix in fixes)
    return (lost > 0, lost + documented, len(operations), "; ".join(fix.description for fix in fixes))


def _leaves_no_error(before: Judgement, after: Judgement) -> bool:
    known = {entry.rule_id for entry in before.not_evaluated}
    if any(entry.rule_id not in known for entry in after.not_evaluated):
        return False
    return not any(finding.severity == "ERROR" and finding.mode == "LIVE" for finding in after.findings)


def _joined_fix(chosen: tuple[Fix, ...], operations: tuple[Operation, ...], before: Judgement, after: Judgement) -> Fix:
    remaining = {finding.finding_id for finding in after.findings}
    earlier = {finding.finding_id for finding in before.findings}
    needed = tuple(dict.fromkeys(name for fix in chosen for name in fix.documentation_needed))
    return msgspec.structs.replace(
        chosen[0],
        description=describe_operations(operations),
        operations=operations,
        requires_documentation=bool(needed),
        documentation_needed=needed,
        documentation_supported=bool(needed),
        verified=True,
        resolves=tuple(f.finding_id for f in before.findings if f.finding_id not in remaining),
        introduces=tuple(f.finding_id for f in after.findings if f.finding_id not in earlier),
    )
