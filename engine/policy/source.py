"""Reads YAML into a tree that keeps the line, column and path of every key and value, and refuses what policies may not use.

Nothing is ever constructed: libyaml's events are turned into nodes here, so that a file can hold no more than maps, lists, text,
numbers, dates, true, false and null. Everything refused is a Problem; no exception of the YAML library leaves this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import yaml

from engine.errors import Place, Problem

LARGEST_FILE = 5 * 1024 * 1024
DEEPEST = 50
_MOST_DIGITS = 18

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_NUMERAL = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NULLS = frozenset(["", "~", "null", "Null", "NULL"])
_FLAGS = {"true": True, "false": False}
# What other YAML readers take a plain word for; ours asks for quotes instead of guessing.
_RESOLVERS = yaml.SafeLoader.yaml_implicit_resolvers

Value = dict[str, "Node"] | list["Node"] | str | int | float | bool | None


class Node:
    """One key's value or list item: its kind, value, text as written and place.

    ``kind`` is ``map``, ``list``, ``text``, ``integer``, ``number``, ``flag``, ``date`` (value: ISO text), ``null``, or
    ``unclear`` for a plain word that YAML readers disagree about (``08010``, ``yes``, ``1e5``); its value is the word.
    """

    __slots__ = ("column", "keys", "kind", "line", "path", "text", "value")

    def __init__(self, kind: str, value: Value, text: str, spot: tuple[int, int], path: str) -> None:
        """Keeps a value and where it stands (line and column from 1); ``keys`` holds the places of a map's keys."""
        self.kind = kind
        self.value = value
        self.text = text
        self.line, self.column = spot
        self.path = path
        self.keys: dict[str, tuple[int, int]] = {}

    @property
    def map(self) -> dict[str, Node]:
        """The entries of a map; none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The items of a list; none for anything else."""
        return self.value if isinstance(self.value, list) else []

    def plain(self) -> object:
        """Returns the value as plain lists, dicts and scalars; ``unclear`` words as text."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


class Source:
    """One file: its name, its lines and the tree of its document (None when it could not be read)."""

    def __init__(self, file: str, text: str, root: Node | None) -> None:
        """Keeps a file that was read."""
        self.file = file
        self.text = text
        self.root = root

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the file."""
        return self.text.split("\n")

    @cached_property
    def places(self) -> dict[str, Place]:
        """The place of every node by its path."""
        found: dict[str, Place] = {}
        waiting = [self.root] if self.root is not None else []
        while waiting:
            node = waiting.pop()
            found[node.path] = self.place(node)
            waiting += node.map.values()
            waiting += node.items
        return found

    def place(self, node: Node) -> Place:
        """Returns the place of a node."""
        return Place(self.file, node.line, node.column, node.path)

    def key_place(self, node: Node, key: str) -> Place:
        """Returns the place of a key of a map."""
        line, column = node.keys.get(key, (node.line, node.column))
        return Place(self.file, line, column, f"{node.path}.{key}")

    def excerpt(self, line: int) -> str:
        """Returns one line of the file, shortened where it is very long."""
        if not 1 <= line <= len(self.lines):
            return ""
        text = self.lines[line - 1].rstrip("\r")
        return text if len(text) <= 400 else text[:400] + "…"


class _Refusal(Exception):
    """Ends the reading of a file; carries the problem."""

    def __init__(self, code: str, message: str, spot: tuple[int, int], path: str = "", hint: str = "") -> None:
        self.code, self.message, self.spot, self.path, self.hint = code, message, spot, path, hint


def read_source(file: str, content: bytes | str) -> tuple[Source, list[Problem]]:
    """Reads one file. Problems have codes E101 to E110; the tree is None when the file could not be read to its end."""
    text, problem = _decode(file, content)
    if problem is not None:
        return Source(file, "", None), [problem]
    reader = _Reader()
    source = Source(file, text, None)
    refused: list[_Refusal] = []
    try:
        source.root = reader.document(text)
    except _Refusal as refusal:
        refused.append(refusal)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        spot = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        refused.append(_Refusal("E101", f"this is not YAML: {error.problem or error.context}", spot))
    except yaml.YAMLError as error:
        refused.append(
            _Refusal("E102", f"the file holds a character that YAML does not allow: {error.args[0]}", (0, 0))
        )
    refused += reader.refused
    return source, [_problem(source, refusal) for refusal in refused]


def _problem(source: Source, refusal: _Refusal) -> Problem:
    place = Place(source.file, *refusal.spot, refusal.path)
    return Problem(refusal.code, refusal.message, place, refusal.hint, excerpt=source.excerpt(refusal.spot[0]))


def _decode(file: str, content: bytes | str) -> tuple[str, Problem | None]:
    place = Place(file)
    too_large = Problem(
        "E103", f"the file is larger than {LARGEST_FILE // 1024 // 1024} MB", place, "split it in several"
    )
    if len(content) > LARGEST_FILE:
        return "", too_large
    try:
        raw = content.encode() if isinstance(content, str) else content
        text = raw.decode("utf-8-sig")
    except UnicodeError as error:
        return "", Problem("E102", f"the file is not UTF-8 text: {error}", place, "save it as UTF-8")
    if len(raw) > LARGEST_FILE:
        return "", too_large
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return "", Problem("E102", "the file holds a zero byte", Place(file, line, 1), "save it as UTF-8 text")
    return text, None


class _Reader:
    """Turns the events of one file into nodes; collects what can be refused without losing the rest of the file.

    The events of libyaml are typed Any: their stubs leave out the fields that only some events have.
    """

    def __init__(self) -> None:
        self.refused: list[_Refusal] = []

    def document(self, text: str) -> Node:
        events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _Refusal(
                        "E104", "a file holds one document", _spot(event), hint="write the second in a file of its own"
                    )
                root = self._node(next(events), events, "$", 0)
        if root is None or root.kind == "null":
            raise _Refusal(
                "E110", "the file is empty", (1, 1), hint="begin with kind: policy, table, tests or survivors"
            )
        return root

    def _node(self, event: Any, events: Iterator[Any], path: str, depth: int) -> Node:
        if depth > DEEPEST:
            raise _Refusal("E108", f"values are nested deeper than {DEEPEST}", _spot(event), path)
        if isinstance(event, yaml.AliasEvent):
            self._refuse_extra(event, path, f"the alias *{event.anchor}")
            return Node("null", None, "", _spot(event), path)
        if event.anchor is not None:
            self._refuse_extra(event, path, f"the anchor &{event.anchor}")
        if event.tag is not None and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            self._refuse_extra(event, path, f"the tag {event.tag}")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(event, events, path, depth)
        return self._map(event, events, path, depth)

    def _refuse_extra(self, event: Any, path: str, what: str) -> None:
        self.refused.append(
            _Refusal("E106", f"{what} is not allowed", _spot(event), path, "write the value out, without &, * and !")
        )

    def _list(self, start: Any, events: Iterator[Any], path: str, depth: int) -> Node:
        items: list[Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, events, f"{path}[{len(items)}]", depth + 1))
        return Node("list", items, "", _spot(start), path)

    def _map(self, start: Any, events: Iterator[Any], path: str, depth: int) -> Node:
        entries: dict[str, Node] = {}
        node = Node("map", entries, "", _spot(start), path)
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, events, path, depth)
            value = self._node(next(events), events, f"{path}.{key}", depth + 1)
            if key in entries:
                first = node.keys[key][0]
                refusal = _Refusal(
                    "E105", f"the key {key!r} stands twice", _spot(event), f"{path}.{key}", f"first on line {first}"
                )
                self.refused.append(refusal)
                continue
            entries[key] = value
            node.keys[key] = _spot(event)
        return node

    def _key(self, event: Any, events: Iterator[Any], path: str, depth: int) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag not in (None, "!"):
            self.refused.append(
                _Refusal("E109", "a key must be a plain word", _spot(event), path, "quote it or write it out")
            )
            self._node(event, events, path, depth + 1)
            return f"<key on line {_spot(event)[0]}>"
        return str(event.value)


def _spot(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _scalar(event: Any, path: str) -> Node:
    text: str = event.value
    spot = (event.start_mark.line + 1, event.start_mark.column + 1)
    if not event.implicit[0]:
        return Node("text", text, text, spot, path)
    kind, value = _plain(text)
    return Node(kind, value, text, spot, path)


def _plain(text: str) -> tuple[str, str | int | float | bool | None]:
    """Returns the kind and value of an unquoted word."""
    first = text[:1]
    if first.isalpha() or first == "$":
        if text in _FLAGS:
            return "flag", _FLAGS[text]
        if text in _NULLS:
            return "null", None
    elif first in "0123456789+-":
        if _INTEGER.fullmatch(text) and len(text) <= _MOST_DIGITS:
            return "integer", int(text)
        if _NUMBER.fullmatch(text) and len(text) <= _MOST_DIGITS:
            return "number", float(text)
        if _DATE.fullmatch(text):
            return "date", text
        if _NUMERAL.fullmatch(text):
            return "unclear", text
    elif text in _NULLS:
        return "null", None
    if any(pattern.match(text) for _, pattern in _RESOLVERS.get(first, ())):
        return "unclear", text
    return "text", text
