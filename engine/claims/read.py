"""Reads a claim file of any kind the product knows; its kind is recognised by its content, not by its name."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import cast

from engine.claims.decode import InvalidClaim, invalid_claim
from engine.claims.jsonl import read_json_claims
from engine.claims.shape import claim_problem
from engine.claims.x12_837p import read_x12_claims
from engine.errors import UsageError
from engine.model import Claim

_LOOKED_AT = 4096
_GZIP_MAGIC = b"\x1f\x8b"


def read_claims(
    path: Path, *, received_date: str = "", moved: Callable[[int], None] | None = None
) -> Iterator[Claim | InvalidClaim]:
    """Yields every claim of a file in its order, and an InvalidClaim for each that cannot be judged; one loses no other.

    The file is JSON Lines, one JSON claim, a JSON array of claims or X12 837P, each plain or gzip, and is streamed.
    ``received_date`` is given to X12 claims, which have none. ``moved`` is told after each
    claim how many bytes of the file have been read. Raises UsageError when the file cannot be opened.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise UsageError(f"the claim file {path} cannot be read: {error.strerror}") from error
    file = str(path)
    with raw:
        try:
            stream = raw
            if raw.peek(2).startswith(_GZIP_MAGIC):
                stream = BufferedReader(cast("BufferedReader", gzip.GzipFile(fileobj=raw)))
            for claim in _read_stream(stream, file, received_date):
                if moved is not None:
                    moved(raw.tell())
                yield claim
        except (EOFError, zlib.error, gzip.BadGzipFile):
            problem = claim_problem(
                "C009", "$", "the gzip data is damaged or cut off", "the rest of the file is not read"
            )
            yield invalid_claim(file, 0, [problem])


def _read_stream(stream: BufferedReader, file: str, received_date: str) -> Iterator[Claim | InvalidClaim]:
    if _looks_like_x12(stream):
        return read_x12_claims(stream, file, received_date)
    return read_json_claims(stream, file)


def _looks_like_x12(stream: BufferedReader) -> bool:
    """Tells X12 by its first segment: ISA, or GS of an interchange that lost its ISA (which the reader then says)."""
    return stream.peek(_LOOKED_AT)[:_LOOKED_AT].lstrip(b" \t\r\n\xef\xbb\xbf")[:3] in (b"ISA", b"GS*", b"ST*")
