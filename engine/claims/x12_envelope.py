"""Walks interchanges, groups and transaction sets, and verifies their control numbers and counts.

Source: ASC X12.5 and X12.6: SE01, GE01 and IEA01 count what they close, SE02, GE02 and IEA02 repeat its control number.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader

import msgspec

from engine.claims.shape import pattern_of
from engine.claims.x12_segments import Segment, read_segments, segment_problem
from engine.errors import Problem

MOST_TRANSACTION_SEGMENTS = 500_000
MOST_TRANSACTION_CHARACTERS = 200_000_000


class Transaction(msgspec.Struct):
    """One transaction set from ST to SE: its kind (ST01), its guide (ST03, else GS08), segments and envelope problems."""

    kind: str
    guide: str
    segments: list[Segment]
    problems: list[Problem]
    characters: int = 0


class _Open(msgspec.Struct):
    """An envelope that is open: its first segment, its control number and how many it holds so far."""

    segment: Segment
    control: str
    guide: str = ""
    count: int = 0


def read_transactions(stream: BufferedReader) -> Iterator[Transaction | Problem]:
    """Yields every transaction set with its problems, and every problem that lies around them, in the file's order.

    A set whose SE is missing or does not agree is yielded with that problem: segments may have been lost in it.
    """
    walk = _Walk()
    for segment in read_segments(stream):
        if isinstance(segment, Problem):
            # What is open was cut by this problem; saying that its trailer is missing too would only repeat it.
            if walk.transaction is not None:
                walk.transaction.problems.append(segment)
                yield walk.transaction
            else:
                yield segment
            return
        yield from walk.take(segment)
    yield from walk.close("IEA")


class _Walk:
    """Follows the nesting ISA, GS, ST."""

    def __init__(self) -> None:
        self.interchange: _Open | None = None
        self.group: _Open | None = None
        self.transaction: Transaction | None = None

    def take(self, segment: Segment) -> Iterator[Transaction | Problem]:
        """Takes the next segment and yields what it completes."""
        elements = segment.elements()
        identifier = elements[0]
        if identifier in _OPENERS:
            yield from self.close(_CLOSER_BEFORE[identifier])
            self._open(identifier, segment, elements)
        elif identifier == "SE" and self.transaction is not None:
            self._append(segment)
            transaction = self.transaction
            self.transaction = None
            transaction.problems.extend(_transaction_trailer_problems(transaction, segment, elements))
            yield transaction
        elif identifier == "GE" and self.group is not None:
            yield from self.close("SE")
            yield from _trailer_problems(self.group, segment, elements, "transaction sets")
            self.group = None
        elif identifier == "IEA" and self.interchange is not None:
            yield from self.close("GE")
            yield from _trailer_problems(self.interchange, segment, elements, "functional groups")
            self.interchange = None
        elif self.transaction is not None:
            self._append(segment)
        else:
            yield segment_problem(segment, "C202", "the segment stands outside a transaction set (ST to SE)")

    def close(self, trailer: str) -> Iterator[Transaction | Problem]:
        """Closes what should have been closed before, down to the envelope that ``trailer`` ends, and says what is missing."""
        if self.transaction is not None:
            transaction, self.transaction = self.transaction, None
            transaction.problems.append(_missing("SE", transaction.segments[0]))
            yield transaction
        if trailer in ("GE", "IEA") and self.group is not None:
            yield _missing("GE", self.group.segment)
            self.group = None
        if trailer == "IEA" and self.interchange is not None:
            yield _missing("IEA", self.interchange.segment)
            self.interchange = None

    def _open(self, identifier: str, segment: Segment, elements: list[str]) -> None:
        if identifier == "ISA":
            self.interchange = _Open(segment, _at(elements, 13))
        elif identifier == "GS":
            if self.interchange is not None:
                self.interchange.count += 1
            self.group = _Open(segment, _at(elements, 6), guide=_at(elements, 8))
        else:
            problems = []
            if self.group is None:
                problems.append(
                    segment_problem(segment, "C202", "the transaction set stands outside a group (GS to GE)")
                )
            else:
                self.group.count += 1
            guide = _at(elements, 3) or (self.group.guide if self.group else "")
            self.transaction = Transaction(_at(elements, 1), guide, [segment], problems)

    def _append(self, segment: Segment) -> None:
        transaction = self.transaction
        if transaction is None or any(problem.code == "C208" for problem in transaction.problems):
            return
        transaction.segments.append(segment)
        transaction.characters += len(segment.text)
        if (
            len(transaction.segments) > MOST_TRANSACTION_SEGMENTS
            or transaction.characters > MOST_TRANSACTION_CHARACTERS
        ):
            message = f"the transaction set has more than {MOST_TRANSACTION_SEGMENTS:,} segments"
            if transaction.characters > MOST_TRANSACTION_CHARACTERS:
                message = f"the transaction set has more than {MOST_TRANSACTION_CHARACTERS:,} characters"
            transaction.problems.append(segment_problem(segment, "C208", message, "send it in several sets"))


_OPENERS = ("ISA", "GS", "ST")
_CLOSER_BEFORE = {"ISA": "IEA", "GS": "GE", "ST": "SE"}


def _at(elements: list[str], index: int) -> str:
    return elements[index].strip() if index < len(elements) else ""


def _missing(trailer: str, opener: Segment) -> Problem:
    message = f"what {opener.elements()[0]} opens here is never closed by {trailer}"
    return segment_problem(opener, "C203", message, "the file may have been cut off, or parts of it lost")


def _transaction_trailer_problems(transaction: Transaction, segment: Segment, elements: list[str]) -> Iterator[Problem]:
    opened = _Open(transaction.segments[0], _at(transaction.segments[0].elements(), 2))
    opened.count = segment.number - opened.segment.number + 1
    yield from _trailer_problems(opened, segment, elements, "segments")


def _trailer_problems(opened: _Open, segment: Segment, elements: list[str], what: str) -> Iterator[Problem]:
    identifier = elements[0]
    stated = _at(elements, 1)
    if not stated.isdecimal() or not stated.isascii() or len(stated) > 10 or int(stated) != opened.count:
        told = stated if stated.isdecimal() and len(stated) <= 10 else pattern_of(stated)
        message = f"{identifier}01 says {told} {what}, but {opened.count} are there"
        yield segment_problem(segment, "C204", message, "parts may have been lost or added", f"{identifier}01")
    if _at(elements, 2) != opened.control:
        opener = opened.segment.elements()[0]
        message = f"the control number in {identifier}02 is not that of {opener} in segment {opened.segment.number}"
        yield segment_problem(segment, "C205", message, "parts may have been lost or mixed", f"{identifier}02")
