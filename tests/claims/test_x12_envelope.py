from __future__ import annotations

import pytest

from engine.claims import InvalidClaim, x12_envelope
from engine.claims.x12_segments import MOST_SEGMENT_BYTES
from engine.model import Claim
from tests.claims.conftest import Read
from tests.claims.x12_documents import CLAIM, HEADER, SUBSCRIBER, claim_file, interchange, isa, transaction

BODY = [*HEADER, *SUBSCRIBER, *CLAIM]
SEGMENTS = len(BODY) + 3


def codes(found: list[Claim | InvalidClaim]) -> list[list[str]]:
    return [[] if isinstance(each, Claim) else [problem.code for problem in each.problems] for each in found]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (f"SE*{SEGMENTS}*", f"SE*{SEGMENTS - 1}*", [["C204"]]),
        (f"SE*{SEGMENTS}*", "SE*many*", [["C204"]]),
        (f"SE*{SEGMENTS}*0001", f"SE*{SEGMENTS}*0002", [["C205"]]),
        ("GE*1*7", "GE*2*7", [[], ["C204"]]),
        ("GE*1*7", "GE*1*8", [[], ["C205"]]),
        ("IEA*1*000000001", "IEA*3*000000001", [[], ["C204"]]),
        ("IEA*1*000000001", "IEA*1*000000002", [[], ["C205"]]),
        ("IEA*1*000000001~", "", [[], ["C203"]]),
        ("GE*1*7~\n", "", [[], ["C203"]]),
        (f"SE*{SEGMENTS}*0001~\n", "", [["C203"]]),
    ],
)
def test_counts_and_control_numbers_are_verified(read: Read, old: str, new: str, expected: list[list[str]]) -> None:
    data = claim_file().decode()
    assert old in data
    assert codes(read(data.replace(old, new).encode())) == expected


def test_no_claim_of_a_set_that_does_not_agree_is_taken(read: Read) -> None:
    data = interchange(transaction([*BODY, *CLAIM]), transaction(BODY, "0002")).decode()
    found = read(data.replace(f"SE*{SEGMENTS + len(CLAIM)}*", "SE*7*").encode())
    assert codes(found) == [["C204"], ["C204"], []]
    assert [each.claim_id for each in found] == ["C-1", "C-1", "C-1"]


def test_a_lost_segment_is_noticed(read: Read) -> None:
    data = claim_file().decode().replace("HI*ABK:L02415*ABF:I10~\n", "")
    (found,) = read(data.encode())
    assert isinstance(found, InvalidClaim)
    assert "but 23 are there" in found.problems[-1].message


@pytest.mark.parametrize(
    "data",
    [
        b"ISA",
        b"ISA*00*",
        isa().replace("SENDER ", "SENDER").encode() + claim_file()[106:],
        isa(separators="*^*~").encode(),
        isa(separators="*^A~").encode(),
        claim_file()[106:].lstrip(),
        b"\xef\xbb\xbf" + claim_file(),
    ],
)
def test_a_broken_isa_is_named(read: Read, data: bytes) -> None:
    assert codes(read(data)) == [["C201"]]


def test_text_after_an_interchange_is_named_and_its_claims_kept(read: Read) -> None:
    assert codes(read(claim_file() + b"junk")) == [[], ["C201"]]


def test_blank_lines_after_an_interchange_are_nothing(read: Read) -> None:
    assert codes(read(b"\r\n" + claim_file() + b"\n\r\n  \n")) == [[]]


def test_empty_segments_do_not_end_the_file(read: Read) -> None:
    assert codes(read(claim_file().replace(b"CLM*", b"~\n ~CLM*"))) == [[]]


def test_a_segment_without_terminator_is_named(read: Read) -> None:
    assert codes(read(claim_file().rstrip()[:-1])) == [[], ["C203"]]


@pytest.mark.parametrize("segment", ["*x", "clm*1", "C*1", "LONGER*1", "\N{GREEK CAPITAL LETTER PHI}A*1", "12*1"])
def test_a_segment_that_is_none_stops_its_set(read: Read, segment: str) -> None:
    data = claim_file().decode().replace("LX*2", segment)
    assert codes(read(data.encode()))[0][0] == "C202"


def test_a_nul_is_named(read: Read) -> None:
    assert codes(read(claim_file().replace(b"LX*2", b"LX*\x002"))) == [["C202"]]


def test_a_segment_over_the_limit_is_refused(read: Read) -> None:
    data = claim_file().replace(b"PAT****", b"P" * (3 * MOST_SEGMENT_BYTES) + b"****")
    (found,) = codes(read(data))
    assert "C208" in found


def test_latin_1_names_do_not_hinder(read: Read) -> None:
    assert codes(read(claim_file().replace(b"PATIENT", b"MU\xd1OZ"))) == [[]]


def test_segments_outside_a_set_are_named(read: Read) -> None:
    data = claim_file().decode().replace("GE*1*7", "NTE*ADD*X~\nGE*1*7")
    assert codes(read(data.encode())) == [[], ["C202"]]


def test_a_file_cut_anywhere_gives_no_claim_from_the_cut_set(read: Read) -> None:
    data = claim_file()
    end = data.index(b"SE*")
    for cut in range(3, end, 7):
        found = read(data[:cut])
        assert found
        assert not any(isinstance(each, Claim) for each in found), cut


def test_a_set_over_the_limit_is_refused_and_the_next_one_read(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x12_envelope, "MOST_TRANSACTION_SEGMENTS", SEGMENTS + 2)
    data = interchange(transaction([*BODY, *CLAIM]), transaction(BODY, "0002"))
    found = codes(read(data))
    assert "C208" in found[0]
    assert found[-1] == []
    monkeypatch.setattr(x12_envelope, "MOST_TRANSACTION_CHARACTERS", 100)
    assert all("C208" in each for each in codes(read(data)))
