"""Writes results of evaluations as a readable table, as JSON Lines, or as JUnit XML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Set
from typing import IO
from xml.etree import ElementTree

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.claims import InvalidClaim, encode_evaluation
from engine.errors import Place, Problem
from engine.model import Evaluation, Finding, Fix, Impact
from engine.phrases import money_text
from engine.reference.tables import OFFICIAL_TABLES

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLES = {"ERROR": "bold red", "WARNING": "yellow", "INFO": "cyan"}
_NARROWEST = 120
_MONEY_HEADING = "at risk\n(allowed)"


class Refusal(msgspec.Struct, frozen=True):
    """A claim that got no evaluation: its id when known, where it stands, why, and every problem."""

    claim_id: str
    place: Place
    message: str
    problems: tuple[Problem, ...] = ()


Result = Evaluation | Refusal


def refusal_of(invalid: InvalidClaim) -> Refusal:
    """Returns the refusal of a claim that could not be read."""
    return Refusal(invalid.claim_id, invalid.place, "the claim cannot be judged as it was sent", invalid.problems)


class Tally(msgspec.Struct):
    """Counts what was written: claims by disposition, refusals, findings by severity and the charges at risk."""

    dispositions: Counter[str] = msgspec.field(default_factory=Counter)
    severities: Counter[str] = msgspec.field(default_factory=Counter)
    refused: int = 0
    at_risk_cents: int = 0

    def add(self, result: Result) -> None:
        """Counts one result; findings of rules on trial and excepted ones are not counted."""
        if isinstance(result, Refusal):
            self.refused += 1
            return
        self.dispositions[result.disposition] += 1
        self.severities.update(finding.severity for finding in result.findings)
        self.at_risk_cents += charges_at_risk(result)

    def text(self) -> str:
        """Returns the counts as one sentence."""
        claims = self.dispositions.total() + self.refused
        parts = [f"{count:,} {disposition}" for disposition, count in sorted(self.dispositions.items())]
        if self.refused:
            parts.append(f"{self.refused:,} not judged")
        findings = ", ".join(f"{count:,} {severity}" for severity, count in sorted(self.severities.items()))
        text = f"{claims:,} claim{'' if claims == 1 else 's'}: {', '.join(parts)}"
        risk = f" Charges at risk: {money_text(self.at_risk_cents)}." if self.at_risk_cents else ""
        return f"{text}. Findings: {findings or 'none'}.{risk}"


def charges_at_risk(evaluation: Evaluation) -> int:
    """Returns the charges at risk on a claim in cents, each line's once however many findings deny it."""
    by_line: dict[int, int] = {}
    whole = 0
    for finding in evaluation.findings:
        charges = finding.impact.billed_at_risk_cents
        if finding.line_numbers:
            by_line[finding.line_numbers[0]] = charges
        else:
            whole = max(whole, charges)
    return whole or sum(by_line.values())


def _impact_text(impact: Impact) -> str:
    """Returns the charge at risk, and below it the change of the allowed amount where it was reckoned."""
    risk = [money_text(impact.billed_at_risk_cents)] if impact.billed_at_risk_cents else []
    delta = impact.allowed_delta_cents
    return "\n".join([*risk, f"({money_text(delta)})"] if delta is not None else risk) or "-"


def write_jsonl(results: Iterable[Result], out: IO[str]) -> Tally:
    """Writes one JSON object a line: the evaluation, or ``claim_id`` and ``error`` of a claim that was not judged."""
    tally = Tally()
    for result in results:
        tally.add(result)
        if isinstance(result, Refusal):
            error = {
                "message": result.message,
                "place": result.place,
                "problems": [msgspec.to_builtins(problem) for problem in result.problems],
            }
            line = msgspec.json.encode({**({"claim_id": result.claim_id} if result.claim_id else {}), "error": error})
        else:
            line = encode_evaluation(result)
        out.write(line.decode("utf-8"))
        out.write("\n")
    return tally


def write_junit(results: Iterable[Result], out: IO[str]) -> Tally:
    """Writes one test suite with a test case a claim: an ERROR finding is a failure, a claim that was not judged an error."""
    tally = Tally()
    suite = ElementTree.Element("testsuite", name="claimrules evaluate")
    failures = 0
    for result in results:
        tally.add(result)
        case = ElementTree.SubElement(suite, "testcase", name=_xml(result.claim_id or _where(result)))
        if isinstance(result, Refusal):
            case.set("classname", "not judged")
            error = ElementTree.SubElement(case, "error", type="invalid", message=_xml(result.message))
            error.text = _xml("\n".join(problem.text() for problem in result.problems))
            continue
        case.set("classname", _xml(f"{result.policy.policy_id}@{result.policy.version}"))
        failures += _junit_findings(case, result)
    suite.set("tests", str(tally.dispositions.total() + tally.refused))
    suite.set("failures", str(failures))
    suite.set("errors", str(tally.refused))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    out.write('<?xml version="1.0" encoding="utf-8"?>\n')
    out.write(ElementTree.tostring(root, encoding="unicode"))
    out.write("\n")
    return tally


def write_table(results: Iterable[Result], out: IO[str]) -> Tally:
    """Writes a block for each claim (its disposition, then its findings as a table) and the counts at the end."""
    tally = Tally()
    console = Console(file=out, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(file=out, highlight=False, markup=False, emoji=False, width=_NARROWEST, color_system=None)
    samples: set[str] = set()
    for result in results:
        tally.add(result)
        if isinstance(result, Refusal):
            _print_refusal(console, result)
        else:
            _print_evaluation(console, result)
            samples.update(use.table for use in result.reference if not use.complete)
    if samples:
        console.print(Text(_samples_text(samples), style="yellow"))
    console.print(Text(tally.text(), style="bold"))
    return tally


def _samples_text(tables: Set[str]) -> str:
    names = sorted(tables & OFFICIAL_TABLES.keys())
    if len(names) < len(tables):
        names.append("smaller tables")
    return (
        f"samples only, so silence proves nothing: {', '.join(names)} (`claimrules data status` lists what is loaded)"
    )


WRITERS: dict[str, Callable[[Iterable[Result], IO[str]], Tally]] = {
    "table": write_table,
    "jsonl": write_jsonl,
    "junit": write_junit,
}


def fix_text(fix: Fix) -> str:
    """Returns a fix as one sentence: what to do, what the record must hold, and whether it was proved to work."""
    notes = ["verified"] if fix.verified else []
    if fix.requires_documentation:
        needed = ", ".join(fix.documentation_needed)
        notes.append(f"needs documentation{f': {needed}' if needed else ''}")
    return f"{fix.description} ({'; '.join(notes)})" if notes else fix.description


def _junit_findings(case: ElementTree.Element, evaluation: Evaluation) -> int:
    failures = 0
    others = []
    for finding in evaluation.findings:
        if finding.severity != "ERROR":
            others.append(_finding_line(finding))
            continue
        failures += 1
        failure = ElementTree.SubElement(case, "failure", type=_xml(finding.category), message=_xml(finding.message))
        failure.text = _xml(_finding_line(finding))
    others.extend(f"{each.rule_id} not evaluated ({each.reason}): {each.detail}" for each in evaluation.not_evaluated)
    if others:
        ElementTree.SubElement(case, "system-out").text = _xml("\n".join(others))
    return 1 if failures else 0


def _finding_line(finding: Finding) -> str:
    lines = ", ".join(str(number) for number in finding.line_numbers)
    where = f"line {lines}" if lines else "claim"
    fixes = "".join(f"; fix: {fix_text(fix)}" for fix in finding.fixes)
    return f"{where}: {finding.severity} {finding.rule_id} {finding.message}{fixes}"


def _print_refusal(console: Console, refusal: Refusal) -> None:
    console.print(Text(f"{_printable(refusal.claim_id) or _where(refusal)}  NOT JUDGED", style="bold red"))
    console.print(Text(f"  {refusal.message}"))
    for problem in refusal.problems:
        for line in problem.text().splitlines():
            console.print(Text(f"  {line}"), soft_wrap=True)
    console.print()


def _print_evaluation(console: Console, evaluation: Evaluation) -> None:
    policy = f"{evaluation.policy.policy_id}@{evaluation.policy.version}"
    style = "green" if evaluation.disposition == "PASS" else "bold"
    console.print(Text(f"{_printable(evaluation.claim_id)}  {evaluation.disposition}  ({policy})", style=style))
    findings = [*evaluation.findings, *evaluation.trial_findings]
    if findings:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, expand=False)
        columns = (
            ("line", None),
            ("severity", None),
            ("rule", None),
            ("message", 3),
            ("fix", 2),
            (_MONEY_HEADING, None),
        )
        for name, ratio in columns:
            table.add_column(name, ratio=ratio, no_wrap=ratio is None, overflow="fold")
        for finding in findings:
            _add_row(table, finding)
        console.print(table)
    for excepted in evaluation.excepted:
        console.print(Text(f"  excepted: {excepted.finding.rule_id} by {excepted.exception_id}: {excepted.because}"))
    for each in evaluation.not_evaluated:
        console.print(Text(f"  not evaluated: {each.rule_id} ({each.reason}) {each.detail}"))
    for use in evaluation.reference:
        if use.stale:
            console.print(Text(f"  stale: {use.table} {use.release} does not cover the service dates"))
    if findings or evaluation.excepted or evaluation.not_evaluated:
        console.print()


def _add_row(table: Table, finding: Finding) -> None:
    severity = f"{finding.severity} (trial)" if finding.mode == "TRIAL" else finding.severity
    table.add_row(
        Text(", ".join(str(number) for number in finding.line_numbers) or "claim"),
        Text(severity, style=_STYLES[finding.severity]),
        Text(finding.rule_id),
        Text(finding.message),
        Text("\n".join(fix_text(fix) for fix in finding.fixes) or "-"),
        Text(_impact_text(finding.impact), justify="right"),
    )


def _where(result: Result) -> str:
    if isinstance(result, Refusal) and result.place.file:
        return f"{result.place.file}:{result.place.line}" if result.place.line else result.place.file
    return "claim without an id"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _xml(text: str) -> str:
    return _NOT_IN_XML.sub("?", text)
