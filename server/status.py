"""Makes google.rpc.Status answers: a code, a plain message, a stable reason, and the fields that are wrong.

Texts hold codes, ids and paths only, never what a patient's field holds. A status travels in a header of at most 8 KiB, so long
lists of fields are cut and say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from engine.errors import EvaluationError, InvalidClaimError, NoPolicyError, Problem

DOMAIN = "claimrules"
_MOST_FIELDS = 20
_MOST_FIELD_BYTES = 3000
_MOST_TEXT = 300
_MOST_MESSAGE_BYTES = 1000


class RequestError(Exception):
    """A request that is answered with a status other than OK; ``status`` is the google.rpc.Status."""

    def __init__(self, status: Any) -> None:
        self.status = status
        super().__init__(status.message)


def make_status(code: int, reason: str, message: str, metadata: Mapping[str, str] | None = None, *more: Message) -> Any:
    """Returns a status with an ErrorInfo of the given reason (UPPER_SNAKE_CASE, stable) and further details."""
    details = []
    for detail in (error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata or {}), *more):
        packed = Packed()
        packed.Pack(detail)
        details.append(packed)
    return status_pb2.Status(code=code, message=_cut(message), details=details)


def _cut(message: str) -> str:
    return message.encode()[:_MOST_MESSAGE_BYTES].decode(errors="ignore")


def not_found(reason: str, message: str) -> RequestError:
    """Returns the error for a thing that is not there."""
    return RequestError(make_status(code_pb2.NOT_FOUND, reason, message))


def invalid_fields(problems: Sequence[Problem], message: str = "", reason: str = "INVALID_CLAIM") -> RequestError:
    """Returns the error for fields that are wrong; a problem's path from ``$`` is taken from the field ``claim``."""
    bad = error_details_pb2.BadRequest()
    room = _MOST_FIELD_BYTES
    for problem in problems[:_MOST_FIELDS]:
        description = problem.message + (f" ({problem.hint})" if problem.hint else "")
        violation = bad.field_violations.add(
            field=_field_of(problem.place.path), description=description[:_MOST_TEXT], reason=problem.code
        )
        room -= violation.ByteSize()
        if room < 0:
            break
    shown, total = len(bad.field_violations), len(problems)
    text = message or f"the claim has {total} problem{'' if total == 1 else 's'}"
    if shown < total:
        text += f" (the first {shown} are listed)"
    if problems:
        first = bad.field_violations[0]
        text += f": {first.field}: {first.description}"
    return RequestError(make_status(code_pb2.INVALID_ARGUMENT, reason, text, {"problems": str(total)}, bad))


def _field_of(path: str) -> str:
    if path.startswith("$."):
        return "claim." + path[2:]
    return "claim" + path[1:] if path.startswith("$") else path


def status_of(error: Exception) -> Any:
    """Returns the status that answers an exception; one that is not expected shows no more than its type."""
    if isinstance(error, RequestError):
        return error.status
    if isinstance(error, InvalidClaimError):
        return invalid_fields(error.problems).status
    if isinstance(error, NoPolicyError):
        return make_status(code_pb2.FAILED_PRECONDITION, "NO_POLICY", error.summary)
    if isinstance(error, EvaluationError):
        return make_status(code_pb2.INTERNAL, "EVALUATION_FAILED", error.summary)
    message = f"the server could not answer ({type(error).__name__}); its log says where"
    return make_status(code_pb2.INTERNAL, "UNEXPECTED", message)


def unreadable(message_name: str) -> RequestError:
    """Returns the error for bytes that are not the message they should be."""
    return RequestError(
        make_status(code_pb2.INVALID_ARGUMENT, "UNREADABLE_MESSAGE", f"the bytes sent are not a {message_name} message")
    )


def time_limit(seconds: float) -> Any:
    """Returns the status of a claim that was not judged in the server's own time limit."""
    return make_status(
        code_pb2.DEADLINE_EXCEEDED,
        "CLAIM_TIME_LIMIT",
        f"the claim was not judged within {seconds * 1000:.0f} ms, the server's limit for one claim",
    )


def client_deadline() -> Any:
    """Returns the status of a claim whose caller's deadline passed before it was begun."""
    return make_status(
        code_pb2.DEADLINE_EXCEEDED, "CLIENT_DEADLINE", "the call's deadline passed before the claim was begun"
    )


def worker_lost() -> Any:
    """Returns the status of a claim whose worker died while it held it."""
    return make_status(
        code_pb2.UNAVAILABLE, "WORKER_LOST", "the process that judged the claim ended; send the claim again"
    )


def overloaded(reason: str, message: str, retry_after: float) -> Any:
    """Returns the status of a request that was turned away, with the seconds after which to try again."""
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromMilliseconds(int(retry_after * 1000))
    return make_status(code_pb2.RESOURCE_EXHAUSTED, reason, message, None, retry)
