"""Declares the official tables: columns, types and keys. Where their rows live is the store's business.

Dates in rows are ISO 8601 text, both ends inclusive; a blank end is None. Diagnosis codes carry their dot. Money is integer cents;
relative values and factors are decimals (Python floats with the digits of the file).
"""

from __future__ import annotations

from engine.policy.types import ColumnType
from engine.reference.view import TableSchema

_CODE, _ICD, _PREFIX = ColumnType.CODE, ColumnType.ICD10, ColumnType.ICD10_PREFIX
_TEXT, _INT, _DEC, _DATE, _FLAG = (
    ColumnType.TEXT,
    ColumnType.INTEGER,
    ColumnType.DECIMAL,
    ColumnType.DATE,
    ColumnType.FLAG,
)
_MOD, _POS, _TAX, _MONEY = ColumnType.MODIFIER, ColumnType.PLACE_OF_SERVICE, ColumnType.TAXONOMY, ColumnType.MONEY


_REPEATS = frozenset({"icd10cm_excludes1", "icd10cm_excludes2", "icd10cm_instructions", "coverage", "localities"})


def _table(
    table_id: str, title: str, key: str, columns: dict[str, ColumnType], date_from: str = "", date_to: str = ""
) -> TableSchema:
    return TableSchema(table_id, title, columns, tuple(key.split()), date_from, date_to, table_id in _REPEATS)


_PTP = {
    "column1": _CODE,
    "column2": _CODE,
    "from": _DATE,
    "to": _DATE,
    "modifier_indicator": _TEXT,
    "rationale": _TEXT,
    "before_1996": _FLAG,
}
_MUE = {"code": _CODE, "value": _INT, "mai": _TEXT, "rationale": _TEXT}

_SCHEMAS = (
    _table("ncci_ptp", "NCCI procedure-to-procedure edits, practitioner", "column1 column2", _PTP, "from", "to"),
    _table(
        "ncci_ptp_outpatient",
        "NCCI procedure-to-procedure edits, outpatient hospital",
        "column1 column2",
        _PTP,
        "from",
        "to",
    ),
    _table("ncci_mue", "NCCI medically unlikely edits, practitioner", "code", _MUE),
    _table("ncci_mue_outpatient", "NCCI medically unlikely edits, outpatient hospital", "code", _MUE),
    _table("ncci_mue_dme", "NCCI medically unlikely edits, DME supplier", "code", _MUE),
    _table(
        "ncci_aoc",
        "NCCI add-on code edits",
        "add_on primary",
        {"add_on": _CODE, "primary": _CODE, "type": _TEXT, "from": _DATE, "to": _DATE, "contractor_defined": _FLAG},
        "from",
        "to",
    ),
    _table(
        "mpfs",
        "Medicare physician fee schedule relative values",
        "code modifier",
        {
            "code": _CODE,
            "modifier": _TEXT,  # empty, 26, TC or 53
            "status": _TEXT,
            "not_used_for_medicare": _FLAG,
            "work_rvu": _DEC,
            "nonfacility_pe_rvu": _DEC,
            "nonfacility_na": _FLAG,
            "facility_pe_rvu": _DEC,
            "facility_na": _FLAG,
            "mp_rvu": _DEC,
            "nonfacility_total_rvu": _DEC,
            "facility_total_rvu": _DEC,
            "pc_tc": _TEXT,
            "global_days": _TEXT,
            "pre_percent": _DEC,
            "intra_percent": _DEC,
            "post_percent": _DEC,
            "multiple": _TEXT,
            "bilateral": _TEXT,
            "assistant": _TEXT,
            "co_surgeon": _TEXT,
            "team": _TEXT,
            "endoscopic_base": _CODE,
            "conversion_factor": _DEC,
            "physician_supervision": _TEXT,
            "calculation_flag": _TEXT,
            "imaging_family": _TEXT,
            "opps_nonfacility_pe_rvu": _DEC,
            "opps_facility_pe_rvu": _DEC,
            "opps_mp_rvu": _DEC,
            "price_indicator": _TEXT,
        },
    ),
    _table(
        "gpci",
        "Geographic practice cost indices",
        "locality contractor",
        {
            "contractor": _TEXT,
            "state": _TEXT,
            "locality": _TEXT,
            "name": _TEXT,
            "work": _DEC,
            "practice_expense": _DEC,
            "malpractice": _DEC,
        },
    ),
    _table(
        "conversion_factors",
        "Fee schedule conversion factors, dollars for one relative value unit",
        "kind",
        {"kind": _TEXT, "conversion_factor": _DEC, "from": _DATE, "to": _DATE},
        "from",
        "to",
    ),
    _table(
        "anesthesia_conversion_factors",
        "Anesthesia conversion factors by locality, dollars for one unit",
        "locality contractor",
        {"contractor": _TEXT, "locality": _TEXT, "name": _TEXT, "conversion_factor": _DEC},
    ),
    _table(
        "localities",
        "Counties of the fee schedule localities",
        "locality contractor",
        {"contractor": _TEXT, "locality": _TEXT, "state": _TEXT, "area": _TEXT, "counties": _TEXT},
    ),
    _table(
        "opps_cap",
        "OPPS payment caps on imaging by locality",
        "code modifier contractor locality",
        {
            "code": _CODE,
            "modifier": _TEXT,
            "status": _TEXT,
            "contractor": _TEXT,
            "locality": _TEXT,
            "facility_price": _MONEY,
            "nonfacility_price": _MONEY,
        },
    ),
    _table(
        "hcpcs",
        "HCPCS Level II codes",
        "code",
        {
            "code": _CODE,
            "from": _DATE,
            "to": _DATE,
            "added": _DATE,
            "action_date": _DATE,
            "action": _TEXT,
            "coverage": _TEXT,
            "pricing": _TEXT,
            "type_of_service": _TEXT,
            "betos": _TEXT,
            "cross_reference": _TEXT,
            "short_description": _TEXT,
            "long_description": _TEXT,
        },
        "from",
        "to",
    ),
    _table(
        "hcpcs_modifiers",
        "HCPCS and CPT modifiers",
        "modifier",
        {
            "modifier": _MOD,
            "from": _DATE,
            "to": _DATE,
            "added": _DATE,
            "action": _TEXT,
            "short_description": _TEXT,
            "long_description": _TEXT,
        },
        "from",
        "to",
    ),
    _table(
        "icd10cm",
        "ICD-10-CM codes and headers",
        "code",
        {"code": _ICD, "order": _INT, "billable": _FLAG, "short_title": _TEXT, "long_title": _TEXT},
    ),
    _table(
        "icd10cm_excludes1",
        "ICD-10-CM Excludes1 notes as pairs of prefixes",
        "code_prefix excluded_prefix",
        {"code_prefix": _PREFIX, "excluded_prefix": _PREFIX, "note_at": _TEXT, "note": _TEXT, "qualified": _FLAG},
    ),
    _table(
        "icd10cm_excludes2",
        "ICD-10-CM Excludes2 notes as pairs of prefixes",
        "code_prefix excluded_prefix",
        {"code_prefix": _PREFIX, "excluded_prefix": _PREFIX, "note_at": _TEXT, "note": _TEXT, "qualified": _FLAG},
    ),
    _table(
        "icd10cm_instructions",
        "ICD-10-CM code first, use additional code and code also notes",
        "code_prefix",
        {
            "code_prefix": _PREFIX,
            "instruction": _TEXT,  # code_first, use_additional, code_also
            "target_prefix": _PREFIX,
            "conditional": _FLAG,  # the note says "if applicable", "if known" …
            "note_at": _TEXT,
            "note": _TEXT,
        },
    ),
    _table(
        "mce",
        "Medicare Code Editor edits by diagnosis",
        "code edit",
        {"code": _ICD, "edit": _TEXT, "detail": _TEXT, "from": _DATE, "to": _DATE},
        "from",
        "to",
    ),
    _table("place_of_service", "Place of service codes", "code", {"code": _POS, "name": _TEXT, "setting": _TEXT}),
    _table(
        "carc",
        "Claim adjustment reason codes",
        "code",
        {"code": _TEXT, "from": _DATE, "to": _DATE, "modified": _DATE},
        "from",
        "to",
    ),
    _table(
        "rarc",
        "Remittance advice remark codes",
        "code",
        {"code": _TEXT, "from": _DATE, "to": _DATE, "modified": _DATE},
        "from",
        "to",
    ),
    _table(
        "taxonomy",
        "NUCC provider taxonomy",
        "code",
        {"code": _TAX, "grouping": _TEXT, "classification": _TEXT, "specialization": _TEXT},
    ),
    _table("revenue_codes", "Revenue codes", "code", {"code": _TEXT, "category": _TEXT}),
    _table(
        "coverage",
        "Medicare coverage articles: diagnoses that cover procedures",
        "procedure_code diagnosis_code",
        {
            "procedure_code": _CODE,
            "diagnosis_code": _ICD,
            "article": _TEXT,
            "article_version": _TEXT,
            "policy": _TEXT,
            "group": _INT,
            "covered": _FLAG,
            "contractor": _TEXT,
            "from": _DATE,
            "to": _DATE,
        },
        "from",
        "to",
    ),
)

OFFICIAL_TABLES: dict[str, TableSchema] = {schema.id: schema for schema in _SCHEMAS}
