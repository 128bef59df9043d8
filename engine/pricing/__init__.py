"""Prices service lines by the Medicare physician fee schedule, and says what a finding means in money.

Pure functions over a claim and the rows of reference tables. Amounts are whole cents; every step that can leave a part of a cent
is rounded half up, in decimal arithmetic. What is not reckoned gets no amount and a reason.
"""

from engine.pricing.claim import LinePrice, price_claim
from engine.pricing.impact import ImpactMaker
from engine.pricing.schedule import Fee, fee_of

__all__ = ["Fee", "ImpactMaker", "LinePrice", "fee_of", "price_claim"]
