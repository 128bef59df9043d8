"""Tells which codes of the claim the prefixes and ranges of a table row match: the fields ``<column>_matched`` of facts ``row``.

A row that matches several codes becomes several facts, one for each combination of codes that differ; a row whose column matches none
keeps the field absent, so that a rule can ask for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from engine.facts.parts import Fields
from engine.policy.types import ColumnType
from engine.reference.view import RowKeys
from engine.rules.predicate import bounds_of_range, in_range
from engine.rules.reads import MATCHED

Matches = tuple[tuple[str, ColumnType], ...]
"""Columns of one table whose matches some rule reads, with their types: prefixes of diagnoses or ranges of procedures."""


def with_matches(fields: Fields, matches: Matches, keys: RowKeys) -> Iterator[Fields]:
    """Yields the fields of a row once for each combination of codes that its columns match."""
    choices = [_codes(fields.get(column), kind, keys) or (None,) for column, kind in matches]
    for codes in product(*choices):
        given = [code for code in codes if code is not None]
        if len(set(given)) < len(given):
            continue
        named = {
            f"{column}{MATCHED}": code for (column, _), code in zip(matches, codes, strict=True) if code is not None
        }
        yield {**fields, **named}


def _codes(value: object, kind: ColumnType, keys: RowKeys) -> Sequence[str]:
    if not isinstance(value, str):
        return ()
    if kind is ColumnType.ICD10_PREFIX:
        return [code for code in keys.diagnoses if code.startswith(value)]
    bounds = bounds_of_range(value)
    return [code for code in keys.procedures if bounds is not None and in_range(code, [bounds])]
