"""Rules whose facts do not fit together, or are all denied, do not start the kernel; what fires stays the same."""

from __future__ import annotations

import msgspec
import pytest

from engine.errors import EvaluationError
from engine.fact import FieldValue
from engine.policy.types import Assertion, Operand, Rule
from engine.rules import RunResult, Session, compile_rules, joinable
from tests.rules.policies import PlainContext, check, facts, line, pattern, policy, rule

NOTHING = PlainContext()
NEXT_DAY = Operand(name="a", field="service_date", operator="+", amount=1, unit="days")


def run(session: Session, rules: list[Rule], *stated: tuple[str, dict[str, FieldValue]]) -> RunResult:
    return session.run(compile_rules(policy(*rules), {}), facts(*stated), NOTHING)


def fired(result: RunResult) -> list[tuple[str, tuple[int, ...]]]:
    return [(firing.rule.id, tuple(fact.order for fact in firing.facts)) for firing in result.firings]


@pytest.mark.parametrize(
    ("operator", "other", "fits"),
    [
        ("over", 3, True),
        ("over", 2, False),
        ("under", 1.5, True),
        ("under", 2, False),
        ("at_least", 2.0, True),
        ("at_most", 2.0, True),
        ("not", 2.0, False),
        ("not", "2", True),
        ("over", "3", False),
        ("at_least", True, False),
    ],
)
def test_the_kernel_starts_only_when_facts_fit_together(
    session: Session, operator: str, other: FieldValue, fits: bool
) -> None:
    # a third pattern of another kind keeps a line from being compared with itself
    first, second = pattern("a", "line"), pattern("b", "total", check("value", operator, "$a.units"))
    result = run(session, [rule("R", [first, second])], line(1, units=2), ("total", {"value": other}))
    assert fired(result) == ([("R", (0, 1))] if fits else [])
    assert (result.sessions, result.triggered) == ((1, 1) if fits else (0, 0))


def test_equal_values_are_looked_up_as_the_kernel_compares_them(session: Session) -> None:
    same = rule("R", [pattern("a", "line"), pattern("b", "total", check("value", "equal", "$a.units"))])
    for own, other, fits in ((5, 5.0, True), (5, "5", False), (1, True, False), (True, True, True)):
        result = run(session, [same], line(1, units=own), ("total", {"value": other}))
        assert (len(result.firings), result.sessions) == ((1, 1) if fits else (0, 0))
    assert run(session, [same], line(1), ("total", {"value": 5})).sessions == 0


def test_a_join_on_a_moved_date_is_reckoned(session: Session) -> None:
    next_day = msgspec.structs.replace(check("service_date", "equal", ""), operands=(NEXT_DAY,))
    following = rule("R", [pattern("a", "line"), pattern("b", "line", next_day)])
    apart = run(session, [following], line(1, service_date="2024-02-28"), line(2, service_date="2024-03-01"))
    assert (fired(apart), apart.sessions) == ([], 0)
    beside = run(session, [following], line(1, service_date="2024-02-28"), line(2, service_date="2024-02-29"))
    assert fired(beside) == [("R", (0, 1))]


def test_a_rule_whose_facts_are_all_denied_does_not_start_the_kernel(session: Session) -> None:
    unmarked = rule(
        "R", [pattern("a", "line")], [pattern("u", "modifier", check("line_number", "equal", "$a.line_number"))]
    )
    denied = run(session, [unmarked], line(1), ("modifier", {"line_number": 1}))
    assert (fired(denied), denied.sessions) == ([], 0)
    one_left = run(session, [unmarked], line(1), line(2), ("modifier", {"line_number": 1}))
    assert fired(one_left) == [("R", (1,))]


def test_a_rule_that_is_denied_stays_denied_when_another_starts_its_ruleset(session: Session) -> None:
    denied = rule("R1", [pattern("a", "line")], [pattern("u", "claim")])
    other = rule("R2", [pattern("a", "line")])
    result = run(session, [denied, other], line(1), ("claim", {}))
    assert fired(result) == [("R2", (0,))]
    assert (result.sessions, result.triggered) == (1, 1)


def test_rules_that_feed_each_other_start_when_one_of_them_could_fire(session: Session) -> None:
    seed = rule("A", [pattern("a", "line", check("units", "over", 0))], (), {"ping": {"n": "$a.units"}})
    there = Rule("B", "there", (pattern("p", "ping", check("n", "under", 3)),), assertions=(_more("pong"),))
    back = rule(
        "C", [pattern("p", "pong"), pattern("q", "ping", check("n", "under", "$p.n"))], (), {"ping": {"n": "$p.n"}}
    )
    result = run(session, [seed, there, back], line(1, units=1))
    assert [fact.fields["n"] for fact in result.derived] == [1, 2, 2, 3, 3]
    assert run(session, [seed, there, back], line(1, units=7)).sessions == 1  # of the rule A alone


def _more(kind: str) -> Assertion:
    return Assertion(kind, (("n", Operand(name="p", field="n", operator="+", amount=1)),))


def test_when_too_many_facts_would_be_tried_the_kernel_is_asked(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line(number, procedure_code="10060", units=number) for number in range(1, 60)]
    never = rule("R", [pattern("a", "line"), pattern("b", "total", check("value", "over", "$a.units"))])
    assert run(session, [never], *lines, ("total", {"value": 0})).sessions == 0
    monkeypatch.setattr(joinable, "MOST_TRIED", 20)
    asked = run(session, [never], *lines, ("total", {"value": 0}))
    assert (fired(asked), asked.sessions) == ([], 1)


def test_a_denial_by_a_number_too_big_to_be_ordered_is_left_to_the_kernel_which_refuses_it(session: Session) -> None:
    blocked = rule("R", [pattern("a", "line")], [pattern("u", "total", check("value", "over", "$a.units"))])
    with pytest.raises(EvaluationError):
        run(session, [blocked], line(1, units=1), ("total", {"value": 2**53}))
