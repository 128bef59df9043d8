"""The engine and the oracle say the same of random policies and random facts.

``CLAIMRULES_DIFFERENTIAL_CLAIMS`` sets how many sets of facts are judged, ``CLAIMRULES_DIFFERENTIAL_SEED`` where to start: a
failure prints both, so that it can be repeated.
"""

from __future__ import annotations

import os
import random

import pytest

from engine.errors import InvalidPolicyError
from engine.fact import Fact, Firing
from engine.policy.types import ResolvedPolicy
from engine.rules import RunResult, Session, compile_rules, joinable, oracle
from tests.differential import random_policies

CLAIMS = int(os.environ.get("CLAIMRULES_DIFFERENTIAL_CLAIMS", "20000"))
SEED = int(os.environ.get("CLAIMRULES_DIFFERENTIAL_SEED", "1"))
CLAIMS_OF_POLICY = 50
# Facts tried for a rule before the kernel is asked, by shard: with few, the kernel judges combinations that do not fit, too.
MOST_TRIED = (joinable.MOST_TRIED, joinable.MOST_TRIED, 3, 0)
SHARDS = len(MOST_TRIED)


def shown(firing: Firing) -> tuple[str, tuple[int, ...]]:
    return (firing.rule.id, tuple(fact.order for fact in firing.facts))


def shown_fact(fact: Fact) -> tuple[object, ...]:
    assert fact.derived_by is not None
    fields = tuple(sorted((name, type(value).__name__, repr(value)) for name, value in fact.fields.items()))
    return (fact.order, fact.kind, fields, shown(fact.derived_by))


def shown_result(result: RunResult | oracle.OracleResult) -> dict[str, object]:
    return {
        "derived": [shown_fact(fact) for fact in result.derived],
        "firings": [shown(firing) for firing in result.firings],
        "excepted": [(shown(firing), exception.id) for firing, exception in result.excepted],
        "missing": list(result.missing_fields),
    }


def random_policy(seed: int) -> ResolvedPolicy:
    return random_policies.PolicyMaker(random.Random(seed)).policy()


@pytest.mark.parametrize("shard", range(SHARDS))
def test_engine_and_oracle_agree_on_random_claims(shard: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joinable, "MOST_TRIED", MOST_TRIED[shard])
    session = Session()
    context = random_policies.RandomContext()
    fired = excepted = derived = missing = policies = 0
    for number in range(CLAIMS // CLAIMS_OF_POLICY // SHARDS):
        seed = SEED * 1_000_000 + shard * 100_000 + number
        policy = random_policy(seed)
        try:
            compiled = compile_rules(policy, {})
        except InvalidPolicyError as error:
            # too many combinations, or conditions: refused at compile time, which test_check.py looks at
            assert {problem.code for problem in error.problems} <= {"E703", "E706", "E707"}, f"seed {seed}: {error}"  # noqa: PT017
            continue
        policies += 1
        rng = random.Random(seed)
        for claim in range(CLAIMS_OF_POLICY):
            facts = random_policies.random_facts(rng)
            expected = shown_result(oracle.run(policy, facts, context))
            rng.shuffle(facts)
            result = session.run(compiled, facts, context)
            assert shown_result(result) == expected, f"CLAIMRULES_DIFFERENTIAL_SEED={SEED}, seed {seed}, claim {claim}"
            fired += len(result.firings)
            excepted += len(result.excepted)
            derived += len(result.derived)
            missing += len(result.missing_fields)
    session.close()
    assert policies > 0
    assert min(fired, excepted, derived) > policies, "the random policies hardly ever fire: they prove nothing"
    assert missing > 0, "no random claim left a rule open"
