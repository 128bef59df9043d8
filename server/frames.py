"""Defines what travels between the front and a worker: length-prefixed frames over a socket pair, bodies left as they are.

A request frame holds a method, the client's deadline and any number of bodies; the worker answers every body with one answer
frame, in order. The worker reads the whole request before it answers, so neither side waits for the other to read.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from enum import IntEnum

import msgspec

_REQUEST = struct.Struct("!BdII")
_LENGTH = struct.Struct("!I")
_ANSWER = struct.Struct("!BI")
_READ_BYTES = 256 * 1024


class Method(IntEnum):
    """What a worker is asked; the body is the request message of the call of that name."""

    STOP = 0
    EVALUATE = 1
    EVALUATE_IN_BATCH = 2  # an EvaluateRequest, answered by a BatchEvaluateResponse with one result
    EVALUATE_IN_STREAM = 3
    LIST_POLICIES = 4
    GET_POLICY = 5
    LIST_RULES = 6
    GET_RULE = 7


class AnswerKind(IntEnum):
    """What an answer's body is: the response message, a google.rpc.Status, or the outcome of loading."""

    RESPONSE = 0
    STATUS = 1
    READY = 2
    FAILED = 3


class Request(msgspec.Struct, frozen=True):
    """A request as the worker reads it; ``deadline`` is on the machine's monotonic clock in seconds, infinite when none."""

    method: Method
    deadline: float
    bodies: tuple[bytes, ...]


class Answer(msgspec.Struct, frozen=True):
    """One answer."""

    kind: AnswerKind
    body: bytes


class Ready(msgspec.Struct, frozen=True):
    """What a worker says once it can judge: the snapshot's digest, how many policies it holds and invented claims it judged."""

    digest: str
    policies: int
    self_checks: int


class Closed(ConnectionError):
    """The other side has closed the connection."""


def send_request(connection: socket.socket, method: Method, deadline: float, bodies: Sequence[bytes]) -> None:
    """Sends a request; raises TimeoutError past the connection's timeout and OSError when the worker is gone."""
    parts = [b""]
    for body in bodies:
        parts += (_LENGTH.pack(len(body)), body)
    content = b"".join(parts)
    connection.sendall(_REQUEST.pack(method, deadline, len(bodies), len(content)) + content)


def receive_request(connection: socket.socket) -> Request:
    """Waits for the next request; raises Closed when the front is gone."""
    method, deadline, count, length = _REQUEST.unpack(_receive(connection, _REQUEST.size))
    content = _receive(connection, length)
    bodies: list[bytes] = []
    position = 0
    for _ in range(count):
        (size,) = _LENGTH.unpack_from(content, position)
        position += _LENGTH.size + size
        bodies.append(content[position - size : position])
    return Request(Method(method), deadline, tuple(bodies))


def send_answer(connection: socket.socket, kind: AnswerKind, body: bytes) -> None:
    """Sends one answer; raises OSError when the front is gone."""
    connection.sendall(_ANSWER.pack(kind, len(body)) + body)


class AnswerReader:
    """Reads answers from a connection, as much at a time as has come: every system call costs the front a switch of threads."""

    def __init__(self, connection: socket.socket) -> None:
        """Takes the front's end of a connection."""
        self._connection = connection
        self._read = b""

    def next(self) -> Answer:
        """Waits for one answer; raises TimeoutError past the connection's timeout and Closed when the worker is gone."""
        while len(self._read) < _ANSWER.size:
            self._read += self._more()
        kind, length = _ANSWER.unpack_from(self._read)
        end = _ANSWER.size + length
        if len(self._read) < end:
            parts, missing = [self._read], end - len(self._read)
            while missing > 0:
                parts.append(self._more())
                missing -= len(parts[-1])
            self._read = b"".join(parts)
        body, self._read = self._read[_ANSWER.size : end], self._read[end:]
        return Answer(AnswerKind(kind), body)

    def _more(self) -> bytes:
        data = self._connection.recv(_READ_BYTES)
        if not data:
            raise Closed("the other side has closed the connection")
        return data


def _receive(connection: socket.socket, length: int) -> bytes:
    if not length:
        return b""
    data = connection.recv(length)
    if len(data) == length:
        return data
    parts = [data]
    while data and (length := length - len(data)):
        data = connection.recv(length)
        parts.append(data)
    if not data:
        raise Closed("the other side has closed the connection")
    return b"".join(parts)
