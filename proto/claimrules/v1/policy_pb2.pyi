from claimrules.v1 import evaluation_pb2 as _evaluation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Policy(_message.Message):
    __slots__ = ("policy_id", "version", "title", "status", "effective_from", "effective_to", "published", "review_by", "owner", "scope", "extends", "chain", "digest", "rule_count")
    POLICY_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_FROM_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_TO_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    REVIEW_BY_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    EXTENDS_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    RULE_COUNT_FIELD_NUMBER: _ClassVar[int]
    policy_id: str
    version: str
    title: str
    status: str
    effective_from: str
    effective_to: str
    published: str
    review_by: str
    owner: str
    scope: PolicyScope
    extends: _containers.RepeatedScalarFieldContainer[str]
    chain: _containers.RepeatedScalarFieldContainer[str]
    digest: str
    rule_count: int
    def __init__(self, policy_id: _Optional[str] = ..., version: _Optional[str] = ..., title: _Optional[str] = ..., status: _Optional[str] = ..., effective_from: _Optional[str] = ..., effective_to: _Optional[str] = ..., published: _Optional[str] = ..., review_by: _Optional[str] = ..., owner: _Optional[str] = ..., scope: _Optional[_Union[PolicyScope, _Mapping]] = ..., extends: _Optional[_Iterable[str]] = ..., chain: _Optional[_Iterable[str]] = ..., digest: _Optional[str] = ..., rule_count: _Optional[int] = ...) -> None: ...

class PolicyScope(_message.Message):
    __slots__ = ("payers", "lines_of_business", "states", "plans", "claim_types")
    PAYERS_FIELD_NUMBER: _ClassVar[int]
    LINES_OF_BUSINESS_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    PLANS_FIELD_NUMBER: _ClassVar[int]
    CLAIM_TYPES_FIELD_NUMBER: _ClassVar[int]
    payers: _containers.RepeatedScalarFieldContainer[str]
    lines_of_business: _containers.RepeatedScalarFieldContainer[str]
    states: _containers.RepeatedScalarFieldContainer[str]
    plans: _containers.RepeatedScalarFieldContainer[str]
    claim_types: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, payers: _Optional[_Iterable[str]] = ..., lines_of_business: _Optional[_Iterable[str]] = ..., states: _Optional[_Iterable[str]] = ..., plans: _Optional[_Iterable[str]] = ..., claim_types: _Optional[_Iterable[str]] = ...) -> None: ...

class Rule(_message.Message):
    __slots__ = ("rule_id", "title", "policy_id", "policy_version", "category", "kind", "severity", "status", "citations", "known_exceptions", "reads", "asserts", "reports")
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    POLICY_ID_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CITATIONS_FIELD_NUMBER: _ClassVar[int]
    KNOWN_EXCEPTIONS_FIELD_NUMBER: _ClassVar[int]
    READS_FIELD_NUMBER: _ClassVar[int]
    ASSERTS_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    rule_id: str
    title: str
    policy_id: str
    policy_version: str
    category: str
    kind: str
    severity: str
    status: str
    citations: _containers.RepeatedCompositeFieldContainer[_evaluation_pb2.Citation]
    known_exceptions: _containers.RepeatedScalarFieldContainer[str]
    reads: _containers.RepeatedScalarFieldContainer[str]
    asserts: _containers.RepeatedScalarFieldContainer[str]
    reports: bool
    def __init__(self, rule_id: _Optional[str] = ..., title: _Optional[str] = ..., policy_id: _Optional[str] = ..., policy_version: _Optional[str] = ..., category: _Optional[str] = ..., kind: _Optional[str] = ..., severity: _Optional[str] = ..., status: _Optional[str] = ..., citations: _Optional[_Iterable[_Union[_evaluation_pb2.Citation, _Mapping]]] = ..., known_exceptions: _Optional[_Iterable[str]] = ..., reads: _Optional[_Iterable[str]] = ..., asserts: _Optional[_Iterable[str]] = ..., reports: _Optional[bool] = ...) -> None: ...
