"""Puts rules, policies and the catalogue of edits into plain English, from the policies alone."""

from engine.describe.policy import describe_policy
from engine.describe.rule import describe_rule, payer_policies, uses_of_rule

__all__ = ["describe_policy", "describe_rule", "payer_policies", "uses_of_rule"]
