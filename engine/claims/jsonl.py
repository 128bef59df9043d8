"""Reads claims of the contract from JSON Lines, one JSON document or a JSON array, one claim after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BufferedReader
from itertools import chain, islice

from engine.claims.decode import InvalidClaim, invalid_claim, read_claim
from engine.claims.limits import MOST_CLAIM_BYTES
from engine.claims.shape import claim_problem
from engine.claims.split_json import split_values
from engine.errors import Problem
from engine.model import Claim

_CHUNK = 256 * 1024
_BLANK = b" \t\r\n"


def read_json_claims(stream: BufferedReader, file: str = "") -> Iterator[Claim | InvalidClaim]:
    """Yields every claim of a stream of JSON in its order; one that is wrong yields its problems and loses no other.

    A line is a claim; a file whose first line is not a whole JSON value is read as one document, and one that
    begins with ``[`` as an array. ``file`` is the name that problems carry.
    """
    found = False
    for read in _claims(stream, file):
        found = True
        yield read
    if not found:
        hint = "a claim file is JSON Lines of claims, one claim, an array of claims, or X12 837P"
        yield invalid_claim(file, 1, [claim_problem("C001", "$", "the file holds no claim", hint)])


def _claims(stream: BufferedReader, file: str) -> Iterator[Claim | InvalidClaim]:
    if stream.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
        problem = claim_problem("C002", "$", "the file is UTF-16", "save it as UTF-8; nothing of it was read")
        yield invalid_claim(file, 1, [problem])
        return
    blank_lines = _skip_blanks(stream)
    if stream.peek(1).startswith(b"["):
        yield from _split_claims(chain([b"\n" * blank_lines], _chunks(stream)), file, in_array=True)
        return
    lines = _lines(stream, blank_lines)
    head = list(islice(lines, 1))
    if not head:
        return
    first = head[0][1]
    if first.startswith(b"{") and not first.rstrip(_BLANK).endswith(b"}") and len(first) <= MOST_CLAIM_BYTES:
        head.extend(islice(lines, 1))
        if len(head) == 1 or not _is_whole_line(head[1][1]):
            text = [b"\n" * blank_lines, *(line for _, line in head)]
            yield from _split_claims(chain(text, _chunks(stream)), file, in_array=False)
            return
    for number, line in chain(head, lines):
        if len(line) > MOST_CLAIM_BYTES:
            yield invalid_claim(file, number, [_too_large()])
        elif line.strip(_BLANK):
            yield read_claim(line.rstrip(_BLANK), file, number)


def _skip_blanks(stream: BufferedReader) -> int:
    """Moves to the first byte that is no blank and returns how many line ends came before it."""
    lines = 0
    while (byte := stream.peek(1)[:1]) and byte in _BLANK:
        lines += stream.read(1) == b"\n"
    return lines


def _is_whole_line(line: bytes) -> bool:
    return line.startswith(b"{") and line.rstrip(_BLANK).endswith(b"}")


def _split_claims(chunks: Iterable[bytes], file: str, *, in_array: bool) -> Iterator[Claim | InvalidClaim]:
    for piece in split_values(chunks, in_array=in_array, limit=MOST_CLAIM_BYTES):
        if piece.problem:
            yield invalid_claim(file, piece.line, [Problem(code=piece.code, message=piece.problem)])
        else:
            yield read_claim(piece.data, file, piece.line)


def _chunks(stream: BufferedReader) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _lines(stream: BufferedReader, number: int) -> Iterator[tuple[int, bytes]]:
    """Yields each line with its number; of a line beyond the limit only its beginning, one byte longer than the limit."""
    while line := stream.readline(MOST_CLAIM_BYTES + 1):
        number += 1
        if len(line) > MOST_CLAIM_BYTES and not line.endswith(b"\n"):
            while (more := stream.readline(_CHUNK)) and not more.endswith(b"\n"):
                pass
        yield number, line


def _too_large() -> Problem:
    return claim_problem("C014", "$", f"the claim is larger than {MOST_CLAIM_BYTES:,} bytes")
