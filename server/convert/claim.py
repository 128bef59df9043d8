"""Turns Claim messages into the engine's claims and back.

Nothing is judged here: ``claim_from_message`` keeps what was sent, and ``engine.claims`` says what is wrong with it. A field
that the message leaves out has the engine's default, which is why those whose default is not zero are ``optional`` in
``claim.proto``.
"""

from __future__ import annotations

from typing import Any

from claimrules.v1 import claim_pb2

from engine.model import (
    Claim,
    Diagnosis,
    Documentation,
    DocumentationFact,
    HistoryLine,
    Ndc,
    Note,
    Patient,
    Payer,
    Provider,
    ServiceLine,
)

# Generated messages are opaque to mypy (``follow_imports = "skip"`` in pyproject.toml).
Message = Any

# ---------------------------------------------------------------- in


def claim_from_message(message: Message) -> Claim:
    """Returns the claim as sent; closed sets (``claim_type`` …) are not checked, ``engine.claims`` does that."""
    return Claim(
        claim_id=message.claim_id,
        claim_type=message.claim_type if message.HasField("claim_type") else "PROFESSIONAL",
        frequency_code=message.frequency_code if message.HasField("frequency_code") else "1",
        original_claim_id=message.original_claim_id,
        received_date=message.received_date,
        place_of_service=message.place_of_service,
        total_charge_cents=_cents(message, "total_charge_cents"),
        payer=_payer(message.payer),
        patient=_patient(message.patient) if message.HasField("patient") else Patient(),
        billing_provider=_provider(message, "billing_provider"),
        rendering_provider=_provider(message, "rendering_provider"),
        referring_provider=_provider(message, "referring_provider"),
        ordering_provider=_provider(message, "ordering_provider"),
        supervising_provider=_provider(message, "supervising_provider"),
        service_facility=_provider(message, "service_facility"),
        clia_number=message.clia_number,
        clia_certificate_type=message.clia_certificate_type,
        prior_authorizations=tuple(message.prior_authorizations),
        diagnoses=tuple([Diagnosis(diagnosis.code) for diagnosis in message.diagnoses]),
        lines=tuple([line_from_message(line) for line in message.lines]),
        history=tuple([_history(line) for line in message.history]),
        documentation=_documentation(message.documentation) if message.HasField("documentation") else Documentation(),
        coverage_from=message.coverage_from,
        coverage_to=message.coverage_to,
        payer_sequence=message.payer_sequence,
        other_payer_paid_cents=_cents(message, "other_payer_paid_cents"),
        accident_type=message.accident_type,
        accident_date=message.accident_date,
        accident_state=message.accident_state,
        condition_codes=tuple(message.condition_codes),
        type_of_bill=message.type_of_bill,
        epsdt_referral=message.epsdt_referral,
    )


_NO_PROVIDER = Provider()


def _cents(message: Message, name: str) -> int | None:
    return getattr(message, name) if message.HasField(name) else None


def _payer(message: Message) -> Payer:
    return Payer(message.payer_id, message.line_of_business, message.plan_id, message.state)


def _patient(message: Message) -> Patient:
    return Patient(message.patient_id, message.birth_date, message.sex)


def _provider(parent: Message, name: str) -> Provider:
    if not parent.HasField(name):
        return _NO_PROVIDER
    message = getattr(parent, name)
    return Provider(message.npi, message.tin, message.taxonomy_code, message.credential)


def line_from_message(message: Message) -> ServiceLine:
    """Returns one service line as sent."""
    return ServiceLine(
        line_number=message.line_number,
        procedure_code=message.procedure_code,
        service_date=message.service_date,
        modifiers=tuple(message.modifiers),
        units=message.units if message.HasField("units") else 1.0,
        charge_cents=message.charge_cents,
        service_end_date=message.service_end_date,
        diagnosis_pointers=tuple(message.diagnosis_pointers),
        minutes=message.minutes,
        place_of_service=message.place_of_service,
        ndc=_ndc(message.ndc) if message.HasField("ndc") else Ndc(),
        prior_authorization=message.prior_authorization,
        rendering_provider=_provider(message, "rendering_provider"),
        revenue_code=message.revenue_code,
        other_payer_paid_cents=_cents(message, "other_payer_paid_cents"),
        other_payer_adjustment_cents=_cents(message, "other_payer_adjustment_cents"),
    )


def _ndc(message: Message) -> Ndc:
    return Ndc(message.code, message.quantity, message.unit)


def _history(message: Message) -> HistoryLine:
    return HistoryLine(
        procedure_code=message.procedure_code,
        service_date=message.service_date,
        claim_id=message.claim_id,
        modifiers=tuple(message.modifiers),
        units=message.units if message.HasField("units") else 1.0,
        rendering_npi=message.rendering_npi,
        billing_tin=message.billing_tin,
        taxonomy_code=message.taxonomy_code,
        diagnosis_codes=tuple(message.diagnosis_codes),
        place_of_service=message.place_of_service,
        status=message.status if message.HasField("status") else "PAID",
    )


def _documentation(message: Message) -> Documentation:
    return Documentation(
        facts=tuple([_documentation_fact(fact) for fact in message.facts]),
        notes=tuple([Note(note.note_id, note.text) for note in message.notes]),
    )


def _documentation_fact(message: Message) -> DocumentationFact:
    return DocumentationFact(
        name=message.name,
        line_number=message.line_number,
        number=message.number if message.HasField("number") else None,
        text=message.text,
        flag=message.flag if message.HasField("flag") else None,
        date=message.date,
        unit=message.unit,
        qualifier=message.qualifier,
        basis=message.basis if message.HasField("basis") else "stated",
        group=message.group,
        note_id=message.note_id,
    )


# ---------------------------------------------------------------- out


def claim_to_message(claim: Claim) -> Message:
    """Returns the claim as a message with every field set, for clients and for golden claims sent to a server.

    Raises ValueError for a number that the message cannot hold (cents beyond 32 bits).
    """
    message = claim_pb2.Claim(
        claim_id=claim.claim_id,
        claim_type=claim.claim_type,
        frequency_code=claim.frequency_code,
        original_claim_id=claim.original_claim_id,
        received_date=claim.received_date,
        place_of_service=claim.place_of_service,
        total_charge_cents=claim.total_charge_cents,
        payer=claim_pb2.Payer(
            payer_id=claim.payer.payer_id,
            line_of_business=claim.payer.line_of_business,
            plan_id=claim.payer.plan_id,
            state=claim.payer.state,
        ),
        patient=claim_pb2.Patient(
            patient_id=claim.patient.patient_id, birth_date=claim.patient.birth_date, sex=claim.patient.sex
        ),
        billing_provider=_provider_message(claim.billing_provider),
        rendering_provider=_provider_message(claim.rendering_provider),
        referring_provider=_provider_message(claim.referring_provider),
        ordering_provider=_provider_message(claim.ordering_provider),
        supervising_provider=_provider_message(claim.supervising_provider),
        service_facility=_provider_message(claim.service_facility),
        clia_number=claim.clia_number,
        clia_certificate_type=claim.clia_certificate_type,
        prior_authorizations=claim.prior_authorizations,
        diagnoses=[claim_pb2.Diagnosis(code=diagnosis.code) for diagnosis in claim.diagnoses],
        lines=[line_to_message(line) for line in claim.lines],
        history=[_history_message(line) for line in claim.history],
        coverage_from=claim.coverage_from,
        coverage_to=claim.coverage_to,
        payer_sequence=claim.payer_sequence,
        other_payer_paid_cents=claim.other_payer_paid_cents,
        accident_type=claim.accident_type,
        accident_date=claim.accident_date,
        accident_state=claim.accident_state,
        condition_codes=claim.condition_codes,
        type_of_bill=claim.type_of_bill,
        epsdt_referral=claim.epsdt_referral,
    )
    message.documentation.SetInParent()
    message.documentation.facts.extend(_fact_message(fact) for fact in claim.documentation.facts)
    message.documentation.notes.extend(
        claim_pb2.Note(note_id=note.note_id, text=note.text) for note in claim.documentation.notes
    )
    return message


def _provider_message(provider: Provider) -> Message:
    return claim_pb2.Provider(
        npi=provider.npi,
        tin=provider.tin,
        taxonomy_code=provider.taxonomy_code,
        credential=provider.credential,
    )


def line_to_message(line: ServiceLine) -> Message:
    """Returns one service line as a message with every field set."""
    return claim_pb2.ServiceLine(
        line_number=line.line_number,
        procedure_code=line.procedure_code,
        service_date=line.service_date,
        modifiers=line.modifiers,
        units=line.units,
        charge_cents=line.charge_cents,
        service_end_date=line.service_end_date,
        diagnosis_pointers=line.diagnosis_pointers,
        minutes=line.minutes,
        place_of_service=line.place_of_service,
        ndc=claim_pb2.Ndc(code=line.ndc.code, quantity=line.ndc.quantity, unit=line.ndc.unit),
        prior_authorization=line.prior_authorization,
        rendering_provider=_provider_message(line.rendering_provider),
        revenue_code=line.revenue_code,
        other_payer_paid_cents=line.other_payer_paid_cents,
        other_payer_adjustment_cents=line.other_payer_adjustment_cents,
    )


def _history_message(line: HistoryLine) -> Message:
    return claim_pb2.HistoryLine(
        procedure_code=line.procedure_code,
        service_date=line.service_date,
        claim_id=line.claim_id,
        modifiers=line.modifiers,
        units=line.units,
        rendering_npi=line.rendering_npi,
        billing_tin=line.billing_tin,
        taxonomy_code=line.taxonomy_code,
        diagnosis_codes=line.diagnosis_codes,
        place_of_service=line.place_of_service,
        status=line.status,
    )


def _fact_message(fact: DocumentationFact) -> Message:
    return claim_pb2.DocumentationFact(
        name=fact.name,
        line_number=fact.line_number,
        number=fact.number,
        text=fact.text,
        flag=fact.flag,
        date=fact.date,
        unit=fact.unit,
        qualifier=fact.qualifier,
        basis=fact.basis,
        group=fact.group,
        note_id=fact.note_id,
    )
