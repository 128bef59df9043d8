"""Reads a policy file: its head, scope, parents, dated values, totals, overrides, exceptions and rules."""

from __future__ import annotations

from collections.abc import Collection

from engine.model import Citation
from engine.policy import schema
from engine.policy.expressions import constant_of, read_message, read_tests, read_when
from engine.policy.read_rule import CARC, RARC, adjustment_code, read_rule
from engine.policy.reader import Reader, is_date, meant
from engine.policy.source import Node
from engine.policy.types import (
    DatedValue,
    Disable,
    Extension,
    Override,
    Policy,
    PolicyException,
    Rule,
    Scalar,
    Scope,
    Status,
    Total,
    Value,
)
from engine.policy.types import MessagePart as _MessagePart


def read_policy(reader: Reader, root: Node, kinds: Collection[str]) -> Policy:
    """Reads a file of kind ``policy``; ``kinds`` are the facts known by name in the whole set."""
    fields = reader.fields(root, schema.POLICY, "the policy")
    policy_id = reader.id(fields.get("id"), "the policy's id")
    version = reader.id(fields.get("version"), "version")
    status = reader.word(fields.get("status"), schema.STATUSES, "status")
    effective_from, effective_to = _effective(reader, fields.get("effective"))
    references = _references(reader, fields.get("references"))
    return Policy(
        id=policy_id,
        version=version,
        title=reader.text(fields.get("title"), "title"),
        status=Status(status or "draft"),
        effective_from=effective_from,
        effective_to=effective_to,
        published=reader.date(fields.get("published"), "published"),
        review_by=reader.date(fields.get("review_by"), "review_by"),
        owner=reader.text(fields.get("owner"), "owner"),
        scope=_scope(reader, fields.get("scope")),
        extends=_extends(reader, fields.get("extends")),
        references=references,
        tables=reader.texts(fields.get("tables"), "tables"),
        values=_values(reader, fields.get("values"), dict(references), policy_id),
        totals=_totals(reader, fields.get("totals"), policy_id),
        overrides=_overrides(reader, fields.get("overrides")),
        disable=_disable(reader, fields.get("disable")),
        exceptions=_exceptions(reader, fields.get("exceptions"), policy_id),
        rules=_rules(reader, fields.get("rules"), policy_id, version, dict(references), kinds),
        place=reader.source.place(root),
    )


def _effective(reader: Reader, node: Node | None) -> tuple[str, str]:
    if node is None:
        return "", ""
    fields = reader.fields(node, schema.EFFECTIVE, "effective")
    start, end = reader.date(fields.get("from"), "from"), reader.date(fields.get("to"), "to")
    if start and end and end <= start:
        reader.problem(
            "E403", node, f"effective ends on {end}, not after {start}", "to is exclusive: the day after the last"
        )
    return start, end


def read_citation(reader: Reader, node: Node | None, what: str) -> Citation:
    """Reads the title, section and address of a document."""
    if node is None:
        return Citation("")
    fields = reader.fields(node, schema.CITATION, what)
    return Citation(
        title=reader.text(fields.get("title"), "title"),
        section=reader.text(fields.get("section"), "section"),
        url=reader.text(fields.get("url"), "url"),
    )


def _references(reader: Reader, node: Node | None) -> tuple[tuple[str, Citation], ...]:
    if node is None or not reader.wants(node, "map", "references"):
        return ()
    found = []
    for name, value in node.map.items():
        reader.name(name, reader.source.key_place(node, name), "the reference")
        found.append((name, read_citation(reader, value, f"the reference {name}")))
    return tuple(found)


def _scope(reader: Reader, node: Node | None) -> Scope | None:
    if node is None:
        return None
    fields = reader.fields(node, schema.SCOPE, "scope")
    found = {name: reader.one_or_texts(fields.get(name), name) or ("*",) for name in schema.SCOPE}
    for name, words in found.items():
        if "*" in words and len(words) > 1:
            reader.problem("E205", fields[name], f"{name} names everything and more", 'write "*" or the list')
    for word in found["claim_types"]:
        if word not in ("*", *schema.CLAIM_TYPES):
            reader.problem(
                "E206", fields["claim_types"], f"claim type {word!r} does not exist", meant(word, schema.CLAIM_TYPES)
            )
    return Scope(found["payer"], found["lines_of_business"], found["states"], found["plans"], found["claim_types"])


def _extends(reader: Reader, node: Node | None) -> tuple[Extension, ...]:
    found = []
    for item in reader.items(node, "extends"):
        fields = reader.fields(item, schema.EXTENSION, "the parent")
        parent, version = reader.text(fields.get("policy"), "policy"), reader.text(fields.get("version"), "version")
        if parent and version:
            found.append(Extension(parent, version, reader.source.place(item)))
    return tuple(found)


def _values(reader: Reader, node: Node | None, references: dict[str, Citation], policy_id: str) -> tuple[Value, ...]:
    if node is None or not reader.wants(node, "map", "values"):
        return ()
    found = []
    for name, value in node.map.items():
        reader.name(name, reader.source.key_place(node, name), "the value")
        fields = reader.fields(value, schema.VALUE, f"the value {name}")
        found.append(
            Value(
                id=name,
                title=reader.text(fields.get("title"), "title"),
                unit=reader.text(fields.get("unit"), "unit"),
                dates=_dates(reader, fields.get("dates"), name, references),
                policy_id=policy_id,
                place=reader.source.place(value),
            )
        )
    return tuple(found)


def _dates(reader: Reader, node: Node | None, name: str, references: dict[str, Citation]) -> tuple[DatedValue, ...]:
    if node is None or not reader.wants(node, "map", f"dates of {name}"):
        return ()
    if not node.map:
        reader.problem("E413", node, f"the value {name} has no dates", "write dates: {2026-01-01: 90}")
    found: list[DatedValue] = []
    for start, entry in node.map.items():
        place = reader.source.key_place(node, start)
        if not is_date(start):
            reader.problem("E209", place, f"{start!r} is not a date", "write it as 2026-01-31")
            continue
        if found and start < found[-1].start:
            reader.problem(
                "E413", place, f"{start} stands after {found[-1].start}", "write the dates in ascending order"
            )
        value, reference = _dated(reader, entry, name, references)
        if value is not None:
            found.append(DatedValue(start, value, reference))
    if len({_family(entry.value) for entry in found}) > 1:
        reader.problem("E309", node, f"the value {name} has values of unlike types", "give every date the same type")
    return tuple(sorted(found, key=lambda entry: entry.start))


def _dated(reader: Reader, node: Node, name: str, references: dict[str, Citation]) -> tuple[Scalar | None, str]:
    reference = ""
    if node.kind == "map":
        fields = reader.fields(node, schema.DATED_VALUE, f"the value {name}")
        reference = _known_reference(reader, fields.get("reference"), references)
        if "value" not in fields:
            return None, reference
        node = fields["value"]
    return constant_of(node, reader, f"the value {name}"), reference


def _known_reference(reader: Reader, node: Node | None, references: dict[str, Citation]) -> str:
    text = reader.text(node, "reference")
    if node is not None and text and text not in references:
        reader.problem(
            "E218", node, f"unknown reference {text!r}", meant(text, references) or "name it under references:"
        )
    return text


def _family(value: Scalar) -> str:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float):
        return "number"
    return "date" if is_date(value) else "text"


def _totals(reader: Reader, node: Node | None, policy_id: str) -> tuple[Total, ...]:
    found = []
    for item in reader.items(node, "totals"):
        fields = reader.fields(item, schema.TOTAL, "the total")
        measures = [name for name in ("sum", "count") if name in fields]
        if len(measures) != 1:
            reader.problem("E204", item, "a total has one of sum and count", "write sum: line.units or count: line")
            continue
        kind, _, field = reader.text(fields[measures[0]], measures[0]).partition(".")
        if (measures[0] == "sum") != bool(field):
            reader.problem(
                "E205", fields[measures[0]], "sum takes kind.field and count a kind", "write sum: line.units"
            )
            continue
        found.append(
            Total(
                id=reader.id(fields.get("id"), "the total's id"),
                measure=measures[0],
                kind=kind,
                field=field,
                by=reader.texts(fields.get("by"), "by"),
                where=read_tests(reader, fields["where"], "where") if "where" in fields else (),
                policy_id=policy_id,
                place=reader.source.place(item),
            )
        )
    return tuple(found)


def _overrides(reader: Reader, node: Node | None) -> tuple[Override, ...]:
    found = []
    for item in reader.items(node, "overrides"):
        fields = reader.fields(item, schema.OVERRIDE, "the override")
        settings: list[tuple[str, Scalar | tuple[_MessagePart, ...]]] = []
        for name, value in (
            reader.fields(fields["set"], schema.OVERRIDE_SETTINGS, "set").items() if "set" in fields else ()
        ):
            settings.append((name, _setting(reader, name, value)))
        if "set" in fields and fields["set"].kind == "map" and not settings:
            reader.problem("E207", fields["set"], "the override sets nothing", "set a severity, a message, …")
        found.append(
            Override(
                rule=reader.text(fields.get("rule"), "rule"),
                settings=tuple(settings),
                because=reader.text(fields.get("because"), "because"),
                place=reader.source.place(item),
            )
        )
    return tuple(found)


def _setting(reader: Reader, name: str, node: Node) -> Scalar | tuple[_MessagePart, ...]:
    if name == "message":
        return read_message(reader, node, "the message")
    if name in ("carc", "rarc"):
        return adjustment_code(reader, node, CARC if name == "carc" else RARC, name)
    word = reader.word(node, schema.OVERRIDE_SETTINGS[name].words, name)
    return word.upper() if name in ("severity", "kind") else word


def _disable(reader: Reader, node: Node | None) -> tuple[Disable, ...]:
    found = []
    for item in reader.items(node, "disable"):
        fields = reader.fields(item, schema.DISABLE, "the entry of disable")
        rule, because = reader.text(fields.get("rule"), "rule"), reader.text(fields.get("because"), "because")
        found.append(Disable(rule, because, reader.source.place(item)))
    return tuple(found)


def _exceptions(reader: Reader, node: Node | None, policy_id: str) -> tuple[PolicyException, ...]:
    found = []
    for item in reader.items(node, "exceptions"):
        fields = reader.fields(item, schema.EXCEPTION, "the exception")
        start, end = reader.date(fields.get("from"), "from"), reader.date(fields.get("to"), "to")
        if start and end and end <= start:
            reader.problem("E403", item, f"the exception ends on {end}, not after {start}", "to is exclusive")
        found.append(
            PolicyException(
                id=reader.id(fields.get("id"), "the exception's id"),
                rules=reader.texts(fields.get("rules"), "rules"),
                when=read_when(reader, fields.get("when")),
                start=start,
                end=end,
                because=reader.text(fields.get("because"), "because"),
                approved_by=reader.text(fields.get("approved_by"), "approved_by"),
                policy_id=policy_id,
                place=reader.source.place(item),
            )
        )
    return tuple(found)


def _rules(
    reader: Reader,
    node: Node | None,
    policy_id: str,
    version: str,
    references: dict[str, Citation],
    kinds: Collection[str],
) -> tuple[Rule, ...]:
    found = []
    for item in reader.items(node, "rules"):
        rule = read_rule(reader, item, policy_id, version, kinds)
        if rule is None:
            continue
        for index, name in enumerate(rule.references):
            if name not in references:
                spot = item.map["references"].items[index : index + 1]
                hint = meant(name, references) or "name it under references: of the policy"
                reader.problem("E218", spot[0] if spot else item, f"unknown reference {name!r}", hint)
        citations = tuple(references[name] for name in rule.references if name in references)
        found.append(Rule(**{**{f: getattr(rule, f) for f in rule.__struct_fields__}, "citations": citations}))
    return tuple(found)
