"""Reads a table file: its columns, key and dates, and its rows from YAML or from a CSV beside it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import product

from engine.errors import Place, Problem
from engine.policy import schema
from engine.policy.read_policy import read_citation
from engine.policy.reader import Reader, is_date, meant
from engine.policy.source import LARGEST_FILE, Node
from engine.policy.types import ColumnType, Scalar, Table
from engine.reference.tables import OFFICIAL_TABLES

# Reads a file named beside another: (its name, the name of the file that names it) → name and content, or a problem's text.
Fetch = Callable[[str, str], tuple[str, bytes] | str]
Row = tuple[Scalar | None, ...]

PROCEDURE = re.compile(r"[A-Z0-9]{5}")
MODIFIER = re.compile(r"[A-Z0-9]{2}")
ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?")
_ICD10_PREFIX = re.compile(r"[A-Z]([0-9]([0-9A-Z](\.[0-9A-Z]{0,4})?)?)?")
_SHAPES: dict[ColumnType, tuple[re.Pattern[str], str]] = {
    ColumnType.CODE: (PROCEDURE, "a procedure code of five letters and digits"),
    ColumnType.CODE_RANGE: (re.compile(r"([A-Z0-9]{5})(-[A-Z0-9]{5})?"), "a code, or two joined by a dash"),
    ColumnType.ICD10: (ICD10, "a diagnosis code with its dot"),
    ColumnType.ICD10_PREFIX: (_ICD10_PREFIX, "the start of a diagnosis code, with its dot"),
    ColumnType.MODIFIER: (MODIFIER, "a modifier of two letters or digits"),
    ColumnType.PLACE_OF_SERVICE: (re.compile(r"\d{2}"), "a place of service of two digits"),
    ColumnType.TAXONOMY: (re.compile(r"[0-9A-Z]{10}"), "a taxonomy code of ten letters and digits"),
    ColumnType.NPI: (re.compile(r"[12]\d{9}"), "an NPI of ten digits"),
    ColumnType.REVENUE_CODE: (re.compile(r"\d{4}"), "a revenue code of four digits"),
}
_WHOLE = re.compile(r"[-+]?\d{1,15}")
_DECIMAL = re.compile(r"[-+]?(\d{1,15}(\.\d{1,12})?|\.\d{1,12})")
_FLAGS = {"true": True, "false": False, "yes": True, "no": False}


def read_table(reader: Reader, root: Node, fetch: Fetch) -> Table | None:
    """Reads a file of kind ``table``; None when its columns cannot be read."""
    fields = reader.fields(root, schema.TABLE, "the table")
    table_id = reader.id(fields.get("id"), "the table's id")
    columns = _columns(reader, fields.get("columns"))
    if not columns:
        return None
    names = tuple(name for name, _ in columns)
    date_from, date_to, inclusive = _dates(reader, fields.get("dates"), columns)
    split = _split(reader, fields.get("split"), names)
    official = table_id in OFFICIAL_TABLES and "rows" not in fields and "file" not in fields
    if not official and ("rows" in fields) == ("file" in fields):
        reader.problem("E204", root, "a table has rows: or file:, one of them", "write the rows, or name a CSV file")
    places, cells = _cells(reader, fields, columns, fetch)
    bounds = tuple(names.index(name) if name else -1 for name in (date_from, date_to))
    rows = _checked(reader, _spread(cells, places, names, split), columns, (bounds[0], bounds[1], inclusive))
    return Table(
        id=table_id,
        version=reader.id(fields.get("version"), "version"),
        title=reader.text(fields.get("title"), "title"),
        columns=columns,
        key=_key(reader, fields.get("key"), names),
        rows=rows,
        source=read_citation(reader, fields.get("source"), "the source"),
        date_from=date_from,
        date_to=date_to,
        date_to_inclusive=inclusive,
        complete=reader.flag(fields.get("complete"), True, "complete"),
        official=official,
        place=reader.source.place(root),
    )


def _columns(reader: Reader, node: Node | None) -> tuple[tuple[str, ColumnType], ...]:
    if node is None or not reader.wants(node, "map", "columns"):
        return ()
    found = []
    for name, value in node.map.items():
        reader.name(name, reader.source.key_place(node, name), "the column")
        kind = reader.word(value, schema.COLUMN_TYPES, f"the type of {name}")
        found.append((name, ColumnType(kind or "text")))
    if not found:
        reader.problem("E207", node, "the table has no columns", "write columns: {code: code}")
    return tuple(found)


def _column(reader: Reader, node: Node | None, names: Sequence[str], what: str) -> str:
    text = reader.text(node, what)
    if node is not None and text and text not in names:
        reader.problem("E203", node, f"unknown column {text!r} in {what}", meant(text, names))
        return ""
    return text


def _key(reader: Reader, node: Node | None, names: Sequence[str]) -> tuple[str, ...]:
    if node is not None and node.kind == "list" and not node.items:
        reader.problem("E207", node, "the key is empty", "name the columns whose codes fetch a row")
    found = [_column(reader, item, names, "key") for item in reader.items(node, "key")]
    return tuple(name for name in found if name)


def _dates(reader: Reader, node: Node | None, columns: Sequence[tuple[str, ColumnType]]) -> tuple[str, str, bool]:
    types = dict(columns)
    if node is None:
        dated = [name if types.get(name) is ColumnType.DATE else "" for name in ("from", "to")]
        return dated[0], dated[1], False
    fields = reader.fields(node, schema.TABLE_DATES, "dates")
    found = []
    for name in ("from", "to"):
        column = _column(reader, fields.get(name), list(types), f"dates.{name}")
        if column and types[column] is not ColumnType.DATE:
            reader.problem("E502", fields[name], f"column {column} bounds rows and is no date", f"write {column}: date")
            column = ""
        found.append(column)
    return found[0], found[1], reader.flag(fields.get("inclusive"), False, "inclusive")


def _split(reader: Reader, node: Node | None, names: Sequence[str]) -> dict[str, str]:
    if node is None or not reader.wants(node, "map", "split"):
        return {}
    found = {}
    for name, value in node.map.items():
        if name not in names:
            place = reader.source.key_place(node, name)
            reader.problem("E203", place, f"unknown column {name!r} in split", meant(name, names))
            continue
        found[name] = reader.text(value, f"the separator of {name}")
    return {name: separator for name, separator in found.items() if separator}


_Cell = Node | str | None


def _cells(
    reader: Reader, fields: dict[str, Node], columns: Sequence[tuple[str, ColumnType]], fetch: Fetch
) -> tuple[list[Place], list[list[_Cell]]]:
    places: list[Place] = []
    cells: list[list[_Cell]] = []
    for item in reader.items(fields.get("rows"), "rows"):
        if not reader.wants(item, "list", "a row"):
            continue
        if len(item.items) != len(columns):
            message = f"the row has {len(item.items)} cells, and the table {len(columns)} columns"
            reader.problem("E501", item, message, "write null for an empty cell")
            continue
        places.append(reader.source.place(item))
        cells.append([None if cell.kind == "null" else cell for cell in item.items])
    node = fields.get("file")
    if node is not None and reader.text(node, "file"):
        _csv_cells(reader, node, [name for name, _ in columns], fetch, places, cells)
    return places, cells


def _csv_cells(
    reader: Reader, node: Node, names: Sequence[str], fetch: Fetch, places: list[Place], cells: list[list[_Cell]]
) -> None:
    fetched = fetch(str(node.value), reader.source.file)
    if isinstance(fetched, str):
        reader.problem("E504", node, fetched, "name a file beside this one")
        return
    file, content = fetched
    if len(content) > LARGEST_FILE:
        reader.problem(
            "E504", node, f"{file} is larger than {LARGEST_FILE // 1024 // 1024} MB", "load it as reference data"
        )
        return
    try:
        lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = next(lines, [])
        missing = [name for name in names if name not in header]
        for name in missing:
            hint = meant(name, header) or f"its header is {', '.join(header)}"
            reader.problems.append(Problem("E505", f"the file has no column {name!r}", Place(file, 1, 1), hint))
        if missing:
            return
        positions = [header.index(name) for name in names]
        for row in lines:
            if not row:
                continue
            place = Place(file, lines.line_num, 1)
            if len(row) != len(header):
                message = f"the row has {len(row)} cells, and the header {len(header)}"
                reader.problems.append(Problem("E501", message, place, "quote a cell that holds a comma"))
                continue
            places.append(place)
            cells.append([row[position].strip() or None for position in positions])
    except (csv.Error, UnicodeError) as error:
        reader.problems.append(Problem("E504", f"the file is no CSV: {error}", Place(file), "save it as UTF-8 CSV"))


def _spread(
    cells: Iterable[list[_Cell]], places: Iterable[Place], names: Sequence[str], split: dict[str, str]
) -> list[tuple[Place, tuple[_Cell, ...]]]:
    """Turns a row whose cells hold several values into several rows."""
    separators = [split.get(name, "") for name in names]
    found: list[tuple[Place, tuple[_Cell, ...]]] = []
    for place, row in zip(places, cells, strict=True):
        if not split:
            found.append((place, tuple(row)))
            continue
        choices = [_values_of(cell, separator) for cell, separator in zip(row, separators, strict=True)]
        found += [(place, choice) for choice in product(*choices)]
    return found


def _values_of(cell: _Cell, separator: str) -> list[_Cell]:
    text = cell.value if isinstance(cell, Node) else cell
    if not separator or not isinstance(text, str):
        return [cell]
    return [part.strip() for part in text.split(separator) if part.strip()] or [None]


def _checked(
    reader: Reader,
    cells: Iterable[tuple[Place, tuple[_Cell, ...]]],
    columns: Sequence[tuple[str, ColumnType]],
    bounds: tuple[int, int, bool],
) -> tuple[Row, ...]:
    rows: list[Row] = []
    seen: dict[Row, Place] = {}
    from_at, to_at, inclusive = bounds
    for place, row in cells:
        typed = tuple(_typed(reader, place, cell, name, kind) for cell, (name, kind) in zip(row, columns, strict=True))
        if typed in seen:
            _row_problem(reader, "E507", place, "the row stands twice", f"first on line {seen[typed].line}")
            continue
        start = typed[from_at] if from_at >= 0 else None
        end = typed[to_at] if to_at >= 0 else None
        if start and end and (str(end) < str(start) or (end == start and not inclusive)):
            _row_problem(reader, "E508", place, f"the row ends on {end}, before it begins on {start}", "mend the dates")
        seen[typed] = place
        rows.append(typed)
    return tuple(rows)


def _row_problem(reader: Reader, code: str, place: Place, message: str, hint: str) -> None:
    excerpt = reader.source.excerpt(place.line) if place.file == reader.source.file else ""
    reader.problems.append(Problem(code, message, place, hint, excerpt=excerpt))


def _typed(reader: Reader, row: Place, cell: _Cell, name: str, kind: ColumnType) -> Scalar | None:
    if cell is None:
        return None
    if isinstance(cell, str):
        value = _from_text(cell, kind)
        if value is None:
            _row_problem(reader, "E502", row, f"{name} cannot be {cell!r}", wanted_value(kind))
        return value
    place = reader.source.place(cell)
    if kind in _SHAPES or kind is ColumnType.TEXT:
        text = reader.text(cell, name)
        if cell.kind == "text" and _from_text(text, kind) is None:
            reader.problem("E502", place, f"{name} cannot be {text!r}", wanted_value(kind))
        return text or None
    value = typed_value(cell.value, kind)
    if value is None:
        reader.problem("E502", place, f"{name} cannot be {cell.text or cell.kind!r}", wanted_value(kind))
    return value


def typed_value(value: object, kind: ColumnType) -> Scalar | None:
    """Returns a value of YAML as a column holds it, or None when it does not fit the column."""
    if kind in _SHAPES or kind is ColumnType.TEXT:
        return _from_text(value, kind) if isinstance(value, str) else None
    if kind is ColumnType.DATE:
        return str(value) if is_date(value) else None
    if kind is ColumnType.FLAG:
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if kind is ColumnType.DECIMAL:
        return float(value)
    return value if isinstance(value, int) else None


def _from_text(text: str, kind: ColumnType) -> Scalar | None:
    if kind in _SHAPES:
        return text if _SHAPES[kind][0].fullmatch(text) else None
    if kind is ColumnType.TEXT:
        return text
    if kind is ColumnType.DATE:
        return text if is_date(text) else None
    if kind is ColumnType.FLAG:
        return _FLAGS.get(text.lower())
    if kind is ColumnType.DECIMAL:
        return float(text) if _DECIMAL.fullmatch(text) else None
    return int(text) if _WHOLE.fullmatch(text) else None


def wanted_value(kind: ColumnType) -> str:
    """Returns what to write in a column, as a hint."""
    if kind in _SHAPES:
        return f"write {_SHAPES[kind][1]}"
    plain = {
        ColumnType.DATE: "a date as 2026-01-31",
        ColumnType.FLAG: "true or false",
        ColumnType.DECIMAL: "a number",
        ColumnType.MONEY: "whole cents",
    }
    return f"write {plain.get(kind, 'a whole number')}"
