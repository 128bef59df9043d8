"""Turns the bytes of one JSON claim into a ``Claim``, fast when it is right and with every problem named when it is not."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.claims.contract import claim_of, contract_problems
from engine.claims.limits import (
    LARGEST_INTEGER,
    MOST_CLAIM_BYTES,
    MOST_HISTORY_LINES,
    MOST_LINES,
    MOST_PROBLEMS,
    MOST_TEXT_CHARACTERS,
)
from engine.claims.shape import claim_problem
from engine.claims.strict_json import read_json
from engine.claims.validate import canonical_claim, problems_of
from engine.errors import InvalidClaimError, Place, Problem
from engine.model import Claim, Evaluation

_DECODER = msgspec.json.Decoder(Claim)
_ENCODER = msgspec.json.Encoder(order="deterministic")
_BLANK_BEFORE_COLON = (b" :", b"\t:", b"\n:", b"\r:")
_CLAIM_ID_SHOWN = 100


class InvalidClaim(msgspec.Struct, frozen=True):
    """A claim of a file that cannot be judged: where it stands, everything that is wrong, and its id when it could be read."""

    place: Place
    problems: tuple[Problem, ...]
    claim_id: str = ""


def decode_claim(data: bytes) -> Claim:
    """Returns the claim that a JSON document holds, with its diagnosis codes dotted.

    Raises InvalidClaimError with every problem of the document: of the JSON, of the contract and of ``problems_of``.
    """
    read = read_claim(data)
    if isinstance(read, InvalidClaim):
        raise InvalidClaimError("the claim cannot be read", read.problems)
    return read


def encode_evaluation(evaluation: Evaluation) -> bytes:
    """Returns an evaluation as one line of JSON without its line end; equal evaluations give equal bytes."""
    return _ENCODER.encode(evaluation)


def read_claim(data: bytes, file: str = "", line: int = 0) -> Claim | InvalidClaim:
    """Returns the claim that the bytes hold, or its problems placed in ``file`` with ``line`` as the first line of the bytes."""
    if len(data) > MOST_CLAIM_BYTES:
        message = f"the claim has {len(data):,} bytes; at most {MOST_CLAIM_BYTES:,} are taken"
        return invalid_claim(file, line, [claim_problem("C014", "$", message)])
    claim = _claim_by_fast_path(data)
    claim_id = ""
    if claim is None:
        value, problems = read_json(data)
        if value is not None or not problems:
            claim_id = _claim_id_of(value)
            named = {problem.place.path for problem in problems}
            problems += [each for each in contract_problems(value) if each.place.path not in named]
        if problems:
            return invalid_claim(file, line, problems, claim_id)
        claim = claim_of(value)
    problems = problems_of(claim)
    if problems:
        return invalid_claim(file, line, problems, claim.claim_id[:_CLAIM_ID_SHOWN])
    return canonical_claim(claim)


def invalid_claim(file: str, line: int, problems: list[Problem], claim_id: str = "") -> InvalidClaim:
    """Returns an invalid claim whose problems, placed from line 1 of the claim, are placed in the file instead."""
    placed = [
        msgspec.structs.replace(
            problem,
            place=Place(
                file=file,
                line=line + max(problem.place.line - 1, 0) if line else problem.place.line,
                column=problem.place.column,
                path=problem.place.path or "$",
            ),
        )
        for problem in problems
    ]
    if len(placed) > MOST_PROBLEMS:
        message = f"{len(placed) - MOST_PROBLEMS:,} more problems of this claim are not shown"
        placed[MOST_PROBLEMS:] = [Problem(code="C016", message=message, place=Place(file=file, line=line, path="$"))]
    place = min((problem.place for problem in placed), default=Place(file=file, line=line))
    return InvalidClaim(place=Place(file=file, line=line or place.line), problems=tuple(placed), claim_id=claim_id)


def _claim_by_fast_path(data: bytes) -> Claim | None:
    """Returns the claim when everything is certainly right, else ``None``: then the slow path decides and explains."""
    try:
        claim = _DECODER.decode(data)
        certain = _keys_stand_once(data) and _within_limits(claim, len(data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError):
        return None
    return claim if certain else None


def _keys_stand_once(data: bytes) -> bool:
    # A repeated key is lost when the document is decoded and encoded again, so the count of keys tells. Escapes
    # and blanks before a colon would spoil the count; they are rare, and the slow path reads them.
    if b"\\u" in data or any(each in data for each in _BLANK_BEFORE_COLON):
        return False
    return data.count(b'":') == msgspec.json.encode(msgspec.json.decode(data)).count(b'":')


def _within_limits(claim: Claim, size: int) -> bool:
    if len(claim.lines) > MOST_LINES or len(claim.history) > MOST_HISTORY_LINES:
        return False
    if size > MOST_TEXT_CHARACTERS:
        size -= sum(len(note.text) for note in claim.documentation.notes)
        if size > MOST_TEXT_CHARACTERS:
            return False
    header = (claim.total_charge_cents or 0, claim.other_payer_paid_cents or 0)
    whole_numbers = [*header, *(fact.line_number for fact in claim.documentation.facts)]
    for line in claim.lines:
        whole_numbers += (line.line_number, line.charge_cents, line.minutes, *line.diagnosis_pointers)
        whole_numbers += (line.other_payer_paid_cents or 0, line.other_payer_adjustment_cents or 0)
    return all(-LARGEST_INTEGER <= number <= LARGEST_INTEGER for number in whole_numbers)


def _claim_id_of(value: Any) -> str:
    claim_id = value.get("claim_id") if isinstance(value, dict) else None
    return claim_id[:_CLAIM_ID_SHOWN] if isinstance(claim_id, str) and claim_id.isprintable() else ""
