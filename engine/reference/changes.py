"""Tells what happened to codes from one release to a later one: retired, replaced by others, or changed in meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from engine.policy.types import ColumnType, Table
from engine.reference.catalogue import Release
from engine.reference.dataset import Dataset
from engine.reference.difference import compare
from engine.reference.view import Row

_CODED = (ColumnType.CODE, ColumnType.ICD10, ColumnType.MODIFIER, ColumnType.PLACE_OF_SERVICE, ColumnType.TAXONOMY)
# The columns whose change alters what a code or an edit means; elsewhere every column but numbers that only price.
_MEANING: Mapping[str, tuple[str, ...]] = {
    "hcpcs": ("long_description",),
    "hcpcs_modifiers": ("long_description",),
    "icd10cm": ("billable", "long_title"),
    "mpfs": (
        "status",
        "pc_tc",
        "global_days",
        "multiple",
        "bilateral",
        "assistant",
        "co_surgeon",
        "team",
        "endoscopic_base",
    ),
    "ncci_mue": ("value", "mai"),
    "ncci_mue_outpatient": ("value", "mai"),
    "ncci_mue_dme": ("value", "mai"),
    "ncci_ptp": ("from", "to", "modifier_indicator"),
    "ncci_ptp_outpatient": ("from", "to", "modifier_indicator"),
    "ncci_aoc": ("from", "to", "type"),
}
# Policy-written tables that map an old code to new ones: their columns of old and new, and what separates several.
SUCCESSOR_TABLES: Mapping[str, tuple[str, str, str]] = {
    "retired_codes": ("code", "successors", ";"),
    "icd10_replacements": ("old_code", "billable_children", "|"),
    "icd10_replacement_children": ("old_code", "billable_children", "|"),
}
_CODE = re.compile(r"\b[A-Z0-9]{5}\b")


class Change(msgspec.Struct, frozen=True):
    """What happened to one code, or to one edit of two codes.

    ``what`` is ``retired``, ``replaced``, ``changed`` or (edits only) ``added``; ``on`` is the first day it holds (ISO).
    """

    table: str
    codes: tuple[str, ...]
    what: str
    on: str
    detail: str = ""
    successors: tuple[str, ...] = ()


def successors_of(tables: Iterable[Table]) -> dict[str, tuple[str, ...]]:
    """Returns the successors that the policies' own tables give each old code."""
    found: dict[str, list[str]] = {}
    for table in tables:
        if table.id not in SUCCESSOR_TABLES:
            continue
        old, new, separator = SUCCESSOR_TABLES[table.id]
        names = [name for name, _ in table.columns]
        for row in table.rows:
            code, given = str(row[names.index(old)] or ""), str(row[names.index(new)] or "")
            kept = found.setdefault(code, [])
            kept += [text for text in (part.strip() for part in given.split(separator)) if text and text not in kept]
    return {code: tuple(codes) for code, codes in found.items()}


def changes_between(
    older: Release, newer: Release, old_rows: Dataset, new_rows: Dataset, successors: Mapping[str, Sequence[str]]
) -> list[Change]:
    """Returns what happened to the codes of a table, in key order; ``successors`` are those known from elsewhere."""
    places = [index for index, kind in enumerate(new_rows.types) if kind in _CODED] or [0]
    difference = compare(old_rows, new_rows)
    found: list[Change] = []
    if len(places) > 1:
        for what, keys in (("added", difference.added), ("retired", difference.removed)):
            found += [Change(newer.table, key[:2], what, newer.coverage_from) for key in keys]
    else:
        found += _gone(newer, difference.removed, places[0], new_rows, successors)
    for key in difference.changed:
        before, after = old_rows.history(key), new_rows.history(key)
        if len(places) > 1:
            detail = _meaning(newer.table, before, after)
            found += [Change(newer.table, key[:2], "changed", newer.coverage_from, detail)] if detail else []
        else:
            found += _altered(older, newer, key[places[0]], before, after, new_rows, successors)
    return sorted(set(found), key=lambda change: (change.table, change.codes, change.what, change.detail))


def _gone(
    newer: Release,
    removed: Sequence[tuple[str, ...]],
    place: int,
    new_rows: Dataset,
    successors: Mapping[str, Sequence[str]],
) -> list[Change]:
    found = []
    for key in removed:
        code = key[place]
        if new_rows.history((code,) if place == 0 else key):
            rest = " ".join(text for text in key if text and text != code)
            found.append(Change(newer.table, (code,), "changed", newer.coverage_from, f"no longer listed with {rest}"))
            continue
        heirs = tuple(successors.get(code, ())) or _children(newer.table, code, new_rows)
        found.append(Change(newer.table, (code,), "replaced" if heirs else "retired", newer.coverage_from, "", heirs))
    return found


def _altered(
    older: Release,
    newer: Release,
    code: str,
    before: Sequence[Row],
    after: Sequence[Row],
    new_rows: Dataset,
    successors: Mapping[str, Sequence[str]],
) -> list[Change]:
    """Returns what changed for a code both releases list: ended, split into children, or another meaning."""
    ended = str(after[-1].columns.get(new_rows.header.date_to, "")) if after else ""
    was_ended = str(before[-1].columns.get(new_rows.header.date_to, "")) if before else ""
    if ended and ended != was_ended and ended < (newer.coverage_to or "9999"):
        heirs = tuple(successors.get(code, ())) or _cross_reference(after[-1], code)
        return [Change(newer.table, (code,), "replaced" if heirs else "retired", _day_after(ended), "", heirs)]
    if before and after and before[-1].columns.get("billable") is True and after[-1].columns.get("billable") is False:
        heirs = tuple(successors.get(code, ())) or _children(newer.table, code, new_rows)
        return [Change(newer.table, (code,), "replaced", newer.coverage_from, "no longer billable", heirs)]
    detail = _meaning(newer.table, before, after)
    return [Change(older.table, (code,), "changed", newer.coverage_from, detail)] if detail else []


def _meaning(table: str, before: Sequence[Row], after: Sequence[Row]) -> str:
    """Returns the changes of the columns that carry a meaning, as text; empty when only others changed."""
    old, new = (before[-1].columns if before else {}), (after[-1].columns if after else {})
    names = _MEANING.get(table)
    if names is None:
        names = tuple(name for name in {**old, **new} if not isinstance({**old, **new}[name], float))
    changed = [(name, old.get(name, "-"), new.get(name, "-")) for name in names if old.get(name) != new.get(name)]
    return "; ".join(f"{name.replace('_', ' ')}: {was} → {now}" for name, was, now in changed)


def _children(table: str, code: str, rows: Dataset) -> tuple[str, ...]:
    """Returns the billable diagnosis codes below a code that is one no more."""
    if table != "icd10cm":
        return ()
    stem = code if "." in code else f"{code}."
    at = rows.position_of_lead(stem)
    found = []
    while at < len(rows) and rows.key_at(at)[0].startswith(stem):
        row = rows.row_at(at)
        if row.columns.get("billable") and row.key["code"] != code:
            found.append(row.key["code"])
        at += 1
    return tuple(found)


def _cross_reference(row: Row, code: str) -> tuple[str, ...]:
    return tuple(found for found in _CODE.findall(str(row.columns.get("cross_reference", ""))) if found != code)


def _day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
