"""Selects the policy that judges a claim on a date, and says when two policies could both claim it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.errors import NoPolicyError
from engine.policy.types import Policy, ResolvedPolicy, Scope

_ANY = "*"
_MOST_NAMED = 6


class _Claim(NamedTuple):
    """What a scope asks of a claim, in the order in which exactness counts."""

    payer: str
    plan: str
    line_of_business: str
    state: str
    claim_type: str


def scope_parts(scope: Scope) -> tuple[tuple[str, ...], ...]:
    """Returns the keys of a scope in the order in which exactness counts: payer, plan, line of business, state, type."""
    return (scope.payers, scope.plans, scope.lines_of_business, scope.states, scope.claim_types)


def rank(scope: Scope) -> tuple[bool, ...]:
    """Returns how specific a scope is: for each key whether it is exact; greater is more specific."""
    return tuple(_ANY not in words for words in scope_parts(scope))


def scopes_meet(left: Scope, right: Scope) -> bool:
    """Returns whether some claim is in both scopes."""
    return all(
        _ANY in one or _ANY in other or not set(one).isdisjoint(other)
        for one, other in zip(scope_parts(left), scope_parts(right), strict=True)
    )


def windows_meet(left: Policy, right: Policy) -> bool:
    """Returns whether some date of service is in both effective windows."""
    left_ends_first = bool(left.effective_to) and left.effective_to <= right.effective_from
    right_ends_first = bool(right.effective_to) and right.effective_to <= left.effective_from
    return not left_ends_first and not right_ends_first


def select(
    resolved: Iterable[ResolvedPolicy],
    *,
    payer_id: str,
    line_of_business: str,
    state: str,
    plan_id: str,
    claim_type: str,
    service_date: str,
    as_of: str = "",
) -> ResolvedPolicy:
    """Returns the policy with the most specific scope in force on an ISO service date and, with ``as_of``, published by then.

    Raises NoPolicyError, which says what was searched and what there is nearby.
    """
    claim = _Claim(payer_id, plan_id, line_of_business, state, claim_type)
    candidates = [entry for entry in resolved if entry.policy.scope is not None]
    fitting = [entry for entry in candidates if _covers(entry.policy.scope, claim)]
    dated = [entry for entry in fitting if _in_force(entry.policy, service_date)]
    known = [entry for entry in dated if not as_of or entry.policy.published <= as_of]
    if known:
        # Equal ranks that meet are refused when loaded; the id only keeps the choice stable.
        return max(known, key=lambda entry: (_rank_of(entry), entry.policy.id, entry.policy.version))
    raise NoPolicyError(_nothing_found(claim, service_date, as_of, (candidates, fitting, dated)))


def _rank_of(entry: ResolvedPolicy) -> tuple[bool, ...]:
    return rank(entry.policy.scope) if entry.policy.scope is not None else ()


def _covers(scope: Scope | None, claim: _Claim) -> bool:
    return scope is not None and all(
        _ANY in words or value in words for words, value in zip(scope_parts(scope), claim, strict=True)
    )


def _in_force(policy: Policy, date: str) -> bool:
    return policy.effective_from <= date and (not policy.effective_to or date < policy.effective_to)


def _nothing_found(claim: _Claim, service_date: str, as_of: str, stages: tuple[Sequence[ResolvedPolicy], ...]) -> str:
    searched = ", ".join(f"{name.replace('_', ' ')} {value or 'not given'}" for name, value in claim._asdict().items())
    text = f"no policy is for {searched} on {service_date}"
    candidates, fitting, dated = stages
    if dated:
        entries = sorted(f"{_name(entry)} from {entry.policy.published}" for entry in dated)
        return f"{text}, known on {as_of}; published later: {_listed(entries)}"
    if fitting:
        entries = sorted(f"{_name(entry)} ({_window(entry.policy)})" for entry in fitting)
        return f"{text}; for other dates: {_listed(entries)}"
    near = [
        entry for entry in candidates if entry.policy.scope is not None and claim.payer in entry.policy.scope.payers
    ]
    if near:
        entries = sorted(f"{_name(entry)} ({_scope_text(entry.policy)})" for entry in near)
        return f"{text}; the payer's policies: {_listed(entries)}"
    payers = sorted(
        {p for entry in candidates if entry.policy.scope is not None for p in entry.policy.scope.payers} - {_ANY}
    )
    return (
        f"{text}; there are policies for the payers {_listed(payers)}" if payers else f"{text}; no policy has a scope"
    )


def _name(entry: ResolvedPolicy) -> str:
    return f"{entry.policy.id} {entry.policy.version}"


def _window(policy: Policy) -> str:
    return f"from {policy.effective_from}" + (f" to before {policy.effective_to}" if policy.effective_to else "")


def _scope_text(policy: Policy) -> str:
    if policy.scope is None:
        return ""
    names = ("payers", "plans", "lines of business", "states", "claim types")
    parts = zip(names, scope_parts(policy.scope), strict=True)
    return "; ".join(f"{name} {', '.join(words)}" for name, words in parts if _ANY not in words)


def _listed(entries: Sequence[str]) -> str:
    more = len(entries) - _MOST_NAMED
    return ", ".join(entries[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
