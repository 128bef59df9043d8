from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Claim(_message.Message):
    __slots__ = ("claim_id", "claim_type", "frequency_code", "original_claim_id", "received_date", "place_of_service", "total_charge_cents", "payer", "patient", "billing_provider", "rendering_provider", "referring_provider", "ordering_provider", "supervising_provider", "service_facility", "clia_number", "clia_certificate_type", "prior_authorizations", "diagnoses", "lines", "history", "documentation", "coverage_from", "coverage_to", "payer_sequence", "other_payer_paid_cents", "accident_type", "accident_date", "accident_state", "condition_codes", "type_of_bill", "epsdt_referral")
    CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    CLAIM_TYPE_FIELD_NUMBER: _ClassVar[int]
    FREQUENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_DATE_FIELD_NUMBER: _ClassVar[int]
    PLACE_OF_SERVICE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_CHARGE_CENTS_FIELD_NUMBER: _ClassVar[int]
    PAYER_FIELD_NUMBER: _ClassVar[int]
    PATIENT_FIELD_NUMBER: _ClassVar[int]
    BILLING_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    RENDERING_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    REFERRING_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    ORDERING_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    SUPERVISING_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FACILITY_FIELD_NUMBER: _ClassVar[int]
    CLIA_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CLIA_CERTIFICATE_TYPE_FIELD_NUMBER: _ClassVar[int]
    PRIOR_AUTHORIZATIONS_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSES_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTATION_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_FROM_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_TO_FIELD_NUMBER: _ClassVar[int]
    PAYER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    OTHER_PAYER_PAID_CENTS_FIELD_NUMBER: _ClassVar[int]
    ACCIDENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    ACCIDENT_DATE_FIELD_NUMBER: _ClassVar[int]
    ACCIDENT_STATE_FIELD_NUMBER: _ClassVar[int]
    CONDITION_CODES_FIELD_NUMBER: _ClassVar[int]
    TYPE_OF_BILL_FIELD_NUMBER: _ClassVar[int]
    EPSDT_REFERRAL_FIELD_NUMBER: _ClassVar[int]
    claim_id: str
    claim_type: str
    frequency_code: str
    original_claim_id: str
    received_date: str
    place_of_service: str
    total_charge_cents: int
    payer: Payer
    patient: Patient
    billing_provider: Provider
    rendering_provider: Provider
    referring_provider: Provider
    ordering_provider: Provider
    supervising_provider: Provider
    service_facility: Provider
    clia_number: str
    clia_certificate_type: str
    prior_authorizations: _containers.RepeatedScalarFieldContainer[str]
    diagnoses: _containers.RepeatedCompositeFieldContainer[Diagnosis]
    lines: _containers.RepeatedCompositeFieldContainer[ServiceLine]
    history: _containers.RepeatedCompositeFieldContainer[HistoryLine]
    documentation: Documentation
    coverage_from: str
    coverage_to: str
    payer_sequence: str
    other_payer_paid_cents: int
    accident_type: str
    accident_date: str
    accident_state: str
    condition_codes: _containers.RepeatedScalarFieldContainer[str]
    type_of_bill: str
    epsdt_referral: str
    def __init__(self, claim_id: _Optional[str] = ..., claim_type: _Optional[str] = ..., frequency_code: _Optional[str] = ..., original_claim_id: _Optional[str] = ..., received_date: _Optional[str] = ..., place_of_service: _Optional[str] = ..., total_charge_cents: _Optional[int] = ..., payer: _Optional[_Union[Payer, _Mapping]] = ..., patient: _Optional[_Union[Patient, _Mapping]] = ..., billing_provider: _Optional[_Union[Provider, _Mapping]] = ..., rendering_provider: _Optional[_Union[Provider, _Mapping]] = ..., referring_provider: _Optional[_Union[Provider, _Mapping]] = ..., ordering_provider: _Optional[_Union[Provider, _Mapping]] = ..., supervising_provider: _Optional[_Union[Provider, _Mapping]] = ..., service_facility: _Optional[_Union[Provider, _Mapping]] = ..., clia_number: _Optional[str] = ..., clia_certificate_type: _Optional[str] = ..., prior_authorizations: _Optional[_Iterable[str]] = ..., diagnoses: _Optional[_Iterable[_Union[Diagnosis, _Mapping]]] = ..., lines: _Optional[_Iterable[_Union[ServiceLine, _Mapping]]] = ..., history: _Optional[_Iterable[_Union[HistoryLine, _Mapping]]] = ..., documentation: _Optional[_Union[Documentation, _Mapping]] = ..., coverage_from: _Optional[str] = ..., coverage_to: _Optional[str] = ..., payer_sequence: _Optional[str] = ..., other_payer_paid_cents: _Optional[int] = ..., accident_type: _Optional[str] = ..., accident_date: _Optional[str] = ..., accident_state: _Optional[str] = ..., condition_codes: _Optional[_Iterable[str]] = ..., type_of_bill: _Optional[str] = ..., epsdt_referral: _Optional[str] = ...) -> None: ...

class Payer(_message.Message):
    __slots__ = ("payer_id", "line_of_business", "plan_id", "state")
    PAYER_ID_FIELD_NUMBER: _ClassVar[int]
    LINE_OF_BUSINESS_FIELD_NUMBER: _ClassVar[int]
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    payer_id: str
    line_of_business: str
    plan_id: str
    state: str
    def __init__(self, payer_id: _Optional[str] = ..., line_of_business: _Optional[str] = ..., plan_id: _Optional[str] = ..., state: _Optional[str] = ...) -> None: ...

class Patient(_message.Message):
    __slots__ = ("patient_id", "birth_date", "sex")
    PATIENT_ID_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    patient_id: str
    birth_date: str
    sex: str
    def __init__(self, patient_id: _Optional[str] = ..., birth_date: _Optional[str] = ..., sex: _Optional[str] = ...) -> None: ...

class Provider(_message.Message):
    __slots__ = ("npi", "tin", "taxonomy_code", "credential")
    NPI_FIELD_NUMBER: _ClassVar[int]
    TIN_FIELD_NUMBER: _ClassVar[int]
    TAXONOMY_CODE_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    npi: str
    tin: str
    taxonomy_code: str
    credential: str
    def __init__(self, npi: _Optional[str] = ..., tin: _Optional[str] = ..., taxonomy_code: _Optional[str] = ..., credential: _Optional[str] = ...) -> None: ...

class Diagnosis(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class Ndc(_message.Message):
    __slots__ = ("code", "quantity", "unit")
    CODE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    code: str
    quantity: float
    unit: str
    def __init__(self, code: _Optional[str] = ..., quantity: _Optional[float] = ..., unit: _Optional[str] = ...) -> None: ...

class ServiceLine(_message.Message):
    __slots__ = ("line_number", "procedure_code", "service_date", "modifiers", "units", "charge_cents", "service_end_date", "diagnosis_pointers", "minutes", "place_of_service", "ndc", "prior_authorization", "rendering_provider", "revenue_code", "other_payer_paid_cents", "other_payer_adjustment_cents")
    LINE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PROCEDURE_CODE_FIELD_NUMBER: _ClassVar[int]
    SERVICE_DATE_FIELD_NUMBER: _ClassVar[int]
    MODIFIERS_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    CHARGE_CENTS_FIELD_NUMBER: _ClassVar[int]
    SERVICE_END_DATE_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSIS_POINTERS_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    PLACE_OF_SERVICE_FIELD_NUMBER: _ClassVar[int]
    NDC_FIELD_NUMBER: _ClassVar[int]
    PRIOR_AUTHORIZATION_FIELD_NUMBER: _ClassVar[int]
    RENDERING_PROVIDER_FIELD_NUMBER: _ClassVar[int]
    REVENUE_CODE_FIELD_NUMBER: _ClassVar[int]
    OTHER_PAYER_PAID_CENTS_FIELD_NUMBER: _ClassVar[int]
    OTHER_PAYER_ADJUSTMENT_CENTS_FIELD_NUMBER: _ClassVar[int]
    line_number: int
    procedure_code: str
    service_date: str
    modifiers: _containers.RepeatedScalarFieldContainer[str]
    units: float
    charge_cents: int
    service_end_date: str
    diagnosis_pointers: _containers.RepeatedScalarFieldContainer[int]
    minutes: int
    place_of_service: str
    ndc: Ndc
    prior_authorization: str
    rendering_provider: Provider
    revenue_code: str
    other_payer_paid_cents: int
    other_payer_adjustment_cents: int
    def __init__(self, line_number: _Optional[int] = ..., procedure_code: _Optional[str] = ..., service_date: _Optional[str] = ..., modifiers: _Optional[_Iterable[str]] = ..., units: _Optional[float] = ..., charge_cents: _Optional[int] = ..., service_end_date: _Optional[str] = ..., diagnosis_pointers: _Optional[_Iterable[int]] = ..., minutes: _Optional[int] = ..., place_of_service: _Optional[str] = ..., ndc: _Optional[_Union[Ndc, _Mapping]] = ..., prior_authorization: _Optional[str] = ..., rendering_provider: _Optional[_Union[Provider, _Mapping]] = ..., revenue_code: _Optional[str] = ..., other_payer_paid_cents: _Optional[int] = ..., other_payer_adjustment_cents: _Optional[int] = ...) -> None: ...

class HistoryLine(_message.Message):
    __slots__ = ("procedure_code", "service_date", "claim_id", "modifiers", "units", "rendering_npi", "billing_tin", "taxonomy_code", "diagnosis_codes", "place_of_service", "status")
    PROCEDURE_CODE_FIELD_NUMBER: _ClassVar[int]
    SERVICE_DATE_FIELD_NUMBER: _ClassVar[int]
    CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    MODIFIERS_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    RENDERING_NPI_FIELD_NUMBER: _ClassVar[int]
    BILLING_TIN_FIELD_NUMBER: _ClassVar[int]
    TAXONOMY_CODE_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSIS_CODES_FIELD_NUMBER: _ClassVar[int]
    PLACE_OF_SERVICE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    procedure_code: str
    service_date: str
    claim_id: str
    modifiers: _containers.RepeatedScalarFieldContainer[str]
    units: float
    rendering_npi: str
    billing_tin: str
    taxonomy_code: str
    diagnosis_codes: _containers.RepeatedScalarFieldContainer[str]
    place_of_service: str
    status: str
    def __init__(self, procedure_code: _Optional[str] = ..., service_date: _Optional[str] = ..., claim_id: _Optional[str] = ..., modifiers: _Optional[_Iterable[str]] = ..., units: _Optional[float] = ..., rendering_npi: _Optional[str] = ..., billing_tin: _Optional[str] = ..., taxonomy_code: _Optional[str] = ..., diagnosis_codes: _Optional[_Iterable[str]] = ..., place_of_service: _Optional[str] = ..., status: _Optional[str] = ...) -> None: ...

class Documentation(_message.Message):
    __slots__ = ("facts", "notes")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    facts: _containers.RepeatedCompositeFieldContainer[DocumentationFact]
    notes: _containers.RepeatedCompositeFieldContainer[Note]
    def __init__(self, facts: _Optional[_Iterable[_Union[DocumentationFact, _Mapping]]] = ..., notes: _Optional[_Iterable[_Union[Note, _Mapping]]] = ...) -> None: ...

class DocumentationFact(_message.Message):
    __slots__ = ("name", "line_number", "number", "text", "flag", "date", "unit", "qualifier", "basis", "group", "note_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LINE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    QUALIFIER_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    NOTE_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    line_number: int
    number: float
    text: str
    flag: bool
    date: str
    unit: str
    qualifier: str
    basis: str
    group: str
    note_id: str
    def __init__(self, name: _Optional[str] = ..., line_number: _Optional[int] = ..., number: _Optional[float] = ..., text: _Optional[str] = ..., flag: _Optional[bool] = ..., date: _Optional[str] = ..., unit: _Optional[str] = ..., qualifier: _Optional[str] = ..., basis: _Optional[str] = ..., group: _Optional[str] = ..., note_id: _Optional[str] = ...) -> None: ...

class Note(_message.Message):
    __slots__ = ("note_id", "text")
    NOTE_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    note_id: str
    text: str
    def __init__(self, note_id: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...
