"""Cuts a stream of JSON text into its top-level values, or the elements of its top-level array, without reading it whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

# A string ends at its quote, at a line end (JSON has none inside strings, so a lost quote costs one line) or at the
# end of what was read so far.
_STRUCTURE = re.compile(rb'"(?:[^"\\\n]|\\.)*+(?:"|\n|\\?\Z)|[{}\[\],]', re.DOTALL)
_BLANK = b" \t\r\n"


class Piece(msgspec.Struct, frozen=True):
    """One value as bytes with the line it begins on; ``problem`` tells why there are no bytes, or what is wrong around them."""

    line: int
    data: bytes = b""
    problem: str = ""
    code: str = "C004"


class _Cutter:
    """Holds the bytes not yet cut, how deep they are nested, and the line on which they begin."""

    def __init__(self, chunks: Iterable[bytes], in_array: bool, limit: int) -> None:
        self.chunks = filter(None, chunks)
        self.in_array = in_array
        self.limit = limit
        self.buffer = b""
        self.start = 0
        self.scan = 0
        self.depth = 0
        self.line = 1
        self.finished = False
        self.skipping = False

    def read_more(self) -> None:
        """Drops what was cut and appends the next chunk, or marks the end of the stream."""
        chunk = next(self.chunks, b"")
        self.finished = not chunk
        self.buffer = self.buffer[self.start :] + chunk
        self.scan -= self.start
        self.start = 0

    def take(self, end: int, skip: int = 0) -> tuple[int, bytes]:
        """Cuts the bytes before ``end``, drops ``skip`` more, and returns their first line and themselves without blanks."""
        raw = self.buffer[self.start : end]
        data = raw.lstrip(_BLANK)
        line = self.line + raw.count(b"\n", 0, len(raw) - len(data))
        self.line += self.buffer.count(b"\n", self.start, end + skip)
        self.start = self.scan = end + skip
        return line, data.rstrip(_BLANK)

    def pass_over(self) -> None:
        """Drops what was looked at of a value that is too large."""
        self.skipping = True
        self.line += self.buffer.count(b"\n", self.start, self.scan)
        self.start = self.scan


def split_values(chunks: Iterable[bytes], *, in_array: bool, limit: int) -> Iterator[Piece]:
    """Yields each value of the stream; a value of more than ``limit`` bytes is passed over and yields its problem."""
    cutter = _Cutter(chunks, in_array, limit)
    if in_array:
        while b"[" not in cutter.buffer and not cutter.finished:
            cutter.read_more()
        cutter.take(cutter.buffer.index(b"["), skip=1)
        cutter.depth = 1
    closed = False
    elements = 0
    while not closed:
        found = _next_end(cutter)
        if found is None:
            break
        end, closed = found
        line, data = cutter.take(end, skip=1 if in_array else 0)
        if data or not closed or elements:
            yield _piece(cutter, line, data)
            elements += 1
        cutter.skipping = False
    yield from _rest(cutter, closed)


def _piece(cutter: _Cutter, line: int, data: bytes) -> Piece:
    if cutter.skipping or len(data) > cutter.limit:
        return Piece(line, problem=f"the claim is larger than {cutter.limit:,} bytes", code="C014")
    return Piece(line, data)


def _next_end(cutter: _Cutter) -> tuple[int, bool] | None:
    """Finds where the next value ends and whether the array closes there; ``None`` at the end of the stream."""
    while True:
        match = _STRUCTURE.search(cutter.buffer, cutter.scan)
        if match is None or (match.end() == len(cutter.buffer) and not cutter.finished):
            # A string may go on in the next chunk, so it is looked at again from its first quote.
            cutter.scan = len(cutter.buffer) if match is None else match.start()
            if cutter.finished or len(cutter.buffer) - cutter.scan > 2 * cutter.limit:
                return None
            if cutter.scan - cutter.start > cutter.limit:
                cutter.pass_over()
            cutter.read_more()
            continue
        cutter.scan = match.end()
        token = match.group()
        if token in (b"{", b"["):
            cutter.depth += 1
        elif token in (b"}", b"]"):
            cutter.depth = max(cutter.depth - 1, 0)
            if cutter.depth == 0:
                return (match.start(), True) if cutter.in_array else (match.end(), False)
        elif token == b"," and cutter.in_array and cutter.depth == 1:
            return match.start(), False


def _rest(cutter: _Cutter, closed: bool) -> Iterator[Piece]:
    if not cutter.finished and not closed:
        yield Piece(cutter.line, problem="a text has no end; what follows cannot be read")
        return
    if closed:
        while not cutter.buffer[cutter.start :].strip(_BLANK) and not cutter.finished:
            cutter.take(len(cutter.buffer))
            cutter.read_more()
    line, data = cutter.take(len(cutter.buffer))
    if closed and data:
        yield Piece(line, problem="there is more text after the array of claims")
    elif cutter.in_array and not closed:
        if data:
            yield _piece(cutter, line, data)
        yield Piece(cutter.line, problem="the array of claims is not closed; the file may have been cut off")
    elif data:
        yield _piece(cutter, line, data)
