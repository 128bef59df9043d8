"""Compares an evaluation with what a golden test expects: the exact set of (rule, lines), and other keys where given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from engine.model import Evaluation, Finding
from engine.policy.types import Expectation, GoldenTest

# What a key of an expectation reads from a finding.
FIELDS: Mapping[str, Callable[[Finding], str]] = {
    "severity": lambda finding: finding.severity,
    "kind": lambda finding: finding.kind,
    "category": lambda finding: finding.category,
    "group": lambda finding: finding.adjustment.group_code,
    "carc": lambda finding: finding.adjustment.carc,
    "rarc": lambda finding: finding.adjustment.rarc,
    "diagnoses": lambda finding: ", ".join(map(str, finding.diagnosis_positions)),
    "codes": lambda finding: ", ".join(finding.codes),
    "fix": lambda finding: finding.fixes[0].description if finding.fixes else "",
}
_CASELESS = frozenset({"severity", "kind"})


class Difference(msgspec.Struct, frozen=True):
    """One way in which an evaluation is not as expected.

    ``section`` is ``findings``, ``excepted``, ``trial`` or ``not evaluated``; ``what`` is ``missing``, ``unexpected`` or
    ``different``; ``finding`` is the one that came, if one did.
    """

    section: str
    what: str
    rule: str
    lines: tuple[int, ...]
    detail: str
    finding: Finding | None = None

    def text(self) -> str:
        """Returns the difference as one sentence."""
        where = f" on {_lines(self.lines)}" if self.section != "not evaluated" else ""
        return f"{self.section}: {self.what} {self.rule}{where}" + (f": {self.detail}" if self.detail else "")


class _Came(msgspec.Struct, frozen=True):
    finding: Finding
    exception: str = ""


def differences(test: GoldenTest, evaluation: Evaluation) -> tuple[Difference, ...]:
    """Returns every difference between a test's expectations and the evaluation of its claim; none when it passed."""
    found = [
        *_section("findings", test.expect, [_Came(finding) for finding in evaluation.findings]),
        *_section(
            "excepted", test.excepted, [_Came(entry.finding, entry.exception_id) for entry in evaluation.excepted]
        ),
        *_section("trial", test.trial, [_Came(finding) for finding in evaluation.trial_findings]),
    ]
    if test.not_evaluated is not None:
        found += _not_evaluated(test.not_evaluated, evaluation)
    return tuple(found)


def _section(name: str, expected: Sequence[Expectation], came: Sequence[_Came]) -> list[Difference]:
    left = list(came)
    found = []
    # Expectations that say most choose first, so that of two findings of one rule and line each meets its own.
    for expectation in sorted(expected, key=lambda e: -len(e.fields) - bool(e.exception)):
        same = [c for c in left if (c.finding.rule_id, c.finding.line_numbers) == (expectation.rule, expectation.lines)]
        if not same:
            found.append(Difference(name, "missing", expectation.rule, expectation.lines, _nearly(expectation, left)))
            continue
        chosen = min(same, key=lambda c: len(_wrong(expectation, c)))
        left.remove(chosen)
        wrong = _wrong(expectation, chosen)
        if wrong:
            detail = "; ".join(wrong)
            finding = chosen.finding
            found.append(Difference(name, "different", expectation.rule, expectation.lines, detail, finding))
    found += [
        Difference(name, "unexpected", c.finding.rule_id, c.finding.line_numbers, c.finding.message, c.finding)
        for c in left
    ]
    return found


def _wrong(expectation: Expectation, came: _Came) -> list[str]:
    wrong = []
    for key, wanted in expectation.fields:
        read = FIELDS.get(key)
        if read is None:
            wrong.append(f"a finding has no {key!r} (there are {', '.join(sorted(FIELDS))})")
            continue
        seen = read(came.finding)
        if seen != (str(wanted).upper() if key in _CASELESS else str(wanted)):
            wrong.append(f"{key} expected {wanted}, came {seen or 'none'}")
    if expectation.exception and expectation.exception != came.exception:
        wrong.append(f"exception expected {expectation.exception}, came {came.exception}")
    return wrong


def _nearly(expectation: Expectation, left: Sequence[_Came]) -> str:
    others = [_lines(came.finding.line_numbers) for came in left if came.finding.rule_id == expectation.rule]
    return f"it came on {', on '.join(others)}" if others else ""


def _not_evaluated(expected: Sequence[str], evaluation: Evaluation) -> list[Difference]:
    came = {entry.rule_id: f"{entry.reason}: {entry.detail}" for entry in evaluation.not_evaluated}
    return [
        *(Difference("not evaluated", "missing", rule, (), "") for rule in expected if rule not in came),
        *(Difference("not evaluated", "unexpected", r, (), d) for r, d in came.items() if r not in expected),
    ]


def _lines(lines: Sequence[int]) -> str:
    if not lines:
        return "the claim"
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(str(number) for number in lines)}"
