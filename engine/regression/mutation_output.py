"""Writes the report of mutation testing as text, JSON or JUnit XML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO
from xml.etree import ElementTree

import msgspec
from rich.text import Text

from engine.errors import Place
from engine.regression.mutation import Lived, MutationReport, PolicyMutation, Score
from engine.regression.output import file_console, xml_text


def write_tree(report: MutationReport, out: IO[str]) -> None:
    """Writes the score of each policy with its survivors below it, by rule, and the total."""
    console = file_console(out)
    for policy in report.policies:
        console.print(Text.assemble((policy.policy, "bold"), f"  {score_text(policy.score)}"))
        shown = ""
        for lived in policy.survivors:
            if lived.subject.id != shown:
                shown = lived.subject.id
                console.print(Text(f"  {lived.subject.part.value} {shown}"))
            console.print(Text(f"    {_where(lived.survivor.place)}  {_words(lived)}"))
    _finish(report, out)


def write_list(report: MutationReport, out: IO[str]) -> None:
    """Writes a line for each survivor, ``explained`` or ``SURVIVED``, its place, rule and change."""
    console = file_console(out)
    for policy in report.policies:
        for lived in policy.survivors:
            mark = "explained" if lived.because else "SURVIVED"
            console.print(Text(f"{mark} {_where(lived.survivor.place)} {lived.subject.id}: {_words(lived)}"))
    for policy in report.policies:
        console.print(Text(f"{policy.policy}: {score_text(policy.score)}"))
    _finish(report, out)


def write_json(report: MutationReport, out: IO[str]) -> None:
    """Writes one JSON object: the total, each policy with its score and survivors, and problems."""
    document = {
        "total": _score_document(report.total),
        "policies": [
            {
                "policy": policy.policy,
                **_score_document(policy.score),
                "survivors": [_survivor_document(lived) for lived in policy.survivors],
            }
            for policy in report.policies
        ],
        "problems": msgspec.to_builtins(report.problems),
    }
    out.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")


def write_junit(report: MutationReport, out: IO[str]) -> None:
    """Writes JUnit XML: a suite for each policy, a failure for each survivor that is not explained, an error for each problem."""
    root = ElementTree.Element("testsuites", name="claimrules test --mutate")
    for policy in report.policies:
        _add_suite(root, policy)
    for problem in report.problems:
        case = ElementTree.SubElement(root, "testcase", name=xml_text(problem.message), classname="problems")
        ElementTree.SubElement(case, "error", type=problem.code, message=xml_text(problem.text()))
    ElementTree.indent(root)
    out.write('<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n")


def _add_suite(root: ElementTree.Element, policy: PolicyMutation) -> None:
    score = policy.score
    suite = ElementTree.SubElement(root, "testsuite", name=xml_text(policy.policy), tests=str(score.survived))
    suite.set("failures", str(score.survived - score.explained))
    suite.set("skipped", str(score.explained))
    for lived in policy.survivors:
        name = xml_text(f"{lived.subject.id}: {lived.survivor.change}")
        case = ElementTree.SubElement(suite, "testcase", name=name, classname=xml_text(lived.subject.id))
        kind, message = ("skipped", lived.because) if lived.because else ("failure", "no golden test catches it")
        ElementTree.SubElement(case, kind, message=xml_text(message)).text = _where(lived.survivor.place)


Writer = Callable[[MutationReport, IO[str]], None]
MUTATION_WRITERS: Mapping[str, Writer] = {
    "json": write_json,
    "junit": write_junit,
    "list": write_list,
    "tree": write_tree,
}


def score_text(score: Score) -> str:
    """Returns a score as a phrase."""
    text = f"{score.caught} of {score.counted} mutants caught ({score.percent:.1f} %)"
    survived = f"{score.survived} survived"
    if score.explained:
        survived += f", {score.explained} of them explained"
    return f"{text}, {survived}"


def _finish(report: MutationReport, out: IO[str]) -> None:
    console = file_console(out)
    for problem in report.problems:
        console.print(Text(problem.text()))
    left = report.total
    out_of = f"{left.not_applicable} make no sense and {left.equivalent} change nothing, and do not count"
    console.print(Text(f"{score_text(left)}; {out_of}.", style="bold"))


def _words(lived: Lived) -> str:
    return lived.survivor.change + (f"  (explained: {lived.because})" if lived.because else "")


def _where(place: Place) -> str:
    return f"{place.file}:{place.line}"


def _score_document(score: Score) -> dict[str, object]:
    return {**msgspec.structs.asdict(score), "percent": round(score.percent, 1)}


def _survivor_document(lived: Lived) -> dict[str, object]:
    place = lived.survivor.place
    return {
        lived.subject.part.value: lived.subject.id,
        "change": lived.survivor.change,
        "file": place.file,
        "line": place.line,
        "explained": lived.because,
    }
