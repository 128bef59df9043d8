"""Checks that every rule of a policy can be run, and says all that is wrong at once (codes E703 to E712)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.code_ranges import bounds_of_range
from engine.errors import Problem
from engine.fact_kind import LISTS, NUMERIC, FieldType
from engine.fact_schema import FACT_KINDS
from engine.policy.types import ColumnType, Operand, Operator, Pattern, ResolvedPolicy, Rule, Scalar, Test
from engine.reference.view import TableSchema
from engine.rules.limits import MAXIMUM_ALTERNATIVES, MAXIMUM_MAGNITUDE, MAXIMUM_PATTERNS_OF_RULE
from engine.rules.operands import is_date
from engine.rules.plan import ORDERED, blocker_count, count_alternatives, exception_rule, joined

_JOINING = ORDERED | {Operator.EQUAL, Operator.NOT, Operator.BETWEEN}
_RANGES = frozenset({Operator.IN_RANGE, Operator.NOT_IN_RANGE})
_OPERAND_COUNT = {Operator.BETWEEN: 2, Operator.PRESENT: 1, **dict.fromkeys(ORDERED, 1)}
_COLUMN_CLASS = {
    ColumnType.INTEGER: "number",
    ColumnType.DECIMAL: "number",
    ColumnType.MONEY: "number",
    ColumnType.DATE: "date",
    ColumnType.FLAG: "flag",
}
Schemas = Mapping[str, TableSchema]


def check_rules(policy: ResolvedPolicy, schemas: Schemas) -> list[Problem]:
    """Returns every problem that keeps the rules and exceptions of a policy from running."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for rule in policy.rules:
        if rule.id in seen:
            problems.append(Problem("E712", f"two rules are called {rule.id}", rule.place, "rename one of them"))
        seen.add(rule.id)
        problems.extend(_check_rule(rule, schemas))
    for exception in policy.exceptions:
        problems.extend(_check_rule(exception_rule(exception), schemas))
    for total in policy.totals:
        owner = f"total {total.id}"
        for test in total.where:
            problems.extend(_check_test(test, owner))
    return problems


def _check_rule(rule: Rule, schemas: Schemas) -> Iterator[Problem]:
    owner = f"rule {rule.id}"
    if not rule.when:
        yield Problem("E703", f"{owner} has no condition under when", rule.place, "give it at least one")
        return
    alternatives = count_alternatives(rule)
    if alternatives > MAXIMUM_ALTERNATIVES:
        message = f"{owner} offers {alternatives} combinations of fields of other facts to equal"
        yield Problem("E706", message, rule.place, f"at most {MAXIMUM_ALTERNATIVES}: write several rules")
    count = len(rule.when) + blocker_count(rule)
    if count > MAXIMUM_PATTERNS_OF_RULE:
        message = f"{owner} has {count} conditions"
        yield Problem("E703", message, rule.place, f"at most {MAXIMUM_PATTERNS_OF_RULE}: split it by a derived fact")
    known: dict[str, Pattern] = {}
    for pattern in rule.when:
        known[pattern.name] = pattern
        yield from _check_pattern(pattern, known, owner, schemas)
    if len(known) < len(rule.when):
        yield Problem(
            "E708", f"{owner} gives one name to two conditions", rule.place, "names are new in each condition"
        )
    for pattern in rule.unless:
        if pattern.name in known:
            yield Problem("E708", f"{owner} gives the name {pattern.name} twice", pattern.place, "use another name")
        yield from _check_pattern(pattern, {**known, pattern.name: pattern}, owner, schemas)


def _check_pattern(pattern: Pattern, known: Mapping[str, Pattern], owner: str, schemas: Schemas) -> Iterator[Problem]:
    for test in pattern.tests:
        unknown = sorted({o.name for o in test.operands if o.name and o.name not in known})
        if unknown:
            message = f"{owner} reads ${unknown[0]}.{_field_of(test, unknown[0])}, which no earlier condition names"
            yield Problem("E708", message, test.place, f"known here: {', '.join(known)}")
            continue
        yield from _check_test(test, owner)
        if joined(test, pattern.name):
            yield from _check_join(test, pattern, known, owner, schemas)


def _field_of(test: Test, name: str) -> str:
    return next(operand.field for operand in test.operands if operand.name == name)


def _check_test(test: Test, owner: str) -> Iterator[Problem]:
    count = _OPERAND_COUNT.get(test.operator)
    membership = test.operator in (Operator.IN, Operator.NOT_IN)
    if (
        (membership and test.operands)
        or (not membership and not test.operands)
        or count not in (None, len(test.operands))
    ):
        message = f"{owner}: {test.operator.value} on {test.field} has {len(test.operands)} values"
        yield Problem("E710", message, test.place, "between takes two, in names a table column, comparisons take one")
    for operand in test.operands:
        for number in (operand.constant, operand.amount):
            if _is_huge(number):
                message = f"{owner} compares {test.field} with a number beyond 2^53"
                yield Problem("E711", message, test.place, "numbers past that are not exact")
        constant = operand.constant
        if test.operator in _RANGES and isinstance(constant, str) and bounds_of_range(constant) is None:
            message = f"{owner}: {constant!r} is not a range of codes"
            yield Problem("E709", message, test.place, 'write "99202-99205": equal lengths, the lower code first')
        ordered = test.operator in ORDERED or test.operator is Operator.BETWEEN
        if ordered and constant is not None and not (is_date(constant) or _is_number(constant)):
            message = f"{owner}: {test.field} cannot be {test.operator.value} {constant!r}"
            yield Problem("E707", message, test.place, "only numbers, money and dates have an order")


def _is_huge(number: Scalar | None) -> bool:
    return isinstance(number, int | float) and not abs(number) < MAXIMUM_MAGNITUDE


def _is_number(constant: Scalar) -> bool:
    return isinstance(constant, int | float) and not isinstance(constant, bool)


def _check_join(
    test: Test, pattern: Pattern, known: Mapping[str, Pattern], owner: str, schemas: Schemas
) -> Iterator[Problem]:
    if test.operator not in _JOINING:
        message = f"{owner}: {test.operator.value} on {test.field} cannot read another condition's fact"
        hint = "lists and texts are compared with other facts through the facts modifier and pointer"
        yield Problem("E705", message, test.place, hint)
        return
    own = class_of(pattern, test.field, schemas)
    for operand in test.operands:
        if operand.name in ("", pattern.name):
            continue
        other = _operand_class(operand, known[operand.name], schemas)
        ordered = test.operator is not Operator.EQUAL and test.operator is not Operator.NOT
        if "list" in (own, other) or not _agree(own, other) or (ordered and "flag" in (own, other)):
            message = f"{owner} compares {test.field} ({own}) with ${operand.name}.{operand.field} ({other})"
            yield Problem("E707", message, test.place, "compare text with text, numbers with numbers, dates with dates")


def _agree(own: str, other: str) -> bool:
    return "any" in (own, other) or own == other or {own, other} == {"text", "date"}


def _operand_class(operand: Operand, pattern: Pattern, schemas: Schemas) -> str:
    if operand.unit:
        return "date"
    return "number" if operand.operator else class_of(pattern, operand.field, schemas)


def class_of(pattern: Pattern, field: str, schemas: Schemas) -> str:
    """Returns ``number``, ``text``, ``date``, ``flag``, ``list`` or ``any``: what values of a pattern's field compare with."""
    declared = FACT_KINDS.get(pattern.kind)
    if declared is not None and field in declared.fields:
        return _class_of_type(declared.fields[field].type)
    if pattern.kind == "row":
        for test in pattern.tests:
            schema = schemas.get(str(test.operands[0].constant)) if test.field == "table" and test.operands else None
            if schema is not None and field in schema.columns:
                return _COLUMN_CLASS.get(schema.columns[field], "text")
    return "any"


def _class_of_type(found: FieldType) -> str:
    if found in LISTS:
        return "list"
    if found in NUMERIC:
        return "number"
    simple = {FieldType.DATE: "date", FieldType.FLAG: "flag", FieldType.ANY: "any"}
    return simple.get(found, "text")
