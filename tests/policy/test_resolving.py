"""How policies are merged with their parents and selected for a claim."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidPolicyError, NoPolicyError
from engine.policy import load_texts, resolve, resolve_policy, select
from engine.policy.types import ResolvedPolicy, Status
from tests.policy import texts


def _resolved(files: dict[str, str], policy_id: str = "child") -> ResolvedPolicy:
    return resolve_policy(load_texts(files), policy_id, "1")


def _selected(files: dict[str, str], **changes: str) -> str:
    asked = {
        "payer_id": "ACME",
        "line_of_business": "commercial",
        "state": "CA",
        "plan_id": "P1",
        "claim_type": "PROFESSIONAL",
        "service_date": "2024-01-01",
    } | changes
    found = select(resolve(load_texts(files)), **asked)
    return found.policy.id


def test_a_child_has_its_parents_rules_with_its_overrides() -> None:
    resolved = _resolved(texts.FILES)
    assert resolved.chain == ("child@1", "base@1")
    assert [(rule.id, rule.severity) for rule in resolved.rules] == [("BASE-001", "ERROR"), ("BASE-010", "WARNING")]
    assert {rule.policy_id for rule in resolved.rules} == {"base"}


def test_a_disabled_rule_is_left_out() -> None:
    new = "disable: [{rule: BASE-010, because: No.}]\nx"
    files = {**texts.FILES, "child.yaml": texts.CHILD.split("overrides:")[0] + new.removesuffix("x")}
    assert [rule.id for rule in _resolved(files).rules] == ["BASE-001"]


def test_a_childs_value_replaces_its_parents() -> None:
    files = texts.changed(
        "child.yaml", "rules: []", "values: {limit: {title: Limit, dates: {2020-01-01: 9}}}\nrules: []"
    )
    (value,) = _resolved(files).values
    assert (value.policy_id, value.dates[0].value) == ("child", 9)


def test_rules_of_a_policy_on_trial_are_on_trial() -> None:
    resolved = _resolved(texts.changed("child.yaml", "status: active", "status: trial"))
    assert {rule.status for rule in resolved.rules} == {Status.TRIAL}


def test_a_parent_that_is_reached_twice_is_merged_once() -> None:
    second = texts.CHILD.split("overrides:")[0].replace("id: child", "id: second")
    both = texts.changed("child.yaml", "overrides:", '  - {policy: second, version: "1"}\noverrides:', second=second)
    assert _resolved(both).chain == ("child@1", "base@1", "second@1")


def test_parents_that_disagree_about_a_rule_are_refused() -> None:
    second = texts.CHILD.replace("id: child", "id: second").replace("CHILD-X1", "SECOND-X1")
    both = texts.changed("child.yaml", "overrides:", '  - {policy: second, version: "1"}\noverrides:', second=second)
    with pytest.raises(InvalidPolicyError, match="do not agree on the rule BASE-010"):
        load_texts(both)


def test_an_exact_payer_beats_an_exact_plan() -> None:
    plan = texts.CHILD.replace("extends:", "scope: {plans: [P1], states: [CA]}\nextends:")
    assert _selected({**texts.FILES, "child.yaml": plan}) == "base"


def test_a_narrower_scope_wins() -> None:
    plan = texts.CHILD.replace("extends:", "scope: {payer: ACME, plans: [P1]}\nextends:")
    files = {**texts.FILES, "child.yaml": plan}
    assert _selected(files) == "child"
    assert _selected(files, plan_id="P2") == "base"
    assert _selected(files, service_date="2020-06-01") == "base"


def test_a_retired_policy_is_never_selected() -> None:
    with pytest.raises(NoPolicyError):
        _selected(texts.changed("base.yaml", "status: active", "status: retired"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"payer_id": "NONE"}, "there are policies for the payers ACME"),
        ({"service_date": "2019-12-31"}, r"for other dates: base 1 \(from 2020-01-01\)"),
        ({"as_of": "2019-12-31"}, "published later: base 1 from 2020-01-01"),
    ],
)
def test_what_was_not_found_is_told_with_what_is_near(changes: dict[str, str], said: str) -> None:
    with pytest.raises(NoPolicyError, match=said):
        _selected(texts.FILES, **changes)


def test_an_unknown_version_is_told_with_the_known_ones() -> None:
    with pytest.raises(NoPolicyError, match="its versions are 1"):
        resolve_policy(load_texts(texts.FILES), "base", "9")


def _shuffled(text: str, order: st.DataObject | None) -> str:
    """Dumps a document again, the keys of its maps in any order where the order means nothing."""

    def plain(thing: object) -> object:
        if isinstance(thing, dict):
            keys = list(thing)
            dated = all(len(key) == 10 and key[4] == "-" for key in map(str, keys)) if keys else False
            if order is not None and not dated:
                keys = order.draw(st.permutations(keys))
            return {key: plain(thing[key]) for key in keys}
        return [plain(item) for item in thing] if isinstance(thing, list) else thing

    return str(yaml.dump(plain(yaml.safe_load(text)), sort_keys=False))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_order_of_keys_and_the_layout_do_not_change_the_digest(data: st.DataObject) -> None:
    # The columns of a table are the order of its cells.
    files = {name: text if name == "pairs.yaml" else _shuffled(text, data) for name, text in texts.FILES.items()}
    assert _resolved(files).digest == _resolved(texts.FILES).digest


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("base.yaml", "{over: 1}", "{over: 2}"),
        ("base.yaml", "2020-01-01: 3", "2020-01-01: 2"),
        ("base.yaml", "more than", "over"),
        ("child.yaml", "severity: warning", "severity: info"),
        ("child.yaml", "to: 2024-07-01", "to: 2024-08-01"),
    ],
)
def test_every_change_of_meaning_changes_the_digest(file: str, old: str, new: str) -> None:
    assert _resolved(texts.changed(file, old, new)).digest != _resolved(texts.FILES).digest


def test_a_comment_changes_no_digest() -> None:
    commented = texts.changed("base.yaml", "title: Base", "# a comment\n\ntitle: Base")
    assert load_texts(commented).digest == load_texts(texts.FILES).digest
