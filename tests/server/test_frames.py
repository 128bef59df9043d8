"""Frames come out as they went in, however the bytes are cut on the way."""

from __future__ import annotations

import math
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.frames import (
    Answer,
    AnswerKind,
    AnswerReader,
    Closed,
    Method,
    Request,
    receive_request,
    send_answer,
    send_request,
)

BODIES = st.lists(st.binary(max_size=300), max_size=8)


class Dribble:
    """A connection that hands out its bytes in the pieces it is told to, and is closed after the last."""

    def __init__(self, data: bytes, cuts: list[int]) -> None:
        self._data, self._cuts = data, cuts

    def recv(self, most: int) -> bytes:
        size = min(self._cuts.pop(0) if self._cuts else most, most)
        piece, self._data = self._data[:size], self._data[size:]
        return piece


class Recorder:
    """A connection that keeps what is sent."""

    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes) -> None:
        self.data += data


CUTS = st.lists(st.integers(1, 40), max_size=60)


@settings(deadline=None)
@given(BODIES, CUTS, st.sampled_from(Method), st.sampled_from([math.inf, 12.5]))
def test_a_request_arrives_whole(bodies: list[bytes], cuts: list[int], method: Method, deadline: float) -> None:
    sent = Recorder()
    send_request(sent, method, deadline, bodies)
    assert receive_request(Dribble(sent.data, cuts)) == Request(method, deadline, tuple(bodies))


@settings(deadline=None)
@given(BODIES, CUTS)
def test_answers_arrive_one_by_one(bodies: list[bytes], cuts: list[int]) -> None:
    sent = Recorder()
    for body in bodies:
        send_answer(sent, AnswerKind.RESPONSE, body)
    reader = AnswerReader(Dribble(sent.data, cuts))
    assert [reader.next() for _ in bodies] == [Answer(AnswerKind.RESPONSE, body) for body in bodies]
    with pytest.raises(Closed):
        reader.next()


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=300), st.data())
def test_an_answer_that_is_cut_off_is_an_end_not_an_answer(body: bytes, data: st.DataObject) -> None:
    sent = Recorder()
    send_answer(sent, AnswerKind.RESPONSE, body)
    cut = data.draw(st.integers(0, len(sent.data) - 1))
    with pytest.raises(Closed):
        AnswerReader(Dribble(sent.data[:cut], [])).next()


def test_a_worker_that_says_nothing_is_a_timeout() -> None:
    front, worker = socket.socketpair()
    with front, worker:
        front.settimeout(0.01)
        with pytest.raises(TimeoutError):
            AnswerReader(front).next()
