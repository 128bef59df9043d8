"""Digests policies by what they say: places left out, and order too wherever order means nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from engine.policy.types import Policy, PolicyException, Rule, Table, Total, Value

# Parts whose order in the file means nothing. ``when`` and ``unless``, fixes, lines and messages keep theirs.
_UNORDERED = frozenset(
    [
        *("arguments", "assertions", "disable", "exceptions", "fields", "operands", "overrides", "references"),
        *("settings", "tables", "totals", "values", "where", "rules", "citations", "claim_types", "payers", "plans"),
        *("states", "lines_of_business", "known_exceptions", "judged_without"),
    ]
)
_LEFT_OUT = frozenset(["place", "digest"])
_ORDERED_OPERATORS = frozenset(["between"])


def digest_of(thing: object) -> str:
    """Returns ``sha256:…`` of the canonical form of a struct, or of tuples of structs."""
    return "sha256:" + hashlib.sha256(canonical(thing)).hexdigest()


def canonical(thing: object) -> bytes:
    """Returns the canonical JSON of a struct."""
    return msgspec.json.encode(_canonical(msgspec.to_builtins(thing)), order="deterministic")


def policy_digest(policy: Policy) -> str:
    """Returns the digest of one policy as written."""
    return digest_of(policy)


def table_digest(table: Table) -> str:
    """Returns the digest of one table, its rows in any order."""
    plain = msgspec.json.encode(
        [
            *(table.id, table.version, table.title, list(table.columns), list(table.key), table.source),
            *(table.date_from, table.date_to, table.date_to_inclusive, table.complete, table.official),
        ]
    )
    rows = sorted(msgspec.json.encode(row) for row in table.rows)
    return "sha256:" + hashlib.sha256(b"\n".join([plain, *rows])).hexdigest()


def set_digest(policies: Iterable[Policy], tables: Iterable[Table]) -> str:
    """Returns the digest of everything that judges claims: policies and tables, without their tests."""
    lines = [f"policy {p.id} {p.version} {p.digest}" for p in policies]
    lines += [f"table {t.id} {t.version} {t.digest}" for t in tables]
    return "sha256:" + hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


class RuleDigests:
    """Digests rules once each, for policies that share them."""

    def __init__(self) -> None:
        """Starts empty."""
        self._known: dict[int, tuple[Rule, str]] = {}

    def of(self, rule: Rule) -> str:
        """Returns the digest of a rule; the rule is kept, so that its identity stays its own."""
        found = self._known.get(id(rule))
        if found is None:
            found = self._known[id(rule)] = (rule, digest_of(rule))
        return found[1]


def resolved_digest(
    policy: Policy,
    chain: Sequence[str],
    rules: Sequence[Rule],
    parts: Sequence[Value | Total | PolicyException],
    tables: Sequence[str],
    digests: RuleDigests,
) -> str:
    """Returns the digest of a policy with its parents merged in."""
    lines = [
        policy.digest or policy_digest(policy),
        *chain,
        *sorted(digests.of(rule) for rule in rules),
        *sorted(digest_of(part) for part in parts),
        *sorted(tables),
    ]
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _canonical(thing: object) -> object:
    if isinstance(thing, dict):
        # The operands of ``between`` are ends, those of every other test are a set.
        ordered = thing.get("operator") in _ORDERED_OPERATORS
        found = {}
        for key, value in thing.items():
            if key in _LEFT_OUT:
                continue
            plain = _canonical(value)
            # ``tests`` of a condition is a list; ``tests`` of a rule a map of names.
            if (
                isinstance(plain, list)
                and (key in _UNORDERED or key == "tests")
                and not (ordered and key == "operands")
            ):
                plain = sorted(plain, key=lambda item: msgspec.json.encode(item, order="deterministic"))
            found[key] = plain
        return found
    if isinstance(thing, list | tuple):
        return [_canonical(item) for item in thing]
    return thing
