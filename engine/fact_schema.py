"""Declares every kind of fact that rules can read: its fields, their types, units and where they come from.

The loader checks policies against this, ``facts.py`` builds facts that satisfy it, and the docs print it.
"""

from __future__ import annotations

from engine.fact_kind import FactKind, FieldType
from engine.fact_kind import field as _field
from engine.reckoned_facts import DRUG_AMOUNT, EARLIER_SERVICE, THERAPY_THRESHOLD, TIMED_SERVICE

_T, _C, _D = FieldType.TEXT, FieldType.CODE, FieldType.DATE
_I, _N, _M, _F = FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY, FieldType.FLAG
_X, _L = FieldType.ICD10, FieldType.CODES


CLAIM = FactKind(
    "claim",
    "the claim itself",
    "service_date",
    {
        "claim_id": _field(_T, "the sender's claim id"),
        "claim_type": _field(_T, "PROFESSIONAL or INSTITUTIONAL"),
        "frequency_code": _field(_T, "claim frequency (1 original, 7 replacement, 8 void)"),
        "original_claim_id": _field(_T, "the claim that a replacement or void refers to"),
        "payer": _field(_T, "payer id"),
        "line_of_business": _field(_T, "commercial, medicare, medicaid …"),
        "plan_id": _field(_T, "plan id"),
        "state": _field(_T, "state, two letters"),
        "received_date": _field(_D, "date the payer received the claim", unknown=True),
        "place_of_service": _field(_T, "two-digit place of service of the claim"),
        "total_charge_cents": _field(_M, "total charge as stated", unknown=True),
        "sum_of_charges_cents": _field(_M, "sum of the lines' charges"),
        "line_count": _field(_I, "number of service lines"),
        "diagnosis_count": _field(_I, "number of diagnoses"),
        "service_date": _field(_D, "earliest service date"),
        "latest_service_date": _field(_D, "latest service date, through dates included"),
        "received_after_days": _field(_I, "days from the earliest service date to receipt", unknown=True),
        "billing_npi": _field(_T, "billing provider's NPI"),
        "billing_tin": _field(_T, "billing provider's tax id"),
        "rendering_npi": _field(_T, "rendering provider's NPI, else the billing provider's"),
        "specialty": _field(_T, "rendering provider's NUCC taxonomy code"),
        "referring_npi": _field(_T, "referring provider's NPI"),
        "ordering_npi": _field(_T, "ordering provider's NPI"),
        "clia_number": _field(_T, "CLIA certificate number"),
        "clia_number_valid": _field(_F, "two digits, D and seven digits; absent without a number"),
        "clia_certificate_type": _field(_T, "waiver, ppm, registration, compliance or accreditation"),
        "prior_authorizations": _field(_L, "authorization numbers of the whole claim"),
        "prior_authorization_count": _field(_I, "number of authorization numbers of the whole claim"),
        "history_supplied": _field(_F, "true when the claim came with earlier lines"),
        "coverage_from": _field(_D, "first day of the member's coverage, absent when not supplied"),
        "coverage_to": _field(_D, "last day of the member's coverage, absent when not supplied or open"),
        "payer_sequence": _field(_T, "PRIMARY, SECONDARY or TERTIARY, absent when not supplied"),
        "other_payer_paid_cents": _field(
            _M,
            "what earlier payers paid for the claim: as stated, else the sum of the lines; absent when neither is given",
        ),
        "accident_type": _field(_T, "AUTO, EMPLOYMENT or OTHER"),
        "accident_date": _field(_D, "day of the accident"),
        "accident_state": _field(_T, "state of the accident, two letters"),
        "condition_codes": _field(_L, "NUBC condition codes (institutional)"),
        "type_of_bill": _field(
            _T, "NUBC type of bill, three digits without the zero before them (institutional)", unknown=True
        ),
        "epsdt_referral": _field(_T, "EPSDT referral indicator: AV, NU, S2 or ST"),
    },
)

PATIENT = FactKind(
    "patient",
    "the patient",
    "service_date",
    {
        "sex": _field(_T, "recorded sex: F, M or U", unknown=True),
        "age_years": _field(_I, "completed years on the earliest service date", unknown=True),
        "age_days": _field(_I, "days since birth on the earliest service date", unknown=True),
        "born_after_service": _field(
            _F, "the birth date as given lies after the earliest service date; absent without one"
        ),
        "service_date": _field(_D, "earliest service date"),
    },
)

IDENTIFIER = FactKind(
    "identifier",
    "one NPI on the claim and what the check-digit test says of it",
    "service_date",
    {
        "role": _field(_T, "billing, rendering, referring, ordering, supervising or facility"),
        "path": _field(_T, "where it stands on the claim, as in set_field"),
        "line_number": _field(_I, "its line, absent for the claim's own"),
        "npi": _field(_T, "the identifier as sent"),
        "valid": _field(_F, "ten digits, first 1 or 2, Luhn check over 80840 + NPI"),
        "service_date": _field(_D, "earliest service date"),
    },
)

LINE = FactKind(
    "line",
    "one service line",
    "service_date",
    {
        "line_number": _field(_I, "line number"),
        "procedure_code": _field(_C, "CPT or HCPCS Level II code"),
        "modifiers": _field(_L, "modifiers in order"),
        "modifier_count": _field(_I, "number of modifiers"),
        "modifier_set": _field(_T, "the modifiers sorted and joined by commas, to compare lines"),
        "units": _field(_N, "units of service"),
        "units_whole": _field(_F, "the units are a whole number"),
        "charge_cents": _field(_M, "charge"),
        "allowed_cents": _field(
            _M, "what the Medicare fee schedule allows for it, absent where that is not reckoned", table="mpfs"
        ),
        "service_date": _field(_D, "first day of service"),
        "service_end_date": _field(_D, "last day of service, the first when none is given"),
        "service_days": _field(_I, "days from first to last, both counted"),
        "service_month": _field(_T, "year and month of the first day of service, as 2026-01"),
        "place_of_service": _field(_T, "the line's place of service, else the claim's"),
        "rendering_npi": _field(_T, "the line's rendering NPI, else the claim's, else the billing NPI"),
        "specialty": _field(_T, "rendering provider's taxonomy code"),
        "practitioner": _field(
            _T, "key shared by lines of the same practitioner: same NPI, or same group and same specialty"
        ),
        "patient_age_years": _field(_I, "completed years on the service date", unknown=True),
        "patient_age_days": _field(_I, "days since birth on the service date", unknown=True),
        "minutes": _field(_I, "minutes as billed, absent when 0"),
        "diagnosis_pointers": _field(FieldType.INTEGERS, "pointers as sent"),
        "pointer_count": _field(_I, "number of pointers"),
        "pointer_out_of_range": _field(_F, "some pointer names no diagnosis on the claim"),
        "pointer_repeated": _field(_F, "some pointer is given twice"),
        "diagnosis_codes": _field(_L, "codes of the diagnoses pointed to, in pointer order"),
        "prior_authorization": _field(_T, "the line's own authorization number"),
        "ndc": _field(_T, "National Drug Code"),
        "ndc_quantity": _field(_N, "drug quantity"),
        "ndc_unit": _field(_T, "drug unit: F2, GR, ME, ML, UN"),
        "revenue_code": _field(_T, "revenue code (institutional)"),
        "other_payer_paid_cents": _field(_M, "what earlier payers paid for the line, absent when not supplied"),
        "other_payer_adjustment_cents": _field(_M, "what earlier payers took off the charge, absent when not supplied"),
        "other_payer_open_cents": _field(
            _M, "charge less what earlier payers paid and took off; absent without their payment of the line"
        ),
        "statutorily_excluded": _field(_F, "carries GY, so it neither triggers nor satisfies other edits"),
        "code_set": _field(_T, "cpt1, cpt2, cpt3, cpt_pla, hcpcs2, or unknown by the form of the code"),
        "code_status": _field(
            _T,
            "valid, terminated, not_yet_valid or not_found on the service date; absent when no table can tell",
            "procedure_codes",
        ),
        "invalid_code": _field(
            _F, "a table says that the code is not valid on the service date; false when none can tell"
        ),
        "code_last_valid": _field(_D, "last valid day of a terminated code", "procedure_codes"),
        "add_on_type": _field(
            _T,
            "type of an add-on code: 1 listed primaries, 2 contractor's list, 3 both; absent for other codes",
            "ncci_aoc",
        ),
        "status": _field(_T, "fee-schedule status indicator", "mpfs"),
        "global_days": _field(_T, "global surgery indicator: 000, 010, 090, MMM, XXX, YYY, ZZZ", "mpfs"),
        "bilateral": _field(_T, "bilateral surgery indicator", "mpfs"),
        "multiple": _field(_T, "multiple procedure indicator", "mpfs"),
        "assistant": _field(_T, "assistant at surgery indicator", "mpfs"),
        "co_surgeon": _field(_T, "co-surgeon indicator", "mpfs"),
        "team": _field(_T, "team surgery indicator", "mpfs"),
        "pc_tc": _field(_T, "professional/technical component indicator", "mpfs"),
        "endoscopic_base": _field(_C, "endoscopic base code", "mpfs"),
        "total_rvu": _field(
            _N,
            "total relative value units of the code at the rate of its place; absent where the place leaves the rate open",
            "mpfs",
        ),
    },
)

MODIFIER = FactKind(
    "modifier",
    "one modifier of one line",
    "service_date",
    {
        "line_number": _field(_I, "line number"),
        "position": _field(_I, "place among the line's modifiers, from 1"),
        "modifier": _field(_C, "the modifier"),
        "procedure_code": _field(_C, "the line's code"),
        "service_date": _field(_D, "the line's service date"),
    },
)

DIAGNOSIS = FactKind(
    "diagnosis",
    "one diagnosis (again for each service date on which its validity differs)",
    "service_date",
    {
        "position": _field(_I, "place on the claim, from 1"),
        "code": _field(_X, "ICD-10-CM code with its dot"),
        "category": _field(_X, "the first three characters"),
        "seventh_character": _field(_T, "the 7th character; absent for shorter codes"),
        "first_listed": _field(_F, "stands first on the claim"),
        "service_date": _field(_D, "earliest service date of the lines that point to it, else of the claim"),
        "valid": _field(_F, "stands in the code set on the date, billable or header", "icd10cm"),
        "billable": _field(_F, "may be billed on the date", "icd10cm"),
        "header": _field(_F, "stands in the code set but more specific codes exist", "icd10cm"),
        "chapter": _field(_I, "ICD-10-CM chapter, 1 to 22"),
        "laterality": _field(
            _T,
            "right, left or bilateral by the code's title, or unspecified where codes for either side exist",
            "icd10cm",
        ),
        "right_code": _field(_X, "the code that names the right side, where this one leaves the side open", "icd10cm"),
        "left_code": _field(_X, "the code that names the left side, where this one leaves the side open", "icd10cm"),
    },
)

POINTER = FactKind(
    "pointer",
    "one line with one diagnosis it points to",
    "service_date",
    {
        "line_number": _field(_I, "line number"),
        "rank": _field(_I, "place among the line's pointers, from 1"),
        "position": _field(_I, "position of the diagnosis"),
        "diagnosis_code": _field(_X, "the diagnosis code"),
        "seventh_character": _field(_T, "the 7th character of the code, absent for shorter codes"),
        "procedure_code": _field(_C, "the line's code"),
        "service_date": _field(_D, "the line's service date"),
    },
)

HISTORY = FactKind(
    "history",
    "one earlier line (paid or pending; denied, void and replaced ones are left out)",
    "service_date",
    {
        "claim_id": _field(_T, "the earlier claim"),
        "procedure_code": _field(_C, "CPT or HCPCS Level II code"),
        "modifiers": _field(_L, "modifiers"),
        "modifier_set": _field(_T, "the modifiers sorted and joined by commas"),
        "units": _field(_N, "units"),
        "service_date": _field(_D, "service date"),
        "service_month": _field(_T, "year and month of the service date, as 2026-01"),
        "rendering_npi": _field(_T, "rendering NPI"),
        "specialty": _field(_T, "taxonomy code"),
        "practitioner": _field(_T, "key shared with lines of the same practitioner"),
        "same_group": _field(_F, "billed under this claim's tax id"),
        "place_of_service": _field(_T, "place of service"),
        "status": _field(_T, "PAID or PENDING"),
        "days_before": _field(_I, "days from it to this claim's earliest service date"),
        "global_days": _field(_T, "global surgery indicator on its own date", "mpfs"),
    },
)

DOCUMENTATION = FactKind(
    "documentation",
    "one documentation fact (docs/claims.md); a claim-wide fact stands once more for each line it applies to",
    "service_date",
    {
        "name": _field(_T, "the fact's name"),
        "line_number": _field(_I, "its line"),
        "claim_wide": _field(_F, "it was given for the whole claim"),
        "number": _field(_N, "its number"),
        "text": _field(_T, "its text"),
        "flag": _field(_F, "its flag"),
        "date": _field(_D, "its date"),
        "unit": _field(_T, "unit of the number"),
        "qualifier": _field(_T, "qualifier"),
        "basis": _field(_T, "stated, computed or inferred"),
        "group": _field(_T, "ties the facts of one drug, lesion or code together"),
        "service_date": _field(_D, "the line's service date, else the claim's earliest"),
    },
)

SUPPORTED_LEVEL = FactKind(
    "supported_level",
    "what the record supports for one line with a visit code, by medical decision making and by time",
    "service_date",
    {
        "line_number": _field(_I, "line number"),
        "procedure_code": _field(_C, "the code billed"),
        "service_date": _field(_D, "service date"),
        "family": _field(_T, "office, hospital_initial, … (table em_time_thresholds)", "em_time_thresholds"),
        "patient_type": _field(_T, "new, established or any", "em_time_thresholds"),
        "basis": _field(_T, "mdm or time, as the clinician stated"),
        "billed_rank": _field(
            _I,
            "rank of the billed code in its family from 1; 0 for a code without a level of decision making",
            "em_time_thresholds",
        ),
        "mdm_level": _field(_T, "level of medical decision making, given or derived 2 of 3"),
        "mdm_rank": _field(_I, "rank of the code that the known MDM supports at least"),
        "mdm_highest_rank": _field(_I, "rank at most, with every unknown element taken as high"),
        "mdm_code": _field(_C, "code of mdm_rank"),
        "time_rank": _field(_I, "rank of the code that the minutes support; 0 below the lowest", "em_time_thresholds"),
        "time_code": _field(_C, "code of time_rank", "em_time_thresholds"),
        "minutes": _field(_N, "total minutes of the clinician on the date"),
        "time_stated": _field(_F, "the note states the time and that it was the clinician's own, or basis is time"),
        "time_allowed": _field(_F, "the family may be levelled by time on the date", "em_time_thresholds"),
        "supported_rank": _field(_I, "the higher of what is known by MDM and time"),
        "supported_code": _field(_C, "code of supported_rank"),
        "highest_possible_rank": _field(_I, "the highest rank that is still possible when unknowns are taken as high"),
    },
)

ROW = FactKind(
    "row",
    "one table row whose key is on the claim; its other fields are the table's columns",
    "on",
    {
        "table": _field(_T, "table id"),
        "on": _field(_D, "the service date for which it is valid"),
        "release": _field(_T, "release of the table"),
    },
)

TOTAL = FactKind(
    "total",
    "one group of a totals: entry; its other fields are the `by` fields",
    "service_date",
    {
        "id": _field(_T, "id of the totals: entry"),
        "value": _field(_N, "the sum or count"),
        "count": _field(_I, "number of facts in the group"),
        "lines": _field(FieldType.INTEGERS, "line numbers in the group"),
        "first_line": _field(_I, "lowest line number in the group"),
        "last_line": _field(_I, "highest line number in the group"),
        "service_date": _field(_D, "the group's service date, else the claim's earliest"),
    },
)

FINDING = FactKind(
    "finding",
    "one finding; read by exceptions only",
    "service_date",
    {
        "rule": _field(_T, "rule id"),
        "category": _field(_T, "category slug"),
        "line_number": _field(_I, "primary line"),
        "service_date": _field(_D, "service date of the primary line, else the claim's earliest"),
    },
)

FACT_KINDS: dict[str, FactKind] = {
    kind.name: kind
    for kind in (
        *(CLAIM, PATIENT, IDENTIFIER, LINE, MODIFIER, DIAGNOSIS, POINTER, HISTORY),
        *(EARLIER_SERVICE, DOCUMENTATION, SUPPORTED_LEVEL, DRUG_AMOUNT, TIMED_SERVICE, THERAPY_THRESHOLD),
        *(ROW, TOTAL, FINDING),
    )
}
