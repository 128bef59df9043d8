"""Makes random policies and facts that meet often: small ranges of values, every operator, joins, chains, negation, exceptions."""

from __future__ import annotations

import random
from typing import Any

from engine.fact import Fact, FieldValue
from engine.policy.types import (
    Assertion,
    DatedValue,
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
    Value,
)

CODES = ("99213", "99214", "10060", "J1885", "11042", "C9785")
MODIFIERS = ("25", "59", "XS", "GY")
DATES = ("2024-02-29", "2024-03-01", "2025-02-28", "2025-03-31")
TEXTS = ("a", "b", "5", 'quo"te', "é\\n")
NUMBERS: tuple[Scalar, ...] = (0, 1, 2, 5, 2.5, -1, -2.5, 1.0, 0.1)
VALUES = (
    Value("limit", "a limit", "", (DatedValue("2024-01-01", 2), DatedValue("2025-03-01", 1))),
    Value("late", "a value without an early date", "", (DatedValue("2025-03-01", 1.5),)),
    Value("code", "a code", "", (DatedValue("2024-01-01", "99213"),)),
)

# Fields by kind: what values they take. Kinds of the schema and derived kinds; `any` fields hold values of every type.
KINDS: dict[str, dict[str, str]] = {
    "line": {
        "line_number": "number",
        "procedure_code": "code",
        "modifiers": "list",
        "units": "number",
        "service_date": "date",
        "service_end_date": "date",
        "patient_age_years": "number",
        "statutorily_excluded": "flag",
        "rendering_npi": "text",
    },
    "claim": {"received_date": "date", "service_date": "date", "total_charge_cents": "number", "payer": "text"},
    "row": {"table": "table", "on": "date", "column1": "code", "column2": "code", "limit": "any"},
    "total": {"id": "table", "value": "number", "service_date": "date", "procedure_code": "code"},
}
DERIVED: dict[str, dict[str, str]] = {
    "d1": {"number": "number", "code": "code", "service_date": "date", "any": "any"},
    "d2": {"number": "number", "code": "code", "any": "any"},
    "d3": {"number": "number", "text": "text"},
}
POOLS: dict[str, tuple[Any, ...]] = {
    "number": NUMBERS,
    "code": CODES,
    "date": DATES,
    "text": TEXTS,
    "flag": (True, False),
    "table": ("t1", "t2"),
    "any": (1, 5, "5", True, False, "2024-03-01", 1.0, "99213", -1),
}
_ORDERED = (Operator.OVER, Operator.UNDER, Operator.AT_LEAST, Operator.AT_MOST)
_EQUALITY = (Operator.EQUAL, Operator.NOT)


class RandomContext:
    """Answers from the policy's values, and membership by a rule of thumb that depends on every argument."""

    def __init__(self) -> None:
        self._values = {value.id: value for value in VALUES}

    def has(self, table: str, column: str, value: str, on: str) -> bool:
        return (len(table) + len(column) + sum(map(ord, value)) + sum(map(ord, on))) % 3 == 0

    def value(self, value_id: str, on: str) -> Scalar | None:
        entry = self._values[value_id].on(on)
        return None if entry is None else entry.value


class PolicyMaker:
    """Makes one random policy."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def policy(self) -> ResolvedPolicy:
        rng = self.rng
        rules = tuple(self._rule(f"R-{index}", index) for index in range(rng.randint(2, 7)))
        if rng.random() < 0.3:
            rules += self._cycle()
        reporting = [rule.id for rule in rules if rule.report is not None]
        exceptions = tuple(self._exception(f"X-{i}", reporting) for i in range(rng.randint(0, 2)) if reporting)
        policy = Policy("random", "1", "random", Status.ACTIVE, "2020-01-01")
        return ResolvedPolicy(policy, ("random@1",), rules, VALUES, (), exceptions, (), "")

    def _rule(self, rule_id: str, index: int) -> Rule:
        """Rules with a higher index may read what lower ones derive: chains of up to three, never in a cycle."""
        rng = self.rng
        stage = min(index // 2, 3)
        readable = {**KINDS, **{kind: DERIVED[kind] for kind in list(DERIVED)[:stage]}}
        when = self._patterns(readable, rng.choice((1, 2, 2, 3)), "m", {})
        bound = {pattern.name: pattern.kind for pattern in when}
        unless = self._patterns(readable, rng.choice((0, 0, 1, 2)), "u", bound, see_each_other=False)
        assertions = ()
        if stage < 3 and rng.random() < 0.6:
            kind = list(DERIVED)[stage]
            assertions = (self._assertion(kind, when),)
        report = self._report(when) if not assertions or rng.random() < 0.5 else None
        return Rule(rule_id, rule_id, when, unless, assertions, report, category=rng.choice(("a", "b")))

    def _cycle(self) -> tuple[Rule, ...]:
        """Two rules that feed each other and stop at a number."""
        rng = self.rng
        first = Rule(
            "C-0",
            "starts",
            self._patterns({"line": KINDS["line"]}, 1, "m", {}),
            assertions=(Assertion("ping", (("n", Operand(name="m0", field="units")),)),),
        )
        limit = Test("n", Operator.UNDER, (Operand(constant=rng.choice((2, 4))),))
        more = Operand(name="p", field="n", operator="+", amount=1)
        there = Rule("C-1", "there", (Pattern("p", "ping", (limit,)),), assertions=(Assertion("pong", (("n", more),)),))
        same = Test("n", Operator.EQUAL, (Operand(name="p", field="n"),))
        back_patterns = (
            Pattern("p", "pong", ()),
            Pattern("q", rng.choice(("pong", "ping")), (same,) * rng.randint(0, 1)),
        )
        back = Rule(
            "C-2",
            "back",
            back_patterns,
            assertions=(Assertion("ping", (("n", Operand(name="p", field="n")),)),),
            report=Report((), lines=(Operand(name="q", field="n"),)),
        )
        return (first, there, back)

    def _patterns(
        self,
        readable: dict[str, dict[str, str]],
        count: int,
        prefix: str,
        bound: dict[str, str],
        see_each_other: bool = True,
    ) -> tuple[Pattern, ...]:
        known = dict(bound)
        patterns = []
        for index in range(count):
            kind = self.rng.choice(list(readable))
            name = f"{prefix}{index}"
            tests = tuple(self._test(kind, name, readable, known) for _ in range(self.rng.choice((0, 1, 1, 2, 3))))
            patterns.append(Pattern(name, kind, tests))
            if see_each_other:
                known[name] = kind
        return tuple(patterns)

    def _exception(self, exception_id: str, reporting: list[str]) -> PolicyException:
        rng = self.rng
        when = list(self._patterns(KINDS, rng.choice((0, 1, 2)), "m", {}))
        if when and when[0].kind == "line" and rng.random() < 0.7:
            same = Test("line_number", Operator.EQUAL, (Operand(name="finding", field="line_number"),))
            when[0] = Pattern("m0", "line", (*when[0].tests, same))
        start, end = rng.choice((("2024-01-01", "2025-01-01"), ("2024-03-01", "2030-01-01"), ("", "")))
        rules = tuple(rng.sample(reporting, rng.randint(1, len(reporting))))
        return PolicyException(exception_id, rules, tuple(when), start, end, "a reason", "j.doe")

    def _report(self, when: tuple[Pattern, ...]) -> Report:
        numbers = [p for p in when if p.kind in ("line", "d1", "d2", "d3")]
        chosen = self.rng.sample(numbers, self.rng.randint(0, len(numbers)))
        return Report((), lines=tuple(Operand(name=p.name, field=_number_field(p.kind)) for p in chosen))

    def _assertion(self, kind: str, when: tuple[Pattern, ...]) -> Assertion:
        return Assertion(kind, tuple((field, self._source(type_, when)) for field, type_ in DERIVED[kind].items()))

    def _source(self, type_: str, when: tuple[Pattern, ...]) -> Operand:
        """An operand of a type: a field of a matched fact where one has it, else a constant."""
        choices = [
            Operand(name=pattern.name, field=field)
            for pattern in when
            for field, found in {**KINDS, **DERIVED}.get(pattern.kind, {}).items()
            if found == type_
        ]
        if choices and self.rng.random() < 0.8:
            return self._arithmetic(self.rng.choice(choices), type_)
        return Operand(constant=self.rng.choice(POOLS[type_]))

    def _arithmetic(self, operand: Operand, type_: str) -> Operand:
        rng = self.rng
        if type_ not in ("number", "date") or rng.random() < 0.6:
            return operand
        fields = {"name": operand.name, "field": operand.field, "value_id": operand.value_id}
        value_id = rng.choice(("", "", "limit", "late"))
        if type_ == "date":
            unit = rng.choice(("days", "weekdays", "months", "years"))
            return Operand(**fields, operator=rng.choice("+-"), amount=1, amount_value_id=value_id, unit=unit)
        amount = rng.choice((1, 2, 0.5))
        return Operand(**fields, operator=rng.choice("+-*"), amount=amount, amount_value_id=value_id)

    def _test(self, kind: str, name: str, readable: dict[str, dict[str, str]], known: dict[str, str]) -> Test:
        rng = self.rng
        fields = {**KINDS, **DERIVED}[kind]
        field, type_ = rng.choice(list(fields.items()))
        chance = rng.random()
        if chance < 0.08:
            return Test(field, Operator.PRESENT, (Operand(constant=rng.choice((True, False))),))
        if type_ == "list":
            return self._list_test(field)
        if chance < 0.18:
            operator = rng.choice((Operator.IN, Operator.NOT_IN))
            return Test(field, operator, (), rng.choice(("t1", "t22")), "column")
        others = [
            (other, one)
            for other, other_kind in [*known.items(), (name, kind)]
            for one, found in {**KINDS, **DERIVED}[other_kind].items()
            if found != "list" and (found == type_ or "any" in (found, type_))
        ]
        if others and known and chance < 0.75:
            return self._comparison(field, type_, others)
        return self._constant_test(field, type_)

    def _comparison(self, field: str, type_: str, others: list[tuple[str, str]]) -> Test:
        rng = self.rng
        ordered = type_ in ("number", "date", "any")
        operator = rng.choice((*_EQUALITY, Operator.EQUAL, *(_ORDERED if ordered else ())))

        def operand() -> Operand:
            other, one = rng.choice(others)
            return self._arithmetic(Operand(name=other, field=one), type_)

        if ordered and rng.random() < 0.1:
            return Test(field, Operator.BETWEEN, (operand(), operand()))
        if operator in _EQUALITY and rng.random() < 0.25:
            extra = operand() if rng.random() < 0.5 else Operand(constant=rng.choice(POOLS[type_]))
            return Test(field, operator, (operand(), extra))
        return Test(field, operator, (operand(),))

    def _constant_test(self, field: str, type_: str) -> Test:
        rng = self.rng
        pool = POOLS[type_]
        if type_ == "code" and rng.random() < 0.4:
            operator = rng.choice(
                (Operator.STARTS_WITH, Operator.NOT_STARTS_WITH, Operator.IN_RANGE, Operator.NOT_IN_RANGE)
            )
            texts = ("9", "J", "992", "C97") if "starts" in operator.value else ("10000-99213", "99213", "J0000-J9999")
            return Test(field, operator, tuple(Operand(constant=c) for c in rng.sample(texts, rng.randint(1, 2))))
        if type_ in ("number", "date") and rng.random() < 0.6:
            value = Operand(constant=rng.choice(pool))
            if type_ == "number" and rng.random() < 0.4:
                value = self._arithmetic(Operand(value_id=rng.choice(("limit", "late"))), type_)
            return Test(field, rng.choice(_ORDERED), (value,))
        if type_ == "code" and rng.random() < 0.2:
            return Test(field, rng.choice(_EQUALITY), (Operand(value_id="code"),))
        count = rng.randint(1, min(2, len(pool)))
        return Test(field, rng.choice(_EQUALITY), tuple(Operand(constant=c) for c in rng.sample(pool, count)))

    def _list_test(self, field: str) -> Test:
        rng = self.rng
        operator = rng.choice((Operator.HAS, Operator.LACKS, Operator.HAS_ANY, Operator.LACKS_ALL))
        count = rng.randint(1, 2) if operator in (Operator.HAS_ANY, Operator.LACKS_ALL) else 1
        return Test(field, operator, tuple(Operand(constant=c) for c in rng.sample(MODIFIERS, count)))


def _number_field(kind: str) -> str:
    return "line_number" if kind == "line" else "number"


def random_facts(rng: random.Random) -> list[Fact]:
    """Returns the facts of a small invented claim in canonical order; some fields are absent."""
    kinds = ["claim"] * rng.randint(0, 1) + ["line"] * rng.randint(0, 6)
    kinds += ["row"] * rng.randint(0, 4) + ["total"] * rng.randint(0, 2)
    return [Fact(kind, _fields(rng, kind), order=order) for order, kind in enumerate(kinds)]


def _fields(rng: random.Random, kind: str) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {}
    for field, type_ in KINDS[kind].items():
        if rng.random() < 0.12:
            continue
        if type_ == "list":
            fields[field] = rng.sample(MODIFIERS, rng.randint(0, 3))
        else:
            fields[field] = rng.choice(POOLS[type_])
    return fields
