"""Says what kinds of edits wait for that no rule judges yet. An entry is read only while its slug has no rule."""

from __future__ import annotations

WAITING: dict[str, str] = {
    "code_not_recognized_by_payer": "a payer's list of codes it does not take",
    "em_outlier_profile": "claims of a practitioner over time; the engine judges one claim",
    "fee_below_allowed": "the payer's fee schedule",
    "medical_necessity": "imported coverage articles; they are not part of the sample tables",
}
NOT_YET = "a rule"
