"""Names the documentation facts a claim may carry, the type of each, and its allowed values or units.

A fact is told by one payload: ``number``, ``text``, ``flag`` or ``date``. Absent means unknown, never false or zero.
"""

from __future__ import annotations

from typing import Literal

import msgspec

FactType = Literal["number", "text", "flag", "date"]

_DOSE_UNITS = ("mg", "mcg", "g", "unit", "ml", "mEq", "dose")
_LEVELS = ("straightforward", "low", "moderate", "high")
_ELEMENT_LEVELS = ("none", "minimal", "low", "limited", "moderate", "high", "extensive")


class Vocable(msgspec.Struct, frozen=True):
    """One name of the vocabulary: the payload types it may have, and its allowed texts, units and qualifiers (empty: any).

    ``with_number`` is true where a text fact may carry a number and unit of its own (a drug with its dose).
    """

    types: tuple[FactType, ...]
    values: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    qualifiers: tuple[str, ...] = ()
    with_number: bool = False


def _numbers(units: tuple[str, ...], *names: str) -> dict[str, Vocable]:
    return {name: Vocable(("number",), units=units) for name in names}


def _flags(*names: str) -> dict[str, Vocable]:
    return {name: Vocable(("flag",)) for name in names}


def _texts(**names: tuple[str, ...]) -> dict[str, Vocable]:
    return {name: Vocable(("text",), values=values) for name, values in names.items()}


_MINUTES = ("min", "minute", "minutes")

_VISIT = {
    **_texts(
        em_basis=("mdm", "time"),
        mdm_level=_LEVELS,
        mdm_problems=_ELEMENT_LEVELS,
        mdm_data=_ELEMENT_LEVELS,
        mdm_risk=_ELEMENT_LEVELS,
        substantive_portion_by=("physician", "npp"),
    ),
    **_numbers(
        _MINUTES,
        "total_minutes",
        "counseling_minutes",
        "physician_minutes",
        "npp_minutes",
        "critical_care_minutes",
        "discharge_minutes",
        "psychotherapy_minutes",
    ),
    "counseling_topic_minutes": Vocable(
        ("number",),
        units=_MINUTES,
        qualifiers=("tobacco", "alcohol", "advance_care_planning", "obesity", "diabetes"),
    ),
    "month_minutes": Vocable(("number",), units=_MINUTES, qualifiers=("staff", "clinician")),
    "problems_addressed": Vocable(
        ("number",),
        qualifiers=(
            "minor",
            "stable_chronic",
            "chronic_worse",
            "acute_uncomplicated",
            "acute_systemic",
            "undiagnosed_uncertain",
            "acute_complicated_injury",
            "threat",
        ),
    ),
    **_numbers((), "tests_reviewed", "tests_ordered", "external_notes_reviewed"),
    **_flags(
        "time_statement",
        "independent_historian",
        "independent_interpretation",
        "external_discussion",
        "prescription_drug_management",
        "social_determinants_limit",
        "drug_toxicity_monitoring",
        "hospitalization_decision",
        "em_separately_identifiable",
        "decision_for_surgery",
        "surgery_decided_earlier",
        "related_to_surgery",
        "staged_procedure",
        "return_to_operating_room",
        "distinct_intervals",
        "history_complete",
    ),
    "surgery_decision_level": Vocable(
        ("text",), values=("minor", "minor_with_risk", "major", "major_with_risk", "emergency")
    ),
    **{name: Vocable(("date",)) for name in ("discharge_date", "contact_date", "visit_date")},
    **_numbers(("h", "hour", "hours"), "stay_hours"),
}

_PROCEDURE = {
    **_flags(
        "separate_lesion",
        "separate_site",
        "separate_structure",
        "separate_encounter",
        "separate_session",
        "separate_practitioner",
        "overlapping_not_usual",
        "permanent_recording",
        "converted_from_screening",
        "no_qualified_resident",
        "no_history_of_relation",
        "conditions_unrelated",
    ),
    **_texts(
        side=("left", "right", "bilateral"),
        body_site=(),
        lesion_type=("benign", "malignant", "premalignant", "uncertain"),
        biopsy_technique=("tangential", "punch", "incisional"),
        imaging_guidance=("ultrasound", "fluoroscopy", "ct", "mri", "none"),
        approach=("open", "laparoscopic", "endoscopic", "percutaneous"),
        endoscopy_findings=("none", "polyp_removed", "biopsy", "bleeding", "other"),
        screening_risk=("average", "high"),
        assistant_role=("physician", "pa", "np", "cns"),
    ),
    "lesion_count": Vocable(
        ("number",), qualifiers=("premalignant", "benign_wart", "malignant", "skin_tag", "cyst", "nail")
    ),
    **_numbers(("cm",), "lesion_diameter"),
    "repair_length": Vocable(("number",), units=("cm",), qualifiers=("simple", "intermediate", "complex")),
    "wound_area": Vocable(
        ("number",), units=("cm2", "cm²", "sq_cm"), qualifiers=("skin", "subcutaneous", "muscle", "bone")
    ),
    **_numbers((), "level_count"),
    "diagnosis": Vocable(("text",), qualifiers=("confirmed", "ruled_out", "suspected")),
    "encounter_phase": Vocable(
        ("text",), values=("active", "healing", "sequela"), qualifiers=("routine", "delayed", "nonunion", "malunion")
    ),
}

_DRUGS = {
    "drug": Vocable(("text",), units=_DOSE_UNITS, with_number=True),
    **_numbers(_DOSE_UNITS, "drug_dose", "drug_discarded", "vial_size"),
    **_numbers((), "vials_used", "vaccine_components"),
    **_texts(
        container=("single_dose", "multi_dose"),
        drug_route=(
            "im",
            "sc",
            "iv_push",
            "iv_infusion",
            "oral",
            "intraarticular",
            "intravitreal",
            "topical",
            "inhaled",
        ),
        drug_supplied_by=("practice", "patient", "pharmacy", "plan", "state"),
        ndc=(),
    ),
    **_numbers(_MINUTES, "infusion_minutes"),
    **{name: Vocable(("text", "date")) for name in ("infusion_start", "infusion_stop")},
    **_flags("vaccine_counseling"),
}

_OTHER = {
    **_numbers(_MINUTES, "timed_minutes", "assistant_minutes", "anesthesia_minutes"),
    "therapy_year_to_date": Vocable(("number",), units=("usd",), qualifiers=("pt_slp", "ot")),
    **_numbers((), "concurrent_cases", "falls_count", "phq9", "bmi"),
    **_numbers(("%",), "a1c_value"),
    **_numbers(("mmHg",), "systolic", "diastolic"),
    **_texts(
        plan_of_care=("PT", "OT", "SLP"),
        anesthesia_role=("personally_performed", "directing", "supervising", "crna_directed", "crna_alone"),
        physical_status=("P1", "P2", "P3", "P4", "P5", "P6"),
        telehealth_modality=("in_person", "audio_video", "audio_only", "asynchronous"),
        patient_location=("home", "clinic", "hospital", "other"),
        service_location=(),
        tobacco_status=(),
    ),
    **{name: Vocable(("text", "date")) for name in ("anesthesia_start", "anesthesia_stop", "specimen_time")},
    "plan_of_care_date": Vocable(("date",)),
    **_flags(
        "plan_of_care_present",
        "medically_necessary_beyond_threshold",
        "units_within_limit",
        "repeat_for_new_result",
        "reference_laboratory",
        "abn_on_file",
        "service_for_diagnosis",
        "anatomy_confirmed",
    ),
    **_numbers(("%",), "em_level_percentile"),
    **_numbers((), "em_level_deviations", "em_visits_counted"),
}

VOCABULARY: dict[str, Vocable] = {**_VISIT, **_PROCEDURE, **_DRUGS, **_OTHER}
"""Every known name of a documentation fact."""

OTHER_NAMES: dict[str, str] = {"separately_identifiable": "em_separately_identifiable"}
"""Names that are read as another name of the vocabulary."""
