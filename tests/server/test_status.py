"""Statuses fit the header they travel in and keep to what they may say."""

from __future__ import annotations

from google.rpc import code_pb2, error_details_pb2

from engine.errors import InvalidClaimError, NoPolicyError, Place, Problem
from server.status import invalid_fields, status_of


def problems(count: int, length: int = 10) -> list[Problem]:
    return [Problem("C101", "x" * length, Place(path=f"$.lines[{n}].service_date"), "é" * length) for n in range(count)]


def bad_request(status: object) -> error_details_pb2.BadRequest:
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in status.details)
    return bad


def test_a_path_from_the_claim_becomes_a_path_from_the_request() -> None:
    status = status_of(InvalidClaimError("bad", problems(1)))
    assert status.code == code_pb2.INVALID_ARGUMENT
    (violation,) = bad_request(status).field_violations
    assert (violation.field, violation.reason) == ("claim.lines[0].service_date", "C101")


def test_the_longest_list_of_the_longest_texts_fits_a_header_of_8_kib() -> None:
    for count, length in ((1, 100_000), (20, 140), (1000, 1000), (5000, 10)):
        status = invalid_fields(problems(count, length)).status
        # The details travel as base64 beside the message, whose non-ASCII bytes take three characters each.
        size = status.ByteSize() * 4 / 3 + 3 * len(status.message.encode())
        assert size < 8000, (count, length)


def test_problems_that_are_not_listed_are_counted() -> None:
    status = invalid_fields(problems(500)).status
    listed = len(bad_request(status).field_violations)
    assert f"500 problems (the first {listed} are listed)" in status.message


def test_a_long_message_is_cut_to_fit_the_header_too() -> None:
    status = status_of(NoPolicyError("no policy covers payer " + "€" * 10_000))
    assert len(status.message.encode()) <= 1000
    assert status.message.startswith("no policy covers payer €")


def test_what_nobody_expected_shows_its_type_only() -> None:
    status = status_of(ValueError("Jane Doe, born 1977"))
    assert status.code == code_pb2.INTERNAL
    assert "ValueError" in status.message
    assert "Jane" not in str(status)
