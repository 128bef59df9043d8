"""Prints the facts that rules can read as the page ``docs/facts.md``."""

from __future__ import annotations

from engine.fact_kind import FactKind
from engine.fact_schema import FACT_KINDS

_HEAD = """# The facts that rules can read

Generated from `engine/fact_schema.py`; a test keeps it current. Beside these, a rule may read any fact that rules `assert`.

- **table**: the reference table that the field is read from. Without a release of it for the date, a rule that reads the
  field is reported in `not_evaluated`.
- **absent**: *unknown* means that the claim does not say, so a rule that hinges on the field is reported in
  `not_evaluated`; *none* means that there is none.
- The date that picks dated values and table rows is in the fact's `date field`.
"""


def facts_page() -> str:
    """Returns the page in Markdown."""
    return "\n".join([_HEAD, *(_kind(kind) for kind in FACT_KINDS.values())])


def _kind(kind: FactKind) -> str:
    rows = [
        f"| `{name}` | {field.type.value} | {field.about.replace('|', chr(92) + '|')} | "
        f"{f'`{field.table}`' if field.table else ''} | {'unknown' if field.unknown_when_absent else 'none'} |"
        for name, field in kind.fields.items()
    ]
    head = ["| field | type | what it is | table | absent |", "|---|---|---|---|---|"]
    return "\n".join([f"## `{kind.name}`: {kind.about}", "", f"Date field: `{kind.date_field}`.", "", *head, *rows, ""])
