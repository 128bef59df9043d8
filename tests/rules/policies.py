"""Short ways to write rules, facts and contexts for tests of the rules engine."""

from __future__ import annotations

from collections.abc import Sequence

from engine.fact import Fact, FieldValue
from engine.policy.types import (
    Assertion,
    Operand,
    Operator,
    Pattern,
    Policy,
    PolicyException,
    Report,
    ResolvedPolicy,
    Rule,
    Scalar,
    Status,
    Test,
)

ON = "2024-07-10"


class PlainContext:
    """Answers from a dictionary of values and a set of (table, column, value, date)."""

    def __init__(
        self, values: dict[str, Scalar] | None = None, members: frozenset[tuple[str, str, str, str]] = frozenset()
    ) -> None:
        self.values = values or {}
        self.members = members

    def has(self, table: str, column: str, value: str, on: str) -> bool:
        return (table, column, value, on) in self.members

    def value(self, value_id: str, on: str) -> Scalar | None:
        return self.values.get(value_id)


def operand(text: Scalar) -> Operand:
    """``$name.field`` is a reference, ``$value.id`` a dated value, anything else a constant."""
    if isinstance(text, str) and text.startswith("$"):
        name, _, field = text[1:].partition(".")
        return Operand(value_id=field) if name == "value" else Operand(name=name, field=field)
    return Operand(constant=text)


def check(field: str, operator: str, *operands: Scalar) -> Test:
    return Test(field, Operator(operator), tuple(map(operand, operands)))


def pattern(name: str, kind: str, *tests: Test) -> Pattern:
    return Pattern(name, kind, tests)


def rule(
    rule_id: str,
    when: Sequence[Pattern],
    unless: Sequence[Pattern] = (),
    asserts: dict[str, dict[str, Scalar]] | None = None,
    lines: Sequence[str] = (),
) -> Rule:
    assertions = tuple(
        Assertion(kind, tuple((name, operand(value)) for name, value in fields.items()))
        for kind, fields in (asserts or {}).items()
    )
    report = Report((), lines=tuple(map(operand, lines))) if not assertions or lines else None
    return Rule(rule_id, rule_id, tuple(when), tuple(unless), assertions, report, category="category")


def policy(*rules: Rule, exceptions: Sequence[PolicyException] = ()) -> ResolvedPolicy:
    stated = Policy("test", "1", "test", Status.ACTIVE, "2020-01-01")
    return ResolvedPolicy(stated, ("test@1",), rules, (), (), tuple(exceptions), (), "")


def facts(*stated: tuple[str, dict[str, FieldValue]]) -> list[Fact]:
    return [Fact(kind, {"service_date": ON, **fields}, order=order) for order, (kind, fields) in enumerate(stated)]


def line(number: int, **fields: FieldValue) -> tuple[str, dict[str, FieldValue]]:
    return ("line", {"line_number": number, **fields})
