"""Reads X12 837P files (005010X222A1, and 004010X098A1 where it agrees) into claims, many claims to a file."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader

import msgspec

from engine.claims.decode import InvalidClaim, invalid_claim
from engine.claims.shape import pattern_of
from engine.claims.x12_claim import ClaimReader, Surroundings, provider_of
from engine.claims.x12_envelope import Transaction, read_transactions
from engine.claims.x12_line import at
from engine.claims.x12_segments import Segment, segment_problem
from engine.claims.x12_values import LINES_OF_BUSINESS, iso_date
from engine.errors import Place, Problem
from engine.model import Claim, Patient, Payer, Provider

PROFESSIONAL_GUIDES = ("005010X222", "004010X098")
"""How the guides of professional claims begin; their addenda (A1, A2) agree in everything that is read here."""

_KINDS_BY_GUIDE = {
    "005010X223": "institutional claims (837I)",
    "004010X096": "institutional claims (837I)",
    "005010X224": "dental claims (837D)",
    "004010X097": "dental claims (837D)",
}
_KINDS = {
    "835": "a remittance advice (835)",
    "270": "an eligibility inquiry (270)",
    "271": "an eligibility answer (271)",
    "276": "a claim status request (276)",
    "277": "a claim status answer (277)",
    "278": "an authorization request (278)",
    "820": "a premium payment (820)",
    "834": "an enrollment (834)",
    "997": "an acknowledgment (997)",
    "999": "an acknowledgment (999)",
}
_LEVELS = {"20": "billing provider", "22": "subscriber", "23": "patient"}
_PARENTS = {"20": "", "22": "20", "23": "22"}


def read_x12_claims(stream: BufferedReader, file: str = "", received_date: str = "") -> Iterator[Claim | InvalidClaim]:
    """Yields every claim of the file's 837P transaction sets in its order, and an InvalidClaim for each that cannot be judged.

    A transaction set whose counts or control numbers do not agree may have lost segments anywhere, so none of its claims is
    taken. 837 has no received date: every claim gets ``received_date`` (ISO text, or empty).
    """
    found = False
    for transaction in read_transactions(stream):
        if isinstance(transaction, Problem):
            reads: Iterator[Claim | InvalidClaim] = iter([_invalid(file, [transaction])])
        else:
            reads = _read_transaction(transaction, file, received_date)
        for read in reads:
            found = True
            yield read
    if not found:
        place = Place(line=1, path="segment 1 (ISA)")
        yield _invalid(file, [Problem(code="C001", message="the file holds no claim", place=place)])


def _invalid(file: str, problems: list[Problem], claim_id: str = "") -> InvalidClaim:
    return invalid_claim(file, 0, problems, claim_id if claim_id.isprintable() else "")


def _read_transaction(transaction: Transaction, file: str, received_date: str) -> Iterator[Claim | InvalidClaim]:
    opening = transaction.segments[0]
    refused = _refusal(transaction)
    if refused:
        hint = "only professional claims (837P, 005010X222A1) are read"
        problem = segment_problem(opening, "C206", refused, hint)
        yield _invalid(file, [problem, *transaction.problems])
        return
    found = False
    for reader in _walk(transaction, received_date):
        found = True
        claim = reader.finish()
        problems = [*transaction.problems, *(claim if isinstance(claim, list) else [])]
        if isinstance(claim, Claim) and not problems:
            yield claim
        else:
            yield _invalid(file, problems, reader.claim_id())
    if not found:
        problem = segment_problem(opening, "C001", "the transaction set holds no claim (CLM)")
        yield _invalid(file, [*transaction.problems, problem])


def _refusal(transaction: Transaction) -> str:
    """Returns why a transaction set is not read, or empty text for professional claims."""
    guide = transaction.guide
    if transaction.kind != "837":
        kind = _KINDS.get(transaction.kind, f"of a kind that is not known (ST01 {pattern_of(transaction.kind)})")
        return f"the transaction set is {kind}"
    if guide.startswith(PROFESSIONAL_GUIDES):
        return ""
    for beginning, kind in _KINDS_BY_GUIDE.items():
        if guide.startswith(beginning):
            claims = sum(segment.text.startswith(f"CLM{segment.element_separator}") for segment in transaction.segments)
            return f"the transaction set holds {kind}, {claims} of them"
    return f"the guide in ST03 and GS08 is not known: {pattern_of(guide)}"


class _Level(msgspec.Struct):
    """One HL with what its segments said; ``problems`` are those of its own place in the tree."""

    segment: Segment
    level: str
    parent: _Level | None
    problems: list[Problem]
    provider: Provider = Provider()
    payer: Payer | None = None
    line_of_business: str = ""
    patient: Patient = Patient()
    taxonomy_code: str = ""
    entity: str = ""


def _walk(transaction: Transaction, received_date: str) -> Iterator[ClaimReader]:
    levels: dict[str, _Level] = {}
    level: _Level | None = None
    reader: ClaimReader | None = None
    for segment in transaction.segments:
        identifier = segment.text[:3].split(segment.element_separator)[0]
        if identifier in ("HL", "CLM", "SE"):
            if reader is not None:
                yield reader
                reader = None
            if identifier == "HL":
                level = _open_level(segment, levels)
            elif identifier == "CLM":
                reader = ClaimReader(segment, _surroundings(segment, level, received_date))
        elif reader is not None:
            reader.take(segment)
        elif level is not None:
            _take_header(level, segment.elements(), identifier)
    if reader is not None:
        yield reader


def _open_level(segment: Segment, levels: dict[str, _Level]) -> _Level:
    elements = segment.elements()
    number, parent_number, code = at(elements, 1), at(elements, 2), at(elements, 3)
    parent = levels.get(parent_number) if parent_number else None
    problems = []
    if code not in _LEVELS:
        message = f"the level is 20, 22 or 23; sent was {pattern_of(code)}"
        problems.append(segment_problem(segment, "C210", message, element="HL03"))
    elif _PARENTS[code] != (parent.level if parent is not None else ""):
        wanted = _LEVELS.get(_PARENTS[code], "none")
        message = f"HL02 names no {wanted} level as the parent of this {_LEVELS[code]} level"
        hint = "whose claims follow cannot be told; HL02 repeats the HL01 of the level above"
        problems.append(segment_problem(segment, "C210", message, hint, "HL02"))
    level = _Level(segment, code, parent, problems)
    levels[number] = level
    return level


def _take_header(level: _Level, elements: list[str], identifier: str) -> None:
    match identifier:
        case "SBR":
            level.line_of_business = LINES_OF_BUSINESS.get(at(elements, 9), "")
        case "PRV" if at(elements, 1) == "BI":
            level.taxonomy_code = at(elements, 3)
        case "NM1":
            level.entity = at(elements, 1)
            _take_name(level, elements)
        case "DMG" if level.entity in ("IL", "QC"):
            sex = at(elements, 3)
            level.patient = msgspec.structs.replace(
                level.patient, birth_date=_birth_date(elements), sex=sex if sex in ("F", "M", "U") else ""
            )
        case "REF" if level.entity == "85" and at(elements, 1) in ("EI", "SY"):
            level.provider = msgspec.structs.replace(level.provider, tin=at(elements, 2).replace("-", ""))


def _take_name(level: _Level, elements: list[str]) -> None:
    identifier = at(elements, 9)
    if level.entity == "85":
        level.provider = provider_of(elements)
    elif level.entity == "PR" and level.payer is None:
        level.payer = Payer(payer_id=identifier)
    elif level.entity in ("IL", "QC"):
        level.patient = msgspec.structs.replace(level.patient, patient_id=identifier)


def _birth_date(elements: list[str]) -> str:
    # A birth date that is no date at all reaches the checks of the claim as a date that is not in the calendar.
    if at(elements, 1) != "D8" or not at(elements, 2):
        return ""
    return iso_date(at(elements, 2)) or "0000-00-00"


def _surroundings(segment: Segment, level: _Level | None, received_date: str) -> Surroundings:
    """Returns what stands above a claim. The subscriber is the patient unless the claim stands under a patient level."""
    if level is None or level.level not in ("22", "23"):
        message = "the claim stands under no subscriber level (HL, 22) and no patient level (HL, 23)"
        problems = [*_problems_above(level), segment_problem(segment, "C211", message)]
        return Surroundings(Provider(), Payer(payer_id=""), Patient(), received_date, tuple(problems))
    subscriber = level if level.level == "22" or level.parent is None else level.parent
    billing = subscriber.parent
    problems = _problems_above(level)
    payer = subscriber.payer
    if payer is None or not payer.payer_id:
        message = "the subscriber level names no payer (NM1*PR with its identifier, NM109)"
        problems.append(segment_problem(subscriber.segment, "C219", message))
        payer = Payer(payer_id="")
    provider = billing.provider if billing is not None else Provider()
    if billing is not None and billing.taxonomy_code:
        provider = msgspec.structs.replace(provider, taxonomy_code=billing.taxonomy_code)
    payer = msgspec.structs.replace(payer, line_of_business=subscriber.line_of_business)
    return Surroundings(provider, payer, level.patient, received_date, tuple(problems))


def _problems_above(level: _Level | None) -> list[Problem]:
    """Returns the problems of a level and the two above it, which is as deep as the tree of a claim goes."""
    problems: list[Problem] = []
    for _ in range(3):
        if level is None:
            break
        problems = [*level.problems, *problems]
        level = level.parent
    return problems
