from __future__ import annotations

from pathlib import Path

import pytest

from engine.claims import InvalidClaim, read_claims
from engine.errors import Problem
from engine.model import Claim, Ndc, Payer
from tests.claims.conftest import Read
from tests.claims.x12_documents import CLAIM, HEADER, SUBSCRIBER, claim_file, interchange, transaction


def claim_of(read: list[Claim | InvalidClaim]) -> Claim:
    (claim,) = read
    assert isinstance(claim, Claim), claim
    return claim


def problems_of_file(read: list[Claim | InvalidClaim]) -> list[Problem]:
    return [problem for each in read if isinstance(each, InvalidClaim) for problem in each.problems]


def codes(read: list[Claim | InvalidClaim]) -> list[str]:
    return sorted(problem.code for problem in problems_of_file(read))


def replaced(segment: str, *by: str) -> list[str]:
    """Returns the claim with one of its segments replaced."""
    assert segment in CLAIM
    return [new for old in CLAIM for new in (by if old == segment else (old,))]


def test_a_claim_is_read_with_everything_around_it(read: Read) -> None:
    claim = claim_of(read(claim_file()))
    assert claim.claim_id == "C-1"
    assert (claim.claim_type, claim.frequency_code, claim.place_of_service) == ("PROFESSIONAL", "1", "11")
    assert claim.total_charge_cents == 34050
    assert claim.payer == Payer(payer_id="MEDICARE_B", line_of_business="medicare")
    assert (claim.patient.patient_id, claim.patient.birth_date, claim.patient.sex) == ("M-1", "1977-02-03", "F")
    billing = claim.billing_provider
    assert (billing.npi, billing.tin, billing.taxonomy_code) == ("1234567893", "990000001", "207Q00000X")
    assert [diagnosis.code for diagnosis in claim.diagnoses] == ["L02.415", "I10"]
    assert claim.received_date == ""
    first, second = claim.lines
    assert (first.procedure_code, first.modifiers, first.units, first.charge_cents) == ("10060", (), 1, 21000)
    assert (first.service_date, first.service_end_date, first.diagnosis_pointers) == ("2026-01-20", "", (1,))
    assert (second.line_number, second.modifiers, second.charge_cents) == (2, ("25",), 13050)
    assert (second.service_date, second.service_end_date) == ("2026-01-20", "2026-01-21")


def test_the_received_date_is_given_from_outside(tmp_path: Path) -> None:
    path = tmp_path / "claims"
    path.write_bytes(claim_file())
    assert claim_of(list(read_claims(path, received_date="2026-02-10"))).received_date == "2026-02-10"


@pytest.mark.parametrize("separators", ["*^:~", "|^>\n", "~^:'", "\x1d\x1f\x1e\x1c", "+^:!"])
@pytest.mark.parametrize("newline", ["", "\n", "\r\n"])
def test_separators_come_from_isa(read: Read, separators: str, newline: str) -> None:
    data = interchange(transaction([*HEADER, *SUBSCRIBER, *CLAIM]), separators=separators, newline=newline)
    assert claim_of(read(data)).lines == claim_of(read(claim_file())).lines


def test_interchanges_of_one_file_may_have_their_own_separators(read: Read) -> None:
    body = [*HEADER, *SUBSCRIBER, *CLAIM]
    data = interchange(transaction(body)) + interchange(transaction(body), separators="|^>\n", newline="")
    assert [each.claim_id for each in read(data)] == ["C-1", "C-1"]


def test_every_claim_of_every_transaction_is_read_in_order(read: Read) -> None:
    def named(name: str) -> list[str]:
        return [segment.replace("C-1", name) for segment in CLAIM]

    first = [*HEADER, *SUBSCRIBER, *named("A"), *named("B")]
    second = [*HEADER, *SUBSCRIBER, *named("C")]
    data = interchange(transaction(first), transaction(second, "0002"))
    assert [each.claim_id for each in read(data + data)] == ["A", "B", "C", "A", "B", "C"]


def test_a_dependent_is_the_patient_of_its_own_claims_only(read: Read) -> None:
    family = [SUBSCRIBER[0].replace("*0", "*1"), *SUBSCRIBER[1:]]
    child = ["HL*3*2*23*0", "PAT*19", "NM1*QC*1*PATIENT*KIM", "DMG*D8*20190301*M"]
    other = [SUBSCRIBER[0].replace("HL*2", "HL*4"), *SUBSCRIBER[1:]]
    body = [*HEADER, *family, *child, *CLAIM, *other, *CLAIM]
    dependent, subscriber = read(interchange(transaction(body)))
    assert isinstance(dependent, Claim)
    assert isinstance(subscriber, Claim)
    assert (dependent.patient.patient_id, dependent.patient.birth_date) == ("", "2019-03-01")
    assert dependent.payer == subscriber.payer
    assert subscriber.patient.birth_date == "1977-02-03"


def test_a_claim_under_a_parent_that_is_not_there_is_refused(read: Read) -> None:
    assert codes(read(claim_file(subscriber=["HL*2*9*22*0", *SUBSCRIBER[1:]]))) == ["C210"]


def test_a_claim_under_no_subscriber_is_refused(read: Read) -> None:
    assert codes(read(claim_file(subscriber=[]))) == ["C211"]


def test_a_claim_without_a_payer_is_refused(read: Read) -> None:
    assert codes(read(claim_file(subscriber=SUBSCRIBER[:-1]))) == ["C219"]


@pytest.mark.parametrize(
    ("indicator", "line_of_business"),
    [("MB", "medicare"), ("MC", "medicaid"), ("CI", "commercial"), ("12", "commercial"), ("ZZ", ""), ("", "")],
)
def test_the_filing_indicator_tells_the_line_of_business(read: Read, indicator: str, line_of_business: str) -> None:
    subscriber = [segment.replace("*MB", f"*{indicator}") for segment in SUBSCRIBER]
    assert claim_of(read(claim_file(subscriber=subscriber))).payer.line_of_business == line_of_business


def test_providers_and_references_of_the_claim_are_read(read: Read) -> None:
    header = [
        "REF*G1*AUTH-1",
        "REF*F8*ORIGINAL-1",
        "REF*X4*11D0000001",
        "NM1*DN*1*A*B****XX*1000000004",
        "NM1*82*1*C*D****XX*1999999992",
        "PRV*PE*PXC*207QA0000X",
        "REF*G2*NOT-OURS",
        "NM1*77*2*PLACE*****XX*1000000012",
        "NM1*DQ*1*E*F****XX*1000000020",
    ]
    claim = claim_of(read(claim_file([*CLAIM[:2], *header, *CLAIM[2:]])))
    assert claim.prior_authorizations == ("AUTH-1",)
    assert (claim.original_claim_id, claim.clia_number) == ("ORIGINAL-1", "11D0000001")
    assert (claim.rendering_provider.npi, claim.rendering_provider.taxonomy_code) == ("1999999992", "207QA0000X")
    assert claim.referring_provider.npi == "1000000004"
    assert claim.service_facility.npi == "1000000012"
    assert claim.supervising_provider.npi == "1000000020"


def test_a_line_overrides_the_claim(read: Read) -> None:
    more = [
        "SV1*HC:J1885*12.01*UN*2*22**1:2",
        "DTP*472*D8*20260120",
        "REF*G1*AUTH-2",
        "LIN**N4*00409379501",
        "CTP****1.5*ML",
        "NM1*82*1*C*D****XX*1888888883",
        "PRV*PE*PXC*363L00000X",
        "REF*G1*NOT-THE-LINES",
        "NM1*DK*1*E*F****XX*1000000038",
    ]
    claim = claim_of(read(claim_file([*CLAIM[:3], *more])))
    (line,) = claim.lines
    assert (line.place_of_service, line.prior_authorization, line.charge_cents) == ("22", "AUTH-2", 1201)
    assert line.ndc == Ndc(code="00409379501", quantity=1.5, unit="ML")
    assert (line.rendering_provider.npi, line.rendering_provider.taxonomy_code) == ("1888888883", "363L00000X")
    assert line.diagnosis_pointers == (1, 2)
    assert claim.rendering_provider.npi == ""
    assert claim.ordering_provider.npi == "1000000038"


def test_minutes_are_no_units(read: Read) -> None:
    claim = claim_of(read(claim_file(replaced("SV1*HC:10060*210*UN*1***1", "SV1*HC:00100:AA*900*MJ*75***1"))))
    assert (claim.lines[0].minutes, claim.lines[0].units) == (75, 1)


def test_other_payers_and_their_adjudication_are_passed_over(read: Read) -> None:
    other = [
        "SBR*S*01*******12",
        "CAS*PR*1*21.89",
        "NM1*IL*1*OTHER*KIM****MI*X",
        "NM1*PR*2*OTHER*****PI*OTHER",
        "NM1*82*1",
    ]
    paid = ["SVD*OTHER*40*HC:99214**9", "CAS*CO*42*3", "DTP*573*D8*20260301", "DTP*472*D8*19990101"]
    plain = claim_of(read(claim_file()))
    assert claim_of(read(claim_file([*CLAIM[:2], *other, *CLAIM[2:5], *paid, *CLAIM[5:]]))) == plain


def test_other_qualifiers_of_hi_are_no_diagnoses(read: Read) -> None:
    claim = claim_of(read(claim_file([*CLAIM[:2], "HI*BP:10060", "HI*BG:01", *CLAIM[2:]])))
    assert len(claim.diagnoses) == 2


@pytest.mark.parametrize("amount", ["1e3", "1,000", "12.345", "", "$5", "0x1", "1.2.3", "9" * 30, "NaN"])
def test_amounts_that_are_no_whole_cents_are_refused(read: Read, amount: str) -> None:
    assert codes(read(claim_file(replaced("SV1*HC:10060*210*UN*1***1", f"SV1*HC:10060*{amount}*UN*1***1")))) == ["C212"]


@pytest.mark.parametrize(("amount", "cents"), [("0.1", 10), (".29", 29), ("1.", 100), ("1.10", 110), ("12.340", 1234)])
def test_amounts_are_exact(read: Read, amount: str, cents: int) -> None:
    claim = claim_of(read(claim_file(replaced("SV1*HC:10060*210*UN*1***1", f"SV1*HC:10060*{amount}*UN*1***1"))))
    assert claim.lines[0].charge_cents == cents


@pytest.mark.parametrize(
    ("segment", "by", "expected"),
    [
        ("CLM*C-1*340.5***11:B:1*Y*A*Y*Y", ["CLM*C-1*340.5"], ["C218", "C218"]),
        ("CLM*C-1*340.5***11:B:1*Y*A*Y*Y", ["CLM**340.5***11:B:1"], ["C101"]),
        ("HI*ABK:L02415*ABF:I10", ["HI*ABK*L02415"], ["C216", "C216"]),
        ("LX*1", [], ["C217"]),
        ("LX*1", ["LX*one"], ["C217"]),
        ("LX*2", [], ["C217"]),
        ("SV1*HC:10060*210*UN*1***1", [], ["C217"]),
        ("SV1*HC:10060*210*UN*1***1", ["SV1*ZZ:10060*210*UN*1***1"], ["C215"]),
        ("SV1*HC:10060*210*UN*1***1", ["SV1*HC:1006*210*UN*1***1"], ["C111"]),
        ("SV1*HC:10060*210*UN*1***1", ["SV1*HC:10060*210*ML*1***1"], ["C214"]),
        ("SV1*HC:10060*210*UN*1***1", ["SV1*HC:10060*210*MJ*1.5***1"], ["C214"]),
        ("SV1*HC:10060*210*UN*1***1", ["SV1*HC:10060*210*UN*one***1"], ["C214"]),
        ("SV1*HC:10060*210*UN*1***1", ["SV1*HC:10060*210*UN*-1***1"], ["C108"]),
        ("SV1*HC:10060*210*UN*1***1", ["SV1*HC:10060*210*UN*1***A"], ["C220"]),
        ("SV1*HC:10060*210*UN*1***1", ["SV1*HC:10060*210*UN*1*office**1"], ["C218"]),
        ("SV1*HC:10060*210*UN*1***1", ["SV2*0300*HC:10060*210*UN*1"], ["C206"]),
        ("DTP*472*D8*20260120", [], ["C105"]),
        ("DTP*472*D8*20260120", ["DTP*472*D8*20260230"], ["C106"]),
        ("DTP*472*D8*20260120", ["DTP*472*RD8*20260120"], ["C213"]),
        ("DTP*472*D8*20260120", ["DTP*472*RD9*20260120-20260121"], ["C213"]),
    ],
)
def test_what_is_wrong_in_a_claim_is_named_once(read: Read, segment: str, by: list[str], expected: list[str]) -> None:
    assert codes(read(claim_file(replaced(segment, *by)))) == expected


def test_a_problem_names_its_segment_and_line(read: Read) -> None:
    (problem,) = problems_of_file(read(claim_file(replaced("DTP*472*D8*20260120", "DTP*472*D8*2026"))))
    assert problem.place.path == "segment 22 (DTP03)"
    assert problem.place.line == 22


def test_a_bad_claim_loses_no_other(read: Read) -> None:
    bad = [segment.replace("C-1", "BAD").replace("10060", "1") for segment in CLAIM]
    found = read(interchange(transaction([*HEADER, *SUBSCRIBER, *CLAIM, *bad, *CLAIM])))
    assert [(each.claim_id, isinstance(each, Claim)) for each in found] == [
        ("C-1", True),
        ("BAD", False),
        ("C-1", True),
    ]


def test_names_and_identifiers_stay_out_of_problems(read: Read) -> None:
    subscriber = [segment.replace("19770203", "1977-02-03") for segment in SUBSCRIBER]
    found = problems_of_file(read(claim_file(replaced("LX*1", "LX*PATIENT"), subscriber)))
    texts = "\n".join(problem.text() for problem in found)
    assert len(found) == 2
    assert "PATIENT" not in texts
    assert "1977" not in texts


@pytest.mark.parametrize(
    ("guide", "kind", "name"),
    [
        ("005010X223A3", "837", "institutional"),
        ("004010X096A1", "837", "institutional"),
        ("005010X224A2", "837", "dental"),
        ("005010X221A1", "835", "remittance"),
        ("", "837", "not known"),
    ],
)
def test_other_transactions_are_refused_by_name(read: Read, guide: str, kind: str, name: str) -> None:
    body = [*HEADER, *SUBSCRIBER, *CLAIM]
    good = transaction(body, "0002")
    found = read(interchange(transaction(body, guide=guide, kind=kind), good, guide=guide))
    assert isinstance(found[0], InvalidClaim)
    assert [problem.code for problem in found[0].problems] == ["C206"]
    assert name in found[0].problems[0].message
    assert isinstance(found[1], Claim)


def test_the_guide_of_the_group_counts_where_st_has_none(read: Read) -> None:
    body = [segment.replace("ABK", "BK").replace("ABF", "BF") for segment in [*HEADER, *SUBSCRIBER, *CLAIM]]
    data = interchange(transaction(body, guide=""), guide="004010X098A1")
    assert len(claim_of(read(data)).diagnoses) == 2


def test_a_transaction_without_claims_says_so(read: Read) -> None:
    assert codes(read(interchange(transaction(HEADER)))) == ["C001"]


def test_a_claim_of_too_many_lines_is_refused_once(read: Read) -> None:
    lines = [segment for number in range(1, 1101) for segment in (f"LX*{number}", *CLAIM[3:5])]
    assert codes(read(claim_file([*CLAIM[:2], *lines]))) == ["C014"]


def test_a_long_chain_of_wrong_levels_stays_small(read: Read) -> None:
    chain = [f"HL*{number}*{number - 1}*23*1" for number in range(2, 3000)]
    found = read(claim_file(subscriber=chain))
    assert len(problems_of_file(found)) < 10


@pytest.mark.parametrize(
    ("causes", "kind", "state"),
    [
        ("AA:::OR", "AUTO", "OR"),
        ("EM:AA::OR", "AUTO", "OR"),
        ("EM", "EMPLOYMENT", ""),
        ("OA", "OTHER", ""),
        ("", "", ""),
    ],
)
def test_an_accident_and_the_referral_of_a_child_are_read(read: Read, causes: str, kind: str, state: str) -> None:
    opening, *rest = CLAIM
    parts = opening.split("*")
    parts += [""] * (12 - len(parts))
    parts[11] = causes
    header = ["*".join(parts), "DTP*439*D8*20260115", "CRC*ZZ*Y*ST"]
    claim = claim_of(read(claim_file([*header, *rest])))
    assert (claim.accident_type, claim.accident_state, claim.accident_date) == (kind, state, "2026-01-15")
    assert claim.epsdt_referral == "ST"


def test_a_date_of_an_accident_that_is_none_is_named(read: Read) -> None:
    opening, *rest = CLAIM
    assert codes(read(claim_file([opening, "DTP*439*D8*2026", *rest]))) == ["C213"]
