"""Whatever a file holds, loading ends in policies or in InvalidPolicyError."""

from __future__ import annotations

import contextlib

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidPolicyError
from engine.policy import lint, load_texts, resolve
from engine.policy.source import read_source
from tests.policy import texts

_NAMES = sorted(texts.FILES)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["$line.units", "$value.limit", "$", "{a.b}", "line", "row", "BASE-010", "2020-01-01"]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


def _load(files: dict[str, str]) -> None:
    with contextlib.suppress(InvalidPolicyError):
        loaded = load_texts(files)
        resolve(loaded)
        lint(loaded, "2026-01-01")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    source, problems = read_source("a.yaml", content)
    assert source.root is not None or problems


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_loaded_or_refused(content: str) -> None:
    _load({**texts.FILES, "more.yaml": content})


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_NAMES), st.integers(0, 2000), st.integers(0, 12), st.text(max_size=6))
def test_a_policy_with_characters_changed_is_loaded_or_refused(name: str, at: int, cut: int, put: str) -> None:
    text = texts.FILES[name]
    _load({**texts.FILES, name: text[:at] + put + text[at + cut :]})


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(_NAMES), st.data(), _VALUES)
def test_a_policy_with_any_part_replaced_is_loaded_or_refused(name: str, data: st.DataObject, new: object) -> None:
    document = yaml.safe_load(texts.FILES[name])
    spot = document
    while True:
        keys = list(spot) if isinstance(spot, dict) else range(len(spot))
        key = data.draw(st.sampled_from(list(keys)))
        inner = spot[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            spot[key] = new
            break
        spot = inner
    _load({**texts.FILES, name: yaml.dump(document)})
