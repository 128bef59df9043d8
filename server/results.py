"""Makes the results of claims that no worker answered, for batches and streams, in the front."""

from __future__ import annotations

from typing import Any

from claimrules.v1 import evaluation_service_pb2
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from server.frames import Answer, AnswerKind


def batch_result_of(answer: Answer, claim_id: str) -> bytes:
    """Returns a BatchEvaluateResponse with the one result that an answer holds.

    Such responses laid end to end are one response with all the results, so what workers answered is never read here.
    """
    if answer.kind is AnswerKind.RESPONSE:
        return answer.body
    response = evaluation_service_pb2.BatchEvaluateResponse()
    response.results.add(claim_id=claim_id, status=status_pb2.Status.FromString(answer.body))
    return bytes(response.SerializeToString())


def stream_result_of(answer: Answer, body: bytes) -> bytes:
    """Returns the StreamEvaluateResponse for an answer to the request ``body``."""
    if answer.kind is AnswerKind.RESPONSE:
        return answer.body
    status = status_pb2.Status.FromString(answer.body)
    response = evaluation_service_pb2.StreamEvaluateResponse(claim_id=_claim_id_of(body), status=status)
    return bytes(response.SerializeToString())


def _claim_id_of(body: bytes) -> Any:
    try:
        return evaluation_service_pb2.StreamEvaluateRequest.FromString(body).claim.claim_id
    except DecodeError:
        return ""
