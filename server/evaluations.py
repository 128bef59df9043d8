"""Answers the calls of EvaluationService inside a worker: bytes of a request in, bytes of a response out."""

from __future__ import annotations

from typing import Any

import msgspec
from claimrules.v1 import evaluation_service_pb2
from google.protobuf.message import DecodeError

from engine.claims import canonical_claim, problems_of
from engine.claims.contract import contract_problems
from engine.claims.limits import MOST_TEXT_CHARACTERS
from engine.claims.validate import is_calendar_date
from engine.errors import ClaimrulesError, InvalidClaimError, Place, Problem
from engine.model import Claim
from server.convert import claim_from_message, fill_evaluation
from server.loading import Engine
from server.status import RequestError, status_of, unreadable
from server.unexpected import log_unexpected

_CLAIM_TYPES = frozenset({"PROFESSIONAL", "INSTITUTIONAL"})
_HISTORY_STATUSES = frozenset({"PAID", "PENDING", "DENIED", "VOID"})
_BASES = frozenset({"stated", "computed", "inferred"})
_PAYER_SEQUENCES = frozenset({"", "PRIMARY", "SECONDARY", "TERTIARY"})
_ACCIDENT_TYPES = frozenset({"", "AUTO", "EMPLOYMENT", "OTHER"})
_EPSDT_REFERRALS = frozenset({"", "AV", "NU", "S2", "ST"})
_ENCODER = msgspec.json.Encoder()


def evaluate(engine: Engine, body: bytes) -> bytes:
    """Answers Evaluate; raises RequestError, NoPolicyError or EvaluationError."""
    request = _request(body)
    response = evaluation_service_pb2.EvaluateResponse()
    _judge_into(engine, request, response.evaluation)
    return _bytes_of(response)


def evaluate_in_batch(engine: Engine, body: bytes) -> bytes:
    """Answers one claim of BatchEvaluate with a BatchEvaluateResponse that holds its result alone.

    Such responses laid end to end are one response with all the results, so the front never reads them.
    """
    response = evaluation_service_pb2.BatchEvaluateResponse()
    _judge_or_status(engine, body, response.results.add())
    return _bytes_of(response)


def evaluate_in_stream(engine: Engine, body: bytes) -> bytes:
    """Answers one claim of StreamEvaluate."""
    response = evaluation_service_pb2.StreamEvaluateResponse()
    _judge_or_status(engine, body, response)
    return _bytes_of(response)


def _judge_or_status(engine: Engine, body: bytes, result: Any) -> None:
    try:
        request = _request(body)
        result.claim_id = request.claim.claim_id
        _judge_into(engine, request, result.evaluation)
    except (RequestError, ClaimrulesError) as error:
        result.status.CopyFrom(status_of(error))
    except Exception as error:
        log_unexpected(error)
        result.status.CopyFrom(status_of(error))


def _judge_into(engine: Engine, request: Any, message: Any) -> None:
    claim = _claim(request)
    fill_evaluation(message, engine.evaluate(claim, request.as_of), explain=not request.omit_explanations)


def _request(body: bytes) -> Any:
    try:
        return evaluation_service_pb2.EvaluateRequest.FromString(body)
    except DecodeError as error:
        raise unreadable("claimrules.v1.EvaluateRequest") from error


def _claim(request: Any) -> Claim:
    """Returns the request's claim ready to be judged; raises InvalidClaimError with everything that is wrong with it."""
    claim = claim_from_message(request.claim)
    problems: list[Problem] = []
    if not (request.HasField("claim") and request.claim.HasField("payer") and _surely_fits(claim)):
        problems = _contract_problems(request, claim)
    problems += problems_of(claim)
    if request.as_of and not is_calendar_date(request.as_of):
        problems.append(Problem("C110", "the knowledge date is not a calendar date YYYY-MM-DD", Place(path="as_of")))
    if problems:
        raise InvalidClaimError("the claim cannot be judged", problems)
    return canonical_claim(claim)


def _surely_fits(claim: Claim) -> bool:
    """Tells whether a claim certainly keeps the contract that a JSON claim is held to; a doubt costs the full check, no more."""
    if claim.claim_type not in _CLAIM_TYPES:
        return False
    if claim.payer_sequence not in _PAYER_SEQUENCES or claim.accident_type not in _ACCIDENT_TYPES:
        return False
    if claim.epsdt_referral not in _EPSDT_REFERRALS:
        return False
    if any(line.status not in _HISTORY_STATUSES for line in claim.history):
        return False
    if any(fact.basis not in _BASES for fact in claim.documentation.facts):
        return False
    content = _ENCODER.encode(claim)
    return len(content) <= MOST_TEXT_CHARACTERS and b"\\u0000" not in content


def _contract_problems(request: Any, claim: Claim) -> list[Problem]:
    if not request.HasField("claim"):
        return [Problem("C012", "the request has no claim", Place(path="$"))]
    document = msgspec.json.decode(_ENCODER.encode(claim))
    if not request.claim.HasField("payer"):
        del document["payer"]
    return contract_problems(document)


def _bytes_of(message: Any) -> bytes:
    # The same answer has the same bytes: maps in the order of their keys.
    return bytes(message.SerializeToString(deterministic=True))
