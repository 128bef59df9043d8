"""Defines the frozen types that every stage shares: the claim that comes in and the evaluation that goes out.

The JSON form of these types is the proto3 JSON mapping of ``claimrules.v1`` with snake_case names. Dates are
ISO 8601 text (``2026-01-20``; empty when absent), money is integer US cents, codes are text that keeps leading zeros.
"""

from __future__ import annotations

from typing import Literal

import msgspec

ClaimType = Literal["PROFESSIONAL", "INSTITUTIONAL"]
PayerSequence = Literal["", "PRIMARY", "SECONDARY", "TERTIARY"]
AccidentType = Literal["", "AUTO", "EMPLOYMENT", "OTHER"]
EpsdtReferral = Literal["", "AV", "NU", "S2", "ST"]
HistoryStatus = Literal["PAID", "PENDING", "DENIED", "VOID"]
Kind = Literal["VIOLATION", "OVER_CODING", "UNDER_CODING", "WARNING", "INFORMATION"]
Severity = Literal["ERROR", "WARNING", "INFO"]
Mode = Literal["LIVE", "TRIAL"]
Disposition = Literal["DENY_RISK", "REVIEW", "INCOMPLETE", "PASS"]
Reason = Literal["MISSING_TABLE", "MISSING_FIELD", "CONFLICTING_FACTS"]


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of every contract type: immutable, and a key it does not know is an error."""


# ---------------------------------------------------------------- the claim


class Payer(_Record, frozen=True):
    """Who pays: the payer's id, line of business (``commercial``, ``medicare``, ``medicaid``, …), plan and state (USPS)."""

    payer_id: str
    line_of_business: str = ""
    plan_id: str = ""
    state: str = ""


class Patient(_Record, frozen=True):
    """The patient: an opaque id, birth date and recorded sex (``F``, ``M`` or ``U``)."""

    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""


class Provider(_Record, frozen=True):
    """A provider: NPI, tax id (TIN), NUCC taxonomy code and credential, each empty when unknown."""

    npi: str = ""
    tin: str = ""
    taxonomy_code: str = ""
    credential: str = ""


class Diagnosis(_Record, frozen=True):
    """One ICD-10-CM diagnosis code; its position on the claim is its place in the list, from 1."""

    code: str


class Ndc(_Record, frozen=True):
    """A drug's National Drug Code with quantity and unit (F2, GR, ME, ML, UN)."""

    code: str = ""
    quantity: float = 0.0
    unit: str = ""


class ServiceLine(_Record, frozen=True):
    """One service line: CPT or HCPCS Level II code, modifiers in order, units, charge and dates.

    ``diagnosis_pointers`` are positions in ``Claim.diagnoses`` from 1. ``minutes`` is the reported time
    (anesthesia), 0 when none. ``place_of_service`` is empty when the claim's own applies. ``other_payer_paid_cents`` and
    ``other_payer_adjustment_cents`` are what payers before this one paid for the line and took off its charge, None when unknown.
    """

    line_number: int
    procedure_code: str
    service_date: str
    modifiers: tuple[str, ...] = ()
    units: float = 1.0
    charge_cents: int = 0
    service_end_date: str = ""
    diagnosis_pointers: tuple[int, ...] = ()
    minutes: int = 0
    place_of_service: str = ""
    ndc: Ndc = Ndc()
    prior_authorization: str = ""
    rendering_provider: Provider = Provider()
    revenue_code: str = ""
    other_payer_paid_cents: int | None = None
    other_payer_adjustment_cents: int | None = None


class HistoryLine(_Record, frozen=True):
    """One line of an earlier claim for the same patient."""

    procedure_code: str
    service_date: str
    claim_id: str = ""
    modifiers: tuple[str, ...] = ()
    units: float = 1.0
    rendering_npi: str = ""
    billing_tin: str = ""
    taxonomy_code: str = ""
    diagnosis_codes: tuple[str, ...] = ()
    place_of_service: str = ""
    status: HistoryStatus = "PAID"


class DocumentationFact(_Record, frozen=True):
    """One structured fact of the record; ``None`` and empty mean unknown, never false or zero.

    ``line_number`` 0 means the whole claim. ``basis`` is ``stated``, ``computed`` or ``inferred``.
    """

    name: str
    line_number: int = 0
    number: float | None = None
    text: str = ""
    flag: bool | None = None
    date: str = ""
    unit: str = ""
    qualifier: str = ""
    basis: Literal["stated", "computed", "inferred"] = "stated"
    group: str = ""
    note_id: str = ""


class Note(_Record, frozen=True):
    """A clinical note's text; never copied into findings, logs or errors."""

    note_id: str
    text: str


class Documentation(_Record, frozen=True):
    """What the record says: structured facts, and notes they may be read from."""

    facts: tuple[DocumentationFact, ...] = ()
    notes: tuple[Note, ...] = ()


class Claim(_Record, frozen=True):
    """A claim as submitted: header, parties, diagnoses in order, service lines, history and documentation.

    ``coverage_from`` and ``coverage_to`` are the first and last day of the member's coverage by this payer, each empty when
    unknown or open. ``payer_sequence`` is this payer's place among those billed, ``other_payer_paid_cents`` what payers before it
    paid for the whole claim (None when unknown). ``epsdt_referral`` is the condition indicator of 837 CRC*ZZ.
    """

    claim_id: str
    payer: Payer
    lines: tuple[ServiceLine, ...]
    claim_type: ClaimType = "PROFESSIONAL"
    frequency_code: str = "1"
    original_claim_id: str = ""
    received_date: str = ""
    place_of_service: str = ""
    total_charge_cents: int | None = None
    patient: Patient = Patient()
    billing_provider: Provider = Provider()
    rendering_provider: Provider = Provider()
    referring_provider: Provider = Provider()
    ordering_provider: Provider = Provider()
    supervising_provider: Provider = Provider()
    service_facility: Provider = Provider()
    clia_number: str = ""
    clia_certificate_type: str = ""
    prior_authorizations: tuple[str, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    history: tuple[HistoryLine, ...] = ()
    documentation: Documentation = Documentation()
    coverage_from: str = ""
    coverage_to: str = ""
    payer_sequence: PayerSequence = ""
    other_payer_paid_cents: int | None = None
    accident_type: AccidentType = ""
    accident_date: str = ""
    accident_state: str = ""
    condition_codes: tuple[str, ...] = ()
    type_of_bill: str = ""
    epsdt_referral: EpsdtReferral = ""


# ---------------------------------------------------------------- the evaluation


class PolicyUse(_Record, frozen=True):
    """Which policy judged the claim: id, version, the chain it extends (``id@version``) and its digest."""

    policy_id: str
    version: str
    chain: tuple[str, ...] = ()
    digest: str = ""


class TableUse(_Record, frozen=True):
    """Which release of a reference table was used; ``stale`` when the date lies past the release's coverage."""

    table: str
    release: str
    digest: str = ""
    complete: bool = True
    stale: bool = False


class Adjustment(_Record, frozen=True):
    """The expected remittance: group code (CO, PR, OA, PI), CARC and RARC."""

    group_code: str = ""
    carc: str = ""
    rarc: str = ""


class Citation(_Record, frozen=True):
    """Where a rule comes from."""

    title: str
    section: str = ""
    url: str = ""


class Operation(_Record, frozen=True, omit_defaults=True):
    """One change to a claim; the fields an operation does not use are left at their defaults.

    ``op`` is one of add_modifier, remove_modifier, replace_modifier, replace_code, replace_lines, set_units,
    add_line, remove_line, replace_dx, remove_dx, resequence_dx, set_field, manual_review.
    ``value`` is the new value of ``set_field`` as text (numbers in decimal, money in cents, lists comma-separated);
    ``order`` is the new order of diagnosis positions (resequence_dx); ``lines`` are new lines (add_line,
    replace_lines), whose line numbers are given when the fix is applied.
    """

    op: str
    line_number: int = 0
    line_numbers: tuple[int, ...] = ()
    modifier: str = ""
    new_modifier: str = ""
    code: str = ""
    units: float = 0.0
    position: int = 0
    field: str = ""
    value: str = ""
    order: tuple[int, ...] = ()
    lines: tuple[ServiceLine, ...] = ()
    reason: str = ""


class Fix(_Record, frozen=True):
    """A typed change that would mend the finding, and what came of trying it on a copy of the claim.

    ``verified`` is true only when the patched claim was evaluated again, this finding is gone and nothing new of
    the same or higher severity came. ``documentation_needed`` names the facts the record must hold;
    ``documentation_supported`` is true when the claim's own facts hold them all.
    """

    description: str
    operations: tuple[Operation, ...]
    requires_documentation: bool = False
    documentation_needed: tuple[str, ...] = ()
    documentation_supported: bool = False
    verified: bool = False
    resolves: tuple[str, ...] = ()
    introduces: tuple[str, ...] = ()


class Impact(_Record, frozen=True):
    """Money: charges at risk as billed, expected change of the allowed amount (cents, signed) and how it was reckoned.

    ``allowed_delta_cents`` is what would be allowed when the finding has its way less what would be allowed were the claim paid as
    billed; None when it could not be reckoned, which ``basis`` explains. ``docs/decisions/0004-what-impact-means.md``.
    """

    billed_at_risk_cents: int = 0
    allowed_delta_cents: int | None = None
    basis: str = ""


class RowSource(_Record, frozen=True):
    """The table row behind a fact: table, release, key and whether the release is complete and current."""

    table: str
    release: str
    key: dict[str, str]
    complete: bool = True
    stale: bool = False


Scalar = str | int | float | bool


class MatchedFact(_Record, frozen=True):
    """A fact that satisfied a condition: its name in the rule, kind, fields, and where it came from."""

    name: str
    kind: str
    fields: dict[str, Scalar | list[Scalar]] = {}
    row: RowSource | None = None
    derived_by: Explanation | None = None


class ValueUse(_Record, frozen=True):
    """A dated policy value as it stood on the date it was used."""

    value_id: str
    value: Scalar
    in_force_from: str
    policy_id: str = ""


class Explanation(_Record, frozen=True):
    """Why a rule fired: matched facts, the ``unless`` conditions that did not hold, and dated values."""

    rule_id: str
    policy_id: str
    policy_version: str
    title: str = ""
    matched: tuple[MatchedFact, ...] = ()
    absent: tuple[str, ...] = ()
    values: tuple[ValueUse, ...] = ()


class Finding(_Record, frozen=True):
    """One thing a rule found. The first of ``line_numbers`` is the line the finding is about."""

    finding_id: str
    rule_id: str
    policy_id: str
    policy_version: str
    category: str
    kind: Kind
    severity: Severity
    message: str
    mode: Mode = "LIVE"
    line_numbers: tuple[int, ...] = ()
    diagnosis_positions: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()
    adjustment: Adjustment = Adjustment()
    citations: tuple[Citation, ...] = ()
    fixes: tuple[Fix, ...] = ()
    impact: Impact = Impact()
    explanation: Explanation | None = None


class Excepted(_Record, frozen=True):
    """A finding that a policy's exception set aside, with the reason and who approved it."""

    finding: Finding
    exception_id: str
    policy_id: str
    because: str
    approved_by: str = ""


class NotEvaluated(_Record, frozen=True):
    """A rule that could not be judged, and why."""

    rule_id: str
    reason: Reason
    detail: str


class Evaluation(_Record, frozen=True):
    """The answer for one claim. Findings are sorted; equal input and snapshot give equal bytes.

    ``recommended_fix`` is the smallest set of changes found that leaves no finding of severity error and needs no documentation that
    the record lacks; ``recommendation`` says why there is none, or that the search was stopped.

    ``policy`` is the one in force on the earliest service date; ``other_policies`` those of later dates when the
    claim's lines fall under several versions.
    """

    claim_id: str
    evaluation_id: str
    disposition: Disposition
    policy: PolicyUse = PolicyUse(policy_id="", version="")
    other_policies: tuple[PolicyUse, ...] = ()
    reference: tuple[TableUse, ...] = ()
    findings: tuple[Finding, ...] = ()
    excepted: tuple[Excepted, ...] = ()
    trial_findings: tuple[Finding, ...] = ()
    not_evaluated: tuple[NotEvaluated, ...] = ()
    recommended_fix: Fix | None = None
    recommendation: str = ""
