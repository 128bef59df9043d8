"""Defines what a run of the rules asks for beside facts, and what it answers."""

from __future__ import annotations

from typing import Protocol

import msgspec

from engine.fact import Fact, Firing
from engine.model import Scalar
from engine.policy.types import PolicyException

MAXIMUM_DERIVED_FACTS = 10_000
MAXIMUM_FIRINGS = 100_000
MAXIMUM_WAVES = 200  # how long a chain of facts may grow through rules that feed each other


class RunContext(Protocol):
    """Answers membership of dated tables and dated policy values; dates are ISO 8601 text."""

    def has(self, table: str, column: str, value: str, on: str) -> bool:
        """Returns whether a table's column holds a value on a date (ranges and prefixes match)."""
        ...

    def value(self, value_id: str, on: str) -> Scalar | None:
        """Returns a policy value as it stood on a date, or None before its first date."""
        ...


class RunResult(msgspec.Struct, frozen=True):
    """What the rules say of one claim's facts, in canonical order whatever the order of the facts.

    ``firings`` are those of reporting rules, by rule id and then by the order of their facts; ``excepted`` are those of
    them that a policy exception sets aside (the same objects). ``missing_fields`` are (rule id, kind, field) where the
    claim does not say what a rule hinges on. ``derived`` are the facts that rules asserted. ``triggered`` counts the
    rules that could fire, ``sessions`` the kernel rulesets that ran, ``sent`` the facts they were given.
    """

    firings: tuple[Firing, ...] = ()
    excepted: tuple[tuple[Firing, PolicyException], ...] = ()
    missing_fields: tuple[tuple[str, str, str], ...] = ()
    derived: tuple[Fact, ...] = ()
    triggered: int = 0
    sessions: int = 0
    sent: int = 0
