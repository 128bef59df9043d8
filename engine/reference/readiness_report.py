"""Writes the readiness report as text and as one HTML page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from engine.reference.changes import Change
from engine.reference.mentions import Mention
from engine.reference.readiness import Affected, Readiness

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #d5d9de;padding:.35rem .6rem;text-align:left;"
    "vertical-align:top}pre{background:#f4f5f7;padding:1rem;overflow-x:auto}h2{margin-top:2.5rem}"
    ".retired{color:#a4262c}.replaced{color:#8a5a00}.changed{color:#0b5394}"
)


def report_text(found: Readiness) -> str:
    """Returns the report as plain text."""
    lines = [f"Readiness: {_title(found)}", ""]
    lines += [f"{count:>8,} {what}" for what, count in found.changed.items()]
    named = _counted(found)
    lines += [
        "",
        f"{len(found.affected)} of these changes are named by the policies: {named}."
        if found.affected
        else "The policies name none of these.",
    ]
    for item in found.affected:
        lines += ["", _change_line(item.change)]
        lines += [f"    {_mention_line(mention)}" for mention in item.mentions]
    if found.patches:
        lines += ["", "Draft patches for tables whose codes have one successor each (review before use):"]
        for patch in found.patches:
            lines += ["", patch.diff.rstrip("\n")]
    if found.by_hand:
        lines += ["", "One successor each, to be changed by hand:", *(f"    {text}" for text in found.by_hand)]
    return "\n".join(lines) + "\n"


def report_html(found: Readiness) -> str:
    """Returns the report as one self-contained HTML page."""
    title = f"Readiness: {_title(found)}"
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>',
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><h1>{escape(title)}</h1>',
        "<table><tr><th>table and change</th><th>codes</th></tr>",
        *(f"<tr><td>{escape(what)}</td><td>{count:,}</td></tr>" for what, count in found.changed.items()),
        "</table>",
        f"<h2>What the policies name ({len(found.affected)})</h2>",
        f"<p>{escape(_counted(found) or 'The policies name none of the changed codes.')}</p>",
    ]
    if found.affected:
        parts.append("<table><tr><th>code</th><th>change</th><th>successors</th><th>named by</th></tr>")
        parts += [_html_row(item) for item in found.affected]
        parts.append("</table>")
    if found.patches:
        parts.append("<h2>Draft patches</h2><p>For tables whose codes have one successor each. Review before use.</p>")
        parts += [f"<pre>{escape(patch.diff)}</pre>" for patch in found.patches]
    if found.by_hand:
        parts.append("<h2>To change by hand</h2><ul>")
        parts += [f"<li>{escape(text)}</li>" for text in found.by_hand]
        parts.append("</ul>")
    return "\n".join(parts) + "\n</html>\n"


def _title(found: Readiness) -> str:
    return ", ".join(f"{older.table} {older.release} to {newer.release}" for older, newer in found.compared)


def _counted(found: Readiness) -> str:
    kinds: dict[str, set[str]] = {}
    for item in found.affected:
        for mention in item.mentions:
            kinds.setdefault(mention.kind, set()).add(mention.name)
    return ", ".join(f"{len(names)} {kind}{'s' if len(names) != 1 else ''}" for kind, names in sorted(kinds.items()))


def _change_line(change: Change) -> str:
    text = f"{' / '.join(change.codes)} {change.what} on {change.on} ({change.table})"
    if change.detail:
        text += f": {change.detail}"
    if change.successors:
        text += f"; successors: {_listed(change.successors)}"
    return text


def _listed(codes: Iterable[str], most: int = 12) -> str:
    found = list(codes)
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")


def _mention_line(mention: Mention) -> str:
    place = f"{mention.place.file}:{mention.place.line}" if mention.place.file else ""
    row = f" row {mention.row}" if mention.row else ""
    return f"{mention.kind} {mention.name}{row}  {place}".rstrip()


def _html_row(item: Affected) -> str:
    change = item.change
    named = "<br>".join(escape(_mention_line(mention)) for mention in item.mentions)
    what = f'<span class="{escape(change.what)}">{escape(change.what)}</span> on {escape(change.on)}'
    detail = f"<br>{escape(change.detail)}" if change.detail else ""
    codes = escape(" / ".join(change.codes))
    heirs = escape(_listed(change.successors))
    cells = (f"{codes}<br>{escape(change.table)}", what + detail, heirs, named)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
