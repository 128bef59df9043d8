"""The sample interchanges of other projects, with what a person reads in them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine.claims import InvalidClaim, read_claims
from engine.model import Claim

FIVE = "LinuxForHealth_x12__837_005010X222A2__demo."
FOUR = "LinuxForHealth_x12__837_004010X098A1__"
IMSWEB = "imsweb_x12-parser__837_5010__x12_"

# name, claim id, payer, line of business, birth date, diagnoses, and for each line: code, modifiers, units, cents, first day, pointers
READ_BY_HAND = [
    (
        f"{FIVE}autoaccident.837",
        ("900000032", "999888777", "automobile", "1948-06-01"),
        ["854.0"],
        [("99201", "", 1, 15000, "2005-10-31", (1,)), ("26010", "", 1, 3500, "2005-10-31", (1,))],
    ),
    (
        f"{FIVE}cob.example3.A.837",
        ("26407789", "999996666", "commercial", "1973-05-01"),
        ["477.9", "272.4", "278.0", "530.81"],
        [
            ("99213", "", 1, 4300, "2005-10-03", (1, 2, 3, 4)),
            ("90782", "", 1, 1500, "2005-10-03", (1, 2)),
            ("J3301", "", 1, 2104, "2005-10-03", (1, 2)),
        ],
    ),
    (
        f"{FIVE}cob.example3.C.837",
        ("26407789", "567890", "commercial", "1973-05-01"),
        ["477.9", "272.4", "278.0", "530.81"],
        [
            ("99213", "", 1, 4300, "2005-10-03", (1, 2, 3, 4)),
            ("90782", "", 1, 1500, "2005-10-03", (1, 2)),
            ("J3301", "", 1, 2104, "2005-10-03", (1, 2)),
        ],
    ),
    (
        f"{FIVE}drug.example10.1.837",
        ("CLMNO12345", "PLANID12345", "commercial", "1943-05-01"),
        ["035.91"],
        [("90782", "", 1, 5000, "2004-07-11", (1,)), ("J1550", "", 1, 5337, "2004-07-11", (1,))],
    ),
    (
        f"{FIVE}drug.example10.3.837",
        ("CLMNO12345", "PLANID12345", "commercial", "1943-05-01"),
        ["465.9"],
        [
            ("S9500", "", 7, 140000, "2004-02-01", (1,)),
            ("J0696", "", 56, 68250, "2004-02-01", (1,)),
            ("J7051", "", 28, 1512, "2004-02-01", (1,)),
            ("J3490", "", 7, 6769, "2004-02-01", (1,)),
            ("J3490", "", 14, 5712, "2004-02-01", (1,)),
            ("J3490", "", 7, 1050, "2004-02-01", (1,)),
        ],
    ),
    (
        f"{FIVE}example2.837",
        ("26462967", "741234", "commercial", "1943-05-01"),
        ["034.0", "V73.89"],
        [
            ("99213", "", 1, 4000, "2006-10-03", (1,)),
            ("87072", "", 1, 1500, "2006-10-03", (1,)),
            ("99214", "", 1, 3500, "2006-10-10", (2,)),
            ("86663", "", 1, 1000, "2006-10-10", (2,)),
        ],
    ),
    (
        f"{FIVE}example8.837",
        ("SMI123", "99999", "medicare", "1920-10-23"),
        ["436", "344.9"],
        [("K0001", "RR KH BR", 1, 7500, "2005-03-21", (1, 2))],
    ),
    (
        "LinuxForHealth_x12__demo-file__demo.837",
        ("26463774", "999996666", "commercial", "1973-05-01"),
        ["034.0", "V73.89"],
        [
            ("99213", "", 1, 4000, "2006-10-03", (1,)),
            ("87070", "", 1, 1500, "2006-10-03", (1,)),
            ("99214", "", 1, 3500, "2006-10-10", (2,)),
            ("86663", "", 1, 1000, "2006-10-10", (2,)),
        ],
    ),
    (
        f"{FOUR}dependent-commercial-insurance-03.837",
        ("900000032", "999888777", "automobile", "1948-06-01"),
        ["884.2"],
        [("99201", "", 1, 15000, "1994-06-20", (1,)), ("26010", "", 1, 3500, "1994-06-20", (1,))],
    ),
    (
        f"{FOUR}patient-is-subscriber.837",
        ("26462967", "741234", "commercial", "1943-05-01"),
        ["034.0", "V73.89"],
        [
            ("99213", "", 1, 4000, "1998-10-03", (1,)),
            ("87072", "", 1, 1500, "1998-10-03", (1,)),
            ("99214", "", 1, 3500, "1998-10-10", (2,)),
            ("86663", "", 1, 1000, "1998-10-10", (2,)),
        ],
    ),
]

# name and, for each thing that comes out, its claim id and the codes of what is wrong
BROKEN = [
    (f"{FOUR}dependent-commercial-insurance-01.837", 1, {"C218"}),  # frequency code 1.00
    (f"{FIVE}example11.837", 1, {"C215", "C216", "C218", "C220"}),  # > between components, : in ISA16
    (f"{IMSWEB}bad_first_line.txt", 1, {"C201"}),
    (f"{IMSWEB}no_isa_line.txt", 1, {"C201"}),
    (f"{IMSWEB}bad_valid_code.txt", 2, {"C204", "C210", "C111", "C216"}),
    (f"{IMSWEB}loop_errors1_exceeds_max_1_parent.txt", 1, {"C204", "C216"}),
    (f"{IMSWEB}loop_errors3_missing_loops.txt", 1, {"C204", "C216"}),
    (f"{IMSWEB}missing_elements.txt", 2, {"C204", "C210", "C111", "C216", "C218"}),
    (f"{IMSWEB}missing_required_loops_mult_repeats.txt", 5, {"C204", "C210", "C111", "C213", "C216", "C217"}),
    (f"{IMSWEB}multiple_isa.txt", 4, {"C204", "C210", "C111", "C216"}),
    (f"{IMSWEB}multiple_transactions.txt", 624, {"C204", "C210", "C111", "C216"}),
    (f"{IMSWEB}segments_out_of_order.txt", 2, {"C204", "C210", "C111", "C216"}),
    (f"{IMSWEB}valid_different_separators.txt", 2, {"C204", "C210", "C111", "C216"}),
    ("mimilabs_hccinfhir__sample_837_11.txt", 1, {"C204", "C217", "C219"}),
]


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "samples" / "x12"


@pytest.mark.parametrize(("name", "header", "diagnoses", "lines"), READ_BY_HAND, ids=[row[0] for row in READ_BY_HAND])
def test_a_sample_says_what_a_person_reads_in_it(
    samples: Path,
    name: str,
    header: tuple[str, str, str, str],
    diagnoses: list[str],
    lines: list[tuple[str, str, float, int, str, tuple[int, ...]]],
) -> None:
    (claim,) = read_claims(samples / name)
    assert isinstance(claim, Claim)
    payer = claim.payer
    assert (claim.claim_id, payer.payer_id, payer.line_of_business, claim.patient.birth_date) == header
    assert [diagnosis.code for diagnosis in claim.diagnoses] == diagnoses
    found = [
        (
            line.procedure_code,
            " ".join(line.modifiers),
            line.units,
            line.charge_cents,
            line.service_date,
            line.diagnosis_pointers,
        )
        for line in claim.lines
    ]
    assert found == lines
    assert claim.total_charge_cents == sum(line[3] for line in lines)


@pytest.mark.parametrize(("name", "count", "expected"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_sample_gives_problems_for_each_of_its_claims(
    samples: Path, name: str, count: int, expected: set[str]
) -> None:
    found = list(read_claims(samples / name))
    assert len(found) == count
    assert all(isinstance(each, InvalidClaim) for each in found)
    codes = {problem.code for each in found if isinstance(each, InvalidClaim) for problem in each.problems}
    assert codes == expected


def test_the_drug_of_a_line_is_read(samples: Path) -> None:
    (claim,) = read_claims(samples / f"{FIVE}drug.example10.1.837")
    assert isinstance(claim, Claim)
    ndc = claim.lines[1].ndc
    assert (ndc.code, ndc.quantity, ndc.unit) == ("00026063512", 10, "ML")


def test_dependents_have_no_identifier_of_their_own(samples: Path) -> None:
    (claim,) = read_claims(samples / f"{FIVE}cob.example3.A.837")
    assert isinstance(claim, Claim)
    assert claim.patient.patient_id == ""
    assert claim.rendering_provider.npi == "1999996666"
    assert claim.rendering_provider.taxonomy_code == "204C00000X"


def test_institutional_claims_and_remittances_are_refused_by_name(samples: Path) -> None:
    refused = Counter(
        each.problems[0].code
        for path in sorted(samples.iterdir())
        if path.name not in {row[0] for row in READ_BY_HAND} | {row[0] for row in BROKEN} | {"README.md"}
        for each in read_claims(path)
        if isinstance(each, InvalidClaim)
    )
    assert refused == {"C206": 12}


def test_one_repaired_sample_is_read_whole(samples: Path, tmp_path: Path) -> None:
    """The sample with other separators, with its count, HL parent, diagnoses and one code put right."""
    text = (samples / f"{IMSWEB}valid_different_separators.txt").read_text()
    for old, new in (
        ("SE~25~", "SE~34~"),
        ("HL~2~3~22", "HL~3~1~22"),
        ("HI~BK~8901~BF~87200~BF^5559", "HI~BK^8901~BF^87200~BF^5559"),
        ("HI~BK~1987~BF~4134~BF^5559", "HI~BK^1987~BF^4134~BF^5559"),
        ("HC^478331^25", "HC^47833^25"),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "repaired.837"
    path.write_text(text)
    first, second = read_claims(path)
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert [diagnosis.code for diagnosis in first.diagnoses] == ["890.1", "872.00", "555.9"]
    assert (first.lines[0].charge_cents, first.lines[0].place_of_service) == (1225, "11")
    assert (second.lines[0].line_number, second.lines[0].modifiers) == (2, ("25",))
    assert (second.lines[0].service_date, second.lines[0].service_end_date) == ("2005-03-22", "2005-03-25")
