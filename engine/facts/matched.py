"""Tells which codes of the claim the prefixes and ranges of a table row match: the fields ``<column>_matched`` of facts ``row``.

A row that matches several codes becomes several facts, one for each combination of codes that differ; a row whose column matches none
keeps the field absent, so that a rule can ask for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from engine.code_ranges import bounds_of_range, lies_between
from engine.facts.parts import Fields
from engine.policy.types import ColumnType
from engine.reference.view import RowKeys
from engine.rules.reads import MATCHED

Matches = tuple[tuple[str, ColumnType], ...]
"""Columns of one table whose matches some rule reads, with their types: prefixes of diagnoses or ranges of procedures."""


def with_matches(fields: Fields, matches: Matches, keys: RowKeys) -> Iterator[Fields]:
    """Yields the fields of a row once for each combination of codes that its columns match."""
    choices: list[tuple[str, ...]] = []
    names: list[str] = []
    for column, kind in matches:
        codes = keys.diagnoses if kind is ColumnType.ICD10_PREFIX else keys.procedures
        value = fields.get(column)
        found = _codes(value, kind, codes) if isinstance(value, str) else ()
        if found:
            choices.append(found)
            names.append(f"{column}{MATCHED}")
    if len(choices) == 1:
        for code in choices[0]:
            yield {**fields, names[0]: code}
        return
    for combination in product(*choices):
        if len(set(combination)) == len(combination):
            yield {**fields, **dict(zip(names, combination, strict=True))}


@lru_cache(maxsize=65_536)
def _codes(value: str, kind: ColumnType, codes: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the codes that a prefix or range matches; the same rows meet the same codes again and again."""
    if kind is ColumnType.ICD10_PREFIX:
        return tuple(code for code in codes if code.startswith(value))
    bounds = bounds_of_range(value)
    return tuple(code for code in codes if lies_between(code, *bounds)) if bounds is not None else ()
