"""Reads the ICD-10-CM Tabular List XML: codes with 7th characters, Excludes1, Excludes2 and coding instructions.

Codes of fewer than six characters that need a 7th are filled with the placeholder X, as the list's introduction says. The
billable codes are those without codes below them. Entities are refused; the document is read whole (about ten megabytes).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse

from engine.reference.layout import Layout, ParsedTable, SourceMember
from engine.reference.layouts.fields import icd_with_dot
from engine.reference.layouts.icd10cm_editions import icd_header
from engine.reference.layouts.icd10cm_notes import read_note, with_headings
from engine.reference.layouts.icd10cm_tree import CodeTree, dotted
from engine.reference.layouts.problems import DAMAGE, Cells, Enough, ProblemLog, guarded, refusal

_KINDS = {
    "excludes1": "",
    "excludes2": "",
    "codeFirst": "code_first",
    "useAdditionalCode": "use_additional",
    "codeAlso": "code_also",
}
_CATEGORY = r"[A-Z][0-9A][0-9A-Z]"
_RANGE = re.compile(rf"({_CATEGORY})(?:-({_CATEGORY}))?")
_CHAPTER = re.compile(rf"\(({_CATEGORY}-{_CATEGORY})\)\s*$")
_NO_SEVENTH = re.compile(
    rf"7th characters (\w)(?: and (\w))? do not apply to codes in category ({_CATEGORY}) with 6th character (.*)"
)
_DEEPEST = 8
_TABLES = ("icd10cm", "icd10cm_excludes1", "icd10cm_excludes2", "icd10cm_instructions")


class _Note(msgspec.Struct, frozen=True):
    """One note as printed: its kind, where it stands (code, or range of a chapter or section), heading and text."""

    kind: str
    at: str
    heading: str
    text: str


def recognises(_member: SourceMember, head: bytes) -> bool:
    """Returns whether the root element is the one of the tabular list."""
    return b"<ICD10CM.tabular" in head[:4096]


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields codes, Excludes1, Excludes2 and instructions in turn, those that there are."""
    root = _root(member)
    log = ProblemLog(member)
    tree, notes = CodeTree(), list[_Note]()
    with contextlib.suppress(Enough):
        _walk(root, tree, notes, log)
    version = (root.findtext("version") or "").strip()
    year = int(version) if re.fullmatch(r"20\d\d", version) else 0
    if not tree.nodes and not log.problems:
        raise refusal(member, "E607", "the tabular list has no codes")
    parsed = ParsedTable(icd_header(_TABLES[0], member, year), iter(()), log.problems)
    parsed.rows = guarded(log, _code_rows(tree))
    yield parsed
    if log.problems:
        return
    for kind, table in (("excludes1", _TABLES[1]), ("excludes2", _TABLES[2])):
        chosen = [note for note in notes if note.kind == kind]
        if rows := list(_excludes(chosen, tree)):
            yield ParsedTable(icd_header(table, member, year), iter(rows), log.problems)
    if rows := list(_instructions([note for note in notes if _KINDS[note.kind]], tree)):
        yield ParsedTable(icd_header(_TABLES[3], member, year), iter(rows), log.problems)


def _root(member: SourceMember) -> Element:
    try:
        with member.open() as stream:
            root: Element | None = parse(stream).getroot()
    except ParseError as error:
        line = error.position[0] if hasattr(error, "position") else 0
        raise refusal(member, "E601", f"the XML is cut short or not well formed: {error}", line=line) from error
    except DefusedXmlException as error:
        raise refusal(member, "E601", "the XML declares entities, which are refused") from error
    except (UnicodeDecodeError, LookupError, ValueError) as error:
        raise refusal(member, "E605", f"the XML is not text in its encoding: {error}") from error
    except DAMAGE as error:
        raise refusal(member, "E601", f"the file is damaged or cut short: {error}") from error
    if root is None or root.tag != "ICD10CM.tabular":
        raise refusal(member, "E607", "the root element is not ICD10CM.tabular")
    return root


def _barred_sevenths(root: Element) -> list[tuple[str, set[str], set[str]]]:
    """Returns the exceptions that notes make: category, 6th characters, and the 7th characters these do not take."""
    barred = []
    for note in root.iterfind(".//diag/notes/note"):
        if found := _NO_SEVENTH.search(note.text or ""):
            first, second, category, rest = found.groups()
            barred.append((category, set(re.findall(r"\b(\w) - ", rest)), {first, second or first}))
    return barred


def _walk(root: Element, tree: CodeTree, notes: list[_Note], log: ProblemLog) -> None:
    barred = _barred_sevenths(root)
    for chapter in root.iterfind("chapter"):
        found = _CHAPTER.search(chapter.findtext("desc") or "")
        _take_notes(chapter, found[1] if found else "", notes)
        for section in chapter.iterfind("section"):
            _take_notes(section, section.get("id") or "", notes)
            for category in section.iterfind("diag"):
                _take_code(category, "", {}, 0, _Building(tree, notes, log, barred))


class _Building(msgspec.Struct):
    """What a walk over the XML fills."""

    tree: CodeTree
    notes: list[_Note]
    log: ProblemLog
    barred: list[tuple[str, set[str], set[str]]]


def _take_code(element: Element, parent: str, seventh: dict[str, str], depth: int, into: _Building) -> None:
    tree, log = into.tree, into.log
    name = (element.findtext("name") or "").strip()
    code = icd_with_dot(name)
    if code is None or depth > _DEEPEST or not code.replace(".", "").startswith(parent):
        log.add("E606", f"{name!r} below {dotted(parent) or 'a section'} is not an ICD-10-CM code", column=name)
        return
    bare = code.replace(".", "")
    if bare in tree.titles:
        log.add("E606", f"{code} is listed twice", column=code)
        return
    title = " ".join((element.findtext("desc") or "").split())
    own = element.find("sevenChrDef")
    if own is not None:
        seventh = {item.get("char") or "": " ".join((item.text or "").split()) for item in own.iterfind("extension")}
    below = element.findall("diag")
    tree.add(bare, title, not below and not seventh, parent)
    _take_notes(element, code, into.notes)
    for child in below:
        _take_code(child, bare, seventh, depth + 1, into)
    if not below:
        _add_sevenths(bare, title, seventh, into)


def _add_sevenths(bare: str, title: str, seventh: dict[str, str], into: _Building) -> None:
    """Adds the billable codes of a code that needs a 7th character, filled with X before it."""
    filled = f"{bare:X<6}"
    barred = {
        character
        for category, sixths, characters in into.barred
        if filled.startswith(category) and filled[5] in sixths
        for character in characters
    }
    for character, meaning in seventh.items():
        if len(character) != 1 or len(filled) != 6:
            into.log.add("E606", f"7th character {character!r} does not fit {dotted(bare)}", column=dotted(bare))
        elif character not in barred:
            into.tree.add(filled + character, f"{title}, {meaning}", True, bare)


def _take_notes(element: Element, at: str, notes: list[_Note]) -> None:
    if not at:
        return
    for kind in _KINDS:
        for block in element.iterfind(kind):
            texts = [" ".join("".join(note.itertext()).split()) for note in block.iterfind("note")]
            notes += [_Note(kind, at, heading, text) for heading, text in with_headings(texts)]


def _code_rows(tree: CodeTree) -> Iterator[Cells]:
    for order, node in enumerate(tree.nodes, start=1):
        yield dotted(node.code), order, node.billable, "", node.title


def _places(at: str, tree: CodeTree) -> list[str]:
    """Returns the plain prefixes of where a note stands: a code, or the range of a chapter or section."""
    if found := _RANGE.fullmatch(at):
        first, last = found.groups()
        return tree.within(first, last or first) if last else [first]
    return [at.replace(".", "")]


def _excludes(notes: Sequence[_Note], tree: CodeTree) -> Iterator[Cells]:
    seen: set[tuple[str, str, str]] = set()
    for note in notes:
        said = read_note(note.heading, note.text, tree)
        for place in _places(note.at, tree):
            for target in said.prefixes:
                for one, other in tree.apart(place, target):
                    if (one, other, said.text) not in seen:
                        seen.add((one, other, said.text))
                        yield dotted(one), dotted(other), note.at, said.text, said.qualified


def _instructions(notes: Sequence[_Note], tree: CodeTree) -> Iterator[Cells]:
    for note in notes:
        said = read_note(note.heading, note.text, tree)
        for place in _places(note.at, tree):
            for target in said.prefixes or ("",):
                instruction = _KINDS[note.kind]
                yield dotted(place), instruction, dotted(target), said.conditional, note.at, said.text


LAYOUT = Layout("icd10cm_tabular", "ICD-10-CM tabular list", _TABLES, recognises, read)
