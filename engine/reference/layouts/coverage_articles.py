"""Reads Medicare coverage articles (the ``current_article_csv`` export): which diagnoses cover which procedures.

The export is a folder of tables keyed by article and version. They are joined at ``article_x_hcpc_code.csv``; given any one table
alone, its neighbours are read beside it. The export does not link groups of diagnoses to groups of procedures: the
paragraph of a diagnosis group says which codes it is for. Where it names procedures of the article the group covers
those, else all procedures of the article. Texts other than codes may hold bytes that are not UTF-8; they are replaced.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping

import msgspec

from engine.reference.layout import Layout, ParsedTable, ReleaseHeader, SourceMember
from engine.reference.layouts.archive import siblings
from engine.reference.layouts.code_lists import ALWAYS
from engine.reference.layouts.fields import american_date, compact_date, icd_with_dot, is_code, squeezed, whole
from engine.reference.layouts.problems import DAMAGE, Cells, ProblemLog, guarded, refusal
from engine.reference.layouts.records import preview

_ANCHOR = "article_x_hcpc_code.csv"
_COVERED, _NONCOVERED = "article_x_icd10_covered.csv", "article_x_icd10_noncovered.csv"
_PARAGRAPHS = "article_x_icd10_covered_group.csv"
_NAMED = re.compile(
    r"(?<![0-9A-Za-z.])([0-9A-Z][0-9]{3}[0-9A-Z])(?:\s*(?:-|through|to)\s*([0-9A-Z][0-9]{3}[0-9A-Z]))?(?![0-9A-Za-z])"
)
_NO_PROCEDURE = "", "XX000"  # the export's own way of saying that no code is listed
_Key = tuple[str, str]


class _Article(msgspec.Struct):
    """One version of an article: its label, contractors, policies and dates."""

    label: str
    start: str | None
    end: str | None
    policy: str = ""
    contractor: str = ""


def recognises(member: SourceMember, head: bytes) -> bool:
    """Returns whether the first record is the header of one of the article tables."""
    rows = preview(member, head)
    names = {squeezed(cell) for cell in rows[0]} if rows else set()
    return {"articleid", "articleversion"} <= names


def read(member: SourceMember) -> Iterator[ParsedTable]:
    """Yields the coverage table, joined over the tables beside the member; nothing for a table that another one brings."""
    file_name = member.name.rpartition("/")[2].lower()
    beside = siblings(member) | {file_name: member}
    given_alone = member.path.endswith(member.name) and "/" not in member.name
    if file_name != _ANCHOR and _ANCHOR in beside and not given_alone:
        return
    missing = [name for name in ("article.csv", _ANCHOR, _COVERED) if name not in beside]
    if missing:
        hint = "give the whole export, as zip or folder"
        raise refusal(member, "E609", f"{', '.join(missing)} must be beside this table", hint)
    log = ProblemLog(beside[_ANCHOR])
    articles, newest = _articles(beside)
    parsed = ParsedTable(_header(articles, newest), iter(()), log.problems)
    parsed.rows = guarded(log, _rows(beside, articles, log))
    yield parsed


def _table(beside: Mapping[str, SourceMember], name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields the records of one table by column name; nothing when the export has no such table."""
    member = beside.get(name)
    if member is None:
        return
    line = 0
    try:
        with member.open() as stream:
            lines = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
            reader = csv.reader(lines, strict=False)
            heading = [squeezed(cell) for cell in next(reader, [])]
            line = reader.line_num + 1
            for cells in reader:
                if any(cells):
                    if len(cells) != len(heading):
                        message = f"the line has {len(cells)} columns, its header {len(heading)}"
                        raise refusal(member, "E602", message, line=line)
                    yield line, dict(zip(heading, (cell.strip() for cell in cells), strict=True))
                line = reader.line_num + 1
    except csv.Error as error:
        raise refusal(member, "E602", f"the line is not well formed: {error}", line=line) from error
    except DAMAGE as error:
        raise refusal(member, "E601", f"the file is damaged or cut short: {error}", line=line) from error


def _key(cells: Mapping[str, str]) -> _Key:
    return cells.get("articleid", ""), cells.get("articleversion", "")


def _day(text: str) -> str | None:
    """Returns a date of the export (ISO, with or without a time, or American) as ISO text."""
    date_part = text.split(" ", maxsplit=1)[0].split("T", maxsplit=1)[0]
    return compact_date(date_part) or american_date(date_part)


def _articles(beside: Mapping[str, SourceMember]) -> tuple[dict[_Key, _Article], str]:
    articles: dict[_Key, _Article] = {}
    newest = ""
    for line, cells in _table(beside, "article.csv"):
        days: list[str | None] = []
        for name in ("articleeffdate", "articleenddate"):
            text = cells.get(name, "")
            days.append(_day(text) if text else None)
            if text and days[-1] is None:
                raise refusal(beside["article.csv"], "E603", f"{text!r} is not a date", line=line)
        newest = max(newest, _day(cells.get("lastupdated", "")) or "")
        label = cells.get("displayid") or f"A{cells['articleid']}"
        articles[_key(cells)] = _Article(label, days[0], days[1])
    policies: dict[_Key, list[str]] = {}
    for _, cells in _table(beside, "article_related_documents.csv"):
        if cells.get("rlcdid"):
            policies.setdefault(_key(cells), []).append(f"L{cells['rlcdid']}")
    contractors: dict[_Key, list[str]] = {}
    for _, cells in _table(beside, "article_x_contractor.csv"):
        contractors.setdefault(_key(cells), []).append(cells.get("contractorid", ""))
    for key, article in articles.items():
        article.policy = " ".join(dict.fromkeys(policies.get(key, ())))
        article.contractor = " ".join(dict.fromkeys(contractors.get(key, ())))
    return articles, newest


def _header(articles: Mapping[_Key, _Article], newest: str) -> ReleaseHeader:
    """Returns the header: named by the newest update, else by the one article, else ``undated``."""
    versions = [f"{article.label}-{version}".lower() for (_, version), article in articles.items()]
    release = newest or (versions[0] if len(versions) == 1 else "undated")
    first = newest or ALWAYS[0]
    starts = [article.start for article in articles.values() if article.start]
    history = min([*starts, first]) if newest else ALWAYS[0]
    return ReleaseHeader("coverage", release, first, first, ALWAYS[1], True, history)


def _rows(beside: Mapping[str, SourceMember], articles: Mapping[_Key, _Article], log: ProblemLog) -> Iterator[Cells]:
    procedures: dict[_Key, list[str]] = {}
    for line, cells in _table(beside, _ANCHOR):
        code = cells.get("hcpccodeid", "")
        if code in _NO_PROCEDURE:
            continue
        if not is_code(code):
            log.add("E606", f"{code!r} is not a code of five capitals or digits", line, "hcpc_code_id")
        elif _key(cells) not in articles:
            log.add("E609", f"article {'/'.join(_key(cells))} is not in article.csv", line, "article_id")
        elif code not in procedures.setdefault(_key(cells), []):
            procedures[_key(cells)].append(code)
    named: dict[tuple[str, str, str], list[str]] = {}
    for _, cells in _table(beside, _PARAGRAPHS):
        key = _key(cells)
        if found := _procedures_named(cells.get("paragraph", ""), procedures.get(key, [])):
            named[(*key, cells.get("icd10coveredgroup", ""))] = found
    for name, covered in ((_COVERED, True), (_NONCOVERED, False)):
        group_name = "icd10coveredgroup" if covered else "icd10noncoveredgroup"
        table_log = ProblemLog(beside[name]) if name in beside else log
        table_log.problems = log.problems
        for line, cells in _table(beside, name):
            key, group = _key(cells), cells.get(group_name, "")
            diagnosis, number = icd_with_dot(cells.get("icd10codeid", "")), whole(group or "0")
            if cells.get("icd10codeid", "").upper() in {"", "XX000"}:
                continue
            if diagnosis is None or number is None:
                message = (
                    f"{cells.get('icd10codeid')!r} in group {group!r} is not an ICD-10-CM code in a numbered group"
                )
                table_log.add("E606", message, line, "icd10_code_id")
                continue
            article = articles.get(key)
            if article is None:
                table_log.add("E609", f"article {'/'.join(key)} is not in article.csv", line, "article_id")
                continue
            chosen = (named.get((*key, group)) if covered else None) or procedures.get(key, [])
            for procedure in chosen:
                yield (
                    *(procedure, diagnosis, article.label, key[1], article.policy, number, covered),
                    *(article.contractor, article.start, article.end),
                )


def _procedures_named(paragraph: str, known: list[str]) -> list[str]:
    """Returns the article's procedures that a paragraph names, alone or within a range."""
    found: list[str] = []
    for first, last in _NAMED.findall(paragraph):
        found += [code for code in known if code == first or (last and first <= code <= last)]
    return list(dict.fromkeys(found))


LAYOUT = Layout("coverage_articles", "Medicare coverage articles", ("coverage",), recognises, read)
