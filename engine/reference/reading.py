"""Reads files as downloaded into packed parts of releases; collects every problem before anything is stored."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from engine.errors import InvalidDataError, Place, Problem
from engine.reference.catalogue import digest_of
from engine.reference.collecting import collect
from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.packing import Clash, pack
from engine.reference.tables import OFFICIAL_TABLES

PROBLEM_LIMIT = 50
_HEAD = 64 * 1024
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)

Members = Callable[[Path], Iterator[SourceMember]]


class Progress(msgspec.Struct, frozen=True):
    """How far an import has come: the file, the table being read and its rows so far."""

    file: str
    table: str
    rows: int


class Part(msgspec.Struct, frozen=True):
    """One part of a release read from one member of a file: its packed rows, compressed, and where they came from.

    ``row_count`` is the number of rows read, ``repeated`` how many of them were identical to another and left out;
    ``digest`` and ``size`` are those of the rows before compression.
    """

    header: ReleaseHeader
    compressed: bytes
    size: int
    digest: str
    row_count: int
    repeated: int
    file: Path
    file_sha256: str
    member: str
    layout: str


def sha256_of(path: Path) -> str:
    """Returns the SHA-256 of a file as hex; of a folder, that of the list of its files with theirs.

    Raises InvalidDataError when it cannot be read.
    """
    try:
        if path.is_dir():
            files = sorted(entry for entry in path.rglob("*") if entry.is_file())
            listed = [f"{sha256_of(entry)}  {entry.relative_to(path).as_posix()}\n" for entry in files]
            return hashlib.sha256("".join(listed).encode()).hexdigest()
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        problem = Problem("E610", f"the file cannot be read: {error.strerror}", Place(str(path)), "check the path")
        raise InvalidDataError(f"{path} was not imported", [problem]) from error


def read_file(
    path: Path,
    sha256: str,
    layouts: Mapping[str, Layout],
    members: Members,
    report: Callable[[Progress], None],
) -> list[Part]:
    """Reads every recognised member of a file. Raises InvalidDataError with the first fifty problems, in file order."""
    parts: list[Part] = []
    problems: list[Problem] = []
    names: list[str] = []
    try:
        for member in members(path):
            names.append(member.name)
            layout = _layout_of(member, layouts)
            if layout is not None:
                parts += _read_member(member, layout, path, sha256, report, problems)
    except InvalidDataError as error:
        problems += error.problems
    except _UNREADABLE as error:
        problems.append(_damaged(Place(str(path)), error))
    if not parts and not problems:
        listed = f" (it holds {', '.join(names[:8])})" if names else ""
        problems.append(
            Problem(
                "E611",
                f"no official layout is recognised in this file{listed}",
                Place(str(path)),
                "give the file as downloaded; docs/reference-data.md lists what can be read",
            )
        )
    if problems:
        count = f"{len(problems)} problems" if len(problems) < PROBLEM_LIMIT else f"the first {PROBLEM_LIMIT} problems"
        raise InvalidDataError(f"{path.name} was refused: {count}", problems[:PROBLEM_LIMIT])
    return parts


def _layout_of(member: SourceMember, layouts: Mapping[str, Layout]) -> Layout | None:
    with member.open() as stream:
        head = stream.read(_HEAD)
    return next((layout for layout in layouts.values() if layout.recognise(member, head)), None)


def _read_member(
    member: SourceMember,
    layout: Layout,
    path: Path,
    sha256: str,
    report: Callable[[Progress], None],
    problems: list[Problem],
) -> list[Part]:
    parts: list[Part] = []
    place = Place(_member_place(member))
    try:
        for parsed in layout.read(member):
            part = _read_table(parsed, layout, member, path, sha256, report, problems)
            if part is not None:
                parts.append(part)
    except InvalidDataError as error:
        problems += error.problems
    except UnicodeDecodeError as error:
        problems.append(_undecodable(error, member))
    except _UNREADABLE as error:
        problems.append(_damaged(place, error))
    return parts


def _read_table(
    parsed: ParsedTable,
    layout: Layout,
    member: SourceMember,
    path: Path,
    sha256: str,
    report: Callable[[Progress], None],
    problems: list[Problem],
) -> Part | None:
    header = parsed.header
    schema = OFFICIAL_TABLES[header.table]
    place = Place(_member_place(member))
    try:
        rows = collect(schema, parsed.rows, lambda count: report(Progress(path.name, header.table, count)))
        block, repeated, clashes = pack(rows, PROBLEM_LIMIT)
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        if not parsed.problems:
            parsed.problems.append(Problem("E606", f"a row does not fit its table: {error}", place))
        problems += parsed.problems
        return None
    problems += parsed.problems
    if parsed.problems:
        return None
    if not len(rows.first):
        problems.append(Problem("E612", f"the file has no rows for {header.table}", place, "download the file again"))
        return None
    if clashes:
        lines = _lines_of(clashes, layout, member, header)
        problems += [_contradiction(clash, lines, header, place) for clash in clashes]
        return None
    return Part(
        header=header,
        compressed=zlib.compress(block, level=1),
        size=len(block),
        digest=digest_of(block),
        row_count=len(rows.first),
        repeated=repeated,
        file=path,
        file_sha256=sha256,
        member=member.name,
        layout=layout.id,
    )


def _lines_of(clashes: list[Clash], layout: Layout, member: SourceMember, header: ReleaseHeader) -> dict[int, int]:
    """Returns the line of each contradicting row, where the reader tells, by reading the table once more."""
    wanted = {row for clash in clashes for row in clash.rows}
    lines: dict[int, int] = {}
    for parsed in layout.read(member):
        is_the_one = parsed.header == header
        for number, _ in enumerate(parsed.rows):
            if is_the_one and number in wanted and parsed.line:
                lines[number] = parsed.line
        if is_the_one:
            break
    return lines


def _contradiction(clash: Clash, lines: Mapping[int, int], header: ReleaseHeader, place: Place) -> Problem:
    one, two = clash.rows
    said = f"line {lines[one]}" if one in lines else f"row {one + 1}"
    key = "/".join(text for text in clash.key if text)
    since = f" from {clash.first}" if clash.first else ""
    where = Place(place.file, lines.get(two, 0))
    row = "" if two in lines else f" (row {two + 1} of the data)"
    return Problem(
        "E604", f"{header.table} {key}{since} says something else than {said}{row}", where, "keep one of them"
    )


def _member_place(member: SourceMember) -> str:
    return member.path if member.path.endswith(member.name) else f"{member.path}!{member.name}"


def _undecodable(error: UnicodeDecodeError, member: SourceMember) -> Problem:
    """Names the line and column of the byte that a reader stumbled over, which it meets in the middle of a buffer."""
    place = Place(_member_place(member))
    with member.open() as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode(error.encoding)
            except UnicodeDecodeError as exact:
                place = Place(place.file, number, exact.start + 1)
                error = exact
                break
    message = f"the text cannot be read: byte 0x{error.object[error.start]:02x} is not {error.encoding}"
    return Problem("E605", message, place, "download the file again")


def _damaged(place: Place, error: BaseException) -> Problem:
    return Problem("E601", f"the file is damaged or cut short: {error}", place, "download the file again")
