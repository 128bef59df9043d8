"""Reads a rule: its conditions, derived facts, report, fixes and the tests that prove it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import cast

from engine.model import Kind, Severity
from engine.policy.expressions import read_message, read_operand, read_operands, read_tests, read_unless, read_when
from engine.policy.proofs import RuleTests
from engine.policy.reader import Reader
from engine.policy.schema import (
    BARE_OPERATIONS,
    FIX,
    GROUPS,
    OPERATIONS,
    REPORT,
    RULE,
    RULE_KINDS,
    RULE_TESTS,
    SEVERITIES,
)
from engine.policy.source import Node
from engine.policy.types import (
    Assertion,
    FixTemplate,
    MessagePart,
    Operand,
    OperationTemplate,
    Report,
    Rule,
    Status,
)

CARC = re.compile(r"[1-9]\d{0,2}|[A-Z]\d{1,2}")
RARC = re.compile(r"(M|MA|N)\d{1,3}")
_LISTS = frozenset(["lines", "modifiers"])


def read_rule(reader: Reader, node: Node, policy_id: str, policy_version: str, kinds: Collection[str]) -> Rule | None:
    """Reads one rule of a policy; None when it is no map. ``kinds`` are the facts known by name."""
    if node.kind != "map":
        reader.wants(node, "map", "a rule")
        return None
    fields = reader.fields(node, RULE, "the rule")
    kind = reader.word(fields.get("kind"), RULE_KINDS, "kind")
    severity = reader.word(fields.get("severity"), SEVERITIES, "severity")
    status = reader.word(fields.get("status"), ("draft", "trial", "active"), "status")
    return Rule(
        id=reader.id(fields.get("id"), "the rule's id"),
        title=reader.text(fields.get("title"), "title"),
        when=read_when(reader, fields.get("when")),
        unless=read_unless(reader, fields.get("unless"), kinds) if "unless" in fields else (),
        judged_without=reader.texts(fields.get("judged_without"), "judged_without"),
        assertions=_assertions(reader, fields.get("assert")),
        report=_report(reader, fields.get("report")),
        fixes=_fixes(reader, fields.get("fix")),
        category=reader.text(fields.get("category"), "category"),
        kind=cast(Kind, (kind or "violation").upper()),
        severity=cast(Severity, (severity or "error").upper()),
        status=Status(status or "active"),
        references=reader.texts(fields.get("references"), "references"),
        known_exceptions=reader.texts(fields.get("known_exceptions"), "known_exceptions"),
        tests=_rule_tests(reader, fields.get("tests")),
        policy_id=policy_id,
        policy_version=policy_version,
        place=reader.source.place(node),
    )


def _assertions(reader: Reader, node: Node | None) -> tuple[Assertion, ...]:
    if node is None:
        return ()
    found = []
    for item in node.items if node.kind == "list" else [node]:
        if not reader.wants(item, "map", "assert"):
            continue
        for kind, fields in item.map.items():
            reader.name(kind, reader.source.key_place(item, kind), "the derived fact")
            if not reader.wants(fields, "map", f"the derived fact {kind}"):
                continue
            values = []
            for name, value in fields.map.items():
                reader.name(name, reader.source.key_place(fields, name), "the field")
                operand = read_operand(reader, value, f"{kind}.{name}")
                if operand is not None:
                    values.append((name, operand))
            found.append(Assertion(kind, tuple(values), reader.source.place(fields)))
    return tuple(found)


def _report(reader: Reader, node: Node | None) -> Report | None:
    if node is None:
        return None
    fields = reader.fields(node, REPORT, "the report")
    return Report(
        message=read_message(reader, fields.get("message"), "the message"),
        lines=_references(reader, fields.get("lines"), "lines"),
        diagnoses=_references(reader, fields.get("diagnoses"), "diagnoses"),
        codes=_references(reader, fields.get("codes"), "codes"),
        group=reader.word(fields.get("group"), GROUPS, "group"),
        carc=adjustment_code(reader, fields.get("carc"), CARC, "carc"),
        rarc=adjustment_code(reader, fields.get("rarc"), RARC, "rarc"),
    )


def adjustment_code(reader: Reader, node: Node | None, form: re.Pattern[str], what: str) -> str:
    """Reads a CARC (up to three digits, or a letter and digits) or RARC (M, MA or N and digits) (E224)."""
    text = reader.text(node, what)
    if node is not None and text and not form.fullmatch(text):
        hint = "codes look like 45, 197 or B7" if what == "carc" else "codes look like M15, MA130 or N20"
        reader.problem("E224", node, f"{text!r} is no {what.upper()}", hint)
        return ""
    return text


def _references(reader: Reader, node: Node | None, what: str) -> tuple[Operand, ...]:
    if node is None:
        return ()
    nodes = node.items if node.kind == "list" else [node]
    found = []
    for item in nodes:
        operand = read_operand(reader, item, f"an entry of {what}")
        if operand is not None and (not operand.name or operand.operator):
            reader.problem("E308", item, f"{what} take $name.field only", "name a field of a condition")
        elif operand is not None:
            found.append(operand)
    return tuple(found)


def _fixes(reader: Reader, node: Node | None) -> tuple[FixTemplate, ...]:
    fixes = []
    for item in reader.items(node, "fix"):
        fields = reader.fields(item, FIX, "the alternative")
        names = [name for name in fields if name in OPERATIONS or name == "all"]
        if len(names) != 1:
            hint = "write one operation, or all: with a list of them"
            reader.problem("E226", item, f"an alternative has one operation, this one has {len(names)}", hint)
            continue
        operations = _operations(reader, fields, names[0])
        needs_for = _references(reader, fields.get("needs_for"), "needs_for")
        fixes.append(
            FixTemplate(
                operations=operations,
                needs=reader.texts(fields.get("needs"), "needs"),
                needs_for=needs_for[0] if needs_for else None,
                description=read_message(reader, fields.get("description"), "the description"),
                place=reader.source.place(item),
            )
        )
    return tuple(fixes)


def _operations(reader: Reader, fields: dict[str, Node], name: str) -> tuple[OperationTemplate, ...]:
    if name != "all":
        operation = _operation(reader, name, fields[name])
        return (operation,) if operation is not None else ()
    operations = []
    for item in reader.items(fields["all"], "all"):
        if not reader.wants(item, "map", "an operation") or len(item.map) != 1:
            reader.problem("E226", item, "each entry of all is one operation", "write - remove_line: $name.line_number")
            continue
        ((inner, value),) = item.map.items()
        if inner not in OPERATIONS:
            reader.problem("E226", item, f"there is no operation {inner!r}", f"there are {', '.join(OPERATIONS)}")
            continue
        operation = _operation(reader, inner, value)
        operations += [operation] if operation is not None else []
    return tuple(operations)


def _operation(reader: Reader, op: str, node: Node) -> OperationTemplate | None:
    place = reader.source.place(node)
    keys = OPERATIONS[op]
    if op == "manual_review":
        return OperationTemplate(op, (("text", Operand(constant=_plain_text(reader, node))),), place)
    if op in BARE_OPERATIONS and node.kind != "map":
        operand = read_operand(reader, node, op)
        return None if operand is None else OperationTemplate(op, ((BARE_OPERATIONS[op], operand),), place)
    arguments: list[tuple[str, Operand | tuple[Operand, ...]]] = []
    for name, value in reader.fields(node, keys, op).items():
        if name in _LISTS:
            nodes = value.items if value.kind == "list" else [value]
            arguments.append((name, read_operands(reader, nodes, f"{name} of {op}")))
            continue
        operand = read_operand(reader, value, f"{name} of {op}")
        if operand is not None:
            arguments.append((name, operand))
    return OperationTemplate(op, tuple(arguments), place)


def _plain_text(reader: Reader, node: Node) -> str:
    text = reader.text(node, "manual_review")
    if "{" in text:
        hint = "a description: beside manual_review: takes {name.field}"
        reader.problem("E223", node, "the text of manual_review is printed as it stands", hint)
    return text


def _rule_tests(reader: Reader, node: Node | None) -> RuleTests:
    if node is None:
        return RuleTests()
    fields = reader.fields(node, RULE_TESTS, "tests")
    return RuleTests(reader.texts(fields.get("fires"), "fires"), reader.texts(fields.get("near"), "near"))


def override_message(reader: Reader, node: Node) -> tuple[MessagePart, ...]:
    """Reads the message that an override gives a parent's rule."""
    return read_message(reader, node, "the message")


__all__ = ["CARC", "RARC", "adjustment_code", "override_message", "read_rule", "read_tests"]
