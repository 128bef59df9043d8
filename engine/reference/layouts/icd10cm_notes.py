"""Reads the notes of the ICD-10-CM tabular list: which codes a note names, as prefixes, and how firmly.

A note names codes in brackets (``(K73.-)``, ``(M31.30-M31.31)``, ``(E08-E13 with .51-.52)``, ``(T36-T50 with fifth or sixth
character 5)``) or, rarely, in its words. Lists of a note that ends in a colon belong to it, with its conditions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from engine.reference.layouts.icd10cm_tree import CodeTree, plain, with_length

_CODE = r"(?:[A-Z]\d|QA)[0-9A-Z](?:\.[0-9A-Z]{0,4})?"
_NAMED = re.compile(
    rf"({_CODE})[.-]*\s*(?:-|\bto\b)\s*({_CODE})(?![0-9A-Za-z])|(?<![0-9A-Za-z])({_CODE})(?![0-9A-Za-z])"
)
_BRACKETS = re.compile(r"\(([^()]*)[)}]|\(([^()]*)$")
_NOT_CODES = re.compile(r"vitamin B\d\d|for codes [A-Z0-9.,\s-]+", re.IGNORECASE)
_ORDINALS = {"fifth": 5, "5th": 5, "sixth": 6, "six": 6, "6th": 6, "seventh": 7, "7th": 7}
_ORDINAL = "|".join(_ORDINALS)
_POSITIONED = re.compile(
    rf"with\s+({_ORDINAL})(?:\s+(or|to)\s+({_ORDINAL}))?[\s-]+characters?\s+\.?([0-9A-Z]+(?:\s*(?:-|,|\bor\b)\s*[0-9A-Z]+)*)\s*$",
)
_FINAL = re.compile(r"with\s+final\s+characters?\s+-?(\d+)\s*$")
_AFTER_DOT = re.compile(
    r"\bwith\s+(?:final\s+characters?\s+)?(\.[0-9A-Z]+-?(?:[\s,.]*(?:-|\bor\b)?\s*\.[0-9A-Z]+-?)*)\s*$"
)
_CONDITION = re.compile(r"\b(?:if|when|any|such as|as appropriate|as needed)\b", re.IGNORECASE)
_LIMITS = re.compile(
    r"\b(?:NOS|NEC|due to|without|with|except|other than|during|following|complicating|in conditions|if|not|unless|certain"
    r"|specified|specific|indicating|such as|associated with)\b"
)
_IN_RANGES = re.compile(r"\b(?:in|bilateral|unilateral)\b")
_RESIDUAL = re.compile(r"\b(?:other|unspecified|not elsewhere classified)\b", re.IGNORECASE)
_STARTS_ANEW = re.compile(r"(?:code|codes|,|any|if|from|to|\(|associated|underlying)\b|[,(]", re.IGNORECASE)


class NotedCodes(msgspec.Struct, frozen=True):
    """What a note says: its text (with the heading it belongs to), the plain prefixes it names, and how firmly.

    ``qualified`` says that the words are narrower than the codes: NOS and the like stand beside them, the code is a residual one
    (``other``, ``unspecified``) or its limiting words cannot be resolved to codes. ``conditional`` says that the note asks for codes
    only if they apply or names examples.
    """

    text: str
    prefixes: tuple[str, ...]
    qualified: bool
    conditional: bool


def with_headings(notes: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yields each note with the heading it belongs to (empty when none): a note that ends in a colon heads the next ones."""
    heading = ""
    for text in notes:
        if text.endswith(":"):
            heading = text
            continue
        if heading and _STARTS_ANEW.match(text):
            heading = ""
        yield heading, text


def read_note(heading: str, text: str, tree: CodeTree) -> NotedCodes:
    """Returns the codes that a note names, as prefixes of codes that exist in the tree."""
    whole = f"{heading} {text}" if heading else text
    searched = _NOT_CODES.sub("", text)
    segments = [one or two for one, two in _BRACKETS.findall(searched)]
    named = [segment for segment in segments if _NAMED.search(segment)] or [searched]
    prefixes: list[str] = []
    unresolved = False
    for segment in named:
        found, resolved = _of_segment(segment, tree)
        prefixes += found
        unresolved |= not resolved
    words = _BRACKETS.sub("", text)
    titles = [tree.titles.get(prefix, "") for prefix in prefixes]
    # A range is named for what its codes share: that some of them are residual says nothing, unless the words name a part of it.
    single = not any(first for segment in named for first, _, _ in _NAMED.findall(segment))
    residual = any(_RESIDUAL.search(title) for title in titles) and (single or bool(_IN_RANGES.search(words)))
    narrowed = _limited(words, titles) or (residual and not _RESIDUAL.search(words))
    return NotedCodes(
        text=whole,
        prefixes=tuple(dict.fromkeys(prefixes)),
        qualified=unresolved or narrowed,
        conditional=bool(_CONDITION.search(whole)),
    )


def _limited(words: str, titles: Sequence[str]) -> bool:
    """Returns whether the words narrow the codes; a word that each code's own title has too only repeats it."""
    return any(not titles or any(limit not in title for title in titles) for limit in _LIMITS.findall(words))


def _of_segment(segment: str, tree: CodeTree) -> tuple[list[str], bool]:
    """Returns the prefixes that one bracket names and whether its limiting words could be resolved."""
    bases: list[str] = []
    for first, last, single in _NAMED.findall(segment):
        if single:
            bases.append(plain(single))
        else:
            bases += tree.within(plain(first), plain(last))
    limited = re.split(r"\bwith\b", segment, maxsplit=1)
    if len(limited) < 2 or not bases:
        return _existing(bases, tree), True
    narrowed = _narrowed(bases, "with" + limited[1], tree)
    return (narrowed, True) if narrowed else (_existing(bases, tree), False)


def _existing(bases: Iterable[str], tree: CodeTree) -> list[str]:
    """Returns the prefixes that hold a code; one with a letter mistyped or a code long gone is left out."""
    return [base for base in bases if base in tree.titles or base in tree.starts]


def _narrowed(bases: list[str], limit: str, tree: CodeTree) -> list[str]:
    """Returns the prefixes below the bases that the limiting words pick; none when the words are not understood."""
    if found := _FINAL.search(limit):
        return [code for code in _codes(bases, tree) if code.endswith(found[1]) and _is_before_seventh(code)]
    if found := _POSITIONED.search(limit):
        first, joined, second, values = found.groups()
        wanted = _values(values)
        low, high = _ORDINALS[first], _ORDINALS[second or first]
        if joined == "to":
            return [code for code in _codes(bases, tree) if len(code) == high and code[low - 1 : high] in wanted]
        if joined == "or":
            leaves = [code for code in _codes(bases, tree) if _is_last_before_seventh(code, tree)]
            return [code for code in leaves if len(code) in {low, high} and code[-1] in wanted]
        return [code for code in with_length(_codes(bases, tree), low) if code[-1] in wanted]
    if found := _AFTER_DOT.search(limit):
        endings = _endings(found[1])
        return [
            base[:3] + ending
            for base in _categories(bases, tree)
            for ending in endings
            if base[:3] + ending in tree.titles
        ]
    return []


def _codes(bases: Iterable[str], tree: CodeTree) -> Iterator[str]:
    for base in bases:
        for category in _categories([base], tree) if len(base) < 3 else [base]:
            yield from tree.below(category)


def _categories(bases: Iterable[str], tree: CodeTree) -> list[str]:
    return [category for base in bases for category in tree.categories if category.startswith(base[:3])]


def _is_before_seventh(code: str) -> bool:
    return len(code) <= 6


def _is_last_before_seventh(code: str, tree: CodeTree) -> bool:
    return len(code) <= 6 and all(len(child) == 7 for child in tree.children.get(code, ()))


def _values(text: str) -> set[str]:
    """Returns the characters of ``1-4 or 6``."""
    found: set[str] = set()
    for item in re.split(r"\s*(?:,|\bor\b)\s*", text):
        first, dash, last = (part.strip() for part in item.partition("-"))
        if dash and len(first) == len(last) == 1 and first <= last:
            found |= {chr(number) for number in range(ord(first), ord(last) + 1)}
        else:
            found.add(first)
    return found


def _endings(text: str) -> list[str]:
    """Returns the endings of ``.51-.52`` or ``.17, .27``."""
    if found := re.fullmatch(r"\.(\d+)\s*-\s*\.(\d+)", text.strip()):
        first, last = found.groups()
        return [f"{number:0{len(first)}}" for number in range(int(first), int(last) + 1)][:100]
    return re.findall(r"\.([0-9A-Z]+)", text)
