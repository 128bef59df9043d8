"""Puts one policy into an outline: whom it judges, its chain, what it changes of its parents, and its rules by pack."""

from __future__ import annotations

from collections.abc import Iterator

from engine.describe.rule import settings_text
from engine.phrases import condition_text, pattern_text, value_text
from engine.policy import resolve_policy
from engine.policy.types import Policy, PolicySet, ResolvedPolicy, Scope, Total


def describe_policy(policy: Policy, policies: PolicySet) -> str:
    """Returns a policy as an outline of lines of text."""
    resolved = resolve_policy(policies, policy.id, policy.version)
    lines = [f"{policy.id} {policy.version}: {policy.title}", f"  {_standing(policy)}"]
    lines.append(
        f"  judges {_scope(policy.scope)}"
        if policy.scope
        else "  has no scope: it judges what policies that extend it judge"
    )
    for heading, entries in _sections(policy, resolved):
        if entries:
            lines += ["", heading, *(f"  - {entry}" for entry in entries)]
    lines += ["", f"Rules ({len(resolved.rules)})"]
    for name in resolved.chain:
        own = [rule for rule in resolved.rules if f"{rule.policy_id}@{rule.policy_version}" == name]
        if own:
            lines.append(f"  {name.replace('@', ' ')}")
            lines += [
                f"    {rule.id}  {rule.title} ({rule.severity.lower() if rule.report else 'derives'})" for rule in own
            ]
    return "\n".join(lines)


def _standing(policy: Policy) -> str:
    until = f" to {policy.effective_to}" if policy.effective_to else ""
    parts = [policy.status.value, f"services from {policy.effective_from}{until}"]
    parts += [f"published {policy.published}"] if policy.published else []
    parts += [f"to be reviewed by {policy.review_by}"] if policy.review_by else []
    parts += [f"owner {policy.owner}"] if policy.owner else []
    return ", ".join(parts)


def _scope(scope: Scope) -> str:
    kinds = (
        ("payer", scope.payers),
        ("line of business", scope.lines_of_business),
        ("state", scope.states),
        ("plan", scope.plans),
        ("claim type", scope.claim_types),
    )
    return "claims of " + ", ".join(
        f"any {kind}" if words == ("*",) else f"{kind} {' or '.join(words)}" for kind, words in kinds
    )


def _sections(policy: Policy, resolved: ResolvedPolicy) -> Iterator[tuple[str, list[str]]]:
    yield "Extends", [f"{one.policy} {one.version}" for one in policy.extends]
    yield "Changes of parents' rules", [f"{o.rule}: {settings_text(o.settings)}: {o.because}" for o in policy.overrides]
    yield "Parents' rules switched off", [f"{entry.rule}: {entry.because}" for entry in policy.disable]
    yield (
        "Exceptions",
        [
            f"{e.id}: {', '.join(e.rules)} when the claim has {'; '.join(map(pattern_text, e.when))}, from {e.start}"
            f"{f' to {e.end}' if e.end else ''}: {e.because} (approved by {e.approved_by})"
            for e in resolved.exceptions
        ],
    )
    yield (
        "Values",
        [
            f"{value.id} ({value.title}): "
            + ", ".join(f"{value_text(entry.value)} since {entry.start}" for entry in value.dates)
            for value in resolved.values
        ],
    )
    yield "Totals", [f"{total.id}: {_total(total)}" for total in resolved.totals]
    yield "Tables", list(resolved.tables)


def _total(total: Total) -> str:
    what = f"sum of {total.field.replace('_', ' ')} of" if total.measure == "sum" else "count of"
    by = ", ".join(name.replace("_", " ") for name in total.by)
    where = f" whose {', and '.join(map(condition_text, total.where))}" if total.where else ""
    return f"{what} {total.kind}s{where}, by {by}"
