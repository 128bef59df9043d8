"""Tells what kind of code a procedure code is, and whether it was valid on a date.

Sources: the shape of CPT and HCPCS Level II codes (45 CFR 162.1002); the tables ``hcpcs`` (CMS, with each code's dates), ``mpfs`` (the
Medicare fee schedule names every CPT Category I and III code, whatever its status) and ``retired_codes``.
"""

from __future__ import annotations

import re

import msgspec

from engine.reference.view import ReferenceView

TABLES = ("hcpcs", "mpfs", "retired_codes")

_CODE_SETS = (
    (re.compile(r"\d{5}"), "cpt1"),
    (re.compile(r"\d{4}F"), "cpt2"),
    (re.compile(r"\d{4}T"), "cpt3"),
    (re.compile(r"\d{4}[UM]"), "cpt_pla"),
    (re.compile(r"[A-V]\d{4}"), "hcpcs2"),
)


def code_set(code: str) -> str:
    """Returns cpt1, cpt2, cpt3, cpt_pla, hcpcs2, or unknown, by the form of the code."""
    for shape, name in _CODE_SETS:
        if shape.fullmatch(code):
            return name
    return "unknown"


class CodeStatus(msgspec.Struct, frozen=True):
    """Whether a code is ``valid``, ``terminated``, ``not_yet_valid`` or ``not_found`` on a date; empty when no table can tell."""

    status: str
    last_valid: str = ""


def code_status(view: ReferenceView, code: str, on: str, known_on: str = "") -> CodeStatus:
    """Returns the status of a procedure code on an ISO date.

    A code that a table names as ended before the date is terminated. ``not_found`` is said only where a complete, current release
    would name the code: HCPCS Level II apart from dental codes, CPT Category I and III.
    """
    retired = [str(row.columns["effective_to"]) for row in view.history("retired_codes", (code,), known_on)]
    if retired and max(retired) < on:
        return CodeStatus("terminated", max(retired))
    kind = code_set(code)
    if kind == "unknown":
        return CodeStatus("not_found")
    if kind == "hcpcs2" and not code.startswith("D"):
        return _by_dates(view, "hcpcs", code, on, known_on)
    if kind in ("cpt1", "cpt3"):
        return _by_editions(view, code, on, known_on)
    return CodeStatus("valid" if retired else "")


def _by_dates(view: ReferenceView, table: str, code: str, on: str, known_on: str) -> CodeStatus:
    use = view.use(table, on, known_on)
    if use is None:
        return CodeStatus("")
    if view.row(table, (code,), on, known_on) is not None:
        return CodeStatus("valid")
    rows = view.history(table, (code,), known_on)
    ended = [str(row.columns["to"]) for row in rows if str(row.columns.get("to", "9999")) < on]
    if ended:
        return CodeStatus("terminated", max(ended))
    if rows:
        return CodeStatus("not_yet_valid")
    return CodeStatus("not_found" if use.complete and not use.stale else "")


def _by_editions(view: ReferenceView, code: str, on: str, known_on: str) -> CodeStatus:
    """Judges by the fee schedule of the date, and by other editions when it does not name the code."""
    use = view.use("mpfs", on, known_on)
    if use is None:
        return CodeStatus("")
    if view.row("mpfs", (code, ""), on, known_on) is not None:
        return CodeStatus("valid")
    if not use.complete or use.stale:
        return CodeStatus("")
    editions = view.editions("mpfs", known_on)
    named = [e for e in editions if view.row("mpfs", (code, ""), e.coverage_from, known_on) is not None]
    if any(edition.coverage_to < on for edition in named):
        return CodeStatus("terminated")
    return CodeStatus("not_yet_valid" if named else "not_found")
