"""Bytes of every kind into both readers: only claims and named problems come out."""

from __future__ import annotations

import gzip
import json
import tempfile
from io import BufferedReader, BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.claims import InvalidClaim, decode, decode_claim, problems_of, read_claims
from engine.claims.contract import claim_of, contract_problems
from engine.claims.jsonl import read_json_claims
from engine.claims.strict_json import read_json
from engine.claims.x12_837p import read_x12_claims
from engine.errors import InvalidClaimError, Place
from engine.model import Claim
from tests.claims.documents import as_bytes, claim_document
from tests.claims.x12_documents import claim_file

DOCUMENT = as_bytes(claim_document())
PRETTY = json.dumps([claim_document(), claim_document()], indent=1).encode()
X12 = claim_file()
SPLICES = [
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\0",
    b"\xff",
    b"\n",
    b"~",
    b"*",
    b"ISA",
    b"NaN",
    b"9" * 20,
]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


def stream(data: bytes) -> BufferedReader:
    return BufferedReader(BytesIO(data))  # type: ignore[arg-type]  # BytesIO serves as the raw stream


def check(read: list[Claim | InvalidClaim]) -> None:
    """Fails unless every claim can be judged and everything else tells what is wrong."""
    assert read
    for each in read:
        if isinstance(each, Claim):
            assert problems_of(each) == []
        else:
            assert each.problems
            assert all(problem.code and problem.message and problem.text() for problem in each.problems)


def decoded(data: bytes) -> Claim | InvalidClaim:
    """Returns what ``decode_claim`` makes of a document, its error as the InvalidClaim it stands for."""
    try:
        return decode_claim(data)
    except InvalidClaimError as error:
        return InvalidClaim(Place(), tuple(error.problems))


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Bytes of a good file with a few places cut, doubled or overwritten."""
    data = whole
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 30)))
        piece = draw(st.sampled_from(SPLICES) | st.binary(max_size=6) | st.just(data[start:end] * 2))
        data = data[:start] + piece + data[end:]
    return data


@given(st.binary(max_size=400))
def test_any_bytes_as_json(data: bytes) -> None:
    check(list(read_json_claims(stream(data))))


@given(st.binary(max_size=400))
def test_any_bytes_after_an_isa(data: bytes) -> None:
    check(list(read_x12_claims(stream(data))))
    check(list(read_x12_claims(stream(X12[:108] + data))))


@settings(max_examples=300)
@given(damaged(DOCUMENT + b"\n" + DOCUMENT) | damaged(PRETTY))
def test_damaged_json(data: bytes) -> None:
    check(list(read_json_claims(stream(data))))


@settings(max_examples=300)
@given(damaged(X12))
def test_damaged_x12(data: bytes) -> None:
    check(list(read_x12_claims(stream(data))))


@settings(max_examples=300)
@given(st.sampled_from(sorted(claim_document())), values)
def test_any_value_at_any_key(key: str, value: object) -> None:
    document = claim_document(**{key: value})
    check([decoded(as_bytes(document))])


@given(st.dictionaries(st.sampled_from(["units", "modifiers", "ndc", "minutes", "x", "rendering_provider"]), values))
def test_any_value_in_a_line(changes: dict[str, object]) -> None:
    document = claim_document()
    document["lines"][0] |= changes
    check([decoded(as_bytes(document))])


@pytest.mark.parametrize(
    "whole", [DOCUMENT, PRETTY, X12, gzip.compress(DOCUMENT, mtime=0)], ids=["json", "pretty", "x12", "gzip"]
)
def test_a_file_cut_at_every_byte(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        read = list(read_claims(path))
        check(read)
        # A cut file is never taken for a whole one, except where only a line end was lost.
        if whole[cut:].strip():
            assert any(isinstance(each, InvalidClaim) for each in read), cut


@given(st.binary(max_size=200))
def test_any_bytes_as_a_file(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claims"
        for content in (data, b"\x1f\x8b" + data, gzip.compress(data), b"\n ISA" + data):
            path.write_bytes(content)
            check(list(read_claims(path)))


@st.composite
def written_json(draw: st.DrawFn) -> bytes:
    """A claim as JSON in any style of blanks and escapes, now and then with a key that stands twice."""
    text = json.dumps(
        claim_document(
            claim_id=draw(st.text(st.sampled_from('":\\ {}a\té'), min_size=1, max_size=8)), received_date=""
        ),
        indent=draw(st.none() | st.integers(0, 2)),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :"), (",", "\n:\t")])),
        ensure_ascii=draw(st.booleans()),
    )
    for key in draw(st.lists(st.sampled_from(["claim_id", "payer_id", "code", "line_number"]), max_size=2)):
        again = draw(st.sampled_from([f'"{key}"', f'"\\u00{ord(key[0]):02x}{key[1:]}"', f'"{key}" ']))
        text = text.replace(f'"{key}"', f'{again}:"x","{key}"', 1)
    return text.encode()


@settings(max_examples=400)
@given(written_json())
def test_the_fast_path_never_takes_what_the_slow_path_refuses(data: bytes) -> None:
    fast = decode._claim_by_fast_path(data)
    value, problems = read_json(data)
    if problems or contract_problems(value):
        assert fast is None
    elif fast is not None:
        assert fast == claim_of(value)
