"""Writes the report of a run of golden tests as a tree, a list, JSON or JUnit XML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import IO
from xml.etree import ElementTree

import msgspec
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from engine.regression.coverage import CoverageReport
from engine.regression.golden import Report, TestResult

_WIDTH_OF_FILES = 240
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def file_console(out: IO[str]) -> Console:
    """Returns a console of the terminal's width; what goes to a file or pipe is wide, so that no line is cut."""
    made = Console(file=out, highlight=False, markup=False, emoji=False, soft_wrap=True)
    if made.is_terminal:
        return made
    return Console(file=out, highlight=False, markup=False, emoji=False, soft_wrap=True, width=_WIDTH_OF_FILES)


def write_tree(report: Report, coverage: CoverageReport | None, out: IO[str]) -> None:
    """Writes files, tests below them, and below a failed test what differs and why."""
    console = file_console(out)
    for file in report.files:
        failed = sum(not test.passed for test in file.tests)
        count = f"{failed} of {len(file.tests)} failed" if failed else f"{len(file.tests)} passed"
        style = "bold red" if failed else "green"
        tree = Tree(Text.assemble((file.stem, "bold"), f"  {file.title} · {file.policy} · ", (count, style)))
        for test in file.tests:
            branch = tree.add(_mark(test))
            for line in _details(test):
                branch.add(Text(line))
        console.print(tree)
    _print_problems(report, console)
    _print_coverage(coverage, console)
    console.print(Text(summary(report), style="bold"))


def write_list(report: Report, coverage: CoverageReport | None, out: IO[str]) -> None:
    """Writes a line for each test, ``passed`` or ``FAILED`` and its name, and indented below a failed one what differs."""
    console = file_console(out)
    for test in report.tests:
        console.print(Text(f"{'passed' if test.passed else 'FAILED'} {test.file}/{test.name}"))
        for block in _details(test):
            console.print(Text("\n".join(f"    {line}" for line in block.splitlines())))
    _print_problems(report, console)
    _print_coverage(coverage, console)
    console.print(Text(summary(report)))


def write_json(report: Report, coverage: CoverageReport | None, out: IO[str]) -> None:
    """Writes one JSON object: counts, every test with its differences and reasons, every problem, and the coverage."""
    document = {
        "passed": len(report.tests) - len(report.failed),
        "failed": len(report.failed),
        "files": [
            {
                "file": file.stem,
                "title": file.title,
                "policy": file.policy,
                "tests": [_test_document(test) for test in file.tests],
            }
            for file in report.files
        ],
        "problems": msgspec.to_builtins(report.problems),
        "coverage": _coverage_document(coverage),
    }
    out.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")


def write_junit(report: Report, coverage: CoverageReport | None, out: IO[str]) -> None:
    """Writes JUnit XML: a suite for each tests file, a failure for each failed test, an error for each problem."""
    root = ElementTree.Element("testsuites", name="claimrules test")
    for file in report.files:
        suite = ElementTree.SubElement(root, "testsuite", name=xml_text(file.stem), tests=str(len(file.tests)))
        suite.set("failures", str(sum(not test.passed for test in file.tests)))
        for test in file.tests:
            case = ElementTree.SubElement(suite, "testcase", name=xml_text(test.name), classname=xml_text(file.stem))
            if not test.passed:
                message = "; ".join(difference.text() for difference in test.differences)
                failure = ElementTree.SubElement(case, "failure", type="difference", message=xml_text(message))
                failure.text = xml_text("\n".join(_details(test)))
    if report.problems:
        suite = ElementTree.SubElement(root, "testsuite", name="problems", tests=str(len(report.problems)))
        suite.set("errors", str(len(report.problems)))
        for problem in report.problems:
            name = f"{problem.place.file}:{problem.place.line}" if problem.place.file else problem.code
            case = ElementTree.SubElement(suite, "testcase", name=xml_text(name), classname="problems")
            error = ElementTree.SubElement(case, "error", type=problem.code, message=xml_text(problem.message))
            error.text = xml_text(problem.text())
    if coverage is not None:
        text = "\n".join([*_counts(coverage), *(entry.text() for entry in coverage.uncovered)])
        ElementTree.SubElement(root, "system-out").text = xml_text(text)
    ElementTree.indent(root)
    out.write('<?xml version="1.0" encoding="utf-8"?>\n')
    out.write(ElementTree.tostring(root, encoding="unicode") + "\n")


Writer = Callable[[Report, CoverageReport | None, IO[str]], None]
WRITERS: Mapping[str, Writer] = {"json": write_json, "junit": write_junit, "list": write_list, "tree": write_tree}


def summary(report: Report) -> str:
    """Returns the counts of a run as one sentence."""
    tests, failed = len(report.tests), len(report.failed)
    parts = [f"{tests} golden test{'' if tests == 1 else 's'}: {tests - failed} passed, {failed} failed"]
    if report.problems:
        parts.append(f"{len(report.problems)} problem{'' if len(report.problems) == 1 else 's'}")
    return ", ".join(parts) + "."


def _mark(test: TestResult) -> Text:
    return Text.assemble(("✓ ", "green"), test.name) if test.passed else Text(f"✗ {test.name}", style="bold red")


def _details(test: TestResult) -> list[str]:
    return [*(difference.text() for difference in test.differences), *test.reasons]


def _test_document(test: TestResult) -> dict[str, object]:
    return {
        "name": test.name,
        "passed": test.passed,
        "differences": [
            {"section": d.section, "what": d.what, "rule": d.rule, "lines": list(d.lines), "detail": d.detail}
            for d in test.differences
        ],
        "reasons": list(test.reasons),
    }


def _coverage_document(coverage: CoverageReport | None) -> dict[str, object] | None:
    if coverage is None:
        return None
    return {"percent": round(coverage.percent, 1), **msgspec.to_builtins(coverage)}


def _print_problems(report: Report, console: Console) -> None:
    for problem in report.problems:
        console.print(Text(problem.text()))


def _print_coverage(coverage: CoverageReport | None, console: Console) -> None:
    if coverage is None:
        return
    console.print(Text("Coverage", style="bold"))
    for line in (*_counts(coverage), *(entry.text() for entry in coverage.uncovered)):
        console.print(Text(f"  {line}"))


def _counts(coverage: CoverageReport) -> list[str]:
    counts = [f"{name}: {covered} of {total}{_share(covered, total)}" for name, covered, total in coverage.counts]
    return [*counts, f"all together: {coverage.percent:.1f} %"]


def _share(covered: int, total: int) -> str:
    return f" ({100 * covered / total:.1f} %)" if total else ""


def xml_text(text: str) -> str:
    """Returns text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("?", text)
