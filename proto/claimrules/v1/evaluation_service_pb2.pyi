from claimrules.v1 import claim_pb2 as _claim_pb2
from claimrules.v1 import evaluation_pb2 as _evaluation_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EvaluateRequest(_message.Message):
    __slots__ = ("claim", "as_of", "omit_explanations")
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    OMIT_EXPLANATIONS_FIELD_NUMBER: _ClassVar[int]
    claim: _claim_pb2.Claim
    as_of: str
    omit_explanations: bool
    def __init__(self, claim: _Optional[_Union[_claim_pb2.Claim, _Mapping]] = ..., as_of: _Optional[str] = ..., omit_explanations: _Optional[bool] = ...) -> None: ...

class EvaluateResponse(_message.Message):
    __slots__ = ("evaluation",)
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    evaluation: _evaluation_pb2.Evaluation
    def __init__(self, evaluation: _Optional[_Union[_evaluation_pb2.Evaluation, _Mapping]] = ...) -> None: ...

class BatchEvaluateRequest(_message.Message):
    __slots__ = ("claims", "as_of", "omit_explanations")
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    OMIT_EXPLANATIONS_FIELD_NUMBER: _ClassVar[int]
    claims: _containers.RepeatedCompositeFieldContainer[_claim_pb2.Claim]
    as_of: str
    omit_explanations: bool
    def __init__(self, claims: _Optional[_Iterable[_Union[_claim_pb2.Claim, _Mapping]]] = ..., as_of: _Optional[str] = ..., omit_explanations: _Optional[bool] = ...) -> None: ...

class BatchEvaluateResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BatchEvaluateResult]
    def __init__(self, results: _Optional[_Iterable[_Union[BatchEvaluateResult, _Mapping]]] = ...) -> None: ...

class BatchEvaluateResult(_message.Message):
    __slots__ = ("claim_id", "evaluation", "status")
    CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    claim_id: str
    evaluation: _evaluation_pb2.Evaluation
    status: _status_pb2.Status
    def __init__(self, claim_id: _Optional[str] = ..., evaluation: _Optional[_Union[_evaluation_pb2.Evaluation, _Mapping]] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class StreamEvaluateRequest(_message.Message):
    __slots__ = ("claim", "as_of", "omit_explanations")
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    OMIT_EXPLANATIONS_FIELD_NUMBER: _ClassVar[int]
    claim: _claim_pb2.Claim
    as_of: str
    omit_explanations: bool
    def __init__(self, claim: _Optional[_Union[_claim_pb2.Claim, _Mapping]] = ..., as_of: _Optional[str] = ..., omit_explanations: _Optional[bool] = ...) -> None: ...

class StreamEvaluateResponse(_message.Message):
    __slots__ = ("claim_id", "evaluation", "status")
    CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    claim_id: str
    evaluation: _evaluation_pb2.Evaluation
    status: _status_pb2.Status
    def __init__(self, claim_id: _Optional[str] = ..., evaluation: _Optional[_Union[_evaluation_pb2.Evaluation, _Mapping]] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...
