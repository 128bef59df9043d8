"""Searches for the smallest set of fixes that leaves no finding of severity error on a claim.

Only fixes that were proved to remove their finding take part, and none that needs documentation which the record does not state: the
search invents nothing. Fewer fixes come first, then fewer operations, then those that need no documentation at all, then those
that keep more charges. The work is bounded by the trials of ``FixMaker``, and it is said when the bound was hit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import msgspec

from engine.fixes import MOST_TRIALS, FixMaker, Judgement, describe_operations
from engine.model import Claim, Finding, Fix, Operation
from engine.operations import InapplicableError

MOST_SETS = 400


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
    stopped = False
    for chosen in _sets(usable, errors, claim):
        try:
            operations = maker.joined(chosen)
            after = maker.try_out(operations)
        except InapplicableError:
            continue
        if after is None:
            stopped = True
            break
        if _leaves_no_error(before, after):
            return Recommendation(_joined_fix(chosen, operations, before, after))
    if stopped:
        return Recommendation(None, f"the search was stopped after {MOST_TRIALS} changed claims")
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


def _sets(usable: Sequence[Fix], errors: Sequence[Finding], claim: Claim) -> Iterator[tuple[Fix, ...]]:
    """Yields sets of fixes that between them resolve every error, the preferred first, at most ``MOST_SETS``."""
    wanted = {error.finding_id for error in errors}
    yielded = 0
    for size in range(1, len(errors) + 1):
        fitting = [s for s in combinations(usable, size) if wanted <= {i for fix in s for i in fix.resolves}]
        for chosen in sorted(fitting, key=lambda fixes: _preference(fixes, claim)):
            yield chosen
            yielded += 1
            if yielded == MOST_SETS:
                return


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
