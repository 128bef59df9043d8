"""Reads a file of golden tests: its claims as plain values, its tests, and what each expects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec

from engine.policy import schema
from engine.policy.reader import Reader, meant
from engine.policy.source import LARGEST_FILE, Node
from engine.policy.tables import Fetch
from engine.policy.types import Expectation, GivenRow, GoldenTest, Scalar, TestFile

_CHANGE = re.compile(r"[a-z][a-z0-9_]*(\.([a-z][a-z0-9_]*|[1-9][0-9]*))*")


def read_tests_file(reader: Reader, root: Node, fetch: Fetch) -> TestFile:
    """Reads a file of kind ``tests``."""
    fields = reader.fields(root, schema.TESTS, "the tests file")
    policy = reader.fields(fields["policy"], schema.POLICY_NAME, "policy") if "policy" in fields else {}
    claims = _claims(reader, fields.get("claims"), fetch)
    tests = _tests(reader, fields.get("tests"))
    if "tests" in fields and fields["tests"].kind == "list" and not fields["tests"].items:
        reader.problem("E516", fields["tests"], "the file has no tests", "write at least one, or delete the file")
    _check_claims(reader, fields, tests)
    return TestFile(
        stem=PurePosixPath(reader.source.file).stem,
        title=reader.text(fields.get("title"), "title"),
        policy_id=reader.text(policy.get("id"), "id"),
        policy_version=reader.text(policy.get("version"), "version"),
        reference=_reference(reader, fields.get("reference")),
        claims=claims,
        tests=tests,
        place=reader.source.place(root),
    )


def _reference(reader: Reader, node: Node | None) -> tuple[tuple[str, str], ...]:
    if node is None or not reader.wants(node, "map", "reference"):
        return ()
    return tuple((name, reader.text(value, f"the release of {name}")) for name, value in node.map.items())


def _claims(reader: Reader, node: Node | None, fetch: Fetch) -> tuple[tuple[str, object], ...]:
    if node is None or not reader.wants(node, "map", "claims"):
        return ()
    found: list[tuple[str, object]] = []
    for name, value in node.map.items():
        if value.kind == "text":
            found.append((name, _claim_of_file(reader, value, fetch)))
        elif list(value.map) == ["file"]:
            found.append((name, _claim_of_file(reader, value.map["file"], fetch)))
        elif reader.wants(value, "map", f"the claim {name}"):
            _refuse_unclear(reader, value)
            found.append((name, value.plain()))
    return tuple(found)


def _claim_of_file(reader: Reader, node: Node, fetch: Fetch) -> object:
    fetched = fetch(reader.text(node, "file"), reader.source.file)
    if isinstance(fetched, str):
        reader.problem("E515", node, fetched, "name a file beside this one")
        return {}
    file, content = fetched
    if len(content) > LARGEST_FILE:
        reader.problem("E515", node, f"{file} is larger than {LARGEST_FILE // 1024 // 1024} MB", "name a smaller claim")
        return {}
    try:
        claim = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        reader.problem("E515", node, f"{file} is not JSON: {error}", "mend the file")
        return {}
    if not isinstance(claim, dict):
        reader.problem("E515", node, f"{file} is not one claim", "a claim is a JSON object")
        return {}
    return claim


def _scalars(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if found.kind in ("map", "list"):
            waiting += [*found.map.values(), *found.items]
        else:
            yield found


def _refuse_unclear(reader: Reader, node: Node) -> None:
    for scalar in _scalars(node):
        if scalar.kind == "unclear":
            reader.unquoted(scalar)


def _tests(reader: Reader, node: Node | None) -> tuple[GoldenTest, ...]:
    found: list[GoldenTest] = []
    names: set[str] = set()
    for item in reader.items(node, "tests"):
        fields = reader.fields(item, schema.GOLDEN_TEST, "the test")
        name = reader.text(fields.get("name"), "name")
        if name and name in names:
            reader.problem("E514", fields["name"], f"two tests are called {name!r}", "give each its own name")
        names.add(name)
        not_evaluated = fields.get("not_evaluated")
        found.append(
            GoldenTest(
                name=name,
                claim=reader.text(fields.get("claim"), "claim"),
                change=_change(reader, fields.get("change")),
                given=tuple(_given(reader, fields.get("given"))),
                complete=reader.texts(fields.get("complete"), "complete") if "complete" in fields else (),
                expect=_expectations(reader, fields.get("expect"), "expect"),
                excepted=_expectations(reader, fields.get("excepted"), "excepted"),
                trial=_expectations(reader, fields.get("trial"), "trial"),
                not_evaluated=None if not_evaluated is None else reader.texts(not_evaluated, "not_evaluated"),
                place=reader.source.place(item),
            )
        )
    return tuple(found)


def _change(reader: Reader, node: Node | None) -> tuple[tuple[str, object], ...]:
    if node is None or not reader.wants(node, "map", "change"):
        return ()
    found = []
    for path, value in node.map.items():
        if not _CHANGE.fullmatch(path):
            place = reader.source.key_place(node, path)
            reader.problem(
                "E517", place, f"{path!r} is no path into a claim", "write lines.2.units or place_of_service"
            )
            continue
        _refuse_unclear(reader, value)
        found.append((path, value.plain()))
    return tuple(found)


def _given(reader: Reader, node: Node | None) -> Iterator[GivenRow]:
    """Yields rows as they are written; whether they fit their table is checked when all tables are known."""
    if node is None or not reader.wants(node, "map", "given"):
        return
    for table, rows in node.map.items():
        for row in reader.items(rows, f"the rows of {table}"):
            if not reader.wants(row, "map", "a row"):
                continue
            cells: list[tuple[str, Scalar | None]] = []
            for column, cell in row.map.items():
                if cell.kind in ("map", "list"):
                    reader.problem("E205", cell, f"{column} is a {cell.kind}, not one value", "write one value")
                    continue
                _refuse_unclear(reader, cell)
                value = cell.value
                cells.append((column, None if isinstance(value, dict | list) else value))
            yield GivenRow(table, tuple(cells), reader.source.place(row))


def _expectations(reader: Reader, node: Node | None, what: str) -> tuple[Expectation, ...]:
    keys = schema.EXCEPTED if what == "excepted" else schema.EXPECTATION
    found = []
    for item in reader.items(node, what):
        fields = reader.fields(item, keys, f"the finding of {what}")
        found.append(
            Expectation(
                rule=reader.text(fields.get("rule"), "rule"),
                lines=_lines(reader, fields.get("lines")),
                fields=_compared(reader, fields),
                exception=reader.text(fields.get("exception"), "exception"),
                place=reader.source.place(item),
            )
        )
    return tuple(found)


def _compared(reader: Reader, fields: dict[str, Node]) -> tuple[tuple[str, Scalar], ...]:
    found = []
    for name, node in fields.items():
        if name in ("rule", "lines", "exception"):
            continue
        if name in ("diagnoses", "codes"):
            found.append((name, ", ".join(str(item.value) for item in reader.items(node, name))))
            continue
        words = schema.EXPECTATION[name].words
        text = reader.word(node, words, name) if words else reader.text(node, name)
        found.append((name, text.upper() if name in ("severity", "kind") else text))
    return tuple(found)


def _lines(reader: Reader, node: Node | None) -> tuple[int, ...]:
    numbers = []
    for item in reader.items(node, "lines"):
        if reader.wants(item, "integer", "a line number") and isinstance(item.value, int):
            numbers.append(item.value)
    return tuple(numbers)


def _check_claims(reader: Reader, fields: dict[str, Node], tests: tuple[GoldenTest, ...]) -> None:
    """Checks that every test has its claim (E513) and every claim its test (E512)."""
    claims = fields["claims"].map if "claims" in fields else {}
    for test in tests:
        if test.claim and test.claim not in claims:
            reader.problem("E513", test.place, f"unknown claim {test.claim!r}", meant(test.claim, claims))
    used = {test.claim for test in tests}
    for name in claims:
        if name not in used and tests:
            place = reader.source.key_place(fields["claims"], name)
            reader.problem("E512", place, f"no test uses the claim {name!r}", "test it or delete it")
