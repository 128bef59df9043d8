"""Says what a kind of fact is: its fields, and the type and origin of each."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class FieldType(StrEnum):
    """The type of a fact's field. Only like types compare; ``DATE`` is ISO 8601 text, ``MONEY`` integer US cents."""

    TEXT = "text"
    CODE = "code"
    ICD10 = "icd10"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    FLAG = "flag"
    CODES = "codes"  # a list of text
    INTEGERS = "integers"  # a list of integers
    ANY = "any"  # columns of rows and fields of derived facts, typed where they are declared


NUMERIC = frozenset({FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY})
TEXTUAL = frozenset({FieldType.TEXT, FieldType.CODE, FieldType.ICD10})
LISTS = frozenset({FieldType.CODES, FieldType.INTEGERS})


class Field(msgspec.Struct, frozen=True):
    """One field. ``table`` is the reference table it is read from, if any.

    ``unknown_when_absent``: its absence means that the claim does not say, so a rule that hinges on it is reported as
    ``not_evaluated`` (MISSING_FIELD). Otherwise absence means that there is none.
    """

    type: FieldType
    about: str
    table: str = ""
    unknown_when_absent: bool = False


class FactKind(msgspec.Struct, frozen=True):
    """One kind of fact; ``date_field`` names the field whose date picks values and table rows for its tests."""

    name: str
    about: str
    date_field: str
    fields: dict[str, Field]


def field(kind: FieldType, about: str, table: str = "", unknown: bool = False) -> Field:
    """Returns a field; ``unknown`` says that its absence means that the claim does not say."""
    return Field(kind, about, table, unknown)
