"""A judge for worker processes that ends its process on one claim, as a fault of the rules engine's C code would."""

from __future__ import annotations

import os

from engine.errors import NoPolicyError
from engine.model import Claim, Evaluation


class CrashingJudge:
    def evaluate(self, claim: Claim, as_of: str = "") -> Evaluation:
        if claim.claim_id.startswith("CRASH"):
            os._exit(9)
        if claim.claim_id == "NO-POLICY":
            raise NoPolicyError("no policy covers the claim")
        return Evaluation(claim.claim_id, as_of, "PASS")


def open_crashing_judge() -> CrashingJudge:
    return CrashingJudge()


def open_nothing() -> CrashingJudge:
    raise OSError("the store is not there")
