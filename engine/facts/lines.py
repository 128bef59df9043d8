"""Makes the facts of service lines: ``line``, ``modifier``, ``pointer`` and, for earlier claims, ``history``."""

from __future__ import annotations

from collections.abc import Iterator

from engine import procedure_codes
from engine.calendar import completed_years, days_between
from engine.fact import Fact
from engine.facts.parts import ClaimParts, Fields, put_text
from engine.model import ServiceLine
from engine.pricing import price_claim
from engine.pricing.schedule import rate_of
from engine.reference.view import Row

_FEE_SCHEDULE = ("status", "global_days", "bilateral", "multiple", "assistant", "co_surgeon", "team", "pc_tc")
_FEE_SCHEDULE_FIELDS = frozenset({*_FEE_SCHEDULE, "endoscopic_base"})
_CODE_STATUS_FIELDS = frozenset({"code_status", "code_last_valid", "invalid_code"})
_TOTAL_RVU = frozenset({"total_rvu"})
_ADD_ON_TYPE = frozenset({"add_on_type"})
_ALLOWED = frozenset({"allowed_cents"})
_GLOBAL_DAYS = frozenset({"global_days"})


def line_facts(parts: ClaimParts) -> Iterator[Fact]:
    """Yields the fact ``line`` of each service line, with fee-schedule indicators and code status where a rule reads them."""
    wants_fees = parts.plan.wants("line", _FEE_SCHEDULE_FIELDS)
    wants_values = parts.plan.wants("line", _TOTAL_RVU)
    wants_add_on_type = parts.plan.wants("line", _ADD_ON_TYPE)
    wants_status = parts.plan.wants("line", _CODE_STATUS_FIELDS)
    prices = price_claim(parts.claim, parts.context) if parts.plan.wants("line", _ALLOWED) else {}
    for index, line in enumerate(parts.lines):
        fields = _line_fields(parts, index, line)
        price = prices.get(line.line_number)
        if price is not None and price.cents is not None:
            fields["allowed_cents"] = price.cents
        if wants_fees or wants_values:
            listed = parts.view.row("mpfs", (line.procedure_code, ""), line.service_date, parts.known_on)
            if listed is not None and wants_fees:
                _put_fee_schedule(fields, listed)
            if listed is not None and wants_values:
                _put_total_rvu(parts, fields, line, listed)
        if wants_status:
            found = parts.context.remembered(procedure_codes.code_status, line.procedure_code, line.service_date)
            put_text(fields, code_status=found.status, code_last_valid=found.last_valid)
            fields["invalid_code"] = found.status not in ("", "valid")
        if wants_add_on_type:
            row = parts.view.row("ncci_aoc", (line.procedure_code,), line.service_date, parts.known_on)
            if row is not None:
                fields["add_on_type"] = row.columns["type"]
        yield Fact("line", fields)


def _line_fields(parts: ClaimParts, index: int, line: ServiceLine) -> Fields:
    claim = parts.claim
    performer = parts.performers[index]
    pointers = line.diagnosis_pointers
    count = len(claim.diagnoses)
    end = line.service_end_date or line.service_date
    fields: Fields = {
        "line_number": line.line_number,
        "procedure_code": line.procedure_code,
        "modifiers": list(line.modifiers),
        "modifier_count": len(line.modifiers),
        "modifier_set": ",".join(sorted(set(line.modifiers))),
        "units": line.units,
        "units_whole": float(line.units).is_integer(),
        "charge_cents": line.charge_cents,
        "service_date": line.service_date,
        "service_end_date": end,
        "service_month": line.service_date[:7],
        "service_days": days_between(line.service_date, end) + 1,
        "practitioner": parts.practitioners[index],
        "diagnosis_pointers": list(pointers),
        "pointer_count": len(pointers),
        "pointer_out_of_range": any(not 1 <= pointer <= count for pointer in pointers),
        "pointer_repeated": len(set(pointers)) < len(pointers),
        "diagnosis_codes": [claim.diagnoses[p - 1].code for p in pointers if 1 <= p <= count],
        "statutorily_excluded": "GY" in line.modifiers,
        "code_set": procedure_codes.code_set(line.procedure_code),
    }
    birth = claim.patient.birth_date
    if birth and birth <= line.service_date:
        fields["patient_age_years"] = completed_years(birth, line.service_date)
        fields["patient_age_days"] = days_between(birth, line.service_date)
    if line.minutes:
        fields["minutes"] = line.minutes
    if line.other_payer_adjustment_cents is not None:
        fields["other_payer_adjustment_cents"] = line.other_payer_adjustment_cents
    if line.other_payer_paid_cents is not None:
        fields["other_payer_paid_cents"] = line.other_payer_paid_cents
        explained = line.other_payer_paid_cents + (line.other_payer_adjustment_cents or 0)
        fields["other_payer_open_cents"] = line.charge_cents - explained
    if line.ndc.quantity:
        fields["ndc_quantity"] = line.ndc.quantity
    put_text(
        fields,
        place_of_service=line.place_of_service or claim.place_of_service,
        rendering_npi=performer.npi,
        specialty=performer.specialty,
        prior_authorization=line.prior_authorization,
        ndc=line.ndc.code,
        ndc_unit=line.ndc.unit,
        revenue_code=line.revenue_code,
    )
    return fields


def _put_fee_schedule(fields: Fields, row: Row) -> None:
    for name in _FEE_SCHEDULE:
        value = row.columns.get(name)
        if value is not None and value != "":
            fields[name] = value
    base = row.columns.get("endoscopic_base")
    if base:
        fields["endoscopic_base"] = base


def _put_total_rvu(parts: ClaimParts, fields: Fields, line: ServiceLine, row: Row) -> None:
    place = line.place_of_service or parts.claim.place_of_service
    rate = rate_of(parts.view, row.columns, place, line.service_date, parts.known_on)
    value = row.columns.get(f"{rate}_total_rvu")
    if value is not None:
        fields["total_rvu"] = value


def modifier_facts(parts: ClaimParts) -> Iterator[Fact]:
    """Yields a fact ``modifier`` for each modifier of each line."""
    for line in parts.lines:
        for position, modifier in enumerate(line.modifiers, start=1):
            yield Fact(
                "modifier",
                {
                    "line_number": line.line_number,
                    "position": position,
                    "modifier": modifier,
                    "procedure_code": line.procedure_code,
                    "service_date": line.service_date,
                },
            )


def pointer_facts(parts: ClaimParts) -> Iterator[Fact]:
    """Yields a fact ``pointer`` for each line with each diagnosis it points to; pointers to nothing have none."""
    diagnoses = parts.claim.diagnoses
    for line in parts.lines:
        for rank, position in enumerate(line.diagnosis_pointers, start=1):
            if 1 <= position <= len(diagnoses):
                code = diagnoses[position - 1].code
                fields: Fields = {
                    "line_number": line.line_number,
                    "rank": rank,
                    "position": position,
                    "diagnosis_code": code,
                    "procedure_code": line.procedure_code,
                    "service_date": line.service_date,
                }
                # The dot after the third character counts here.
                put_text(fields, seventh_character=code[7:8])
                yield Fact("pointer", fields)


def history_facts(parts: ClaimParts) -> Iterator[Fact]:
    """Yields a fact ``history`` for each paid or pending line of earlier claims."""
    wants_global = parts.plan.wants("history", _GLOBAL_DAYS)
    group = parts.claim.billing_provider.tin
    for index, line in enumerate(parts.history, start=len(parts.lines)):
        fields: Fields = {
            "procedure_code": line.procedure_code,
            "modifiers": list(line.modifiers),
            "modifier_set": ",".join(sorted(set(line.modifiers))),
            "units": line.units,
            "service_date": line.service_date,
            "service_month": line.service_date[:7],
            "practitioner": parts.practitioners[index],
            "same_group": bool(group) and line.billing_tin == group,
            "status": line.status,
            "days_before": days_between(line.service_date, parts.earliest),
        }
        put_text(
            fields,
            claim_id=line.claim_id,
            rendering_npi=line.rendering_npi,
            specialty=line.taxonomy_code,
            place_of_service=line.place_of_service,
        )
        if wants_global:
            row = parts.view.row("mpfs", (line.procedure_code, ""), line.service_date, parts.known_on)
            if row is not None and row.columns.get("global_days"):
                fields["global_days"] = row.columns["global_days"]
        yield Fact("history", fields)
