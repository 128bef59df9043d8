"""Says what a new release asks of the policies: which rules, tables and golden tests name codes that changed."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import msgspec
import yaml

from engine.policy.types import PolicySet, Table
from engine.reference.catalogue import Release
from engine.reference.changes import Change, changes_between, successors_of
from engine.reference.dataset import Dataset
from engine.reference.mentions import Mention, mentions_of

_CELL = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,\[\]"']+)""")
_FLOW_ROW = re.compile(r"^(\s*-\s*)\[(.*)\](\s*(?:#.*)?)$")


class Affected(msgspec.Struct, frozen=True):
    """One change of a code or edit, and the places that name it."""

    change: Change
    mentions: tuple[Mention, ...]


class Patch(msgspec.Struct, frozen=True):
    """A draft change of one table file, as a unified diff, and the codes it replaces."""

    file: str
    diff: str
    codes: tuple[str, ...]


class Readiness(msgspec.Struct, frozen=True):
    """What the policies must look at before the newer releases take effect.

    ``by_hand`` are table rows whose code has one successor but which could not be patched as text.
    """

    compared: tuple[tuple[Release, Release], ...]
    changed: Mapping[str, int]
    affected: tuple[Affected, ...]
    patches: tuple[Patch, ...]
    by_hand: tuple[str, ...]


def readiness(
    compared: Sequence[tuple[Release, Release, Dataset, Dataset]],
    policies: PolicySet,
    read: Callable[[str], str],
) -> Readiness:
    """Compares releases and finds what policies name of what changed; ``read`` gives the text of a table file by name."""
    successors = successors_of(policies.tables)
    changes: list[Change] = []
    for older, newer, old_rows, new_rows in compared:
        changes += changes_between(older, newer, old_rows, new_rows, successors)
    affected = _affected(changes, mentions_of(policies))
    patches, by_hand = _patches(affected, policies, read)
    tally = Counter(f"{change.table} {change.what}" for change in changes)
    pairs = tuple((older, newer) for older, newer, _, _ in compared)
    return Readiness(pairs, dict(sorted(tally.items())), tuple(affected), tuple(patches), tuple(by_hand))


def _affected(changes: Sequence[Change], mentions: Sequence[Mention]) -> list[Affected]:
    """Returns the changes that some place names; for an edit of two codes, a place that names both."""
    by_code: dict[str, list[Mention]] = {}
    wide = [mention for mention in mentions if mention.ranges or mention.prefixes]
    for mention in mentions:
        for code in mention.exact:
            by_code.setdefault(code, []).append(mention)
    found = []
    for change in changes:
        first, *rest = change.codes
        exact = by_code.get(first, [])
        others = [mention for mention in wide if not rest and first not in mention.exact and mention.names(first)]
        naming = [mention for mention in (*exact, *others) if all(code in mention.exact for code in rest)]
        if naming:
            naming.sort(key=lambda mention: (mention.kind, mention.name, mention.row))
            found.append(Affected(change, tuple(naming)))
    return found


def _patches(
    affected: Sequence[Affected], policies: PolicySet, read: Callable[[str], str]
) -> tuple[list[Patch], list[str]]:
    """Drafts a patch for each table whose retired codes have one successor each that succeeds nothing else."""
    single = {
        item.change.codes[0]: item.change
        for item in affected
        if item.change.what == "replaced" and len(item.change.codes) == len(item.change.successors) == 1
    }
    heirs = Counter(change.successors[0] for change in single.values())
    single = {code: change for code, change in single.items() if heirs[change.successors[0]] == 1}
    patches: list[Patch] = []
    by_hand: list[str] = []
    patched: set[str] = set()
    for table in policies.tables:
        rows = [
            item for item in affected if any(seen.kind == "table" and seen.name == table.id for seen in item.mentions)
        ]
        codes = sorted(item.change.codes[0] for item in rows if item.change.codes[0] in single)
        if not codes or not table.rows:
            continue
        file, is_csv = _rows_file(table, read)
        if file in patched:  # two tables may share one CSV
            continue
        patched.add(file)
        before = read(file)
        lines = before.splitlines(keepends=True)
        after: list[str] = []
        done: set[str] = set()
        for number, line in enumerate(lines):
            drafted = _draft(line, lines[0] if is_csv and number else "", table, {code: single[code] for code in codes})
            after += drafted[0] if drafted else [line]
            done |= {drafted[1]} if drafted else set()
        diff = "".join(difflib.unified_diff(lines, after, f"a/{file}", f"b/{file}"))
        if diff:
            patches.append(Patch(file, diff, tuple(sorted(done))))
        by_hand += [f"{file}: {code} → {single[code].successors[0]}" for code in codes if code not in done]
    return patches, by_hand


def _rows_file(table: Table, read: Callable[[str], str]) -> tuple[str, bool]:
    """Returns the file that a table's rows stand in, and whether it is a CSV."""
    named = yaml.safe_load(read(table.place.file)).get("file")
    if not named:
        return table.place.file, False
    folder, slash, _ = table.place.file.rpartition("/")
    return f"{folder}{slash}{named}", True


def _draft(line: str, header: str, table: Table, single: Mapping[str, Change]) -> tuple[list[str], str] | None:
    """Returns the lines that take a row's place, and the code they replace; None for a line that stays."""
    end = line[len(line.rstrip("\r\n")) :] or "\n"
    if header:
        names, cells = next(csv.reader([header])), next(csv.reader([line]), [])
        opening, closing, quote = "", "", ""
    else:
        flow = _FLOW_ROW.match(line.rstrip("\r\n"))
        if flow is None:
            return None
        names, cells = [name for name, _ in table.columns], [cell.strip() for cell in _CELL.findall(flow.group(2))]
        opening, closing, quote = f"{flow.group(1)}[", f"]{flow.group(3)}", '"'
    if len(cells) != len(names):
        return None
    keyed = [names.index(name) for name in table.key if name in names]
    at = next((index for index in keyed if cells[index].strip("\"'") in single), -1)
    if at < 0:
        return None
    code = cells[at].strip("\"'")
    change = single[code]
    new = [*cells]
    new[at] = f"{quote}{change.successors[0]}{quote}"
    old = [*cells]
    rows = [new]
    if table.date_from in names and table.date_to in names:
        new[names.index(table.date_from)] = change.on
        last = change.on
        if table.date_to_inclusive:
            last = (date.fromisoformat(change.on) - timedelta(days=1)).isoformat()
        until = old[names.index(table.date_to)].strip("\"'")
        if until and until != "null" and until <= last:  # the row knows that its code ended
            return [line], code
        old[names.index(table.date_to)] = last
        rows = [old, new]
    return [opening + _joined(row, bool(header)) + closing + end for row in rows], code


def _joined(cells: Sequence[str], is_csv: bool) -> str:
    if not is_csv:
        return ", ".join(cells)
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow(cells)
    return stream.getvalue()
