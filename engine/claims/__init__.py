"""Claims in and evaluations out: files and documents become ``Claim``, an ``Evaluation`` becomes JSON."""

from engine.claims.decode import InvalidClaim, decode_claim, encode_evaluation
from engine.claims.read import read_claims
from engine.claims.validate import canonical_claim, canonical_diagnosis, is_calendar_date, problems_of

__all__ = [
    "InvalidClaim",
    "canonical_claim",
    "canonical_diagnosis",
    "decode_claim",
    "encode_evaluation",
    "is_calendar_date",
    "problems_of",
    "read_claims",
]
