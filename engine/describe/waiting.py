"""Says what kinds of edits wait for that no rule judges yet. An entry is read only while its slug has no rule."""

from __future__ import annotations

_OUTPATIENT = "rules for institutional claims, and the addenda of the outpatient payment system"

WAITING: dict[str, str] = {
    "eligibility_coverage": "the payer's answer on eligibility, which is not part of a claim",
    "cob_primary_missing": "the other insurance and the primary payer's payment, which the claim contract does not carry",
    "provider_not_enrolled": "the payer's enrolment file",
    "provider_taxonomy_mismatch": "the payer's list of taxonomies for each service",
    "code_not_recognized_by_payer": "a payer's list of codes it does not take",
    "em_outlier_profile": "claims of a practitioner over time; the engine judges one claim",
    "fee_below_allowed": "the payer's fee schedule",
    "revenue_code_mismatch": _OUTPATIENT,
    "inpatient_only_procedure": _OUTPATIENT,
    "outpatient_em_no_25": _OUTPATIENT,
    "outpatient_multiple_visits": _OUTPATIENT,
    "device_missing": _OUTPATIENT,
    "medical_necessity": "imported coverage articles; they are not part of the sample tables",
}
NOT_YET = "a rule"
