"""Writes the tests that a fact passes or fails by itself as Python expressions, and compiles them.

Constants never enter the source text: they are handed to the compiled code by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from engine.code_ranges import bounds_of_range, lies_between
from engine.errors import Place
from engine.fact import Fact, FieldValue
from engine.fact_schema import FACT_KINDS
from engine.policy.types import Operand, Operator, Scalar, Test
from engine.rules.contract import RunContext
from engine.rules.operands import equality_key, evaluate_operand, fact_date, is_date, is_number, order_key

OWN = "."  # the name that an operand on the tested fact's own fields is given
Holds = Callable[[str, str, str, str], bool]
_REMEMBERED_CODES = 30_000
_ORDERED = {Operator.OVER: ">", Operator.UNDER: "<", Operator.AT_LEAST: ">=", Operator.AT_MOST: "<="}
_NEGATED = frozenset(
    {Operator.NOT, Operator.LACKS, Operator.LACKS_ALL, Operator.NOT_STARTS_WITH, Operator.NOT_IN_RANGE, Operator.NOT_IN}
)


def own_test(test: Test) -> Test:
    """Returns a test without its place, its operands' names replaced by the one that means the tested fact."""
    operands = tuple(msgspec.structs.replace(o, name=OWN) if o.name else o for o in test.operands)
    return msgspec.structs.replace(test, operands=operands, place=Place())


def in_range(value: str, ranges: Iterable[tuple[str, str]]) -> bool:
    """Returns whether a code lies in one of the ranges of codes of its own form: 0001U-0999U holds 0240U, but not 00400."""
    return any(lies_between(value, low, high) for low, high in ranges)


class RangeAnswers(dict[str, bool]):
    """Answers whether a code lies in one of some ranges, and remembers: claims bring the same codes again and again."""

    def __init__(self, ranges: tuple[tuple[str, str], ...]) -> None:
        """Takes the first and last code of each range."""
        super().__init__()
        self._ranges = ranges

    def __missing__(self, value: str) -> bool:
        """Finds and keeps the answer for a code that was not asked before."""
        if len(self) >= _REMEMBERED_CODES:
            self.clear()
        answer = self[value] = in_range(value, self._ranges)
        return answer


def membership(value: FieldValue, table: str, column: str, on: str, has: Holds) -> bool:
    """Returns whether a value, or any entry of a list, stands in a table's column on a date."""
    if isinstance(value, list):
        return any(has(table, column, str(item), on) for item in value)
    return has(table, column, value if isinstance(value, str) else str(value), on)


def general_test(test: Test) -> Callable[[Fact, RunContext, str], bool]:
    """Returns a predicate for a test with operands that must be evaluated: own fields and dated values."""

    def holds(fact: Fact, context: RunContext, on: str) -> bool:
        value = fact.fields.get(test.field)
        if value is None:
            return False
        bound = {OWN: fact}
        operands = [evaluate_operand(operand, bound, context, on) for operand in test.operands]
        return compare(test.operator, value, operands)

    return holds


def compare(operator: Operator, value: FieldValue, operands: list[FieldValue | None]) -> bool:
    """Returns whether a value passes an operator against operands, None for an absent one (which fails all but ``equal``)."""
    present = [operand for operand in operands if operand is not None]
    if operator is Operator.EQUAL:
        key = equality_key(value)
        return any(key == equality_key(operand) for operand in present)
    if len(present) < len(operands):
        return False
    if operator is Operator.NOT:
        key = equality_key(value)
        return all(key != equality_key(operand) for operand in present)
    if operator in _ORDERED or operator is Operator.BETWEEN:
        return _ordered(operator, value, present)
    if operator in (Operator.HAS, Operator.LACKS, Operator.HAS_ANY, Operator.LACKS_ALL):
        if not isinstance(value, list):
            return False
        found = [operand in value for operand in present]
        if operator is Operator.HAS:
            return all(found)
        return any(found) if operator is Operator.HAS_ANY else not any(found)
    if not isinstance(value, str):
        return False
    texts = [operand for operand in present if isinstance(operand, str)]
    if operator in (Operator.STARTS_WITH, Operator.NOT_STARTS_WITH):
        return value.startswith(tuple(texts)) is (operator is Operator.STARTS_WITH)
    ranges = [bounds for text in texts if (bounds := bounds_of_range(text)) is not None]
    return in_range(value, ranges) is (operator is Operator.IN_RANGE)


def _ordered(operator: Operator, value: FieldValue, operands: list[FieldValue]) -> bool:
    key = order_key(value)
    keys = [order_key(operand) for operand in operands]
    if key is None or any(other is None or other[0] != key[0] for other in keys):
        return False
    magnitudes = [other[1] for other in keys if other is not None]
    if operator is Operator.BETWEEN:
        return magnitudes[0] <= key[1] <= magnitudes[1]
    if operator is Operator.OVER:
        return key[1] > magnitudes[0]
    if operator is Operator.UNDER:
        return key[1] < magnitudes[0]
    return key[1] >= magnitudes[0] if operator is Operator.AT_LEAST else key[1] <= magnitudes[0]


class Source:
    """Python source under construction: hands constants to the compiled code by name."""

    def __init__(self) -> None:
        """Starts with the functions that expressions call."""
        self.names: dict[str, object] = {
            "is_date": is_date,
            "membership": membership,
            "fact_date": fact_date,
        }
        self._known: dict[str, str] = {}

    def name(self, constant: object) -> str:
        """Returns the name by which the code reads a constant."""
        key = f"{type(constant).__name__} {constant!r}"
        if key not in self._known:
            self._known[key] = self.fresh(constant)
        return self._known[key]

    def fresh(self, item: object) -> str:
        """Returns a new name for something that is not compared by its text, such as a function."""
        name = f"K{len(self.names)}"
        self.names[name] = item
        return name


def date_expression(kind: str) -> str:
    """Returns the expression for the date that picks values and rows for a fact of a kind."""
    declared = FACT_KINDS.get(kind)
    return "fact_date(fact)" if declared is None else f"f.get({declared.date_field!r}, '')"


def is_expensive(test: Test) -> bool:
    """Returns whether a test is better left to the end: it looks into a table or evaluates operands."""
    if test.operator in (Operator.IN, Operator.NOT_IN):
        return True
    return any(operand.constant is None or operand.operator for operand in test.operands)


def expression(test: Test, kind: str, source: Source, value: str) -> str:
    """Returns the expression that is true when a fact passes a test; ``value`` is the expression of the field's value.

    The code may read ``fact``, ``f`` (its fields), ``context`` and ``has``.
    """
    operator = test.operator
    if operator is Operator.PRESENT:
        return f"{value} is not None" if test.operands[0].constant is True else f"{value} is None"
    if operator in (Operator.IN, Operator.NOT_IN):
        table, column = source.name(test.table), source.name(test.column)
        date = date_expression(kind)
        one, several = (
            f"has({table}, {column}, {value}, {date})",
            f"membership({value}, {table}, {column}, {date}, has)",
        )
        found = f"({one} if {value}.__class__ is str else {several})"
        return f"{value} is not None and {'not ' if operator is Operator.NOT_IN else ''}{found}"
    if is_expensive(test):
        return f"{source.fresh(general_test(test))}(fact, context, {date_expression(kind)})"
    constants = [operand.constant for operand in test.operands if operand.constant is not None]
    if operator is Operator.EQUAL:
        return _equal(constants, source, value)
    if operator is Operator.NOT:
        return f"{value} is not None and not ({_equal(constants, source, value)})"
    if operator in _ORDERED:
        return _order_expression(constants[0], _ORDERED[operator], source, value)
    if operator is Operator.BETWEEN:
        low = _order_expression(constants[0], ">=", source, value)
        return f"{low} and {_order_expression(constants[1], '<=', source, value)}"
    return _text_or_list(operator, constants, source, value)


def _equal(constants: list[Scalar], source: Source, value: str) -> str:
    parts = []
    texts = [c for c in constants if isinstance(c, str)]
    numbers = [c for c in constants if is_number(c)]
    if len(texts) == 1:
        parts.append(f"{value} == {source.name(texts[0])}")
    elif texts:
        parts.append(f"{value}.__class__ is str and {value} in {source.fresh(frozenset(texts))}")
    for number in numbers:
        parts.append(f"{value} == {source.name(number)} and {value}.__class__ is not bool")
    parts += [f"{value} is {constant}" for constant in constants if isinstance(constant, bool)]
    return " or ".join(parts) if parts else "False"


def _order_expression(constant: Scalar, sign: str, source: Source, value: str) -> str:
    name = source.name(constant)
    if is_date(constant):
        return f"is_date({value}) and {value} {sign} {name}"
    if is_number(constant):
        return f"({value}.__class__ is int or {value}.__class__ is float) and {value} {sign} {name}"
    return "False"


def _text_or_list(operator: Operator, constants: list[Scalar], source: Source, value: str) -> str:
    negation = "not " if operator in _NEGATED else ""
    if operator in (Operator.HAS, Operator.LACKS, Operator.HAS_ANY, Operator.LACKS_ALL):
        joint = " and " if operator is Operator.HAS else " or "
        found = joint.join(f"{source.name(constant)} in {value}" for constant in constants)
        return f"{value}.__class__ is list and {negation}({found})"
    texts = tuple(constant for constant in constants if isinstance(constant, str))
    if operator in (Operator.STARTS_WITH, Operator.NOT_STARTS_WITH):
        return f"{value}.__class__ is str and {negation}{value}.startswith({source.fresh(texts)})"
    ranges = tuple(bounds for text in texts if (bounds := bounds_of_range(text)) is not None)
    return f"{value}.__class__ is str and {negation}{source.fresh(RangeAnswers(ranges))}[{value}]"


def constant_operand(value: Scalar) -> Operand:
    """Returns the operand that stands for a constant."""
    return Operand(constant=value)
