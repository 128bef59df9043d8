from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from engine.claims import InvalidClaim, decode_claim, read_claims
from engine.claims import jsonl as jsonl_module
from engine.claims.limits import MOST_CLAIM_BYTES
from engine.errors import UsageError
from engine.model import Claim
from tests.claims.conftest import Read
from tests.claims.documents import as_bytes, claim_document

LINE = as_bytes(claim_document())


def kinds(read: list[Claim | InvalidClaim]) -> list[str]:
    return ["claim" if isinstance(each, Claim) else each.problems[0].code for each in read]


def test_each_line_is_a_claim_in_order(read: Read) -> None:
    data = b"\n".join(as_bytes(claim_document(claim_id=f"C-{number}")) for number in range(5))
    assert [each.claim_id for each in read(data)] == ["C-0", "C-1", "C-2", "C-3", "C-4"]


def test_a_pretty_printed_document_is_one_claim(read: Read) -> None:
    assert kinds(read(json.dumps(claim_document(), indent=2).encode())) == ["claim"]


def test_pretty_printed_documents_may_follow_one_another(read: Read) -> None:
    document = json.dumps(claim_document(), indent=2).encode()
    assert kinds(read(document + b"\n\n" + document)) == ["claim", "claim"]


def test_an_array_is_read_element_by_element(read: Read) -> None:
    bad = b'{"claim_id": "C-2"}'
    found = read(b" [ " + LINE + b",\n" + bad + b",\n" + LINE + b"]\n")
    assert kinds(found) == ["claim", "C012", "claim"]
    assert found[1].claim_id == "C-2"
    assert isinstance(found[1], InvalidClaim)
    assert found[1].place.line == 2


def test_brackets_commas_and_quotes_inside_text_do_not_part_elements(read: Read) -> None:
    tricky = as_bytes(claim_document(claim_id='a],[{"\\"}]'))
    assert [each.claim_id for each in read(b"[" + tricky + b"," + tricky + b"]")] == ['a],[{"\\"}]'] * 2


def test_an_array_larger_than_one_chunk_loses_nothing(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl_module, "_CHUNK", 7)
    documents = [claim_document(claim_id=f'C "{number}" é') for number in range(30)]
    found = read(json.dumps(documents, ensure_ascii=False).encode())
    assert [each.claim_id for each in found] == [document["claim_id"] for document in documents]


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"[]", b"[ ]\n"])
def test_a_file_without_a_claim_says_so(read: Read, data: bytes) -> None:
    assert kinds(read(data)) == ["C001"]


def test_a_bad_line_loses_no_other_and_names_its_line(read: Read) -> None:
    found = read(LINE + b"\n\n" + LINE[:100] + b"\r\n" + LINE + b"\nnonsense\n" + LINE)
    assert kinds(found) == ["claim", "C004", "claim", "C004", "claim"]
    assert [each.place.line for each in found if isinstance(each, InvalidClaim)] == [3, 5]


def test_a_cut_first_line_does_not_turn_the_rest_into_one_document(read: Read) -> None:
    assert kinds(read(LINE[:150] + b"\n" + LINE + b"\n" + LINE)) == ["C004", "claim", "claim"]


def test_a_pretty_document_with_a_lost_quote_gives_line_and_column(read: Read) -> None:
    text = json.dumps(claim_document(), indent=2).replace('"10060"', '"10060')
    (found,) = read(text.encode())
    assert isinstance(found, InvalidClaim)
    problem = found.problems[0]
    line = text.splitlines()[problem.place.line - 1]
    assert problem.code == "C004"
    assert '"10060' in line


def test_an_array_that_is_cut_off_says_so_after_its_whole_claims(read: Read) -> None:
    found = read(b"[" + LINE + b"," + LINE[:50])
    assert kinds(found) == ["claim", "C004", "C004"]
    assert isinstance(found[2], InvalidClaim)
    assert "not closed" in found[2].problems[0].message


def test_text_after_an_array_is_named(read: Read) -> None:
    found = read(b"[" + LINE + b"] more")
    assert kinds(found) == ["claim", "C004"]


def test_gzip_is_recognised_by_content(read: Read) -> None:
    assert kinds(read(gzip.compress(LINE + b"\n" + LINE))) == ["claim", "claim"]


def test_cut_gzip_keeps_what_could_be_read(read: Read) -> None:
    many = b"\n".join(as_bytes(claim_document(claim_id=str(number) * 40)) for number in range(3000))
    found = read(gzip.compress(many)[:-500])
    assert kinds(found)[-1] == "C009"
    assert kinds(found)[0] == "claim"


def test_damaged_gzip_is_an_error_and_no_exception(read: Read) -> None:
    damaged = bytearray(gzip.compress(LINE * 3))
    damaged[40] ^= 0xFF
    assert kinds(read(bytes(damaged)))[-1] == "C009"


def test_a_byte_order_mark_is_named_and_costs_one_claim(read: Read) -> None:
    assert kinds(read(b"\xef\xbb\xbf" + LINE + b"\n" + LINE)) == ["C002", "claim"]


def test_utf16_is_refused_once(read: Read) -> None:
    assert kinds(read(LINE.decode().encode("utf-16"))) == ["C002"]


def test_a_line_over_the_limit_is_refused_and_the_next_one_read(read: Read) -> None:
    note = {"notes": [{"note_id": "N", "text": "x" * MOST_CLAIM_BYTES}]}
    assert kinds(read(as_bytes(claim_document(documentation=note)) + b"\n" + LINE)) == ["C014", "claim"]


def test_an_array_element_over_the_limit_is_refused_and_the_next_one_read(read: Read) -> None:
    many = [{"note_id": "N", "text": "x" * 1000}] * (MOST_CLAIM_BYTES // 1000)
    large = as_bytes(claim_document(documentation={"notes": many}))
    assert kinds(read(b"[" + LINE + b"," + large + b"," + LINE + b"]")) == ["claim", "C014", "claim"]


def test_an_array_of_very_many_small_values_is_read_in_one_pass(read: Read) -> None:
    found = read(b"[" + b"1," * 200_000 + b"1]")
    assert len(found) == 200_001
    assert set(kinds(found)) == {"C010"}


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        list(read_claims(tmp_path / "missing.jsonl"))


def test_problems_carry_the_file_as_it_was_named(tmp_path: Path) -> None:
    path = tmp_path / "claims.jsonl"
    path.write_bytes(b"{}")
    (found,) = read_claims(path)
    assert isinstance(found, InvalidClaim)
    assert {problem.place.file for problem in found.problems} == {str(path)}


def test_progress_reaches_the_end_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "claims.jsonl"
    path.write_bytes(LINE + b"\n" + LINE)
    positions: list[int] = []
    list(read_claims(path, moved=positions.append))
    assert positions == sorted(positions)
    assert positions[-1] == path.stat().st_size


def test_a_document_equals_its_line(read: Read) -> None:
    assert read(LINE) == [decode_claim(LINE)]
