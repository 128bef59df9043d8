"""Orders rules by what they derive: a rule runs after every rule that derives a fact it reads, or denies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from engine.errors import Problem
from engine.policy.types import Rule


class Stratum(msgspec.Struct, frozen=True):
    """Rules that run together: those without a cycle, each by itself, and the cycles, whose rules feed each other."""

    single: tuple[Rule, ...]
    cycles: tuple[tuple[Rule, ...], ...] = ()


def stratify(rules: Sequence[Rule], problems: list[Problem]) -> tuple[Stratum, ...]:
    """Returns the strata of rules in the order in which they run; adds a problem for each cycle through ``unless``."""
    producers: dict[str, list[int]] = defaultdict(list)
    for index, rule in enumerate(rules):
        for kind in {assertion.kind for assertion in rule.assertions}:
            producers[kind].append(index)
    before = [
        sorted({p for pattern in (*rule.when, *rule.unless) for p in producers.get(pattern.kind, ())}) for rule in rules
    ]
    levels: list[int] = [0] * len(rules)
    placed: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for component in _components(before):
        level = 1 + max((levels[p] for i in component for p in before[i] if p not in component), default=-1)
        for index in component:
            levels[index] = level
        placed[level].append(tuple(sorted(component)))
        _check_negation(component, rules, producers, problems)
    strata = []
    for level in sorted(placed):
        cyclic = [c for c in placed[level] if len(c) > 1 or c[0] in before[c[0]]]
        single = sorted(c[0] for c in placed[level] if c not in cyclic)
        cycles = tuple(tuple(rules[i] for i in c) for c in sorted(cyclic))
        strata.append(Stratum(tuple(rules[i] for i in single), cycles))
    return tuple(strata)


def _check_negation(
    component: Sequence[int], rules: Sequence[Rule], producers: dict[str, list[int]], problems: list[Problem]
) -> None:
    members = set(component)
    for index in sorted(component):
        for pattern in rules[index].unless:
            feeding = [p for p in producers.get(pattern.kind, ()) if p in members]
            if feeding:
                names = ", ".join(sorted({rules[i].id for i in component}))
                problems.append(
                    Problem(
                        "E701",
                        f"rule {rules[index].id} denies {pattern.kind}, which hangs on the rule itself (rules {names})",
                        pattern.place,
                        "a rule may not deny what follows from it; derive a fact of another kind",
                    )
                )
                return


def _components(before: Sequence[Sequence[int]]) -> list[list[int]]:
    """Returns the strongly connected components, each after those it depends on (Tarjan, without recursion)."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    waiting: set[int] = set()
    found: list[list[int]] = []
    for root in range(len(before)):
        if root in order:
            continue
        work = [(root, 0)]
        while work:
            node, position = work.pop()
            if position == 0:
                order[node] = low[node] = len(order)
                stack.append(node)
                waiting.add(node)
            if position < len(before[node]):
                work.append((node, position + 1))
                child = before[node][position]
                if child not in order:
                    work.append((child, 0))
                elif child in waiting:
                    low[node] = min(low[node], order[child])
                continue
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
            if low[node] == order[node]:
                component = []
                while True:
                    member = stack.pop()
                    waiting.discard(member)
                    component.append(member)
                    if member == node:
                        break
                found.append(component)
    return found
