from claimrules.v1 import claim_pb2 as _claim_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Evaluation(_message.Message):
    __slots__ = ("claim_id", "evaluation_id", "disposition", "policy", "other_policies", "reference", "findings", "excepted", "trial_findings", "not_evaluated", "recommended_fix", "recommendation")
    CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ID_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    OTHER_POLICIES_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    EXCEPTED_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FINDINGS_FIELD_NUMBER: _ClassVar[int]
    NOT_EVALUATED_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDED_FIX_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATION_FIELD_NUMBER: _ClassVar[int]
    claim_id: str
    evaluation_id: str
    disposition: str
    policy: PolicyUse
    other_policies: _containers.RepeatedCompositeFieldContainer[PolicyUse]
    reference: _containers.RepeatedCompositeFieldContainer[TableUse]
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    excepted: _containers.RepeatedCompositeFieldContainer[Excepted]
    trial_findings: _containers.RepeatedCompositeFieldContainer[Finding]
    not_evaluated: _containers.RepeatedCompositeFieldContainer[NotEvaluated]
    recommended_fix: Fix
    recommendation: str
    def __init__(self, claim_id: _Optional[str] = ..., evaluation_id: _Optional[str] = ..., disposition: _Optional[str] = ..., policy: _Optional[_Union[PolicyUse, _Mapping]] = ..., other_policies: _Optional[_Iterable[_Union[PolicyUse, _Mapping]]] = ..., reference: _Optional[_Iterable[_Union[TableUse, _Mapping]]] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., excepted: _Optional[_Iterable[_Union[Excepted, _Mapping]]] = ..., trial_findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., not_evaluated: _Optional[_Iterable[_Union[NotEvaluated, _Mapping]]] = ..., recommended_fix: _Optional[_Union[Fix, _Mapping]] = ..., recommendation: _Optional[str] = ...) -> None: ...

class PolicyUse(_message.Message):
    __slots__ = ("policy_id", "version", "chain", "digest")
    POLICY_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    policy_id: str
    version: str
    chain: _containers.RepeatedScalarFieldContainer[str]
    digest: str
    def __init__(self, policy_id: _Optional[str] = ..., version: _Optional[str] = ..., chain: _Optional[_Iterable[str]] = ..., digest: _Optional[str] = ...) -> None: ...

class TableUse(_message.Message):
    __slots__ = ("table", "release", "digest", "complete", "stale")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    table: str
    release: str
    digest: str
    complete: bool
    stale: bool
    def __init__(self, table: _Optional[str] = ..., release: _Optional[str] = ..., digest: _Optional[str] = ..., complete: _Optional[bool] = ..., stale: _Optional[bool] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("finding_id", "rule_id", "policy_id", "policy_version", "category", "kind", "severity", "message", "mode", "line_numbers", "diagnosis_positions", "codes", "adjustment", "citations", "fixes", "impact", "explanation")
    FINDING_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    POLICY_ID_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    LINE_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSIS_POSITIONS_FIELD_NUMBER: _ClassVar[int]
    CODES_FIELD_NUMBER: _ClassVar[int]
    ADJUSTMENT_FIELD_NUMBER: _ClassVar[int]
    CITATIONS_FIELD_NUMBER: _ClassVar[int]
    FIXES_FIELD_NUMBER: _ClassVar[int]
    IMPACT_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    finding_id: str
    rule_id: str
    policy_id: str
    policy_version: str
    category: str
    kind: str
    severity: str
    message: str
    mode: str
    line_numbers: _containers.RepeatedScalarFieldContainer[int]
    diagnosis_positions: _containers.RepeatedScalarFieldContainer[int]
    codes: _containers.RepeatedScalarFieldContainer[str]
    adjustment: Adjustment
    citations: _containers.RepeatedCompositeFieldContainer[Citation]
    fixes: _containers.RepeatedCompositeFieldContainer[Fix]
    impact: Impact
    explanation: Explanation
    def __init__(self, finding_id: _Optional[str] = ..., rule_id: _Optional[str] = ..., policy_id: _Optional[str] = ..., policy_version: _Optional[str] = ..., category: _Optional[str] = ..., kind: _Optional[str] = ..., severity: _Optional[str] = ..., message: _Optional[str] = ..., mode: _Optional[str] = ..., line_numbers: _Optional[_Iterable[int]] = ..., diagnosis_positions: _Optional[_Iterable[int]] = ..., codes: _Optional[_Iterable[str]] = ..., adjustment: _Optional[_Union[Adjustment, _Mapping]] = ..., citations: _Optional[_Iterable[_Union[Citation, _Mapping]]] = ..., fixes: _Optional[_Iterable[_Union[Fix, _Mapping]]] = ..., impact: _Optional[_Union[Impact, _Mapping]] = ..., explanation: _Optional[_Union[Explanation, _Mapping]] = ...) -> None: ...

class Excepted(_message.Message):
    __slots__ = ("finding", "exception_id", "policy_id", "because", "approved_by")
    FINDING_FIELD_NUMBER: _ClassVar[int]
    EXCEPTION_ID_FIELD_NUMBER: _ClassVar[int]
    POLICY_ID_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    APPROVED_BY_FIELD_NUMBER: _ClassVar[int]
    finding: Finding
    exception_id: str
    policy_id: str
    because: str
    approved_by: str
    def __init__(self, finding: _Optional[_Union[Finding, _Mapping]] = ..., exception_id: _Optional[str] = ..., policy_id: _Optional[str] = ..., because: _Optional[str] = ..., approved_by: _Optional[str] = ...) -> None: ...

class NotEvaluated(_message.Message):
    __slots__ = ("rule_id", "reason", "detail")
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    rule_id: str
    reason: str
    detail: str
    def __init__(self, rule_id: _Optional[str] = ..., reason: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class Adjustment(_message.Message):
    __slots__ = ("group_code", "carc", "rarc")
    GROUP_CODE_FIELD_NUMBER: _ClassVar[int]
    CARC_FIELD_NUMBER: _ClassVar[int]
    RARC_FIELD_NUMBER: _ClassVar[int]
    group_code: str
    carc: str
    rarc: str
    def __init__(self, group_code: _Optional[str] = ..., carc: _Optional[str] = ..., rarc: _Optional[str] = ...) -> None: ...

class Citation(_message.Message):
    __slots__ = ("title", "section", "url")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SECTION_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    title: str
    section: str
    url: str
    def __init__(self, title: _Optional[str] = ..., section: _Optional[str] = ..., url: _Optional[str] = ...) -> None: ...

class Fix(_message.Message):
    __slots__ = ("description", "operations", "requires_documentation", "documentation_needed", "documentation_supported", "verified", "resolves", "introduces")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    REQUIRES_DOCUMENTATION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTATION_NEEDED_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTATION_SUPPORTED_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    RESOLVES_FIELD_NUMBER: _ClassVar[int]
    INTRODUCES_FIELD_NUMBER: _ClassVar[int]
    description: str
    operations: _containers.RepeatedCompositeFieldContainer[Operation]
    requires_documentation: bool
    documentation_needed: _containers.RepeatedScalarFieldContainer[str]
    documentation_supported: bool
    verified: bool
    resolves: _containers.RepeatedScalarFieldContainer[str]
    introduces: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, description: _Optional[str] = ..., operations: _Optional[_Iterable[_Union[Operation, _Mapping]]] = ..., requires_documentation: _Optional[bool] = ..., documentation_needed: _Optional[_Iterable[str]] = ..., documentation_supported: _Optional[bool] = ..., verified: _Optional[bool] = ..., resolves: _Optional[_Iterable[str]] = ..., introduces: _Optional[_Iterable[str]] = ...) -> None: ...

class Operation(_message.Message):
    __slots__ = ("op", "line_number", "line_numbers", "modifier", "new_modifier", "code", "units", "position", "field", "value", "order", "lines", "reason")
    OP_FIELD_NUMBER: _ClassVar[int]
    LINE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    LINE_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    MODIFIER_FIELD_NUMBER: _ClassVar[int]
    NEW_MODIFIER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    op: str
    line_number: int
    line_numbers: _containers.RepeatedScalarFieldContainer[int]
    modifier: str
    new_modifier: str
    code: str
    units: float
    position: int
    field: str
    value: str
    order: _containers.RepeatedScalarFieldContainer[int]
    lines: _containers.RepeatedCompositeFieldContainer[_claim_pb2.ServiceLine]
    reason: str
    def __init__(self, op: _Optional[str] = ..., line_number: _Optional[int] = ..., line_numbers: _Optional[_Iterable[int]] = ..., modifier: _Optional[str] = ..., new_modifier: _Optional[str] = ..., code: _Optional[str] = ..., units: _Optional[float] = ..., position: _Optional[int] = ..., field: _Optional[str] = ..., value: _Optional[str] = ..., order: _Optional[_Iterable[int]] = ..., lines: _Optional[_Iterable[_Union[_claim_pb2.ServiceLine, _Mapping]]] = ..., reason: _Optional[str] = ...) -> None: ...

class Impact(_message.Message):
    __slots__ = ("billed_at_risk_cents", "allowed_delta_cents", "basis")
    BILLED_AT_RISK_CENTS_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_DELTA_CENTS_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    billed_at_risk_cents: int
    allowed_delta_cents: int
    basis: str
    def __init__(self, billed_at_risk_cents: _Optional[int] = ..., allowed_delta_cents: _Optional[int] = ..., basis: _Optional[str] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("rule_id", "policy_id", "policy_version", "title", "matched", "absent", "values")
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    POLICY_ID_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    ABSENT_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    rule_id: str
    policy_id: str
    policy_version: str
    title: str
    matched: _containers.RepeatedCompositeFieldContainer[MatchedFact]
    absent: _containers.RepeatedScalarFieldContainer[str]
    values: _containers.RepeatedCompositeFieldContainer[ValueUse]
    def __init__(self, rule_id: _Optional[str] = ..., policy_id: _Optional[str] = ..., policy_version: _Optional[str] = ..., title: _Optional[str] = ..., matched: _Optional[_Iterable[_Union[MatchedFact, _Mapping]]] = ..., absent: _Optional[_Iterable[str]] = ..., values: _Optional[_Iterable[_Union[ValueUse, _Mapping]]] = ...) -> None: ...

class MatchedFact(_message.Message):
    __slots__ = ("name", "kind", "fields", "row", "derived_by")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _struct_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    DERIVED_BY_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: str
    fields: _containers.MessageMap[str, _struct_pb2.Value]
    row: RowSource
    derived_by: Explanation
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[str] = ..., fields: _Optional[_Mapping[str, _struct_pb2.Value]] = ..., row: _Optional[_Union[RowSource, _Mapping]] = ..., derived_by: _Optional[_Union[Explanation, _Mapping]] = ...) -> None: ...

class RowSource(_message.Message):
    __slots__ = ("table", "release", "key", "complete", "stale")
    class KeyEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TABLE_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    table: str
    release: str
    key: _containers.ScalarMap[str, str]
    complete: bool
    stale: bool
    def __init__(self, table: _Optional[str] = ..., release: _Optional[str] = ..., key: _Optional[_Mapping[str, str]] = ..., complete: _Optional[bool] = ..., stale: _Optional[bool] = ...) -> None: ...

class ValueUse(_message.Message):
    __slots__ = ("value_id", "value", "in_force_from", "policy_id")
    VALUE_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_FROM_FIELD_NUMBER: _ClassVar[int]
    POLICY_ID_FIELD_NUMBER: _ClassVar[int]
    value_id: str
    value: _struct_pb2.Value
    in_force_from: str
    policy_id: str
    def __init__(self, value_id: _Optional[str] = ..., value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ..., in_force_from: _Optional[str] = ..., policy_id: _Optional[str] = ...) -> None: ...
