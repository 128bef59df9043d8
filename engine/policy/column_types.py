"""Names the types of table columns, which also say what on a claim fetches a row."""

from __future__ import annotations

from enum import StrEnum


class ColumnType(StrEnum):
    """The type of a table column; the ``key`` columns' types also say which codes of the claim fetch the row."""

    CODE = "code"  # procedure code (CPT or HCPCS Level II)
    CODE_RANGE = "code_range"  # "99202-99205", or one code; both ends included
    ICD10 = "icd10"  # diagnosis code, with its dot
    ICD10_PREFIX = "icd10_prefix"  # matches a diagnosis by the start of its code
    MODIFIER = "modifier"
    PLACE_OF_SERVICE = "place_of_service"
    TAXONOMY = "taxonomy"
    NPI = "npi"  # any provider's identifier on the claim
    REVENUE_CODE = "revenue_code"
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"  # integer cents
    DATE = "date"
    FLAG = "flag"
