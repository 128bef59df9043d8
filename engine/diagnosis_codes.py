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
    """Returns right, left or bilateral as a code's title says, or an empty text."""
    words = title.lower().replace(",", " ").split()
    if "bilateral" in words:
        return "bilateral"
    sides = {"right", "left"} & set(words)
    return sides.pop() if len(sides) == 1 else ""


def sided_siblings(view: ReferenceView, code: str, title: str, on: str, known_on: str) -> dict[str, FieldValue]:
    """Returns the codes that name the right and the left side where a code leaves the side open; none when they do not exist.

    The side is one character, 0 or 9 where it is open, 1 for right and 2 for left, and the titles are alike but for the word
    (ICD-10-CM Tabular List; Guidelines I.B.13).
    """
    open_title = title.lower()
    if "unspecified" not in open_title:
        return {}
    for index in range(4, len(code)):
        if code[index] not in "09":
            continue
        codes = {side: code[:index] + digit + code[index + 1 :] for side, digit in (("right", "1"), ("left", "2"))}
        rows = {side: view.row(TABLE, (other,), on, known_on) for side, other in codes.items()}
        if all(
            row is not None
            and str(row.columns.get("long_title", "")).lower().replace(side, "unspecified") == open_title
            for side, row in rows.items()
        ):
            return {"laterality": "unspecified", "right_code": codes["right"], "left_code": codes["left"]}
    return {}


def validity(view: ReferenceView, code: str, on: str, known_on: str = "") -> dict[str, FieldValue]:
    """Returns what the code set says of a diagnosis on an ISO date: validity, side, codes of either side; none when no table can tell.

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
    title = str(row.columns.get("long_title", ""))
    side = laterality_of_title(title)
    if side:
        return {**fields, "laterality": side}
    return {**fields, **sided_siblings(view, code, title, on, known_on)}
