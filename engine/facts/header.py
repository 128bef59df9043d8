"""Makes the facts of the claim's header: ``claim``, ``patient`` and ``identifier``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from engine.calendar import completed_years, days_between
from engine.fact import Fact
from engine.facts.parts import ClaimParts, Fields, put_text
from engine.model import Claim, Provider
from engine.npi import npi_is_valid
from engine.practitioners import line_performer

_CLIA_NUMBER = re.compile(r"[0-9]{2}D[0-9]{7}")
_PADDED_TYPE_OF_BILL = re.compile(r"0[0-9]{2}[0-9A-Z]")


def claim_fact(parts: ClaimParts) -> Fact:
    """Returns the fact ``claim``."""
    claim = parts.claim
    fields: Fields = {
        "claim_type": claim.claim_type,
        "sum_of_charges_cents": sum(line.charge_cents for line in parts.lines),
        "line_count": len(parts.lines),
        "diagnosis_count": len(claim.diagnoses),
        "service_date": parts.earliest,
        "latest_service_date": max(line.service_end_date or line.service_date for line in parts.lines),
        "prior_authorizations": list(claim.prior_authorizations),
        "prior_authorization_count": len(claim.prior_authorizations),
        "history_supplied": bool(claim.history),
        "condition_codes": list(claim.condition_codes),
    }
    if claim.total_charge_cents is not None:
        fields["total_charge_cents"] = claim.total_charge_cents
    paid = other_payer_paid(claim)
    if paid is not None:
        fields["other_payer_paid_cents"] = paid
    if claim.clia_number:
        fields["clia_number_valid"] = bool(_CLIA_NUMBER.fullmatch(claim.clia_number))
    if claim.received_date:
        fields["received_after_days"] = days_between(parts.earliest, claim.received_date)
    header = line_performer(claim, msgspec.structs.replace(parts.lines[0], rendering_provider=Provider()))
    put_text(
        fields,
        claim_id=claim.claim_id,
        frequency_code=claim.frequency_code,
        original_claim_id=claim.original_claim_id,
        payer=claim.payer.payer_id,
        line_of_business=claim.payer.line_of_business,
        plan_id=claim.payer.plan_id,
        state=claim.payer.state,
        received_date=claim.received_date,
        place_of_service=claim.place_of_service,
        billing_npi=claim.billing_provider.npi,
        billing_tin=claim.billing_provider.tin,
        rendering_npi=header.npi,
        specialty=header.specialty,
        referring_npi=claim.referring_provider.npi,
        ordering_npi=claim.ordering_provider.npi,
        clia_number=claim.clia_number,
        clia_certificate_type=claim.clia_certificate_type,
        coverage_from=claim.coverage_from,
        coverage_to=claim.coverage_to,
        payer_sequence=claim.payer_sequence,
        accident_type=claim.accident_type,
        accident_date=claim.accident_date,
        accident_state=claim.accident_state,
        type_of_bill=claim.type_of_bill[1:]
        if _PADDED_TYPE_OF_BILL.fullmatch(claim.type_of_bill)
        else claim.type_of_bill,
        epsdt_referral=claim.epsdt_referral,
    )
    return Fact("claim", fields)


def other_payer_paid(claim: Claim) -> int | None:
    """Returns what earlier payers paid for a claim: as stated, else the sum of its lines; None when neither is given."""
    if claim.other_payer_paid_cents is not None:
        return claim.other_payer_paid_cents
    paid = [line.other_payer_paid_cents for line in claim.lines if line.other_payer_paid_cents is not None]
    return sum(paid) if paid else None


def patient_fact(parts: ClaimParts) -> Fact:
    """Returns the fact ``patient``; the age is that of the earliest service date."""
    fields: Fields = {"service_date": parts.earliest}
    put_text(fields, sex=parts.claim.patient.sex)
    birth = parts.claim.patient.birth_date
    if birth:
        fields["born_after_service"] = birth > parts.earliest
    if birth and birth <= parts.earliest:
        fields["age_years"] = completed_years(birth, parts.earliest)
        fields["age_days"] = days_between(birth, parts.earliest)
    return Fact("patient", fields)


def identifier_facts(parts: ClaimParts) -> Iterator[Fact]:
    """Yields a fact ``identifier`` for each NPI on the claim."""
    claim = parts.claim
    parties = (
        ("billing", "billing_provider", claim.billing_provider),
        ("rendering", "rendering_provider", claim.rendering_provider),
        ("referring", "referring_provider", claim.referring_provider),
        ("ordering", "ordering_provider", claim.ordering_provider),
        ("supervising", "supervising_provider", claim.supervising_provider),
        ("facility", "service_facility", claim.service_facility),
    )
    for role, path, provider in parties:
        if provider.npi:
            yield _identifier(parts, role, f"{path}.npi", provider.npi)
    for line in parts.lines:
        npi = line.rendering_provider.npi
        if npi:
            yield _identifier(parts, "rendering", "rendering_provider.npi", npi, line.line_number)


def _identifier(parts: ClaimParts, role: str, path: str, npi: str, line_number: int = 0) -> Fact:
    fields: Fields = {
        "role": role,
        "path": path,
        "npi": npi,
        "valid": npi_is_valid(npi),
        "service_date": parts.earliest,
    }
    if line_number:
        fields["line_number"] = line_number
    return Fact("identifier", fields)
