"""Reads a claim file of any kind the product knows; its kind is recognised by its content, not by its name."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import cast

from engine.claims.decode import InvalidClaim, invalid_claim
from engine.claims.jsonl import read_json_claims
from engine.claims.shape import claim_problem
from engine.errors import UsageError
from engine.model import Claim

_GZIP_MAGIC = b"\x1f\x8b"


def read_claims(path: Path, *, received_date: str = "") -> Iterator[Claim | InvalidClaim]:
    """Yields every claim of a file in its order, and an InvalidClaim for each that cannot be judged; one loses no other.

    The file is JSON Lines, one JSON claim, a JSON array of claims or X12 837P, each plain or gzip, and is streamed.
    ``received_date`` is given to X12 claims, which have none. Raises UsageError when the file cannot be opened.
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
            yield from _read_stream(stream, file, received_date)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            problem = claim_problem(
                "C009", "$", "the gzip data is damaged or cut off", "the rest of the file is not read"
            )
            yield invalid_claim(file, 0, [problem])
            del error


def _read_stream(stream: BufferedReader, file: str, received_date: str) -> Iterator[Claim | InvalidClaim]:
    del received_date
    return read_json_claims(stream, file)
