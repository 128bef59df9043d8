"""Cuts a stream of JSON text into its top-level values, or the elements of its top-level array, without reading it whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

# A string ends at its quote, at a line end (JSON has none inside strings, so a lost quote costs one line) or at the
# end of what was read so far.
_STRUCTURE = re.compile(rb'"(?:[^"\\\n]|\\.)*+(?:"|\n|\\?\Z)|[{}\[\],]', re.DOTALL)


class Piece(msgspec.Struct, frozen=True):
    """One value as bytes with the line it begins on; ``problem`` tells why there are no bytes, or what is wrong around them."""

    line: int
    data: bytes = b""
    problem: str = ""


class _Cutter:
    """Holds the bytes not yet cut, how deep they are nested, and the line on which they begin."""

    def __init__(self, chunks: Iterable[bytes], in_array: bool, limit: int) -> None:
        self.chunks = filter(None, chunks)
        self.in_array = in_array
        self.limit = limit
        self.buffer = b""
        self.scan = 0
        self.depth = 0
        self.line = 1
        self.finished = False
        self.skipping = False

    def read_more(self) -> None:
        """Appends the next chunk, or marks the end of the stream."""
        chunk = next(self.chunks, b"")
        self.finished = not chunk
        self.buffer += chunk

    def take(self, end: int, skip: int = 0) -> tuple[int, bytes]:
        """Cuts the bytes before ``end``, drops ``skip`` more, and returns their first line and themselves without blanks."""
        raw = self.buffer[:end]
        data = raw.lstrip(b" \t\r\n")
        line = self.line + raw.count(b"\n", 0, len(raw) - len(data))
        self.line += self.buffer.count(b"\n", 0, end + skip)
        self.buffer = self.buffer[end + skip :]
        self.scan = 0
        return line, data.rstrip(b" \t\r\n")


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
            yield from _piece(cutter, line, data)
            elements += 1
        cutter.skipping = False
    yield from _rest(cutter, closed)


def _piece(cutter: _Cutter, line: int, data: bytes) -> Iterator[Piece]:
    if cutter.skipping or len(data) > cutter.limit:
        yield Piece(line, problem=f"the claim is larger than {cutter.limit:,} bytes")
    else:
        yield Piece(line, data)


def _next_end(cutter: _Cutter) -> tuple[int, bool] | None:
    """Finds where the next value ends and whether the array closes there; ``None`` at the end of the stream."""
    while True:
        match = _STRUCTURE.search(cutter.buffer, cutter.scan)
        if match is None or (match.end() == len(cutter.buffer) and not cutter.finished):
            # A string may go on in the next chunk, so it is looked at again from its first quote.
            cutter.scan = len(cutter.buffer) if match is None else match.start()
            if cutter.finished:
                return None
            if cutter.scan > cutter.limit:
                cutter.skipping = True
                cutter.line += cutter.buffer.count(b"\n", 0, cutter.scan)
                cutter.buffer, cutter.scan = cutter.buffer[cutter.scan :], 0
            elif len(cutter.buffer) > 2 * cutter.limit + cutter.scan:
                return None
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
        while not cutter.buffer.strip() and not cutter.finished:
            cutter.take(len(cutter.buffer))
            cutter.read_more()
    line, data = cutter.take(len(cutter.buffer))
    if closed and data:
        yield Piece(line, problem="there is more text after the array of claims")
    elif cutter.in_array and not closed:
        if data:
            yield from _piece(cutter, line, data)
        yield Piece(cutter.line, problem="the array of claims is not closed; the file may have been cut off")
    elif data:
        yield from _piece(cutter, line, data)
