"""Tells what the ICD-10-CM code set says of a diagnosis code on a date, and which chapter a code belongs to."""

from __future__ import annotations

from functools import lru_cache

from engine.fact import FieldValue
from engine.reference.view import ReferenceView

TABLE = "icd10cm"

# First category of each chapter, in order (ICD-10-CM Tabular List, chapters 1 to 22; chapter 22 (U) sorts by its letter).
_CHAPTER_STARTS = (
    ("A00", 1), ("C00", 2), ("D50", 3), ("E00", 4), ("F01", 5), ("G00", 6), ("H00", 7), ("H60", 8), ("I00", 9),
    ("J00", 10), ("K00", 11), ("L00", 12), ("M00", 13), ("N00", 14), ("O00", 15), ("P00", 16), ("Q00", 17),
    ("R00", 18), ("S00", 19), ("U00", 22), ("V00", 20), ("Z00", 21),
)  # fmt: skip


@lru_cache(maxsize=65_536)
def chapter(code: str) -> int:
    """Returns the chapter of an ICD-10-CM code, 1 to 22, or 0 when it belongs to none."""
    found = 0
    for start, number in _CHAPTER_STARTS:
        if code[:3] >= start:
            found = number
    return found


@lru_cache(maxsize=65_536)
def laterality_of_title(title: str) -> str:
    """Returns right, left, bilateral or unspecified as a code's title says, or an empty text."""
    words = title.lower().replace(",", " ").split()
    if "bilateral" in words:
        return "bilateral"
    sides = {"right", "left"} & set(words)
    if len(sides) == 1:
        return sides.pop()
    text = " ".join(words)
    unspecified = ("unspecified side", "unspecified eye", "unspecified ear", "unspecified limb", "unspecified breast")
    return "unspecified" if any(phrase in text for phrase in unspecified) else ""


def validity(view: ReferenceView, code: str, on: str, known_on: str = "") -> dict[str, FieldValue]:
    """Returns the fields valid, billable, header and laterality of a diagnosis on an ISO date; none when no table can tell.

    A code that a sample does not name is unknown, never invalid.
    """
    use = view.use(TABLE, on, known_on)
    if use is None:
        return {}
    row = view.row(TABLE, (code,), on, known_on)
    if row is None:
        return {"valid": False, "billable": False, "header": False} if use.complete else {}
    billable = bool(row.columns["billable"])
    fields: dict[str, FieldValue] = {"valid": True, "billable": billable, "header": not billable}
    side = laterality_of_title(str(row.columns.get("long_title", "")))
    if side:
        fields["laterality"] = side
    return fields
