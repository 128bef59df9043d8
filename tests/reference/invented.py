"""An invented layout for tests of the store: a header line, a line of column names, then tab-separated rows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from engine.errors import Place, Problem
from engine.model import Scalar
from engine.policy.types import ColumnType
from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.store import ImportReport, import_files
from engine.reference.tables import OFFICIAL_TABLES

PTP = ("column1", "column2", "from", "to", "modifier_indicator", "rationale", "before_1996")


def write_file(
    folder: Path,
    name: str,
    table: str,
    release: str,
    rows: Sequence[Sequence[str]],
    *,
    published: str = "",
    coverage: tuple[str, str] = ("2024-07-01", "2024-09-30"),
    history_from: str = "",
    part: int = 0,
    parts: int = 0,
    columns: Sequence[str] = (),
) -> Path:
    """Writes one invented file; ``columns`` are those the rows give, the table's first ones by default."""
    names = list(columns) or list(OFFICIAL_TABLES[table].columns)[: len(rows[0]) if rows else None]
    head = ["INVENTED", table, release, published or coverage[0], *coverage, history_from, str(part), str(parts)]
    lines = ["|".join(head), "\t".join(names), *("\t".join(row) for row in rows)]
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def zipped(path: Path) -> Path:
    """Puts a file into a zip beside it."""
    target = path.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    return target


def members(path: Path) -> Iterator[SourceMember]:
    """Yields a plain file, or each member of a zip."""
    if path.suffix != ".zip":
        yield SourceMember(str(path), path.name, path.stat().st_size, partial(open, path, "rb"))
        return
    with zipfile.ZipFile(path) as archive:
        for item in archive.infolist():
            yield SourceMember(str(path), item.filename, item.file_size, partial(archive.open, item))


def _recognise(member: SourceMember, head: bytes) -> bool:
    return head.startswith(b"INVENTED|")


def _cell(text: str, kind: ColumnType) -> Scalar | None:
    if text == "":
        return None
    if kind is ColumnType.INTEGER:
        return int(text)
    if kind is ColumnType.DECIMAL:
        return float(text)
    if kind is ColumnType.FLAG:
        return text == "yes"
    if kind is ColumnType.DATE:
        return date.fromisoformat(text).isoformat()
    return text


def _read(member: SourceMember) -> Iterator[ParsedTable]:
    with io.TextIOWrapper(member.open(), encoding="utf-8", newline="") as stream:
        _, table, release, published, since, until, history, part, parts = stream.readline().rstrip("\n").split("|")
        dates = (published, since, until)
        header = ReleaseHeader(table, release, *dates, bool(history), history, int(part), int(parts))
        parsed = ParsedTable(header, iter(()), [])
        parsed.rows = _rows(parsed, stream, member)
        yield parsed


def _rows(parsed: ParsedTable, stream: io.TextIOWrapper, member: SourceMember) -> Iterator[tuple[Scalar | None, ...]]:
    names = stream.readline().rstrip("\n").split("\t")
    schema = OFFICIAL_TABLES[parsed.header.table]
    for line, text in enumerate(stream, 3):
        cells = text.rstrip("\n").split("\t")
        place = Place(member.path, line)
        if len(cells) != len(names):
            parsed.problems.append(Problem("T001", f"{len(cells)} columns, expected {len(names)}", place))
            continue
        given = dict(zip(names, cells, strict=True))
        try:
            row = tuple(_cell(given.get(name, ""), kind) for name, kind in schema.columns.items())
        except ValueError as error:
            parsed.problems.append(Problem("T002", str(error), place))
            continue
        parsed.line = line
        yield row


LAYOUTS = {"invented": Layout("invented", "An invented layout", tuple(OFFICIAL_TABLES), _recognise, _read)}


def imported(
    store: Path, *files: Path, on: str = "2024-07-02", again: bool = False, smaller: bool = False
) -> ImportReport:
    """Imports invented files."""
    return import_files(store, files, imported_on=on, layouts=LAYOUTS, members=members, again=again, smaller=smaller)
