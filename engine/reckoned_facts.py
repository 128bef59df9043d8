"""Declares the facts that the engine reckons from the record: units of drugs and of therapy, and the therapy of a year."""

from __future__ import annotations

from engine.fact_kind import FactKind, FieldType
from engine.fact_kind import field as _field

_T, _C, _D = FieldType.TEXT, FieldType.CODE, FieldType.DATE
_I, _N, _M, _F = FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY, FieldType.FLAG
_INTS = FieldType.INTEGERS

DRUG_AMOUNT = FactKind(
    "drug_amount",
    "what the record says was given and discarded of one drug code on one day, in billing units; absent where that is not certain",
    "service_date",
    {
        "line_number": _field(_I, "first line of what was given, else of what was discarded"),
        "lines": _field(_INTS, "all lines of the code on the day"),
        "procedure_code": _field(_C, "the drug's code"),
        "service_date": _field(_D, "service date"),
        "billed_units": _field(_N, "units billed on the lines without JW"),
        "expected_units": _field(_I, "units that the documented dose makes, a part counting as one", "drug_units"),
        "line_expected_units": _field(
            _N, "units of line_number that make the sum right; absent if none would", "drug_units"
        ),
        "billed_discarded_units": _field(_N, "units billed on the lines with JW"),
        "discarded_units": _field(
            _I, "units discarded beyond what rounding up the dose already bills; 0 is a statement", "drug_units"
        ),
        "used_units": _field(_I, "units of the dose and the discarded amount together", "drug_units"),
        "billed_all_units": _field(_N, "units billed on all lines of the code"),
        "discarded_line": _field(_I, "first line with JW"),
        "container": _field(_T, "single_dose or multi_dose, as documented, else as the drug is sold", "drug_units"),
        "container_units": _field(_I, "units in the opened containers (vial_size times vials_used)", "drug_units"),
    },
)

EARLIER_SERVICE = FactKind(
    "earlier_service",
    "one line with one earlier line on a day before it (paid or pending), and the time between them",
    "service_date",
    {
        "line_number": _field(_I, "line number"),
        "procedure_code": _field(_C, "the line's code"),
        "service_date": _field(_D, "the line's service date"),
        "earlier_code": _field(_C, "the earlier line's code"),
        "earlier_date": _field(_D, "the earlier line's service date"),
        "earlier_modifiers": _field(FieldType.CODES, "the earlier line's modifiers"),
        "earlier_diagnoses": _field(FieldType.CODES, "the earlier line's diagnoses, absent when not supplied"),
        "earlier_units": _field(_N, "the earlier line's units"),
        "same_year": _field(_F, "both stand in one calendar year"),
        "same_season": _field(_F, "both stand in one influenza season, July to June"),
        "full_months": _field(_I, "whole calendar months between the two months: March to May is one"),
        "completed_months": _field(_I, "months completed from date to date: 10 March to 9 May is one"),
    },
)

TIMED_SERVICE = FactKind(
    "timed_service",
    "the documented minutes of one timed therapy code, discipline and day, and the units they make; absent without the minutes",
    "service_date",
    {
        "line_number": _field(_I, "first line of the code"),
        "lines": _field(_INTS, "all its lines"),
        "line_units": _field(_N, "units of its first line"),
        "line_units_alone": _field(
            _N, "units of the first line that make the sum units_alone; absent if none would", "therapy_timed_codes"
        ),
        "line_units_by_day": _field(
            _N, "units of the first line that make the sum units_by_day; absent if none would", "therapy_timed_codes"
        ),
        "procedure_code": _field(_C, "the code"),
        "service_date": _field(_D, "service date"),
        "discipline": _field(_T, "GN, GO or GP: its own, else the only one of the day's timed lines"),
        "minutes": _field(_N, "documented minutes"),
        "billed_units": _field(_N, "units billed"),
        "units_alone": _field(
            _I,
            "units of the minutes, the code taken alone (past the midpoint); absent for codes in sequence",
            "therapy_timed_codes",
        ),
        "units_by_day": _field(
            _I,
            "units by the Medicare rule for the day; absent unless the minutes of all its codes are known",
            "therapy_timed_codes",
        ),
        "day_minutes": _field(_N, "minutes of the discipline's codes of the day", "therapy_timed_codes"),
        "day_units": _field(_I, "units that they make", "therapy_timed_codes"),
        "billed_day_units": _field(_N, "units billed for them", "therapy_timed_codes"),
        "assistant_minutes": _field(_N, "minutes of an assistant within them"),
        "units_without_assistant": _field(_I, "units of the minutes of the therapist alone", "therapy_timed_codes"),
        "assistant_billed": _field(_F, "one of the lines carries CO or CQ"),
    },
)

THERAPY_THRESHOLD = FactKind(
    "therapy_threshold",
    "one line with GN, GO or GP, and the year's amount of its benefit",
    "service_date",
    {
        "line_number": _field(_I, "line number"),
        "procedure_code": _field(_C, "the code"),
        "service_date": _field(_D, "service date"),
        "benefit": _field(_T, "PT_SLP_combined or OT, by GN, GO or GP", "therapy_kx_thresholds"),
        "threshold_cents": _field(_M, "threshold of the year", "therapy_kx_thresholds"),
        "year_to_date_cents": _field(
            _M,
            "documented amount before the claim with what is allowed up to this line, by date and line number",
            "mpfs",
            unknown=True,
        ),
        "kx": _field(_F, "the line carries KX"),
    },
)
