"""Defines what a reader of an official file layout hands to the store: a header and a stream of rows.

One module in ``engine/reference/layouts/`` reads one layout. A reader recognises its layout from the file's own header
(never from the file name alone), parses by column names where the file has them, and yields rows lazily, so that a file of
millions of rows is never held in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

import msgspec

from engine.errors import Problem
from engine.model import Scalar


class SourceMember(msgspec.Struct, frozen=True):
    """One data file: a plain file, or one member of a zip. ``open`` gives a fresh binary stream each time."""

    path: str
    name: str
    size: int
    open: Callable[[], BinaryIO]


class ReleaseHeader(msgspec.Struct, frozen=True):
    """What a file says of itself.

    ``release`` is the table's own way of naming editions (``2024q3``, ``2025d`` for RVU25D, ``fy2026-04``).
    ``coverage_from``/``coverage_to`` are the first and last service dates (inclusive, ISO) that the edition was published for;
    with ``carries_history`` its rows have their own validity dates and it also judges every date from
    ``history_from`` on. ``published`` is the knowledge date (first day the edition was in force when the file does not say).
    ``part`` and ``parts`` number the pieces of an edition that is published in several files (0 when whole).
    """

    table: str
    release: str
    published: str
    coverage_from: str
    coverage_to: str
    carries_history: bool = False
    history_from: str = ""
    part: int = 0
    parts: int = 0


class ParsedTable(msgspec.Struct):
    """One table read from one file: its header and its rows in the order of the table's schema (see ``tables.py``).

    ``rows`` yields tuples; ``problems`` fills while it is read. A reader stops after fifty problems. The store
    refuses the whole file when any problem was found. ``line`` is the line of the row last yielded (0 when the file
    has no lines or the reader does not say): the store names it when a row contradicts another.
    """

    header: ReleaseHeader
    rows: Iterator[tuple[Scalar | None, ...]]
    problems: list[Problem]
    line: int = 0


class Layout(msgspec.Struct, frozen=True):
    """One official layout: ``recognise`` looks at the first 64 KiB of a member, ``read`` yields its tables in turn.

    Each yielded ``ParsedTable``'s rows are consumed before the next one is asked for.
    """

    id: str
    title: str
    tables: tuple[str, ...]
    recognise: Callable[[SourceMember, bytes], bool]
    read: Callable[[SourceMember], Iterator[ParsedTable]]


LayoutRegistry = Mapping[str, Layout]
