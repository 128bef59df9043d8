"""Holds the codes of the ICD-10-CM tabular list as a tree and answers what ranges and exceptions mean as prefixes.

Codes in here are plain (without dot); ``dotted`` gives the form that rows carry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec


class Node(msgspec.Struct, frozen=True):
    """One code in tabular order: a heading or a billable code."""

    code: str
    title: str
    billable: bool


class CodeTree:
    """The codes of one edition: titles, children (7th-character codes included) and categories, in tabular order."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.titles: dict[str, str] = {}
        self.children: dict[str, list[str]] = {}
        self.categories: list[str] = []
        self.starts: dict[str, int] = {}  # first one and two characters of categories, and how many have them

    def add(self, code: str, title: str, billable: bool, parent: str) -> None:
        """Adds a code below its parent (empty for a category)."""
        self.nodes.append(Node(code, title, billable))
        self.titles[code] = title
        if parent:
            self.children.setdefault(parent, []).append(code)
        else:
            self.categories.append(code)
            for length in (1, 2):
                self.starts[code[:length]] = self.starts.get(code[:length], 0) + 1

    def below(self, code: str) -> Iterator[str]:
        """Yields a code and everything below it."""
        yield code
        for child in self.children.get(code, ()):
            yield from self.below(child)

    def within(self, first: str, last: str) -> list[str]:
        """Returns the fewest prefixes that hold exactly the codes from the first to the last, both whole."""
        if len(first) == len(last) == 3:
            return self._compressed([code for code in self.categories if first <= code <= last])
        found: list[str] = []
        for category in self.categories:
            if first[:3] <= category <= last[:3]:
                self._collect(category, first, last, found)
        return found

    def _collect(self, code: str, first: str, last: str, found: list[str]) -> None:
        splits = (first != code and first.startswith(code)) or (last != code and last.startswith(code))
        if splits and code in self.children:
            for child in self.children[code]:
                self._collect(child, first, last, found)
        elif code >= first and (code <= last or code.startswith(last)):
            found.append(code)

    def _compressed(self, categories: list[str]) -> list[str]:
        """Replaces complete letters and complete tens of categories by their common start."""
        for length in (1, 2):
            chosen: dict[str, int] = {}
            for code in categories:
                if len(code) == 3:
                    chosen[code[:length]] = chosen.get(code[:length], 0) + 1
            whole = {start for start, count in chosen.items() if count == self.starts[start]}
            categories = list(dict.fromkeys(code[:length] if code[:length] in whole else code for code in categories))
        return categories

    def apart(self, prefix: str, target: str) -> list[tuple[str, str]]:
        """Returns pairs of prefixes that hold every code of one with every code of the other, but no code with itself.

        A note on a chapter may name a target inside that chapter; the rest of the chapter is then listed without it.
        """
        if prefix == target:
            return []
        if target.startswith(prefix):
            return [(other, target) for other in self._without(prefix, target)]
        if prefix.startswith(target):
            return [(prefix, other) for other in self._without(target, prefix)]
        return [(prefix, target)]

    def _without(self, whole: str, left_out: str) -> list[str]:
        found: list[str] = []
        if len(whole) < 3:
            others = [code for code in self.categories if code.startswith(whole) and code != left_out[:3]]
            found += self._compressed(others)
            whole = left_out[:3]
            if len(left_out) < 3:
                return [code for code in found if not code.startswith(left_out)]
        while whole != left_out:
            step = ""
            for child in self.children.get(whole, ()):
                if left_out.startswith(child):
                    step = child
                elif not child.startswith(left_out):
                    found.append(child)
            if not step:
                break
            whole = step
        return found


def dotted(code: str) -> str:
    """Returns a plain code or prefix with its dot."""
    return code if len(code) <= 3 else f"{code[:3]}.{code[3:]}"


def plain(code: str) -> str:
    """Returns a code or prefix without its dot and closing dashes."""
    return code.replace(".", "").rstrip("-")


def with_length(codes: Iterable[str], length: int) -> list[str]:
    """Returns the codes of that many characters."""
    return [code for code in codes if len(code) == length]
