"""Reads one service line of an 837P (loop 2400 and 2410, 2420) into a ``ServiceLine``."""

from __future__ import annotations

import re

import msgspec

from engine.claims.shape import pattern_of
from engine.claims.x12_segments import Segment, segment_problem
from engine.claims.x12_values import cents_of, decimal_of, period_of
from engine.errors import Problem
from engine.model import Ndc, Provider, ServiceLine

_LINE_NUMBER = re.compile(r"[0-9]{1,6}").fullmatch
_POINTER = re.compile(r"[0-9]{1,3}").fullmatch
_PLACE_OF_SERVICE = re.compile(r"[0-9A-Z]{2}").fullmatch


def at(elements: list[str], index: int) -> str:
    """Returns an element without blanks around it, empty when the segment is shorter."""
    return elements[index].strip() if index < len(elements) else ""


def component(elements: list[str], index: int, part: int, separator: str) -> str:
    """Returns a component (from 1) of a composite element, empty when there is none."""
    return at(at(elements, index).split(separator), part - 1)


class LineReader:
    """Gathers the segments of one line; what is wrong is collected in ``problems`` of its claim."""

    def __init__(self, segment: Segment, problems: list[Problem]) -> None:
        self.opening = segment
        self.problems = problems
        self.fields: dict[str, object] = {"procedure_code": "", "service_date": ""}
        self.named: set[str] = set()
        self.has_service = False
        self.ordering: Provider | None = None
        self.clia_number = ""
        elements = segment.elements()
        number = at(elements, 1)
        if elements[0] == "LX" and not _LINE_NUMBER(number):
            message = f"the line number is one to six digits; sent was {pattern_of(number)}"
            problems.append(segment_problem(segment, "C217", message, element="LX01"))
        if not _LINE_NUMBER(number):
            self.named.add("line_number")
        self.fields["line_number"] = int(number) if _LINE_NUMBER(number) else 0

    def take(self, segment: Segment, elements: list[str], in_provider: bool) -> None:
        """Takes a segment of the line; ``in_provider`` is true after an NM1 of the line (loop 2420)."""
        match elements[0]:
            case "SV1":
                self._service(segment, elements)
            case "SV2" | "SV3":
                kind = "an institutional (837I)" if elements[0] == "SV2" else "a dental (837D)"
                message = f"{elements[0]} is {kind} service line"
                self._problem(segment, "C206", message, "only professional lines (SV1) are read", elements[0])
                self.has_service = True
                self.named.add("procedure_code")
            case "DTP" if at(elements, 1) == "472" and not in_provider:
                self._service_date(segment, elements)
            case "LIN" if at(elements, 2) == "N4":
                self.fields["ndc"] = Ndc(code=at(elements, 3))
            case "CTP" if "ndc" in self.fields:
                self._drug_quantity(segment, elements)
            case "REF" if at(elements, 1) == "G1" and not in_provider:
                self.fields["prior_authorization"] = at(elements, 2)
            case "REF" if at(elements, 1) == "X4" and not in_provider:
                self.clia_number = at(elements, 2)

    def finish(self) -> ServiceLine:
        """Returns the line; with problems collected it may not be used."""
        if not self.has_service:
            message = "the line has no SV1 segment: no procedure, charge or units"
            self.problems.append(segment_problem(self.opening, "C217", message))
            self.named.add("procedure_code")
        return msgspec.convert(self.fields, ServiceLine)

    def _service(self, segment: Segment, elements: list[str]) -> None:
        if self.has_service:
            self._problem(
                segment, "C217", "the line has a second SV1 segment", "every line begins with its own LX", "SV1"
            )
            return
        self.has_service = True
        parts = at(elements, 1).split(segment.component_separator)
        if at(parts, 0) != "HC":
            hint = f"HC is CPT or HCPCS; components are parted by {segment.component_separator!r}, as ISA16 declares"
            message = f"the procedure's code system is HC; sent was {pattern_of(at(parts, 0))}"
            self._problem(segment, "C215", message, hint, "SV101")
            self.named.add("procedure_code")
        self.fields["procedure_code"] = at(parts, 1)
        self.fields["modifiers"] = [modifier for modifier in (at(parts, index) for index in range(2, 6)) if modifier]
        charge = cents_of(at(elements, 2))
        if charge is None:
            message = f"the charge is no amount in dollars and cents; sent was {pattern_of(at(elements, 2))}"
            self._problem(segment, "C212", message, "", "SV102")
        else:
            self.fields["charge_cents"] = charge
        self._quantity(segment, at(elements, 3), at(elements, 4))
        place = at(elements, 5)
        if place and not _PLACE_OF_SERVICE(place):
            message = f"a place of service is two characters; sent was {pattern_of(place)}"
            self._problem(segment, "C218", message, "", "SV105")
        self.fields["place_of_service"] = place
        self._pointers(segment, at(elements, 7))

    def _quantity(self, segment: Segment, basis: str, text: str) -> None:
        quantity = decimal_of(text)
        if quantity is None:
            self._problem(segment, "C214", f"the quantity is no number; sent was {pattern_of(text)}", "", "SV104")
        elif basis == "MJ":
            if quantity != quantity.to_integral_value() or quantity < 0:
                self._problem(segment, "C214", "minutes are whole", "", "SV104")
            else:
                self.fields["minutes"] = int(quantity)
        elif basis in ("UN", "F2"):
            self.fields["units"] = float(quantity)
        else:
            message = f"the unit of measure is UN (units) or MJ (minutes); sent was {pattern_of(basis)}"
            self._problem(segment, "C214", message, "", "SV103")

    def _pointers(self, segment: Segment, text: str) -> None:
        pointers = []
        for pointer in text.split(segment.component_separator) if text else []:
            if not _POINTER(pointer.strip()):
                message = f"a diagnosis pointer is a number; sent was {pattern_of(pointer)}"
                self._problem(segment, "C220", message, "", "SV107")
            else:
                pointers.append(int(pointer))
        self.fields["diagnosis_pointers"] = pointers

    def _service_date(self, segment: Segment, elements: list[str]) -> None:
        first, last = period_of(at(elements, 2), at(elements, 3))
        if not first:
            sent = pattern_of(at(elements, 3))
            message = f"the service date is D8 with CCYYMMDD or RD8 with CCYYMMDD-CCYYMMDD; sent was {sent}"
            self._problem(segment, "C213", message, "", "DTP03")
            self.named.add("service_date")
        self.fields["service_date"], self.fields["service_end_date"] = first, "" if last == first else last

    def _drug_quantity(self, segment: Segment, elements: list[str]) -> None:
        quantity = decimal_of(at(elements, 4))
        ndc = self.fields["ndc"]
        if quantity is None or not isinstance(ndc, Ndc):
            message = f"the drug's quantity is no number; sent was {pattern_of(at(elements, 4))}"
            self._problem(segment, "C214", message, "", "CTP04")
            return
        unit = component(elements, 5, 1, segment.component_separator)
        self.fields["ndc"] = Ndc(code=ndc.code, quantity=float(quantity), unit=unit)

    def _problem(self, segment: Segment, code: str, message: str, hint: str, element: str) -> None:
        self.problems.append(segment_problem(segment, code, message, hint, element))
