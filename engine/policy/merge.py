"""Merges parents into policies: rules, values, totals, exceptions and tables, with overrides and what is switched off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from engine.policy.check_tests import Complaint
from engine.policy.field_types import family, type_of_value
from engine.policy.reader import meant
from engine.policy.types import (
    Disable,
    Extension,
    MessagePart,
    Override,
    Policy,
    PolicyException,
    PolicySet,
    Rule,
    Scalar,
    Status,
    Total,
    Value,
)

Version = tuple[str, str]
_Part = TypeVar("_Part", Value, Total, PolicyException)


class Merged(msgspec.Struct, frozen=True):
    """A policy with its parents merged in, by id; ``chain`` is itself and then its ancestors, as merged."""

    policy: Policy
    chain: dict[str, str]
    rules: dict[str, Rule]
    disabled: dict[str, Rule]
    values: dict[str, Value]
    totals: dict[str, Total]
    exceptions: dict[str, PolicyException]
    tables: dict[str, None]


def by_version(policies: PolicySet) -> dict[Version, Policy]:
    """Returns every policy by id and version."""
    return {(policy.id, policy.version): policy for policy in policies.policies}


class Merger:
    """Merges the policies of one set, each once; conflicts go to ``complain`` (E407, E409, E410, E412)."""

    def __init__(self, policies: PolicySet, complain: Complaint) -> None:
        """Merges nothing yet."""
        self.by_version = by_version(policies)
        self._complain = complain
        self._merged: dict[Version, Merged] = {}
        self._open: set[Version] = set()

    def merged(self, policy: Policy) -> Merged:
        """Returns a policy with its parents merged in; parents that do not exist, or close a cycle, are left out."""
        key = (policy.id, policy.version)
        if key not in self._merged:
            self._open.add(key)
            self._merged[key] = self._merge(policy)
            self._open.discard(key)
        return self._merged[key]

    def _merge(self, policy: Policy) -> Merged:
        found = Merged(policy, {policy.id: policy.version}, {}, {}, {}, {}, {}, {})
        own_values = {value.id for value in policy.values}
        decided = {entry.rule for entry in policy.disable}
        for extension in policy.extends:
            key = (extension.policy, extension.version)
            parent = self.by_version.get(key)
            if parent is None or key in self._open:
                continue
            self._add_parent(found, self.merged(parent), extension, own_values, decided)
        self._override(found, policy)
        self._disable(found, policy.disable)
        self._add_own(found, policy)
        return found

    def _add_parent(
        self, found: Merged, parent: Merged, extension: Extension, own_values: set[str], decided: set[str]
    ) -> None:
        for policy_id, version in parent.chain.items():
            known = found.chain.setdefault(policy_id, version)
            if known != version:
                message = f"{policy_id} is reached in version {known} and in version {version}"
                self._complain("E407", extension.place, message, "let every path name the same version")
        for rule_id, rule in (parent.rules | parent.disabled).items():
            self._add_rule(found, rule_id, rule, rule_id in parent.disabled, extension, rule_id in decided)
        self._add_parts(found.values, parent.values, "value", extension, own_values)
        self._add_parts(found.totals, parent.totals, "total", extension, set())
        self._add_parts(found.exceptions, parent.exceptions, "exception", extension, set())
        found.tables.update(parent.tables)

    def _add_rule(
        self, found: Merged, rule_id: str, rule: Rule, off: bool, extension: Extension, decided: bool
    ) -> None:
        known = found.rules.get(rule_id) or found.disabled.get(rule_id)
        if known is None:
            (found.disabled if off else found.rules)[rule_id] = rule
        elif known.policy_id != rule.policy_id:
            message = f"{known.policy_id} and {rule.policy_id} both bring the rule {rule_id}"
            self._complain("E407", extension.place, message, "give one of them another id")
        elif (known != rule or (rule_id in found.disabled) != off) and not decided:
            message = f"the parents do not agree on the rule {rule_id}: one changes it or switches it off"
            self._complain("E407", extension.place, message, "disable it here, or extend one of the two only")

    def _add_parts(
        self,
        known: dict[str, _Part],
        parts: Mapping[str, _Part],
        what: str,
        extension: Extension,
        own: set[str],
    ) -> None:
        for name, part in parts.items():
            other = known.setdefault(name, part)
            if other is not part and other != part and name not in own:
                message = f"{other.policy_id} and {part.policy_id} both bring the {what} {name}"
                hint = "write it here to replace both" if what == "value" else "give one of them another id"
                self._complain("E407", extension.place, message, hint)

    def _override(self, found: Merged, policy: Policy) -> None:
        seen: set[str] = {entry.rule for entry in policy.disable}
        for override in policy.overrides:
            if override.rule in seen:
                hint = "keep one override of a rule, and none of a rule that is switched off"
                self._complain("E412", override.place, f"{override.rule} is changed twice here", hint)
            seen.add(override.rule)
            rule = found.rules.get(override.rule)
            if rule is None:
                self._unknown_rule(found, override, "override")
                continue
            if rule.report is None:
                hint = "only rules that report have these settings"
                self._complain("E412", override.place, f"{rule.id} reports nothing that could change", hint)
                continue
            found.rules[rule.id] = _with_settings(rule, override.settings)

    def _disable(self, found: Merged, disable: Iterable[Disable]) -> None:
        seen: set[str] = set()
        for entry in disable:
            if entry.rule in seen:
                self._complain("E412", entry.place, f"{entry.rule} is switched off twice here", "write it once")
            elif entry.rule in found.rules:
                found.disabled[entry.rule] = found.rules.pop(entry.rule)
            elif entry.rule not in found.disabled:
                self._unknown_rule(found, entry, "disable")
            seen.add(entry.rule)

    def _unknown_rule(self, found: Merged, entry: Override | Disable, what: str) -> None:
        if any(rule.id == entry.rule for rule in found.policy.rules):
            self._complain("E410", entry.place, f"{entry.rule} is this policy's own rule", "change the rule itself")
            return
        if entry.rule in found.disabled:
            self._complain("E410", entry.place, f"a parent switches {entry.rule} off", f"drop the {what}")
            return
        hint = meant(entry.rule, found.rules) or "name a rule of a parent"
        self._complain("E410", entry.place, f"no parent has the rule {entry.rule!r}", hint)

    def _add_own(self, found: Merged, policy: Policy) -> None:
        for rule in policy.rules:
            known = found.rules.get(rule.id) or found.disabled.get(rule.id)
            if known is not None and known.policy_id != policy.id:
                message = f"the rule {rule.id} comes from the parent {known.policy_id} already"
                self._complain("E409", rule.place, message, "give it another id, or override the parent's")
            found.rules[rule.id] = rule
        for value in policy.values:
            parents = found.values.get(value.id)
            if parents is not None and family(type_of_value(parents).type) != family(type_of_value(value).type):
                message = f"the value {value.id} has another type than that of {parents.policy_id}"
                self._complain("E309", value.place, message, "give it the same type")
            found.values[value.id] = value
        for total in policy.totals:
            if total.id in found.totals:
                message = f"a parent has a total {total.id} already"
                self._complain("E407", total.place, message, "give it another id")
            found.totals[total.id] = total
        for exception in policy.exceptions:
            if exception.id in found.exceptions:
                message = f"there is an exception {exception.id} already"
                self._complain("E409", exception.place, message, "give it another id")
            found.exceptions[exception.id] = exception
            for rule_id in exception.rules:
                if rule_id not in found.rules and rule_id not in found.disabled:
                    hint = meant(rule_id, found.rules) or "name a rule of this policy or of a parent"
                    self._complain("E410", exception.place, f"unknown rule {rule_id!r} in an exception", hint)
        found.tables.update(dict.fromkeys(policy.tables))


def _with_settings(rule: Rule, settings: Iterable[tuple[str, Scalar | tuple[MessagePart, ...]]]) -> Rule:
    own = {name: value for name, value in settings if name in ("severity", "kind")}
    for name, value in settings:
        if name == "status":
            own["status"] = Status(str(value) or "active")
    reported = {name: value for name, value in settings if name in ("message", "group", "carc", "rarc")}
    report = msgspec.structs.replace(rule.report, **reported) if rule.report is not None else None
    return msgspec.structs.replace(rule, report=report, **own)
