"""Measures the rules engine alone: microseconds a claim with 5, 100 and 1,000 rules, firing and not.

Run ``python -m bench.rules``. A claim is six lines with a modifier and two diagnoses each; rules compare pairs of lines, deny and
chain as the shipped policies do. Rules that do not apply ask for codes that are not on the claim. Numbers are medians on one core.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from engine.fact import Fact, FieldValue
from engine.model import Scalar
from engine.policy.types import (
    Assertion,
    Operand,
    Operator,
    Pattern,
    Policy,
    Report,
    ResolvedPolicy,
    Rule,
    Status,
    Test,
)
from engine.rules import Session, compile_rules

_ON = "2024-07-10"


class NoContext:
    """Has no tables and no values."""

    members: frozenset[tuple[str, str, str, str]] = frozenset()
    values: Mapping[tuple[str, str], Scalar] = MappingProxyType({})

    def has(self, table: str, column: str, value: str, on: str) -> bool:
        return (table, column, value, on) in self.members

    def value(self, value_id: str, on: str) -> Scalar | None:
        return self.values.get((value_id, on))


def rules(count: int, code: str) -> list[Rule]:
    """Returns rules for pairs of lines; the first five apply to a claim that has the code."""
    made = []
    for index in range(count):
        wanted = code if index < 5 else f"Z{index:04}"
        major = Pattern("major", "line", (Test("procedure_code", Operator.EQUAL, (Operand(constant=wanted),)),))
        minor = Pattern(
            "minor",
            "line",
            (
                Test("service_date", Operator.EQUAL, (Operand(name="major", field="service_date"),)),
                Test(
                    "line_number",
                    Operator.OVER,
                    (Operand(name="major", field="line_number", operator="+", amount=index % 5),),
                ),
            ),
        )
        paid = Pattern(
            "u", "apart", (Test("line_number", Operator.EQUAL, (Operand(name="minor", field="line_number"),)),)
        )
        report = Report((), lines=(Operand(name="minor", field="line_number"),))
        made.append(Rule(f"R-{index:04}", "pair", (major, minor), (paid,), report=report))
    line_number = Operand(name="m", field="line_number")
    modifier = Pattern("m", "modifier", (Test("modifier", Operator.EQUAL, (Operand(constant="59"),)),))
    made.append(Rule("APART", "apart", (modifier,), assertions=(Assertion("apart", (("line_number", line_number),)),)))
    return made


def claim_facts() -> list[Fact]:
    """Returns the facts of a claim of six lines."""
    stated: list[tuple[str, dict[str, FieldValue]]] = [("claim", {"service_date": _ON, "payer": "ACME"})]
    for number in range(1, 7):
        base: dict[str, FieldValue] = {"line_number": number, "service_date": _ON}
        code = "10060" if number == 1 else f"8{number:04}"
        stated.append(
            ("line", {**base, "procedure_code": code, "units": 1, "modifiers": ["59"] if number == 3 else []})
        )
        stated.append(("modifier", {**base, "modifier": "59" if number == 3 else "RT"}))
        stated += [("pointer", {**base, "position": rank, "rank": rank}) for rank in (1, 2)]
    return [Fact(kind, fields, order=order) for order, (kind, fields) in enumerate(stated)]


def median_us(run: Callable[[], object], times: int) -> float:
    """Returns the median microseconds of a call."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        took.append((time.perf_counter() - start) * 1e6)
    return statistics.median(took)


def resolved(made: Sequence[Rule]) -> ResolvedPolicy:
    """Returns a policy of nothing but rules."""
    policy = Policy("bench", "1", "bench", Status.ACTIVE, "2020-01-01")
    return ResolvedPolicy(policy, (), tuple(made), (), (), (), (), "")


def main() -> None:
    """Prints one row for each number of rules."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=2000)
    times = parser.parse_args().times
    facts = claim_facts()
    quiet: dict[int, float] = {}
    print(f"{len(facts)} facts      firing µs   sessions   firings   not firing µs   conditions alone µs")
    for count in (5, 100, 1000):
        session = Session()
        firing = compile_rules(resolved(rules(count, "10060")), {})
        silent = compile_rules(resolved([rule for rule in rules(count, "Y0000") if rule.id != "APART"]), {})
        result = session.run(firing, facts, NoContext())
        fires = median_us(lambda s=session, c=firing: s.run(c, facts, NoContext()), times)
        quiet[count] = median_us(lambda s=session, c=silent: s.run(c, facts, NoContext()), times)
        alone = median_us(lambda c=firing: c.network.match(facts, NoContext(), defaultdict(list)), times)
        row = f"{fires:12.1f} {result.sessions:10} {len(result.firings):9} {quiet[count]:15.1f} {alone:21.1f}"
        print(f"{count:5} rules {row}")
        session.close()
    print(f"ten times the rules that do not apply: {quiet[1000] / quiet[100]:.2f} times the time (budget 1.3)")


if __name__ == "__main__":
    main()
