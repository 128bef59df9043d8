"""Invented 837P interchanges whose counts and control numbers are right; nobody here is real."""

from __future__ import annotations

HEADER = [
    "NM1*41*2*SAMPLE BILLING*****46*S1",
    "PER*IC*A PERSON*TE*5555550100",
    "NM1*40*2*SAMPLE PAYER*****46*R1",
    "HL*1**20*1",
    "PRV*BI*PXC*207Q00000X",
    "NM1*85*2*SAMPLE CLINIC*****XX*1234567893",
    "N3*1 SAMPLE STREET",
    "REF*EI*99-0000001",
]
SUBSCRIBER = [
    "HL*2*1*22*0",
    "SBR*P*18*******MB",
    "NM1*IL*1*PATIENT*PAT****MI*M-1",
    "DMG*D8*19770203*F",
    "NM1*PR*2*SAMPLE PAYER*****PI*MEDICARE_B",
]
CLAIM = [
    "CLM*C-1*340.5***11:B:1*Y*A*Y*Y",
    "HI*ABK:L02415*ABF:I10",
    "LX*1",
    "SV1*HC:10060*210*UN*1***1",
    "DTP*472*D8*20260120",
    "LX*2",
    "SV1*HC:99213:25*130.50*UN*1***2",
    "DTP*472*RD8*20260120-20260121",
]


def isa(control: str = "000000001", separators: str = "*^:~") -> str:
    """Returns an ISA segment with its element, repetition and component separators and its terminator."""
    element, repetition, component, terminator = separators
    parts = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", "SENDER".ljust(15), "ZZ", "RECEIVER".ljust(15)]
    parts += ["260101", "1200", repetition, "00501", control, "0", "T", component]
    return element.join(parts) + terminator


def transaction(body: list[str], control: str = "0001", guide: str = "005010X222A1", kind: str = "837") -> list[str]:
    """Returns a transaction set around a body, with its own count."""
    opened = [f"ST*{kind}*{control}*{guide}", "BHT*0019*00*1*20260101*1200*CH", *body]
    return [*opened, f"SE*{len(opened) + 1}*{control}"]


def interchange(
    *transactions: list[str], guide: str = "005010X222A1", separators: str = "*^:~", newline: str = "\n"
) -> bytes:
    """Returns an interchange of one group with the given transaction sets."""
    segments = [f"GS*HC*S*R*20260101*1200*7*X*{guide}"]
    for each in transactions:
        segments += each
    segments += [f"GE*{len(transactions)}*7", "IEA*1*000000001"]
    element, _, component, terminator = separators
    table = str.maketrans({"*": element, ":": component})
    text = isa(separators=separators) + newline
    text += "".join(segment.translate(table) + terminator + newline for segment in segments)
    return text.encode()


def claim_file(claim: list[str] | None = None, subscriber: list[str] | None = None) -> bytes:
    """Returns a file with one claim."""
    body = [*HEADER, *(SUBSCRIBER if subscriber is None else subscriber), *(CLAIM if claim is None else claim)]
    return interchange(transaction(body))
