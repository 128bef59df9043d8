"""Reads the small parts of rules: operands, tests of fields, conditions and messages."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from engine.errors import Place
from engine.fact_schema import FACT_KINDS
from engine.policy.reader import Reader, meant
from engine.policy.schema import TEST_OPERATORS
from engine.policy.source import Node
from engine.policy.types import MessagePart, Operand, Operator, Pattern, Scalar, Test

_OPERAND = re.compile(
    r"\$(?P<name>[a-z][a-z0-9_]*)\.(?P<field>[a-z][a-z0-9_]*)"
    r"(?:\s*(?P<operator>[-+*])\s*(?:(?P<amount>\d{1,15}(?:\.\d{1,9})?)|\$value\.(?P<dated>[a-z][a-z0-9_]*))"
    r"(?:\s+(?P<unit>weekday|day|month|year)s?)?)?"
)
_PLACEHOLDER = re.compile(r"(?P<name>[a-z][a-z0-9_]*)\.(?P<field>[a-z][a-z0-9_]*)(?::(?P<format>[a-z]+))?")
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_GRAMMAR = "write $name.field or $value.id, with at most one + - or * and a number; $$ for a dollar sign"
_SCALARS = ("text", "integer", "number", "flag", "date")
_LISTED = frozenset([Operator.HAS_ANY, Operator.LACKS_ALL])
_LISTABLE = frozenset(
    [Operator.NOT, Operator.STARTS_WITH, Operator.NOT_STARTS_WITH, Operator.IN_RANGE, Operator.NOT_IN_RANGE]
)


def read_operand(reader: Reader, node: Node, what: str) -> Operand | None:
    """Reads a constant, ``$name.field`` or ``$value.id``, with at most one operator (E303, E308)."""
    if node.kind == "unclear":
        reader.unquoted(node)
        return None
    if node.kind == "null":
        reader.problem("E303", node, f"{what} has no value", "to ask for absence write {present: false}")
        return None
    if node.kind not in _SCALARS:
        reader.problem("E205", node, f"{what} must be one value", "write a constant, $name.field or $value.id")
        return None
    value = node.value
    if not isinstance(value, str) or not value.startswith("$"):
        return Operand(constant=value if isinstance(value, str | int | float) else str(value))
    if value.startswith("$$"):
        return Operand(constant=value[1:])
    return _reference(reader, node, value)


def _reference(reader: Reader, node: Node, text: str) -> Operand | None:
    found = _OPERAND.fullmatch(text)
    if found is None:
        reader.problem("E308", node, f"{text!r} cannot be read", _GRAMMAR)
        return None
    name, field = found["name"], found["field"]
    amount = found["amount"] or "0"
    return Operand(
        name="" if name == "value" else name,
        field="" if name == "value" else field,
        value_id=field if name == "value" else "",
        operator=found["operator"] or "",
        amount=float(amount) if "." in amount else int(amount),
        amount_value_id=found["dated"] or "",
        unit=f"{found['unit']}s" if found["unit"] else "",
    )


def read_operands(reader: Reader, nodes: Sequence[Node], what: str) -> tuple[Operand, ...]:
    """Reads several operands, leaving out those that cannot be read."""
    found = [read_operand(reader, node, what) for node in nodes]
    return tuple(operand for operand in found if operand is not None)


def read_tests(reader: Reader, node: Node, what: str) -> tuple[Test, ...]:
    """Reads ``{field: test, …}``: a value, a list of values, or a map of operators."""
    if not reader.wants(node, "map", what):
        return ()
    tests: list[Test] = []
    for field, value in node.map.items():
        reader.name(field, reader.source.key_place(node, field), "the field")
        if value.kind != "map":
            tests += _one_test(reader, field, Operator.EQUAL, value)
            continue
        if not value.map:
            reader.problem(
                "E207", value, f"the test of {field} is empty", "write {present: true} to ask that it is there"
            )
        for word, operand in value.map.items():
            if word not in TEST_OPERATORS:
                place = reader.source.key_place(value, word)
                reader.problem("E302", place, f"there is no test {word!r}", meant(word, TEST_OPERATORS))
                continue
            tests += _one_test(reader, field, Operator(word), operand)
    return tuple(tests)


def _one_test(reader: Reader, field: str, operator: Operator, node: Node) -> list[Test]:
    place = reader.source.place(node)
    if operator in (Operator.IN, Operator.NOT_IN):
        table, dot, column = reader.text(node, f"{operator} of {field}").partition(".")
        if not dot or not table or not column:
            reader.problem("E303", node, f"{operator} of {field} needs table.column", "write {in: table.column}")
            return []
        return [Test(field, operator, (), table, column, place)]
    if operator is Operator.PRESENT:
        if not reader.wants(node, "flag", f"present of {field}"):
            return []
        return [Test(field, operator, (Operand(constant=bool(node.value)),), place=place)]
    operands = _test_operands(reader, field, operator, node)
    return [Test(field, operator, operands, place=place)] if operands else []


def _test_operands(reader: Reader, field: str, operator: Operator, node: Node) -> tuple[Operand, ...]:
    what = f"{operator} of {field}"
    listed = node.kind == "list"
    if listed and not node.items:
        reader.problem("E207", node, f"the list of {what} is empty", "name at least one value")
        return ()
    if operator is Operator.BETWEEN:
        if not listed or len(node.items) != 2:
            reader.problem("E303", node, f"{what} needs a list of two ends", "write {between: [1, 5]}")
            return ()
        operands = read_operands(reader, node.items, what)
        return operands if len(operands) == 2 else ()
    if operator in _LISTED and not listed:
        reader.problem("E303", node, f"{what} needs a list", f"write {{{operator}: [x, y]}}")
        return ()
    if listed and operator not in _LISTED and operator not in _LISTABLE and operator is not Operator.EQUAL:
        reader.problem("E303", node, f"{what} takes one value, not a list", "for lists there are has_any and lacks_all")
        return ()
    return read_operands(reader, node.items if listed else [node], what)


def read_when(reader: Reader, node: Node | None) -> tuple[Pattern, ...]:
    """Reads a list of ``name: {fact: {field: test}}``."""
    if node is None:
        return ()
    if node.kind == "list" and not node.items:
        reader.problem("E207", node, "when is empty", "name at least one condition")
    patterns = []
    for item in reader.items(node, "when"):
        entry = _single(reader, item, "a condition", "name: {fact: {field: test}}")
        if entry is None:
            continue
        name, inner = entry
        _check_new_name(reader, name, reader.source.key_place(item, name))
        fact = _single(reader, inner, f"the condition {name}", f"{name}: {{line: {{units: {{over: 3}}}}}}")
        if fact is not None:
            tests = read_tests(reader, fact[1], f"the condition {name}")
            patterns.append(Pattern(name, fact[0], tests, reader.source.place(fact[1])))
    return tuple(patterns)


def read_unless(reader: Reader, node: Node | None, kinds: Collection[str]) -> tuple[Pattern, ...]:
    """Reads ``unless``: entries as in ``when``, or short without a name; ``kinds`` are the facts known by name."""
    patterns = []
    for index, item in enumerate(reader.items(node, "unless"), start=1):
        entry = _single(reader, item, "a condition", "fact: {field: test}")
        if entry is None:
            continue
        name, inner = entry
        if _is_short(name, inner, kinds):
            kind, tested, name = name, inner, f"unless_{index}"
        else:
            _check_new_name(reader, name, reader.source.key_place(item, name))
            (kind, tested), *_ = inner.map.items()
        tests = read_tests(reader, tested, f"the condition {kind}")
        patterns.append(Pattern(name, kind, tests, reader.source.place(tested)))
    return tuple(patterns)


def _is_short(outer: str, inner: Node, kinds: Collection[str]) -> bool:
    """Tells ``fact: {field: test}`` from ``name: {fact: {…}}``."""
    if len(inner.map) != 1:
        return True
    (key, value), *_ = inner.map.items()
    if value.kind != "map":
        return True
    looks_like_test = bool(value.map) and all(word in TEST_OPERATORS for word in value.map)
    if outer in kinds and looks_like_test:
        fields = FACT_KINDS[outer].fields if outer in FACT_KINDS else None
        return fields is None or key in fields or key not in kinds
    if key in kinds:
        return False
    return outer in kinds or looks_like_test


def _single(reader: Reader, node: Node, what: str, form: str) -> tuple[str, Node] | None:
    if not reader.wants(node, "map", what):
        return None
    if len(node.map) != 1:
        reader.problem("E205", node, f"{what} must have one key, and has {len(node.map)}", f"write {form}")
        return None
    return next(iter(node.map.items()))


def _check_new_name(reader: Reader, name: str, place: Place) -> None:
    reader.name(name, place, "the condition's name")
    if name in ("value", "finding"):
        reader.problem(
            "E213", place, f"the name {name!r} is taken", "dated values and findings are read by it; choose another"
        )


def read_message(reader: Reader, node: Node | None, what: str) -> tuple[MessagePart, ...]:
    """Reads text with ``{name.field}``, ``{name.field:money}`` and ``{value.id}``; ``{{`` and ``}}`` are braces (E223)."""
    if node is None:
        return ()
    text = reader.text(node, what)
    parts: list[MessagePart] = []
    literal: list[str] = []
    position = 0
    for match in _BRACES.finditer(text):
        literal.append(text[position : match.start()])
        position = match.end()
        if match[0] in ("{{", "}}"):
            literal.append(match[0][0])
            continue
        found = _PLACEHOLDER.fullmatch(match[1]) if match[1] is not None else None
        if found is None or found["format"] not in (None, "money"):
            hint = "write {name.field}, {name.field:money} or {value.id}, and {{ for a brace"
            reader.problem("E223", node, f"{match[0]!r} in {what} cannot be read", hint)
            continue
        if any(literal):
            parts.append(MessagePart("".join(literal)))
        literal = []
        parts.append(MessagePart(operand=_placeholder(found["name"], found["field"]), format=found["format"] or ""))
    literal.append(text[position:])
    if any(literal):
        parts.append(MessagePart("".join(literal)))
    return tuple(parts)


def _placeholder(name: str, field: str) -> Operand:
    return Operand(value_id=field) if name == "value" else Operand(name=name, field=field)


def constant_of(node: Node, reader: Reader, what: str) -> Scalar | None:
    """Returns a constant: text, number, date (as ISO text) or flag; anything else is a problem."""
    operand = read_operand(reader, node, what)
    if operand is None:
        return None
    if operand.constant is None:
        reader.problem("E303", node, f"{what} must be a constant", "write the value itself")
    return operand.constant
