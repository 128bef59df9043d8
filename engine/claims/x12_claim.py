"""Reads one claim of an 837P (loop 2300 and all below it) into a ``Claim``.

Other payers (loops 2320, 2330) and earlier adjudication (loop 2430) are passed over whole: their payers, amounts, dates and
providers are not those of this claim. Source: guide 005010X222A1, which 004010X098A1 agrees with where it is read here.
"""

from __future__ import annotations

import re

import msgspec

from engine.claims.limits import MOST_LINES
from engine.claims.shape import pattern_of
from engine.claims.validate import canonical_claim, problems_of
from engine.claims.x12_line import LineReader, at, component
from engine.claims.x12_segments import Segment, segment_problem
from engine.claims.x12_values import cents_of, iso_date
from engine.errors import Place, Problem
from engine.model import Claim, Diagnosis, Patient, Payer, Provider

DIAGNOSIS_QUALIFIERS = frozenset({"ABK", "ABF", "BK", "BF"})
"""Principal and other diagnosis, ICD-10-CM (ABK, ABF) and ICD-9-CM (BK, BF); HI holds other things under other qualifiers."""

_PROVIDER_FIELDS = {
    "82": "rendering_provider",
    "DN": "referring_provider",
    "DK": "ordering_provider",
    "DQ": "supervising_provider",
    "77": "service_facility",
}
_ACCIDENTS = {"AA": "AUTO", "EM": "EMPLOYMENT", "OA": "OTHER"}
_EPSDT_REFERRALS = frozenset({"AV", "NU", "S2", "ST"})
_PLACE_OF_SERVICE = re.compile(r"[0-9A-Z]{2}").fullmatch
_LINE_PATH = re.compile(r"\$\.lines\[([0-9]+)\]")


class Surroundings(msgspec.Struct, frozen=True):
    """What stands above a claim in its transaction set: billing provider, payer and patient, with the problems found there."""

    billing_provider: Provider
    payer: Payer
    patient: Patient
    received_date: str
    problems: tuple[Problem, ...] = ()


def provider_of(elements: list[str]) -> Provider:
    """Returns the provider that an NM1 segment names: its NPI (qualifier XX) or its employer's tax id (24)."""
    qualifier, identifier = at(elements, 8), at(elements, 9)
    if qualifier == "XX":
        return Provider(npi=identifier)
    return Provider(tin=identifier.replace("-", "")) if qualifier == "24" else Provider()


class ClaimReader:
    """Gathers the segments of one claim, from CLM on."""

    def __init__(self, segment: Segment, above: Surroundings) -> None:
        self.opening = segment
        self.above = above
        self.problems = list(above.problems)
        self.fields: dict[str, object] = {}
        self.providers: dict[str, Provider] = {}
        self.diagnoses: list[Diagnosis] = []
        self.prior_authorizations: list[str] = []
        self.lines: list[LineReader] = []
        self.provider = ""
        self.passed_over = False
        self.in_provider = False
        self.full = False
        self._header(segment, segment.elements())

    def take(self, segment: Segment) -> None:
        """Takes the next segment of the claim."""
        if self.full:
            return
        elements = segment.elements()
        identifier = elements[0]
        if identifier == "LX":
            self._open_line(segment)
        elif identifier in ("SV1", "SV2", "SV3") and not self.lines:
            self.problems.append(segment_problem(segment, "C217", "a service line stands without its LX segment"))
            self._open_line(segment)
            self.lines[-1].take(segment, elements, False)
        elif self.passed_over:
            return
        elif identifier in ("SVD", "SBR"):
            self.passed_over = True
        elif identifier == "NM1":
            self._provider(elements)
        elif identifier == "PRV":
            self._taxonomy(elements)
        elif self.lines:
            self.lines[-1].take(segment, elements, self.in_provider)
        elif identifier == "HI":
            self._diagnoses(segment, elements)
        elif identifier == "REF" and not self.in_provider:
            self._reference(elements)
        elif identifier == "DTP" and at(elements, 1) == "439":
            self._accident_date(segment, elements)
        elif identifier == "CRC" and at(elements, 1) == "ZZ" and at(elements, 3) in _EPSDT_REFERRALS:
            self.fields["epsdt_referral"] = at(elements, 3)

    def finish(self) -> Claim | list[Problem]:
        """Returns the claim, or everything that makes it impossible to judge, placed by segment."""
        lines = [line.finish() for line in self.lines]
        ordering = {line.ordering for line in self.lines if line.ordering is not None}
        if len(ordering) == 1:
            self.providers.setdefault("ordering_provider", ordering.pop())
        clia = {line.clia_number for line in self.lines if line.clia_number}
        if len(clia) == 1:
            self.fields.setdefault("clia_number", clia.pop())
        claim = Claim(
            payer=self.above.payer,
            lines=tuple(lines),
            received_date=self.above.received_date,
            patient=self.above.patient,
            billing_provider=self.above.billing_provider,
            diagnoses=tuple(self.diagnoses),
            prior_authorizations=tuple(self.prior_authorizations),
            **self.providers,  # type: ignore[arg-type]  # the names are those of _PROVIDER_FIELDS
            **self.fields,  # type: ignore[arg-type]  # filled by name in this class only
        )
        problems = self.problems + self._placed(problems_of(claim))
        return problems if problems else canonical_claim(claim)

    def claim_id(self) -> str:
        """Returns the claim's identifier (CLM01) as it was sent, at most 100 characters."""
        return str(self.fields["claim_id"])[:100]

    def _header(self, segment: Segment, elements: list[str]) -> None:
        self.fields["claim_id"] = at(elements, 1)
        total = cents_of(at(elements, 2))
        if total is None:
            message = f"the charge is no amount in dollars and cents; sent was {pattern_of(at(elements, 2))}"
            self.problems.append(segment_problem(segment, "C212", message, element="CLM02"))
        self.fields["total_charge_cents"] = total
        separator = segment.component_separator
        place, frequency = (component(elements, 5, part, separator) for part in (1, 3))
        hint = f"components are parted by {separator!r}, as ISA16 declares"
        if not _PLACE_OF_SERVICE(place):
            message = f"a place of service is two characters; sent was {pattern_of(place)}"
            self.problems.append(segment_problem(segment, "C218", message, hint, "CLM05-1"))
        if not (len(frequency) == 1 and frequency.isalnum() and frequency.isascii()):
            message = f"a claim frequency code is one character; sent was {pattern_of(frequency)}"
            self.problems.append(segment_problem(segment, "C218", message, hint, "CLM05-3"))
        self.fields["place_of_service"], self.fields["frequency_code"] = place, frequency
        self._accident(elements, separator)

    def _accident(self, elements: list[str], separator: str) -> None:
        """Reads the related causes (CLM11): an automobile accident first, as only it has a state."""
        causes = {component(elements, 11, part, separator) for part in (1, 2, 3)}
        accident = next((word for code, word in _ACCIDENTS.items() if code in causes), "")
        self.fields["accident_type"] = accident
        if accident == "AUTO":
            self.fields["accident_state"] = component(elements, 11, 4, separator)

    def _accident_date(self, segment: Segment, elements: list[str]) -> None:
        day = iso_date(at(elements, 3)[:8])
        if not day:
            message = f"the date of the accident is CCYYMMDD; sent was {pattern_of(at(elements, 3))}"
            self.problems.append(segment_problem(segment, "C213", message, element="DTP03"))
        self.fields["accident_date"] = day

    def _open_line(self, segment: Segment) -> None:
        self.passed_over = self.in_provider = False
        self.provider = ""
        if len(self.lines) == MOST_LINES:
            # What follows is passed over up to the next claim; the problem says so once.
            self.problems.append(segment_problem(segment, "C014", f"a claim has at most {MOST_LINES:,} lines"))
            self.full = True
            return
        self.lines.append(LineReader(segment, self.problems))

    def _provider(self, elements: list[str]) -> None:
        self.in_provider = True
        self.provider = at(elements, 1)
        field = _PROVIDER_FIELDS.get(self.provider)
        provider = provider_of(elements)
        if field is None:
            return
        if not self.lines:
            self.providers[field] = provider
        elif self.provider == "82":
            self.lines[-1].fields["rendering_provider"] = provider
        elif self.provider == "DK":
            self.lines[-1].ordering = provider

    def _taxonomy(self, elements: list[str]) -> None:
        field = _PROVIDER_FIELDS.get(self.provider)
        taxonomy = at(elements, 3)
        if field is None:
            return
        if not self.lines:
            self.providers[field] = msgspec.structs.replace(self.providers[field], taxonomy_code=taxonomy)
        elif self.provider == "82":
            own = self.lines[-1].fields["rendering_provider"]
            if isinstance(own, Provider):
                self.lines[-1].fields["rendering_provider"] = msgspec.structs.replace(own, taxonomy_code=taxonomy)

    def _diagnoses(self, segment: Segment, elements: list[str]) -> None:
        for index in range(1, len(elements)):
            if not at(elements, index):
                continue
            qualifier, code = (component(elements, index, part, segment.component_separator) for part in (1, 2))
            if qualifier and code and qualifier not in DIAGNOSIS_QUALIFIERS:
                continue
            if qualifier not in DIAGNOSIS_QUALIFIERS or not code:
                message = "a diagnosis is a qualifier (ABK, ABF, BK, BF) and a code as components of one element"
                hint = f"components are parted by {segment.component_separator!r}, as ISA16 declares"
                self.problems.append(segment_problem(segment, "C216", message, hint, f"HI{index:02d}"))
                continue
            self.diagnoses.append(Diagnosis(code=code))

    def _reference(self, elements: list[str]) -> None:
        value = at(elements, 2)
        match at(elements, 1):
            case "F8":
                self.fields["original_claim_id"] = value
            case "G1":
                self.prior_authorizations.append(value)
            case "X4":
                self.fields["clia_number"] = value

    def _placed(self, problems: list[Problem]) -> list[Problem]:
        """Returns the problems of the claim placed at the segments they come from, without what is named wrong already."""
        placed = []
        for problem in problems:
            match = _LINE_PATH.match(problem.place.path)
            line = self.lines[int(match.group(1))] if match else None
            if line is not None and problem.place.path.rpartition(".")[2] in line.named:
                continue
            source = line.opening if line is not None else self.opening
            field = problem.place.path.removeprefix("$.")
            path = f"segment {source.number} ({source.elements()[0]}) {field}"
            placed.append(msgspec.structs.replace(problem, place=Place(line=source.line, column=1, path=path)))
        return placed
