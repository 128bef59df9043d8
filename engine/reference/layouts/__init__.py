"""Reads the official layouts of reference data: which there are, which one a file has, and what an archive holds.

``data_members`` is what an import asks for: the members of a path that a layout claims, without twins. ``unrecognised`` names the rest,
so that nothing is skipped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

import msgspec

from engine.errors import InvalidDataError
from engine.reference.layout import Layout, ReleaseHeader, SourceMember
from engine.reference.layouts import (
    anesthesia,
    code_lists,
    conversion_factors,
    coverage_articles,
    gpci,
    hcpcs,
    icd10cm_order,
    icd10cm_tabular,
    localities,
    mce,
    modifier_list,
    ncci_aoc,
    ncci_mue,
    ncci_ptp,
    opps_cap,
    pprrvu,
)
from engine.reference.layouts.archive import members
from engine.reference.layouts.problems import refusal
from engine.reference.layouts.records import head_of

__all__ = ["LAYOUTS", "Skipped", "data_members", "members", "recognise", "unrecognised", "without_twins"]

LAYOUTS: dict[str, Layout] = {
    layout.id: layout
    for layout in (
        ncci_ptp.LAYOUT,
        ncci_mue.LAYOUT,
        ncci_aoc.LAYOUT,
        pprrvu.LAYOUT,
        pprrvu.TEXT_LAYOUT,
        gpci.LAYOUT,
        gpci.TEXT_LAYOUT,
        localities.LAYOUT,
        localities.TEXT_LAYOUT,
        anesthesia.LAYOUT,
        anesthesia.TEXT_LAYOUT,
        opps_cap.LAYOUT,
        opps_cap.TEXT_LAYOUT,
        conversion_factors.LAYOUT,
        hcpcs.LAYOUT,
        hcpcs.TEXT_LAYOUT,
        modifier_list.LAYOUT,
        icd10cm_order.LAYOUT,
        icd10cm_tabular.LAYOUT,
        mce.LAYOUT,
        code_lists.PLACE_OF_SERVICE,
        code_lists.ADJUSTMENT_REASONS,
        code_lists.TAXONOMY,
        code_lists.REVENUE_CODES,
        coverage_articles.LAYOUT,
    )
}

_PREFERENCE = (".csv", ".txt", ".prn", ".xml", ".xlsx")


class Skipped(msgspec.Struct, frozen=True):
    """A member that is not imported, and why."""

    member: SourceMember
    reason: str


def recognise(member: SourceMember) -> Layout | None:
    """Returns the layout that claims a member, or None. Raises InvalidDataError when two do, or it cannot be opened."""
    head = head_of(member)
    claiming = [layout for layout in LAYOUTS.values() if layout.recognise(member, head)]
    if len(claiming) > 1:
        titles = " and ".join(layout.title for layout in claiming)
        raise refusal(member, "E608", f"two layouts claim this file: {titles}", "give the file as downloaded")
    return claiming[0] if claiming else None


def unrecognised(path: Path) -> list[SourceMember]:
    """Returns the members of a path that no layout claims: read-me files, record layouts, anything unknown."""
    return [member for member in members(path) if recognise(member) is None]


def data_members(path: Path) -> Iterator[SourceMember]:
    """Yields the members of a file, folder or zip that an import reads: claimed by a layout, and one of each set of twins."""
    kept, _ = without_twins(members(path))
    yield from kept


def without_twins(found: Iterable[SourceMember]) -> tuple[list[SourceMember], list[Skipped]]:
    """Returns the members to import and those to leave out, with the reason of each.

    Members are twins when their headers name the same table, release and part: CMS publishes the same rows as csv, text and workbook. Csv
    is preferred, then text, then workbook. Members that no layout claims are left out too.
    """
    skipped: list[Skipped] = []
    claimed: list[tuple[SourceMember, Layout]] = []
    for member in found:
        layout = recognise(member)
        if layout is None:
            skipped.append(Skipped(member, "no official layout is recognised in it"))
        elif layout.tables == ("mpfs",) and pprrvu.is_for_qualifying_participants(member):
            skipped.append(
                Skipped(
                    member, "for qualifying APM participants: only the conversion factor differs from the nonQPP file"
                )
            )
        else:
            claimed.append((member, layout))
    kept: list[SourceMember] = []
    chosen: dict[tuple[str, str, int], SourceMember] = {}
    for member, layout in sorted(claimed, key=lambda pair: (_rank(pair[0]), pair[0].name)):
        shared = any(set(other.tables) & set(layout.tables) for one, other in claimed if one is not member)
        header = _first_header(member, layout) if shared else None
        if header is not None:
            identity = (header.table, header.release, header.part)
            if identity in chosen and layout.id != coverage_articles.LAYOUT.id:
                reason = f"the same table as {chosen[identity].name} ({header.table}:{header.release})"
                skipped.append(Skipped(member, reason))
                continue
            chosen[identity] = member
        kept.append(member)
    return sorted(kept, key=lambda member: member.name), skipped


def _rank(member: SourceMember) -> int:
    suffix = PurePosixPath(member.name).suffix.lower()
    return _PREFERENCE.index(suffix) if suffix in _PREFERENCE else len(_PREFERENCE)


def _first_header(member: SourceMember, layout: Layout) -> ReleaseHeader | None:
    """Returns what a member says of itself; None when it cannot be read, which the import will report."""
    try:
        return next((parsed.header for parsed in layout.read(member)), None)
    except InvalidDataError:
        return None
