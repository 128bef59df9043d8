"""Tells which codes of the claim the prefixes and ranges of a table row match: the fields ``<column>_matched`` of facts ``row``.

A row that matches several codes becomes several facts, one for each combination of codes that differ; a row whose column matches none
keeps the field absent, so that a rule can ask for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from engine.fact import FieldValue
from engine.facts.parts import Fields
from engine.policy.types import ColumnType
from engine.reference.view import RowKeys
from engine.rules.predicate import bounds_of_range, in_range
from engine.rules.reads import MATCHED

Matches = tuple[tuple[str, ColumnType], ...]
"""Columns of one table whose matches some rule reads, with their types: prefixes of diagnoses or ranges of procedures."""


def with_matches(fields: Fields, matches: Matches, keys: RowKeys) -> Iterator[Fields]:
    """Yields the fields of a row once for each combination of codes that its columns match."""
    choices: list[tuple[str | None, ...]] = []
    for column, kind in matches:
        codes = keys.diagnoses if kind is ColumnType.ICD10_PREFIX else keys.procedures
        choices.append(_codes(_scalar(fields.get(column)), kind, codes) or (None,))
    for combination in product(*choices):
        given = [code for code in combination if code is not None]
        if len(set(given)) < len(given):
            continue
        named = {
            f"{column}{MATCHED}": code
            for (column, _), code in zip(matches, combination, strict=True)
            if code is not None
        }
        yield {**fields, **named}


def _scalar(value: FieldValue | None) -> str | None:
    return value if isinstance(value, str) else None


@lru_cache(maxsize=65_536)
def _codes(value: str | None, kind: ColumnType, codes: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the codes that a prefix or range matches; the same rows meet the same codes again and again."""
    if value is None:
        return ()
    if kind is ColumnType.ICD10_PREFIX:
        return tuple(code for code in codes if code.startswith(value))
    bounds = bounds_of_range(value)
    return tuple(code for code in codes if bounds is not None and in_range(code, [bounds]))
