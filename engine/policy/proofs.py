"""Defines what a policy says of its own proof: the golden tests of a rule, and mutants that no test can catch."""

from __future__ import annotations

import msgspec

from engine.errors import Place


class RuleTests(msgspec.Struct, frozen=True):
    """Golden tests that prove a rule, as ``<tests file stem>/<test name>``: those that fire and near misses."""

    fires: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


class ExplainedSurvivor(msgspec.Struct, frozen=True):
    """A mutant that no golden test catches, and why that is right; ``rule`` is the id of a rule, value or total."""

    rule: str
    change: str
    because: str
    policy: str = ""
    place: Place = Place()
