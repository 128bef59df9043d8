"""Defines a fact and a firing: what the rules engine reads and what it answers."""

from __future__ import annotations

import msgspec

from engine.model import RowSource, Scalar
from engine.policy.types import Rule

FieldValue = Scalar | list[str] | list[int]


class Fact(msgspec.Struct, eq=False):
    """One fact: its kind, its fields (an absent field has no key), the table row behind it, or the firing that derived it.

    ``order`` is its place in the canonical order of the claim's facts; derived facts come after all others.
    """

    kind: str
    fields: dict[str, FieldValue]
    source: RowSource | None = None
    derived_by: Firing | None = None
    order: int = 0


class Firing(msgspec.Struct, eq=False):
    """One rule with one fact for each of its ``when`` patterns, in their order; ``Firing.fact`` finds one by its name."""

    rule: Rule
    facts: tuple[Fact, ...]

    def fact(self, name: str) -> Fact:
        """Returns the fact bound to a pattern's name; raises KeyError for an unknown name."""
        for pattern, fact in zip(self.rule.when, self.facts, strict=True):
            if pattern.name == name:
                return fact
        raise KeyError(name)
