"""Reads members as numbered lines or as records of cells: fixed width, tabs, commas, workbook."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import islice

import openpyxl

from engine.errors import InvalidDataError
from engine.reference.layout import SourceMember
from engine.reference.layouts.fields import squeezed
from engine.reference.layouts.problems import DAMAGE, ProblemLog, note_quietly, refusal

Record = tuple[int, list[str]]
WINDOWS = "cp1252"
UTF8 = "utf-8"
_BLOCK = 1 << 20
_LONGEST_LINE = 1 << 24
_HEADER_RECORDS = 40
_WORKBOOK_LIMIT = 1 << 31


def line_blocks(member: SourceMember, encoding: str, log: ProblemLog) -> Iterator[tuple[int, list[str]]]:
    """Yields blocks of decoded lines (without line ends) with the number of their first line.

    A byte outside the encoding is noted (``E605``) and ends the reading, as do damage to the file (``E601``) and a line of more
    than 16 MiB (``E602``).
    """
    number, rest = 1, b""
    try:
        with member.open() as stream:
            while block := stream.read(_BLOCK):
                block = rest + block
                cut = block.rfind(b"\n") + 1
                if not cut and len(block) > _LONGEST_LINE:
                    note_quietly(log, "E602", "a line has no end", number)
                    return
                rest = block[cut:]
                if cut:
                    lines, complete = _decoded(block[: cut - 1], number, encoding, log)
                    yield number, lines
                    if not complete:
                        return
                    number += len(lines)
    except DAMAGE as error:
        note_quietly(log, "E601", f"the file is damaged or cut short: {error or type(error).__name__}", number)
        return
    if rest:
        yield number, _decoded(rest, number, encoding, log)[0]


def _decoded(block: bytes, number: int, encoding: str, log: ProblemLog) -> tuple[list[str], bool]:
    """Returns the lines of a block, those before the first byte that is not text when there is one, and whether all are there."""
    if number == 1 and block.startswith(b"\xef\xbb\xbf"):
        block = block[3:]
    try:
        text = block.decode(encoding)
    except UnicodeDecodeError as error:
        line = number + block.count(b"\n", 0, error.start)
        note_quietly(log, "E605", f"byte 0x{block[error.start]:02x} is not text in {encoding}", line)
        good = block.rfind(b"\n", 0, error.start)
        return (_split(block[:good].decode(encoding)) if good >= 0 else []), False
    return _split(text), True


def _split(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1].endswith("\r"):
        lines[-1] = lines[-1][:-1]
    return lines


def numbered_lines(member: SourceMember, encoding: str, log: ProblemLog) -> Iterator[tuple[int, str]]:
    """Yields every line with its number, without its end; a lone Ctrl-Z (old DOS end of file) is left out."""
    for number, lines in line_blocks(member, encoding, log):
        for offset, line in enumerate(lines):
            if line != "\x1a":
                yield number + offset, line


def delimited(member: SourceMember, encoding: str, log: ProblemLog, delimiter: str = ",") -> Iterator[Record]:
    """Yields records of a delimited file, each with the number of its first line; quoted cells may hold line ends."""
    lines = (line + "\n" for _, line in numbered_lines(member, encoding, log))
    if delimiter == "\t":
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
    first = 1
    try:
        for cells in reader:
            yield first, cells
            first = reader.line_num + 1
    except csv.Error as error:
        note_quietly(log, "E602", f"the line is not well formed: {error}", first)


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, date):  # datetime too
        return value.strftime("%Y%m%d")
    return str(value)


def worksheet(member: SourceMember) -> Iterator[Record]:
    """Yields the rows of a workbook's first sheet as text. Raises InvalidDataError when it is damaged or too large."""
    try:
        with member.open() as stream:
            content = io.BytesIO(stream.read(_WORKBOOK_LIMIT))
        with zipfile.ZipFile(content) as package:
            if sum(info.file_size for info in package.infolist()) > _WORKBOOK_LIMIT:
                raise refusal(member, "E601", "the workbook holds more than 2 GB")
        book = openpyxl.load_workbook(content, read_only=True, data_only=True)
    except InvalidDataError:
        raise
    except Exception as error:  # openpyxl raises whatever its parsing of a damaged part raises
        raise refusal(member, "E601", f"the workbook is damaged: {error}") from error
    try:
        width = 0
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            cells = [_cell_text(value) for value in row]
            width = max(width, len(cells))  # a workbook leaves out empty cells at the end of a row
            yield number, cells + [""] * (width - len(cells))
    except (InvalidDataError, GeneratorExit):
        raise
    except Exception as error:  # as above
        raise refusal(member, "E601", f"the workbook is damaged: {error}") from error
    finally:
        book.close()


def is_workbook(head: bytes) -> bool:
    """Returns whether a file begins as a zip, which for a data member means a workbook."""
    return head.startswith(b"PK\x03\x04")


def records(member: SourceMember, encoding: str, log: ProblemLog) -> Iterator[Record]:
    """Yields records of a workbook, or of text delimited by whichever of tab and comma its head shows more of."""
    head = head_of(member)
    if is_workbook(head):
        return worksheet(member)
    delimiter = "\t" if head.count(b"\t") > head.count(b",") else ","
    return delimited(member, encoding, log, delimiter)


def head_of(member: SourceMember) -> bytes:
    """Returns the first 64 KiB of a member. Raises InvalidDataError when it cannot be read."""
    try:
        with member.open() as stream:
            return stream.read(64 * 1024)
    except DAMAGE as error:
        raise refusal(member, "E601", f"the file is damaged or cut short: {error}") from error


@lru_cache(maxsize=8)
def preview(member: SourceMember, head: bytes) -> tuple[tuple[str, ...], ...]:
    """Returns the first records of a member as text, for recognition only; never raises on bad content."""
    if is_workbook(head):
        try:
            return tuple(tuple(cells) for _, cells in islice(worksheet(member), 14))
        except InvalidDataError:
            return ()
    text = head.decode("latin-1").removeprefix("ï»¿")
    lines = text.replace("\r\n", "\n").split("\n")[:_HEADER_RECORDS]
    delimiter = "\t" if head.count(b"\t") > head.count(b",") else ","
    found: list[tuple[str, ...]] = []
    try:
        found.extend(tuple(cells) for cells in csv.reader((line + "\n" for line in lines), delimiter=delimiter))
    except csv.Error:
        return tuple(found)
    return tuple(found)


def has_header(member: SourceMember, head: bytes, names: Iterable[str]) -> bool:
    """Returns whether one of the first records has all these (squeezed) column names; ``*`` stands for anything."""
    rows = ([squeezed(cell) for cell in cells] for cells in preview(member, head))
    return any(all(_place(cells, (name,)) >= 0 for name in names) for cells in rows)


class NamedRecords:
    """Records after their header row, by column name. Cells come stripped, missing ones empty.

    ``names`` gives the squeezed headings of each column (``*`` stands for anything); a name that ends in ``?`` may be absent.
    Lines with text in their first cell only are notes below the table and are left out, unless that cell is a number.
    """

    def __init__(
        self, member: SourceMember, source: Iterator[Record], log: ProblemLog, names: Mapping[str, Sequence[str]]
    ) -> None:
        self._log = log
        self._source = source
        self._places: dict[str, int] = {}
        best: set[str] = set()
        for _, cells in islice(source, _HEADER_RECORDS):
            squeezed_cells = [squeezed(cell) for cell in cells]
            found = {name: _place(squeezed_cells, aliases) for name, aliases in names.items()}
            present = {name for name, place in found.items() if place >= 0}
            if len(present) > len(best):
                best = present
            if all(name in present or name.endswith("?") for name in names):
                self.header = cells
                self._places = {name.rstrip("?"): place for name, place in found.items()}
                self._width = max((number for number, cell in enumerate(cells, 1) if cell.strip()), default=0)
                return
        if log.problems:
            raise InvalidDataError(f"{member.name} was refused", log.problems)
        missing = ", ".join(name for name in names if name not in best and not name.endswith("?"))
        raise refusal(member, "E607", f"no header row has the columns {missing}")

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        for line, cells in self._source:
            filled = max((number for number, cell in enumerate(cells, 1) if cell.strip()), default=0)
            if not filled or (filled == 1 < self._width and not cells[0].strip().isdigit()):
                continue
            if filled > self._width or len(cells) < self._width:
                message = f"the line has {max(filled, len(cells))} columns, its header {self._width}"
                self._log.add("E602", message, line)
                continue
            yield line, {name: cells[place].strip() if place >= 0 else "" for name, place in self._places.items()}


def _place(cells: Sequence[str], aliases: Sequence[str]) -> int:
    return next((n for n, cell in enumerate(cells) if any(fnmatchcase(cell, alias) for alias in aliases)), -1)
