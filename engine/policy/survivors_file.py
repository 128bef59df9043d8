"""Reads a file of explained survivors: mutants of rules that no golden test catches, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator

from engine.policy import schema
from engine.policy.proofs import ExplainedSurvivor
from engine.policy.reader import Reader
from engine.policy.source import Node


def read_survivors(reader: Reader, root: Node) -> Iterator[ExplainedSurvivor]:
    """Yields the entries of a file of kind ``survivors``; one that stands twice is a problem (E518)."""
    fields = reader.fields(root, schema.SURVIVORS, "the survivors file")
    reader.text(fields.get("title"), "title")
    seen: set[tuple[str, str, str]] = set()
    for item in reader.items(fields.get("survivors"), "survivors"):
        entry = reader.fields(item, schema.SURVIVOR, "the survivor")
        rule, because = reader.text(entry.get("rule"), "rule"), reader.text(entry.get("because"), "because")
        policy, place = reader.text(entry.get("policy"), "policy"), reader.source.place(item)
        for change in reader.one_or_texts(entry.get("change"), "change"):
            key = (policy, rule, change)
            if key in seen:
                reader.problem("E518", item, f"{rule}: {change!r} is explained twice", "explain it once")
            seen.add(key)
            yield ExplainedSurvivor(rule=rule, change=change, because=because, policy=policy, place=place)
