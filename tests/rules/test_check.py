"""Rules that the kernel could not run safely are refused when they are compiled, all at once."""

from __future__ import annotations

import pytest

from engine.errors import InvalidPolicyError
from engine.policy.types import ResolvedPolicy
from engine.rules import compile_rules
from engine.rules.limits import (
    MAXIMUM_JOINS_OF_PATTERN,
    MAXIMUM_PATTERNS,
    MAXIMUM_PATTERNS_OF_RULE,
    IdentifierPool,
    colliding,
    fnv1a,
)
from tests.rules.policies import check, pattern, policy, rule


def codes(stated: ResolvedPolicy) -> set[str]:
    with pytest.raises(InvalidPolicyError) as caught:
        compile_rules(stated, {})
    return {problem.code for problem in caught.value.problems}


def test_a_cycle_through_unless_is_refused_and_names_the_rules() -> None:
    one = rule("ONE", [pattern("l", "line")], [pattern("u", "b")], {"a": {"n": "$l.line_number"}})
    two = rule("TWO", [pattern("x", "a")], (), {"b": {"n": "$x.n"}})
    with pytest.raises(InvalidPolicyError) as caught:
        compile_rules(policy(one, two), {})
    (problem,) = caught.value.problems
    assert problem.code == "E701"
    assert "ONE" in problem.message
    assert "TWO" in problem.message


def test_a_cycle_that_does_not_fit_one_ruleset_is_refused() -> None:
    count = MAXIMUM_PATTERNS + 1
    ring = [rule(f"R{i}", [pattern("x", f"d{i}")], (), {f"d{(i + 1) % count}": {"n": "$x.n"}}) for i in range(count)]
    assert codes(policy(*ring)) == {"E702"}


def test_a_rule_with_seventeen_patterns_is_refused() -> None:
    many = [pattern(f"l{i}", "line") for i in range(MAXIMUM_PATTERNS_OF_RULE + 1)]
    assert codes(policy(rule("R", many, lines=["$l0.line_number"]))) == {"E703"}


def test_a_pattern_with_thirty_joins_is_refused() -> None:
    joins = [check(f"field_{i}", "equal", f"$a.field_{i}") for i in range(MAXIMUM_JOINS_OF_PATTERN + 1)]
    assert codes(policy(rule("R", [pattern("a", "d"), pattern("b", "d", *joins)]))) == {"E704"}


@pytest.mark.parametrize("operator", ["has", "lacks", "has_any", "starts_with", "in_range"])
def test_an_operator_on_lists_or_texts_cannot_read_another_fact(operator: str) -> None:
    joined = pattern("b", "line", check("modifiers", operator, "$a.procedure_code"))
    assert "E705" in codes(policy(rule("R", [pattern("a", "line"), joined])))


def test_too_many_combinations_of_fields_to_equal_are_refused() -> None:
    choice = [check(f, "equal", "$a.x", "$a.y", "$a.z") for f in ("x", "y", "z")]
    assert codes(policy(rule("R", [pattern("a", "d"), pattern("b", "d", *choice)]))) == {"E706"}


def test_text_is_not_compared_with_numbers_across_facts() -> None:
    joined = pattern("b", "line", check("procedure_code", "equal", "$a.units"))
    assert codes(policy(rule("R", [pattern("a", "line"), joined]))) == {"E707"}


def test_a_name_that_no_earlier_condition_gives_is_refused() -> None:
    joined = pattern("a", "line", check("units", "over", "$b.units"))
    assert codes(policy(rule("R", [joined, pattern("b", "line")]))) == {"E708"}


@pytest.mark.parametrize("text", ["99205-99202", "9920-99205", ""])
def test_a_malformed_range_is_refused(text: str) -> None:
    assert codes(policy(rule("R", [pattern("a", "line", check("procedure_code", "in_range", text))]))) == {"E709"}


@pytest.mark.parametrize("number", [2**63, 1e300, float("inf"), float("nan"), -(2**53)])
def test_a_number_past_what_the_kernel_orders_exactly_is_refused(number: float) -> None:
    assert codes(policy(rule("R", [pattern("a", "line", check("units", "over", number))]))) == {"E711"}


def test_all_problems_are_reported_at_once() -> None:
    bad_range = rule("A", [pattern("a", "line", check("procedure_code", "in_range", "9-99"))])
    bad_name = rule("B", [pattern("a", "line", check("units", "over", "$z.units"))])
    assert codes(policy(bad_range, bad_name)) == {"E708", "E709"}


def test_names_with_the_same_hash_are_found() -> None:
    # the pair `costarring` and `liquid` is the textbook collision of 32-bit FNV-1a
    assert fnv1a("costarring") == fnv1a("liquid")
    assert colliding(["costarring", "units", "liquid"]) == (("costarring", "liquid"),)


def test_ids_that_the_kernel_hands_facts_never_collide() -> None:
    pool = IdentifierPool("1", ["g"])
    found = pool.first(30_000)[:30_000]
    assert len({fnv1a(f"1!{one}") for one in [*found, "g"]}) == 30_001
