"""Holds the measured limits of the durable_rules kernel, with room to spare, and the hash it identifies names by.

Past these limits the kernel crashes, hangs or drops facts without an error; ``docs/rules-engine.md`` lists each with its guard.
"""

from __future__ import annotations

from collections.abc import Iterable

MAXIMUM_PATTERNS = 50  # a ruleset; one fact that satisfies more than 64 sibling tests makes nothing fire (error 303)
MAXIMUM_RULES = 50  # a ruleset; 256 rules on one identical pattern crash, and every rule starts with the same gate
MAXIMUM_PROPERTIES = 200  # a fact; at 252 that fact and all later ones of its batch are dropped
MAXIMUM_PATTERNS_OF_RULE = 15  # besides the gate; the seventeenth is error 304
MAXIMUM_JOINS_OF_PATTERN = 24  # the thirtieth is error 113
MAXIMUM_ALTERNATIVES = 16  # kernel rules that one rule becomes when fields test several `$name.field` at once
MAXIMUM_INTEGER = 2**63 - 1  # the kernel saturates past it
MAXIMUM_MAGNITUDE = 2**53  # of ordered numbers: exact as a double, far below where the kernel saturates


def fnv1a(name: str) -> int:
    """Returns the 32-bit FNV-1a hash by which the kernel tells names and ids apart."""
    found = 2_166_136_261
    for byte in name.encode():
        found = ((found ^ byte) * 16_777_619) & 0xFFFFFFFF
    return found


def colliding(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Returns pairs of different names that the kernel would take for the same."""
    seen: dict[int, str] = {}
    pairs = []
    for name in sorted(set(names)):
        other = seen.setdefault(fnv1a(name), name)
        if other != name:
            pairs.append((other, name))
    return tuple(pairs)


class IdentifierPool:
    """Hands out fact ids that the kernel tells apart: the n-th is always the same text."""

    def __init__(self, session: str, taken: Iterable[str] = ()) -> None:
        """Starts an empty pool for a session that never hands out an id with the hash of a taken one."""
        self._prefix = f"{session}!"  # the kernel hashes both together
        self._hashes = {fnv1a(self._prefix + name) for name in taken}
        self._identifiers: list[str] = []
        self._next = 0

    def first(self, count: int) -> list[str]:
        """Returns a list whose first ``count`` entries, and possibly more, are ids without a collision."""
        while len(self._identifiers) < count:
            name = format(self._next, "x")
            self._next += 1
            found = fnv1a(self._prefix + name)
            if found not in self._hashes:
                self._hashes.add(found)
                self._identifiers.append(name)
        return self._identifiers
