"""Cuts X12 interchanges into segments: separators from each ISA, segment numbers and lines for every later problem.

Source of the envelope: ASC X12.5 (interchange control structures) and X12.6 (application control structures).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedReader

import msgspec

from engine.claims.shape import pattern_of
from engine.errors import Place, Problem

ISA_LENGTH = 106
MOST_SEGMENT_BYTES = 64 * 1024
_CHUNK = 64 * 1024
_BLANK = b" \t\r\n"
_SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}").fullmatch


class Separators(msgspec.Struct, frozen=True):
    """The characters that one ISA declares: between elements, between components, and after each segment."""

    element: bytes
    component: bytes
    terminator: bytes


class Segment(msgspec.Struct, frozen=True):
    """One segment: its place in the file (segment number and line, from 1), its text and the separators it is read by."""

    number: int
    line: int
    text: str
    element_separator: str
    component_separator: str

    def elements(self) -> list[str]:
        """Returns the elements; the first is the segment's id, so that element 1 is at index 1."""
        return self.text.split(self.element_separator)


def segment_problem(segment: Segment, code: str, message: str, hint: str = "", element: str = "") -> Problem:
    """Returns a problem of one segment, placed by line and by ``segment 12 (CLM)``, with its element when one is meant."""
    identifier = segment.text[:3].split(segment.element_separator)[0]
    name = element or (identifier if _SEGMENT_ID(identifier) else "?")
    place = Place(line=segment.line, column=1, path=f"segment {segment.number} ({name})")
    return Problem(code=code, message=message, place=place, hint=hint)


class _Source:
    """Holds the bytes not yet cut, with the line they begin on and the number of the last segment."""

    def __init__(self, stream: BufferedReader) -> None:
        self.stream = stream
        self.buffer = b""
        self.line = 1
        self.number = 0

    def read_more(self) -> bool:
        """Appends the next chunk; false at the end of the file."""
        chunk = self.stream.read(_CHUNK)
        self.buffer += chunk
        return bool(chunk)

    def skip_blanks(self) -> bool:
        """Drops blanks and line ends; false when nothing else is left."""
        while True:
            rest = self.buffer.lstrip(_BLANK)
            self.line += self.buffer.count(b"\n", 0, len(self.buffer) - len(rest))
            self.buffer = rest
            if rest:
                return True
            if not self.read_more():
                return False

    def problem(self, code: str, message: str, hint: str = "") -> Problem:
        """Returns a problem at the bytes that come next."""
        place = Place(line=self.line, column=1, path=f"segment {self.number + 1}")
        return Problem(code=code, message=message, place=place, hint=hint)


def read_segments(stream: BufferedReader) -> Iterator[Segment | Problem]:
    """Yields every segment of every interchange; a Problem is the last that comes, and tells why the rest is not read."""
    source = _Source(stream)
    while source.skip_blanks():
        separators = _read_isa(source)
        if isinstance(separators, Problem):
            yield separators
            return
        for segment in _read_interchange(source, separators):
            yield segment
            if isinstance(segment, Problem):
                return


def _read_isa(source: _Source) -> Separators | Problem:
    while len(source.buffer) < ISA_LENGTH and source.read_more():
        pass
    isa = source.buffer[:ISA_LENGTH]
    if not isa.startswith(b"ISA"):
        where = "after an interchange comes no ISA segment" if source.number else "the file does not begin with ISA"
        return source.problem("C201", where, "the rest of the file is not read")
    element, component, terminator = isa[3:4], isa[104:105], isa[105:106]
    hint = "ISA is 106 characters: every element has its full width, padded with blanks"
    if len(isa) < ISA_LENGTH or isa[:105].count(element) != 16 or isa[103:104] != element:
        return source.problem("C201", "the ISA segment does not have its fixed width", hint)
    if len({element, component, terminator}) != 3 or any(
        each.isalnum() or each in b" \0" for each in (element, component, terminator)
    ):
        message = "the separators in ISA are not three different characters that are neither letter, digit nor blank"
        return source.problem("C201", message, hint)
    return Separators(element, component, terminator)


def _read_interchange(source: _Source, separators: Separators) -> Iterator[Segment | Problem]:
    """Yields the segments up to and with IEA; the file may end before."""
    element, component = separators.element.decode("latin-1"), separators.component.decode("latin-1")
    while True:
        pieces = source.buffer.split(separators.terminator)
        rest = pieces.pop()
        for position, piece in enumerate(pieces):
            text = piece.lstrip(_BLANK)
            line = source.line + piece.count(b"\n", 0, len(piece) - len(text))
            source.line += piece.count(b"\n") + (separators.terminator == b"\n")
            if not text:
                continue
            source.number += 1
            # X12 does not declare a character set: UTF-8 where it is, else Latin-1, in which every byte is a character.
            segment = Segment(source.number, line, _text_of(text), element, component)
            identifier = segment.text.split(element, 1)[0]
            if not _SEGMENT_ID(identifier) or "\0" in segment.text or len(text) > MOST_SEGMENT_BYTES:
                yield _bad_segment(segment, identifier, len(text))
                return
            yield segment
            if identifier == "IEA":
                source.buffer = separators.terminator.join([*pieces[position + 1 :], rest])
                return
        source.buffer = rest
        if len(rest) > MOST_SEGMENT_BYTES:
            yield source.problem("C208", f"a segment is larger than {MOST_SEGMENT_BYTES:,} bytes")
            return
        if not source.read_more():
            if rest.strip(_BLANK):
                source.skip_blanks()
                yield source.problem("C203", "the last segment has no terminator", "the file may have been cut off")
            return


def _text_of(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _bad_segment(segment: Segment, identifier: str, size: int) -> Problem:
    if size > MOST_SEGMENT_BYTES:
        return segment_problem(segment, "C208", f"the segment is larger than {MOST_SEGMENT_BYTES:,} bytes")
    if "\0" in segment.text:
        return segment_problem(segment, "C202", "the segment holds a NUL character", "the file may be damaged")
    message = f"a segment begins with two or three capitals or digits; sent was {pattern_of(identifier)}"
    return segment_problem(segment, "C202", message, "the rest of the file is not read")
