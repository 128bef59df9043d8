"""What the kernel gets wrong when it is let, it does not get to do: faults of docs/rules-engine.md not in test_check.py."""

from __future__ import annotations

import json
import pickle
import random
import threading

import pytest

from engine.errors import EvaluationError
from engine.fact import Fact
from engine.policy.types import Assertion, Operand, PolicyException, ResolvedPolicy, Rule
from engine.rules import RunResult, Session, compile_rules, joinable
from engine.rules import session as session_module
from engine.rules.limits import MAXIMUM_PATTERNS, MAXIMUM_RULES
from tests.rules.policies import ON, PlainContext, check, facts, line, pattern, policy, rule

NOTHING = PlainContext()


def orders(result: RunResult) -> list[tuple[str, tuple[int, ...]]]:
    return [(firing.rule.id, tuple(fact.order for fact in firing.facts)) for firing in result.firings]


def definitions(stated: ResolvedPolicy) -> list[dict[str, dict[str, list[dict[str, dict[str, list[object]]]]]]]:
    compiled = compile_rules(stated, {})
    return [json.loads(ruleset.definition) for level in compiled.levels for ruleset in level.rulesets]


PAIR = rule(
    "PAIR",
    [
        pattern("major", "line", check("procedure_code", "equal", "10060")),
        pattern(
            "minor",
            "line",
            check("service_date", "equal", "$major.service_date"),
            check("units", "over", "$major.units"),
        ),
    ],
    [pattern("u", "modifier", check("line_number", "equal", "$minor.line_number"))],
    lines=["$minor.line_number"],
)


def test_every_pattern_with_a_join_ends_with_a_join_that_is_always_true() -> None:
    (definition,) = definitions(policy(PAIR))
    patterns = [tests for part in definition["r0"]["all"][2:] for tests in part.values()]
    assert [tests["$and"][-1] for tests in patterns] == [{"k": {"m0": "k"}}, {"k": {"m1": "k"}}]


def test_every_rule_starts_with_the_gate_and_no_join_reads_id_or_sid() -> None:
    (definition,) = definitions(policy(PAIR))
    assert definition["r0"]["all"][0] == {"g": {"$and": [{"g": 1}]}}
    text = json.dumps(definition)
    for unsafe in ('"id"', '"sid"', "$or", "$div", "$any", "$mt", "$nex"):
        assert unsafe not in text


def test_a_negated_fact_stops_a_rule_in_any_order_of_the_facts(session: Session) -> None:
    compiled = compile_rules(policy(PAIR), {})
    stated = facts(
        line(1, procedure_code="10060", units=1),
        line(2, procedure_code="99213", units=2),
        line(3, procedure_code="99213", units=3),
        ("modifier", {"line_number": 2, "modifier": "59"}),
    )
    for seed in range(30):
        shuffled = list(stated)
        random.Random(seed).shuffle(shuffled)
        assert orders(session.run(compiled, shuffled, NOTHING)) == [("PAIR", (0, 2))]


def test_one_fact_may_fill_two_conditions_of_a_rule(session: Session) -> None:
    both = rule("R", [pattern("a", "line"), pattern("b", "line")], lines=["$a.line_number"])
    result = session.run(compile_rules(policy(both), {}), facts(line(1), line(2)), NOTHING)
    assert orders(result) == [("R", (0, 0)), ("R", (0, 1)), ("R", (1, 0)), ("R", (1, 1))]


def test_a_fact_may_stop_the_rule_that_it_starts(session: Session) -> None:
    blocker = pattern("u", "line", check("line_number", "equal", "$a.line_number"), check("units", "over", 1))
    stated = policy(rule("R", [pattern("a", "line")], [blocker], lines=["$a.line_number"]))
    result = session.run(compile_rules(stated, {}), facts(line(1, units=1), line(2, units=2)), NOTHING)
    assert orders(result) == [("R", (0,))]


def test_a_missing_field_never_matches_in_a_join_and_stops_nothing(session: Session) -> None:
    uneven = rule(
        "R",
        [pattern("a", "line"), pattern("b", "line", check("line_number", "over", "$a.line_number"))],
        [pattern("u", "modifier", check("position", "not", "$b.units"))],
        lines=["$a.line_number"],
    )
    stated = facts(line(1, units=1), ("line", {}), line(3), ("modifier", {"position": 5}))
    assert orders(session.run(compile_rules(policy(uneven), {}), stated, NOTHING)) == [("R", (0, 2))]


def test_texts_that_the_kernel_would_confuse_are_told_apart(session: Session) -> None:
    same = pattern("b", "second", check("x", "equal", "$a.x"))
    stated = policy(rule("R", [pattern("a", "first"), same]))
    long = "a" * 65_536
    values = ["5", 5, "costarring", "liquid", long + "b", long + "c", 2**63, 2**64, 1e308, True, 1, "true", 'quo"te\\']
    given = [Fact("first", {"x": value}, order=i) for i, value in enumerate(values)]
    given += [Fact("second", {"x": value}, order=100 + i) for i, value in enumerate(values)]
    expected = [("R", (i, 100 + i)) for i in range(len(values))]
    assert orders(session.run(compile_rules(stated, {}), given, NOTHING)) == expected


@pytest.mark.parametrize("number", [2**53, -(2.0**60), float("inf"), float("nan"), 2**70])
def test_a_number_too_big_to_be_ordered_is_refused_by_name_and_not_by_value(session: Session, number: float) -> None:
    compiled = compile_rules(policy(PAIR), {})
    stated = facts(line(1, procedure_code="10060", units=number), line(2, units=2))
    with pytest.raises(EvaluationError) as caught:
        session.run(compiled, stated, NOTHING)
    assert "line.units" in str(caught.value)
    assert str(number) not in str(caught.value)
    fine = facts(line(1, procedure_code="10060", units=1), line(2, units=2))
    assert orders(session.run(compiled, fine, NOTHING)) == [("PAIR", (0, 1))]


def test_numbers_are_ordered_as_numbers(session: Session) -> None:
    more = pattern("b", "line", check("units", "over", "$a.units"))
    compiled = compile_rules(policy(rule("R", [pattern("a", "line"), more])), {})
    ascending = [-(2**53) + 1, -2.5, -1, -1e-9, 0, 1e-9, 0.1, 0.5, 1, 1.5, 2**31, 2**53 - 1]
    result = session.run(compiled, facts(*(line(i, units=n) for i, n in enumerate(ascending))), NOTHING)
    assert orders(result) == [("R", (i, j)) for i in range(len(ascending)) for j in range(i + 1, len(ascending))]


def test_many_rules_on_one_condition_and_many_that_one_fact_meets_all_fire(session: Session) -> None:
    same = [rule(f"S{i:03}", [pattern("a", "line")], lines=["$a.line_number"]) for i in range(300)]
    other = [rule(f"T{i:03}", [pattern("a", "line", check("units", "over", -i))]) for i in range(300)]
    compiled = compile_rules(policy(*same, *other), {})
    for level in compiled.levels:
        for ruleset in level.rulesets:
            assert len(ruleset.rules) <= MAXIMUM_RULES
            assert sum(one.pattern_count for one in ruleset.rules) <= MAXIMUM_PATTERNS
    assert len(session.run(compiled, facts(line(1, units=1)), NOTHING).firings) == 600


def test_five_thousand_rules_are_spread_over_rulesets(session: Session) -> None:
    many = [rule(f"R{i:04}", [pattern("a", "line", check("procedure_code", "equal", f"{i:05}"))]) for i in range(5000)]
    result = session.run(compile_rules(policy(*many), {}), facts(line(1, procedure_code="04321")), NOTHING)
    assert orders(result) == [("R4321", (0,))]
    assert result.sessions == 1


def test_a_claim_that_triggers_nothing_makes_no_kernel_session(session: Session) -> None:
    result = session.run(compile_rules(policy(PAIR), {}), facts(line(1, procedure_code="99213", units=1)), NOTHING)
    assert (result.sessions, result.triggered) == (0, 0)


def test_hundreds_of_firings_and_their_cleaning_leave_the_next_claim_untouched(session: Session) -> None:
    # retraction after a firing reads past the kernel's heap; with many frames it used to crash
    both = policy(rule("R", [pattern("a", "line"), pattern("b", "line")], [pattern("u", "modifier")]))
    compiled = compile_rules(both, {})
    for count in (1, 20, 3, 25, 0, 2):
        result = session.run(compiled, facts(*(line(n) for n in range(count))), NOTHING)
        assert len(result.firings) == count * count


def test_another_thread_is_refused(session: Session) -> None:
    raised: list[BaseException] = []

    def use() -> None:
        try:
            session.run(compile_rules(policy(PAIR), {}), (), NOTHING)
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert len(raised) == 1


class FaultyKernel:
    """Passes calls on to the kernel but answers one with an error; counts rulesets made and deleted."""

    def __init__(self, kernel: object, fails: str, answer: object) -> None:
        self._kernel, self._fails, self._answer = kernel, fails, answer
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> object:
        def call(*arguments: object) -> object:
            self.calls.append(name)
            if name == self._fails and self.calls.count("assert_fact") > 0:
                return self._answer
            return getattr(self._kernel, name)(*arguments)

        return call if callable(getattr(self._kernel, name)) and name != "error" else getattr(self._kernel, name)


@pytest.mark.parametrize(("fails", "answer"), [("assert_facts", (303, 1)), ("get_facts", '[{"id":"1"}]')])
def test_a_fault_of_the_kernel_is_an_error_and_the_ruleset_is_made_anew(
    session: Session, monkeypatch: pytest.MonkeyPatch, fails: str, answer: object
) -> None:
    compiled = compile_rules(policy(PAIR), {})
    quiet = facts(line(1, procedure_code="10060", units=1), line(2, units=1))
    monkeypatch.setattr(joinable, "MOST_TRIED", 0)  # so that the kernel is asked about facts that do not fit together
    real = session_module.kernel
    faulty = FaultyKernel(real, fails, answer)
    monkeypatch.setattr(session_module, "kernel", faulty)
    with pytest.raises(EvaluationError):
        session.run(compiled, quiet, NOTHING)
    assert faulty.calls.count("delete_ruleset") == 1
    monkeypatch.setattr(session_module, "kernel", real)
    firing = facts(line(1, procedure_code="10060", units=1), line(2, units=2))
    assert orders(session.run(compiled, firing, NOTHING)) == [("PAIR", (0, 1))]


def test_rulesets_of_policies_no_longer_used_are_deleted(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = FaultyKernel(session_module.kernel, "", None)
    monkeypatch.setattr(session_module, "kernel", counting)
    given = facts(line(1, procedure_code="10060", units=1), line(2, units=2))
    for _ in range(12):
        session.run(compile_rules(policy(PAIR), {}), given, NOTHING)
    assert counting.calls.count("delete_ruleset") >= 4
    session.close()
    assert counting.calls.count("delete_ruleset") == counting.calls.count("create_ruleset")


def test_facts_are_derived_once_through_a_chain_and_keep_their_derivation(session: Session) -> None:
    first = rule("A", [pattern("l", "line")], (), {"seen": {"code": "$l.procedure_code"}})
    second = rule("B", [pattern("s", "seen", check("code", "equal", "10060"))], lines=["$s.code"])
    result = session.run(
        compile_rules(policy(second, first), {}),
        facts(line(2, procedure_code="10060"), line(1, procedure_code="10060")),
        NOTHING,
    )
    assert [(fact.kind, fact.fields) for fact in result.derived] == [("seen", {"code": "10060"})]
    assert result.derived[0].derived_by is not None
    assert result.derived[0].derived_by.facts[0].order == 0
    assert orders(result) == [("B", (2,))]


def test_rules_that_feed_each_other_without_end_are_stopped(session: Session) -> None:
    start = rule("A", [pattern("l", "line")], (), {"n": {"x": "$l.line_number"}})
    next_number = Operand(name="p", field="x", operator="+", amount=1)
    more = Rule("B", "B", (pattern("p", "n"),), assertions=(Assertion("n", (("x", next_number),)),))
    with pytest.raises(EvaluationError, match="feed each other"):
        session.run(compile_rules(policy(start, more), {}), facts(line(1)), NOTHING)


def test_an_exception_sets_aside_the_finding_of_its_line_within_its_dates(session: Session) -> None:
    same = pattern("l", "line", check("line_number", "equal", "$finding.line_number"), check("units", "over", 1))
    finding = rule("R", [pattern("a", "line")], lines=["$a.line_number"])

    def aside(start: str, end: str) -> list[int]:
        exception = PolicyException("X", ("R",), (same,), start, end, "a reason", "j.doe")
        compiled = compile_rules(policy(finding, exceptions=[exception]), {})
        result = session.run(compiled, facts(line(1, units=1), line(2, units=2)), NOTHING)
        assert all(any(firing is one for one in result.firings) for firing, _ in result.excepted)
        return [firing.facts[0].order for firing, _ in result.excepted]

    assert aside("2024-01-01", "2025-01-01") == [1]
    assert aside(ON, "") == [1]
    assert aside("2024-01-01", ON) == []


def test_a_field_that_the_claim_does_not_say_is_reported_where_all_else_holds(session: Session) -> None:
    young = rule(
        "R",
        [
            pattern("l", "line", check("patient_age_years", "under", 18), check("procedure_code", "equal", "99213")),
            pattern("c", "claim"),
        ],
        lines=["$l.line_number"],
    )
    compiled = compile_rules(policy(young), {})
    assert session.run(compiled, facts(line(1, procedure_code="99213"), ("claim", {})), NOTHING).missing_fields == (
        ("R", "line", "patient_age_years"),
    )
    assert session.run(compiled, facts(line(1, procedure_code="10060"), ("claim", {})), NOTHING).missing_fields == ()
    assert session.run(compiled, facts(line(1, procedure_code="99213")), NOTHING).missing_fields == ()


def test_compiled_rules_survive_pickling(session: Session) -> None:
    compiled = pickle.loads(pickle.dumps(compile_rules(policy(PAIR), {})))
    given = facts(line(1, procedure_code="10060", units=1), line(2, units=2))
    assert orders(session.run(compiled, given, NOTHING)) == [("PAIR", (0, 1))]
