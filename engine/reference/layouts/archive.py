"""Lists the data members of what a user downloads: a plain file, a folder, a zip, a zip inside a zip."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, BinaryIO, cast

from engine.errors import InvalidDataError
from engine.reference.layout import SourceMember
from engine.reference.layouts.problems import DAMAGE, refusal

LARGEST_MEMBER = 2 << 30
_MOST_MEMBERS = 10_000
_OpenArchive = Callable[[], zipfile.ZipFile]


def members(path: Path) -> Iterator[SourceMember]:
    """Yields every file of a plain file, folder or zip, in name order; zips inside are opened too.

    Raises InvalidDataError (``E601``) for an archive that is truncated, damaged or encrypted, or holds a member of more than 2 GB.
    """
    if path.is_dir():
        for file in sorted(entry for entry in path.rglob("*") if entry.is_file()):
            yield from _of_file(file, f"{path.name}/{file.relative_to(path).as_posix()}")
        return
    yield from _of_file(path, path.name)


def _of_file(path: Path, name: str) -> Iterator[SourceMember]:
    plain = SourceMember(str(path), name, 0, _file_opener(path))
    try:
        size = path.stat().st_size
        with open(path, "rb") as stream:
            magic = stream.read(4)
        is_archive = path.suffix.lower() == ".zip" or (magic.startswith(b"PK") and not _is_workbook(path))
    except OSError as error:
        raise refusal(plain, "E601", f"the file cannot be read: {error.strerror}", "check the path") from error
    if is_archive:
        yield from _of_archive(lambda: zipfile.ZipFile(path), str(path), "", plain)
    else:
        yield SourceMember(plain.path, name, size, plain.open)


def _is_workbook(path: Path) -> bool:
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except DAMAGE:
        return False


def _of_archive(open_archive: _OpenArchive, path: str, prefix: str, plain: SourceMember) -> Iterator[SourceMember]:
    try:
        with open_archive() as archive:
            entries = archive.infolist()
    except DAMAGE as error:
        raise refusal(plain, "E601", f"the archive is truncated or damaged: {error}") from error
    if len(entries) > _MOST_MEMBERS:
        raise refusal(plain, "E601", f"the archive holds {len(entries)} files, more than {_MOST_MEMBERS}")
    for entry in sorted(entries, key=lambda entry: entry.filename):
        if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
            continue
        member = SourceMember(path, prefix + entry.filename, entry.file_size, _opener(open_archive, entry.filename))
        if entry.flag_bits & 1:
            raise refusal(member, "E601", "the member is encrypted", "give the archive without a password")
        if entry.file_size > LARGEST_MEMBER:
            raise refusal(member, "E601", f"the member says it holds {entry.file_size:,} bytes, more than 2 GB")
        if entry.filename.lower().endswith(".zip"):
            if prefix:
                raise refusal(member, "E601", "archives are nested more than once", "unpack the outer archive")
            yield from _of_archive(_inner(member), path, f"{entry.filename}/", member)
        else:
            yield member


def _inner(member: SourceMember) -> _OpenArchive:
    return lambda: zipfile.ZipFile(cast(IO[bytes], member.open()))


def _file_opener(path: Path) -> Callable[[], BinaryIO]:
    def open_file() -> BinaryIO:
        return open(path, "rb")

    return open_file


def _opener(open_archive: _OpenArchive, name: str) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        with open_archive() as archive:  # the member keeps the file open until it is closed itself
            return cast(BinaryIO, archive.open(name))

    return open_member


def siblings(member: SourceMember) -> dict[str, SourceMember]:
    """Returns the files in the same folder (of the disk or the archive) as a member by lower-case file name."""
    folder = member.name.rpartition("/")[0]
    if member.path.endswith(member.name):  # a file of its own
        parent = Path(member.path).parent
        files = [entry for entry in parent.iterdir() if entry.is_file() and not entry.name.lower().endswith(".zip")]
        return {
            entry.name.lower(): found
            for entry in files
            for found in _of_file(entry, f"{folder}/{entry.name}".lstrip("/"))
        }
    try:
        listed = list(members(Path(member.path)))
    except InvalidDataError:
        return {}
    return {found.name.rpartition("/")[2].lower(): found for found in listed if found.name.rpartition("/")[0] == folder}
