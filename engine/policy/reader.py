"""Takes typed values out of source nodes, and collects a Problem with its place for everything that does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from difflib import get_close_matches

from engine.errors import Place, Problem
from engine.policy.schema import Keys
from engine.policy.source import Node, Source

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MOST_SUGGESTED = 8
_SHAPES = {
    "map": "a map",
    "list": "a list",
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "flag": "true or false",
    "date": "a date",
    "null": "nothing",
    "unclear": "a word that needs quotes",
}


def meant(word: str, known: Iterable[str]) -> str:
    """Returns ``did you mean …`` for a word close to a known one, else the known ones when they are few."""
    names = sorted(set(known))
    close = get_close_matches(word, names, 1, 0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are {', '.join(names)}" if 0 < len(names) <= _MOST_SUGGESTED else ""


def is_date(text: object) -> bool:
    """Returns whether something is an ISO 8601 calendar date."""
    if not isinstance(text, str) or len(text) != 10:
        return False
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


class Reader:
    """Reads one file's tree; every value that does not fit is a problem, and an empty value takes its place."""

    def __init__(self, source: Source, problems: list[Problem]) -> None:
        """Reads from a source and adds to the problems of the whole run."""
        self.source = source
        self.problems = problems

    def problem(self, code: str, at: Node | Place, message: str, hint: str = "") -> None:
        """Adds a problem with its excerpt."""
        place = at if isinstance(at, Place) else self.source.place(at)
        self.problems.append(Problem(code, message, place, hint, excerpt=self.source.excerpt(place.line)))

    def fields(self, node: Node, keys: Keys, what: str) -> dict[str, Node]:
        """Returns the known keys of a map; unknown (E202) and missing ones (E204) are problems."""
        if not self.wants(node, "map", what):
            return {}
        for name in node.map:
            if name not in keys:
                place = self.source.key_place(node, name)
                self.problem("E202", place, f"unknown key {name!r} of {what}", meant(name, keys))
        for name, key in keys.items():
            if key.required and name not in node.map:
                self.problem("E204", node, f"{what} lacks {name!r}", f"add {name}: {key.about}")
        return {name: value for name, value in node.map.items() if name in keys}

    def wants(self, node: Node, kind: str, what: str) -> bool:
        """Returns whether a node has the wanted kind; if not, that is a problem (E205)."""
        if node.kind == kind:
            return True
        self.problem("E205", node, f"{what} is {_SHAPES[node.kind]}, not {_SHAPES[kind]}", f"write {_SHAPES[kind]}")
        return False

    def text(self, node: Node | None, what: str) -> str:
        """Returns a text that is not empty; unquoted codes, versions and dates are problems (E107)."""
        if node is None:
            return ""
        if node.kind in ("integer", "number", "flag", "date", "unclear"):
            self.unquoted(node)
            return node.text
        if not self.wants(node, "text", what):
            return ""
        text = str(node.value)
        if not text.strip():
            self.problem("E207", node, f"{what} is empty", "write it, or leave the key out")
        return text

    def unquoted(self, node: Node) -> None:
        """Adds the problem of a plain word that YAML takes for something else than text."""
        self.problem("E107", node, f"{node.text} without quotes is not text", f'write "{node.text}"')

    def word(self, node: Node | None, words: Sequence[str], what: str) -> str:
        """Returns one of the allowed words, else "" with a problem (E206)."""
        if node is None:
            return ""
        text = self.text(node, what)
        if not text or text in words:
            return text
        self.problem("E206", node, f"{what} cannot be {text!r}", meant(text, words) or f"there are {', '.join(words)}")
        return ""

    def date(self, node: Node | None, what: str) -> str:
        """Returns an ISO date, else "" with a problem (E209)."""
        if node is None:
            return ""
        if node.kind in ("date", "text") and is_date(node.value):
            return str(node.value)
        self.problem("E209", node, f"{what} is not a date", "write it as 2026-01-31")
        return ""

    def flag(self, node: Node | None, default: bool, what: str) -> bool:
        """Returns true or false."""
        if node is None or not self.wants(node, "flag", what):
            return default
        return bool(node.value)

    def items(self, node: Node | None, what: str) -> list[Node]:
        """Returns the items of a list that is not empty."""
        if node is None or not self.wants(node, "list", what):
            return []
        return node.items

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """Returns a list of text without repeats."""
        return self._distinct(self.items(node, what), what)

    def one_or_texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """Returns a list of text, or one text as a list of one."""
        if node is None:
            return ()
        return self._distinct(node.items if node.kind == "list" else [node], what)

    def _distinct(self, nodes: Sequence[Node], what: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for item in nodes:
            text = self.text(item, f"an entry of {what}")
            if text in found:
                self.problem("E205", item, f"{text!r} stands twice in {what}", "write it once")
            if text:
                found[text] = None
        return tuple(found)

    def id(self, node: Node | None, what: str) -> str:
        """Returns an id: letters, digits, dot, dash and underscore (E208)."""
        text = self.text(node, what)
        if node is not None and text.strip() and not _ID.fullmatch(text):
            self.problem("E208", node, f"{what} {text!r} is no id", "use letters, digits, dots, dashes and underscores")
        return text

    def name(self, text: str, place: Place, what: str) -> None:
        """Checks a name: lower-case words joined by underscores (E208)."""
        if not _NAME.fullmatch(text):
            self.problem("E208", place, f"{what} {text!r} is no name", "use lower-case letters, digits and underscores")
