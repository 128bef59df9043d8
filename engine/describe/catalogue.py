"""Writes the catalogue of edits: one page for each kind of edit with its rules in plain English and an example that fires.

The pages are made from the policies alone and hold no date, so that they change only when the policies do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from engine.claims import decode_claim
from engine.describe.claim import short_claim
from engine.describe.rule import (
    RuleUse,
    Section,
    kind_text,
    payer_policies,
    rests_on,
    rule_sections,
    uses_of_rule,
    values_of,
)
from engine.describe.waiting import NOT_YET, WAITING
from engine.model import Evaluation, Finding
from engine.policy.categories import CATEGORIES
from engine.policy.types import GoldenTest, PolicySet, Rule, Status, TestFile
from engine.regression.changes import changed_claim
from engine.regression.golden import Evaluators

INDEX = "README.md"
_MADE = "<!-- Made from the policies by `make docs`; do not edit. -->"


class _Entry(msgspec.Struct, frozen=True):
    """One rule with what the payers do with it and its page's example."""

    rule: Rule
    uses: tuple[RuleUse, ...]
    example: str


def write_catalogue(policies: PolicySet, folder: Path, out: Path) -> int:
    """Writes every page into a folder, deletes pages whose kind of edit has no rule any more, and returns how many there are.

    ``folder`` is where the policies were loaded from; pages link to its files.
    """
    pages = catalogue(policies, os.path.relpath(folder, out), folder.as_posix())
    out.mkdir(parents=True, exist_ok=True)
    for page in out.glob("*.md"):
        if page.name not in pages and page.read_text(encoding="utf-8").startswith(_MADE):
            page.unlink()
    for name, text in pages.items():
        (out / name).write_text(text, encoding="utf-8")
    return len(pages)


def catalogue(policies: PolicySet, link: str, folder: str) -> dict[str, str]:
    """Returns the pages by file name; ``link`` leads from a page to the policies, which were loaded from ``folder``."""
    entries = _entries(policies)
    pages = {INDEX: _index(entries)}
    for slug, own in entries.items():
        if own:
            pages[f"{slug}.md"] = _page(slug, own, policies, link, folder)
    return pages


def _entries(policies: PolicySet) -> dict[str, list[_Entry]]:
    found: dict[str, list[_Entry]] = {slug: [] for slug in CATEGORIES}
    evaluators = Evaluators(policies, None)
    payers = payer_policies(policies)
    tests = {f"{file.stem}/{test.name}": (file, test) for file in policies.tests for test in file.tests}
    try:
        for policy in policies.policies:
            for rule in policy.rules:
                if rule.report is not None and rule.status not in (Status.DRAFT, Status.RETIRED):
                    example = _example(rule, tests, evaluators)
                    found[rule.category].append(_Entry(rule, uses_of_rule(rule, payers), example))
    finally:
        evaluators.close()
    return {slug: sorted(own, key=lambda e: (e.rule.id, e.rule.policy_version)) for slug, own in found.items()}


def _example(rule: Rule, tests: Mapping[str, tuple[TestFile, GoldenTest]], evaluators: Evaluators) -> str:
    """Returns the first golden test of a rule that fires, as its claim in short form and what is said of it."""
    for name in rule.tests.fires:
        if name in tests:
            file, test = tests[name]
            document, problems = changed_claim(dict(file.claims)[test.claim], test)
            if not problems:
                claim = decode_claim(msgspec.json.encode(document))
                evaluation = evaluators.for_test(file, test).evaluate(
                    claim, policy=(file.policy_id, file.policy_version)
                )
                told = [_told(finding) for finding in _findings(evaluation) if finding.rule_id == rule.id]
                given = sorted({row.table for row in test.given} | set(test.complete))
                rows = f", with rows of its own in {', '.join(given)}" if given else ""
                head = f"Example, golden test `{name}`{rows}:"
                return "\n".join([head, "", "```text", short_claim(claim), "```", "", *told])
    return ""


def _findings(evaluation: Evaluation) -> tuple[Finding, ...]:
    excepted = (entry.finding for entry in evaluation.excepted)
    return (*evaluation.findings, *evaluation.trial_findings, *excepted)


def _told(finding: Finding) -> str:
    numbers = ", ".join(map(str, finding.line_numbers))
    where = f"line{'s' if len(finding.line_numbers) > 1 else ''} {numbers}" if numbers else "the claim"
    fix = f" Fix: {finding.fixes[0].description}." if finding.fixes else ""
    return f"> On {where}: {finding.message}{fix}"


def _index(entries: Mapping[str, Sequence[_Entry]]) -> str:
    judged = {slug: own for slug, own in entries.items() if own}
    rules = sum(len(own) for own in judged.values())
    lines = [
        _MADE,
        "# The catalogue of edits",
        "",
        f"{len(entries)} kinds of edits; {len(judged)} of them are judged by {rules} rules. A kind below another is a special case of it.",
        "",
        "| kind of edit | special case of | rules | packs | severity | payer policies |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_row(slug, judged[slug]) for slug in sorted(judged)]
    waiting = sorted(slug for slug in entries if slug not in judged)
    if waiting:
        lines += ["", "## Not judged yet", "", "| kind of edit | waits for |", "|---|---|"]
        lines += [f"| `{slug}` | {WAITING.get(slug, NOT_YET)} |" for slug in waiting]
    return "\n".join(lines) + "\n"


def _row(slug: str, own: Sequence[_Entry]) -> str:
    parent = f"`{CATEGORIES[slug]}`" if CATEGORIES[slug] else ""
    rules = ", ".join(dict.fromkeys(entry.rule.id for entry in own))
    packs = ", ".join(sorted({f"`{entry.rule.policy_id}`" for entry in own}))
    severities = {entry.rule.severity.lower() for entry in own}
    severity = ", ".join(word for word in ("error", "warning", "info") if word in severities)
    payers = ", ".join(sorted({f"`{use.policy}`" for entry in own for use in entry.uses if use.runs}))
    return f"| [`{slug}`]({slug}.md) | {parent} | {rules} | {packs} | {severity} | {payers or 'none'} |"


def _page(slug: str, own: Sequence[_Entry], policies: PolicySet, link: str, folder: str) -> str:
    parent = CATEGORIES[slug]
    lines = [_MADE, f"# `{slug}`", ""]
    if parent:
        lines += [f"A special case of `{parent}`.", ""]
    lines += [f"{len(own)} rule{'s' if len(own) > 1 else ''}. [All kinds of edits]({INDEX})", ""]
    for entry in own:
        lines += [*_rule(entry, policies, link, folder), ""]
    return "\n".join(lines).rstrip() + "\n"


def _rule(entry: _Entry, policies: PolicySet, link: str, folder: str) -> Iterator[str]:
    rule = entry.rule
    file = os.path.relpath(rule.place.file, folder)
    yield f"## {rule.id}: {_prose(rule.title)}"
    yield ""
    yield f"{_prose(kind_text(rule))}. Written in [`{rule.policy_id}` {rule.policy_version}]({link}/{file})."
    uses = Section("Payer policies", tuple(f"{use.policy}: {use.how}" for use in entry.uses))
    for section in (*rule_sections(rule, values_of(rule, policies)), rests_on(rule, policies), uses):
        if section.lines:
            mark = "1." if section.numbered else "-"
            yield ""
            yield f"**{section.heading}**"
            yield ""
            yield from (f"{mark} {_prose(line)}" for line in section.lines)
    if entry.example:
        yield ""
        yield entry.example


def _prose(text: str) -> str:
    """Returns text in which Markdown takes nothing for a mark."""
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;").replace("|", "\\|")
