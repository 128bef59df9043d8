"""Decides which service lines, on the claim and in its history, are by the same practitioner.

Same practitioner means the same rendering NPI, or the same group (billing TIN, else billing NPI) and the same specialty (taxonomy
code). Where a specialty is missing only the NPI is compared. Source: Medicare Claims Processing Manual, Pub. 100-04, chapter 12,
section 30.6.5 (physicians in group practice).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.model import Claim, HistoryLine, ServiceLine

UNSTATED = "unstated"


class Performer(msgspec.Struct, frozen=True):
    """Who performed one line: rendering NPI (empty when nobody is named), billing group and specialty."""

    npi: str
    group: str
    specialty: str


def line_performer(claim: Claim, line: ServiceLine) -> Performer:
    """Returns who performed a line: the line's own provider, else the claim's rendering, else its billing provider."""
    group = claim.billing_provider.tin or claim.billing_provider.npi
    own = line.rendering_provider
    if own.npi and own.npi != claim.rendering_provider.npi:
        return Performer(own.npi, group, own.taxonomy_code)
    header = claim.rendering_provider
    npi = header.npi or claim.billing_provider.npi
    specialty = own.taxonomy_code or header.taxonomy_code
    if not specialty and not header.npi:
        specialty = claim.billing_provider.taxonomy_code
    return Performer(npi, group, specialty)


def history_performer(line: HistoryLine) -> Performer:
    """Returns who performed an earlier line."""
    return Performer(line.rendering_npi, line.billing_tin, line.taxonomy_code)


def practitioner_keys(performers: Sequence[Performer]) -> list[str]:
    """Returns one key for each performer; equal keys mean the same practitioner. The order of performers does not matter."""
    first = performers[0] if performers else None
    if first is not None and all(performer == first for performer in performers):
        return [first.npi or _group_key(first) or UNSTATED] * len(performers)
    owners: dict[str, str] = {}

    def find(name: str) -> str:
        owners.setdefault(name, name)
        while owners[name] != name:
            owners[name] = owners[owners[name]]
            name = owners[name]
        return name

    for performer in performers:
        names = [name for name in (performer.npi, _group_key(performer)) if name]
        for name in names[1:]:
            low, high = sorted((find(names[0]), find(name)))
            owners[high] = low
    return [
        find(performer.npi or _group_key(performer)) if performer.npi or _group_key(performer) else UNSTATED
        for performer in performers
    ]


def _group_key(performer: Performer) -> str:
    return f"{performer.group}/{performer.specialty}" if performer.group and performer.specialty else ""
