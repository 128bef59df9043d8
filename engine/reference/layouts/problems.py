"""Collects what is wrong in an official file, with its place, and stops a reader after fifty problems.

Codes of this package (``E604``, two rows that contradict each other, is the store's):

``E601``  the archive or workbook is truncated, damaged, encrypted or too large
``E602``  a line has the wrong number of columns or characters
``E603``  a date does not exist, or a period ends before it begins
``E605``  a byte is not text in the encoding of the layout
``E606``  a value is outside its domain: a code of another shape, an indicator that CMS does not define, a bad number
``E607``  the header is missing or not understood, or the edition (year, quarter) cannot be told
``E608``  two layouts claim one file
``E609``  a file that belongs with this one is missing
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import TypeVar
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException

from engine.errors import InvalidDataError, Place, Problem
from engine.model import Scalar
from engine.reference.layout import SourceMember

LIMIT = 50
Row = TypeVar("Row")
Cells = tuple[Scalar | None, ...]
DAMAGE = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)

_HINTS = {
    "E601": "download the file again",
    "E602": "download the file again; do not edit it in a spreadsheet",
    "E603": "correct the date or download the file again",
    "E605": "download the file again; do not save it in another encoding",
    "E606": "see the record layout that is published with the file",
    "E607": "give the file as downloaded, under its official name",
}


class Enough(Exception):
    """Ends a reader that has found fifty problems."""


def place_name(member: SourceMember) -> str:
    """Returns how a member is named in problems: ``archive.zip!member`` or the path of a plain file."""
    return member.path if member.path.endswith(member.name) else f"{member.path}!{member.name}"


def download_name(member: SourceMember) -> str:
    """Returns the file name of the archive or file that a member came in, without its folders."""
    return PurePath(member.path).name


class ProblemLog:
    """The problems of one member; ``add`` raises Enough at the fiftieth."""

    def __init__(self, member: SourceMember) -> None:
        self.file = place_name(member)
        self.problems: list[Problem] = []

    def add(self, code: str, message: str, line: int = 0, column: str = "", hint: str = "", excerpt: str = "") -> None:
        """Notes a problem at a line (1-based, 0 when unknown) and, as path, the name of a column."""
        place = Place(self.file, line, 0, column)
        self.problems.append(Problem(code, message, place, hint or _HINTS.get(code, ""), "error", excerpt[:120]))
        if len(self.problems) >= LIMIT:
            raise Enough


def refusal(member: SourceMember, code: str, message: str, hint: str = "", line: int = 0) -> InvalidDataError:
    """Returns the error for a member whose rows cannot be read at all."""
    problem = Problem(code, message, Place(place_name(member), line), hint or _HINTS.get(code, ""))
    return InvalidDataError(f"{member.name} was refused", [problem])


def guarded(log: ProblemLog, rows: Iterator[Row]) -> Iterator[Row]:
    """Yields rows until they end, fifty problems are found, or the file turns out to be damaged."""
    try:
        yield from rows
    except Enough:
        return
    except (ParseError, DefusedXmlException) as error:
        note_quietly(log, "E601", f"the XML is damaged or not allowed: {error or type(error).__name__}")
    except DAMAGE as error:
        note_quietly(log, "E601", f"the file is damaged or cut short: {error or type(error).__name__}")
    except InvalidDataError as error:
        log.problems.extend(error.problems)


def note_quietly(log: ProblemLog, code: str, message: str, line: int = 0) -> None:
    """Notes a last problem, after which nothing more is read."""
    try:
        log.add(code, message, line)
    except Enough:
        return


def collected(member: SourceMember, log: ProblemLog, rows: Iterator[Row]) -> list[Row]:
    """Returns all rows of a small file at once. Raises InvalidDataError when there are problems or no rows."""
    found = list(guarded(log, rows))
    if log.problems:
        raise InvalidDataError(f"{member.name} was refused", log.problems)
    if not found:
        raise refusal(member, "E607", "the file has no rows")
    return found
