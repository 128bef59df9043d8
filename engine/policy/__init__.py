"""Policies: YAML read with its places, checked as a whole, merged with parents and selected for a claim."""

from __future__ import annotations

from engine.policy.lint import lint
from engine.policy.loading import load_policies, load_texts
from engine.policy.resolve import resolve, resolve_policy
from engine.policy.select import select

__all__ = ["lint", "load_policies", "load_texts", "resolve", "resolve_policy", "select"]
