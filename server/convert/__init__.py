"""Turns messages of ``claimrules.v1`` into the engine's types and back: the only folder that sees both.

It is straight-line code, because the general converters of protobuf cost more than judging a claim.
"""

from server.convert.claim import claim_from_message, claim_to_message
from server.convert.evaluation import evaluation_from_message, evaluation_to_message, fill_evaluation
from server.convert.policy import policy_to_message, rule_to_message

__all__ = [
    "claim_from_message",
    "claim_to_message",
    "evaluation_from_message",
    "evaluation_to_message",
    "fill_evaluation",
    "policy_to_message",
    "rule_to_message",
]
