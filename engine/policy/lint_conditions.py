"""Finds conditions that contradict or repeat each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.policy.digest import canonical
from engine.policy.types import Operand, Operator, Pattern, Rule, Scalar, Test

_LOW = {Operator.OVER: False, Operator.AT_LEAST: True}
_HIGH = {Operator.UNDER: False, Operator.AT_MOST: True}


def contradiction(pattern: Pattern) -> str:
    """Returns why no fact passes a condition's tests, by its constants alone; "" when some fact may."""
    fields = dict.fromkeys(test.field for test in pattern.tests)
    for field in fields:
        why = _contradiction_of(field, pattern.name, [test for test in pattern.tests if test.field == field])
        if why:
            return why
    return ""


def _contradiction_of(field: str, name: str, tests: Sequence[Test]) -> str:
    absent = [test for test in tests if test.operator is Operator.PRESENT and test.operands[0].constant is False]
    if absent and len(tests) > len(absent):
        return f"{field} must be absent and pass another test"
    if any(_of_itself(test, field, name) for test in tests):
        return f"{field} is compared with itself"
    allowed = _allowed(tests)
    if allowed is not None and not any(_passes(value, tests) for value in allowed):
        return f"no value of {field} passes all its tests"
    if allowed is None and _bounds_cross(tests):
        return f"the bounds of {field} leave nothing between them"
    return ""


def _of_itself(test: Test, field: str, name: str) -> bool:
    strict = test.operator in (Operator.OVER, Operator.UNDER, Operator.NOT)
    return strict and Operand(name=name, field=field) in test.operands


def _constants(test: Test) -> list[Scalar] | None:
    found = [operand.constant for operand in test.operands]
    return None if None in found else [constant for constant in found if constant is not None]


def _allowed(tests: Iterable[Test]) -> list[Scalar] | None:
    """Returns the values that equality leaves, or None when any value may be."""
    allowed: list[Scalar] | None = None
    for test in tests:
        constants = _constants(test) if test.operator is Operator.EQUAL else None
        if constants is not None:
            allowed = constants if allowed is None else [value for value in allowed if value in constants]
    return allowed


def _passes(value: Scalar, tests: Iterable[Test]) -> bool:
    return all(_passes_one(value, test) for test in tests)


def _passes_one(value: Scalar, test: Test) -> bool:
    constants = _constants(test)
    if constants is None or not constants:
        return True
    operator = test.operator
    if operator is Operator.EQUAL:
        return value in constants
    if operator is Operator.NOT:
        return value not in constants
    if operator in (Operator.STARTS_WITH, Operator.NOT_STARTS_WITH):
        starts = any(str(value).startswith(str(constant)) for constant in constants)
        return starts is (operator is Operator.STARTS_WITH)
    if operator in (Operator.IN_RANGE, Operator.NOT_IN_RANGE):
        inside = any(_inside(str(value), str(constant)) for constant in constants)
        return inside is (operator is Operator.IN_RANGE)
    return _between(value, test)


def _inside(value: str, span: str) -> bool:
    low, _, high = span.partition("-")
    return len(value) == len(low) and low <= value <= high


def _between(value: Scalar, test: Test) -> bool:
    low, high = _bounds([test])
    if low is not None and not _above(value, low):
        return False
    return high is None or _above(high[0], (value, high[1]))


_Bound = tuple[Scalar, bool]


def _bounds(tests: Iterable[Test]) -> tuple[_Bound | None, _Bound | None]:
    """Returns the highest lower and the lowest upper bound, each with whether it is included."""
    low: _Bound | None = None
    high: _Bound | None = None
    for test in tests:
        constants = _constants(test)
        if not constants:
            continue
        if test.operator in _LOW:
            low = _tighter(low, (constants[0], _LOW[test.operator]), True)
        elif test.operator in _HIGH:
            high = _tighter(high, (constants[0], _HIGH[test.operator]), False)
        elif test.operator is Operator.BETWEEN and len(constants) == 2:
            low = _tighter(low, (constants[0], True), True)
            high = _tighter(high, (constants[1], True), False)
    return low, high


def _tighter(known: _Bound | None, new: _Bound, lower: bool) -> _Bound:
    if known is None:
        return new
    if known[0] == new[0]:
        return (known[0], known[1] and new[1])
    return new if _less(known[0], new[0]) is lower else known


def _less(left: Scalar, right: Scalar) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        return str(left) < str(right)
    return left < right


def _above(value: Scalar, low: _Bound) -> bool:
    return _less(low[0], value) or (low[1] and value == low[0])


def _bounds_cross(tests: Iterable[Test]) -> bool:
    low, high = _bounds(tests)
    return low is not None and high is not None and not _above(high[0], (low[0], low[1] and high[1]))


def repeated_conditions(rule: Rule) -> Iterator[tuple[Pattern, Pattern]]:
    """Yields conditions that ask for the same as one before them in ``when``, or in ``unless``."""
    for patterns in (rule.when, rule.unless):
        seen: dict[bytes, Pattern] = {}
        for pattern in patterns:
            other = seen.setdefault(canonical((pattern.kind, _own_named(pattern))), pattern)
            if other is not pattern:
                yield pattern, other


def _own_named(pattern: Pattern) -> list[bytes]:
    """Returns a condition's tests with references to itself told apart from its name."""
    return sorted(canonical(test).replace(f'"name":"{pattern.name}"'.encode(), b'"name":"$"') for test in pattern.tests)


def same_conditions(rule: Rule) -> str:
    """Returns a text that two rules share when they have the same conditions, whatever the names."""
    names = {pattern.name: f"${index}" for index, pattern in enumerate(rule.when)}
    parts = []
    for patterns in (rule.when, rule.unless):
        shown = []
        for pattern in patterns:
            tests = sorted(_renamed(canonical(test).decode(), names) for test in pattern.tests)
            shown.append(f"{pattern.kind}: {tests}")
        parts.append(shown if patterns is rule.when else sorted(shown))
    return str(parts)


def _renamed(text: str, names: dict[str, str]) -> str:
    for name, number in names.items():
        text = text.replace(f'"name":"{name}"', f'"name":"{number}"')
    return text
