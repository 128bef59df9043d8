"""Tells the type of every field that a condition can read: built-in facts, table rows, totals and derived facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from engine.fact_kind import LISTS, NUMERIC, TEXTUAL, FieldType
from engine.fact_schema import FACT_KINDS
from engine.policy.reader import is_date
from engine.policy.types import ColumnType, Operand, Operator, Pattern, Policy, Rule, Scalar, Table, Total, Value
from engine.reference.tables import OFFICIAL_TABLES

_COLUMN_FIELDS = {
    ColumnType.CODE: FieldType.CODE,
    ColumnType.CODE_RANGE: FieldType.CODE,
    ColumnType.ICD10: FieldType.ICD10,
    ColumnType.ICD10_PREFIX: FieldType.ICD10,
    ColumnType.MODIFIER: FieldType.CODE,
    ColumnType.INTEGER: FieldType.INTEGER,
    ColumnType.DECIMAL: FieldType.NUMBER,
    ColumnType.MONEY: FieldType.MONEY,
    ColumnType.DATE: FieldType.DATE,
    ColumnType.FLAG: FieldType.FLAG,
}
_COLUMN_FORMS = {
    ColumnType.CODE: "procedure",
    ColumnType.ICD10: "icd10",
    ColumnType.MODIFIER: "modifier",
}
# Columns that match codes of the claim: rows have a further field, the name with "_matched", for the code that was matched.
MATCHING = {ColumnType.CODE_RANGE: "procedure", ColumnType.ICD10_PREFIX: "icd10"}
_FIELD_FORMS = {"modifiers": "modifier", "modifier": "modifier", "diagnosis_codes": "icd10"}


class Typing(msgspec.Struct, frozen=True):
    """The type of a field, and the form of its codes: ``procedure``, ``modifier``, ``icd10`` or none."""

    type: FieldType
    form: str = ""


ANY = Typing(FieldType.ANY)
Fields = Mapping[str, Typing]


def family(kind: FieldType) -> str:
    """Returns the family whose members compare: number, text, date, flag, list or any."""
    if kind in NUMERIC:
        return "number"
    if kind in TEXTUAL:
        return "text"
    if kind in LISTS:
        return "list"
    return kind.value


def comparable(left: FieldType, right: FieldType) -> bool:
    """Returns whether two types compare: alike, whole with decimal numbers, plain text with codes."""
    if FieldType.ANY in (left, right) or left == right:
        return True
    pair = {left, right}
    if pair <= {FieldType.INTEGER, FieldType.NUMBER}:
        return True
    return FieldType.TEXT in pair and pair <= TEXTUAL


def type_of_constant(value: Scalar) -> FieldType:
    """Returns the type of a constant."""
    if isinstance(value, bool):
        return FieldType.FLAG
    if isinstance(value, int):
        return FieldType.INTEGER
    if isinstance(value, float):
        return FieldType.NUMBER
    return FieldType.DATE if is_date(value) else FieldType.TEXT


def built_in_fields(kind: str) -> Fields:
    """Returns the fields of a built-in fact."""
    found = {}
    for name, field in FACT_KINDS[kind].fields.items():
        form = _FIELD_FORMS.get(name, "")
        if not form and field.type is FieldType.CODE:
            form = "procedure"
        if not form and field.type is FieldType.ICD10:
            form = "icd10"
        found[name] = Typing(field.type, form)
    return found


def column_types(tables: Iterable[Table]) -> dict[str, dict[str, ColumnType]]:
    """Returns the columns of every table: the official ones and those declared beside the policies."""
    found = {table_id: dict(schema.columns) for table_id, schema in OFFICIAL_TABLES.items()}
    for table in tables:
        found[table.id] = {**dict(table.columns), **found.get(table.id, {})}
    return found


class TypeBook:
    """The types of every field as the rules of one set of policies see them."""

    def __init__(self, tables: Iterable[Table], rules: Iterable[Rule]) -> None:
        """Works out the types of derived facts from the rules that assert them."""
        self.columns = column_types(tables)
        self._built_in = {kind: built_in_fields(kind) for kind in FACT_KINDS}
        self.derived: dict[str, dict[str, Typing]] = {}
        self._derive(list(rules))

    def kinds(self) -> set[str]:
        """Returns every kind of fact that conditions of rules may name."""
        return (set(FACT_KINDS) - {"finding"}) | set(self.derived)

    def fields(self, pattern: Pattern, totals: Mapping[str, Total]) -> Fields | None:
        """Returns the fields of a condition's fact; None when the kind is unknown."""
        if pattern.kind == "row":
            return self.row_fields(constant_test(pattern, "table"))
        if pattern.kind == "total":
            return self._total_fields(constant_test(pattern, "id"), totals)
        return self._built_in.get(pattern.kind) or self.derived.get(pattern.kind)

    def row_fields(self, table: str | None) -> Fields:
        """Returns the fields of a table's rows."""
        found = dict(self._built_in["row"])
        for name, kind in self.columns.get(table or "", {}).items():
            found[name] = Typing(_COLUMN_FIELDS.get(kind, FieldType.TEXT), _COLUMN_FORMS.get(kind, ""))
            if kind in MATCHING:
                found[f"{name}_matched"] = Typing(found[name].type, MATCHING[kind])
        return found

    def _total_fields(self, total_id: str | None, totals: Mapping[str, Total]) -> Fields:
        wanted = [totals[total_id]] if total_id in totals and total_id is not None else list(totals.values())
        found = dict(self._built_in["total"])
        for total in wanted:
            own = self._fields_of(total)
            found.update({name: own.get(name, ANY) for name in total.by})
        if len(wanted) == 1:
            own = self._fields_of(wanted[0])
            counted = Typing(FieldType.INTEGER)
            found["value"] = own.get(wanted[0].field, ANY) if wanted[0].measure == "sum" else counted
        return found

    def _fields_of(self, total: Total) -> Fields:
        return self.row_fields(total.table) if total.kind == "row" else self._built_in.get(total.kind, {})

    def _derive(self, rules: list[Rule]) -> None:
        asserting = [rule for rule in rules if rule.assertions]
        for rule in asserting:
            for assertion in rule.assertions:
                known = self.derived.setdefault(assertion.kind, {})
                known.update({name: ANY for name, _ in assertion.fields if name not in known})
        # A derived fact may copy from another, so types spread until nothing changes.
        for _ in range(len(asserting) + 1):
            learned = [self._learn(rule) for rule in asserting]
            if not any(learned):
                break

    def _learn(self, rule: Rule) -> bool:
        changed = False
        bound = {pattern.name: pattern for pattern in rule.when}
        for assertion in rule.assertions:
            known = self.derived[assertion.kind]
            for name, operand in assertion.fields:
                if known[name].type is FieldType.ANY:
                    known[name] = self.asserted_type(operand, bound)
                    changed = changed or known[name].type is not FieldType.ANY
        return changed

    def asserted_type(self, operand: Operand, bound: Mapping[str, Pattern]) -> Typing:
        """Returns the type of a field that a rule asserts."""
        if operand.constant is not None:
            return Typing(type_of_constant(operand.constant))
        pattern = bound.get(operand.name)
        if pattern is None:
            return ANY
        fields = self.fields(pattern, {}) or {}
        return fields.get(operand.field, ANY)


def constant_test(pattern: Pattern, field: str) -> str | None:
    """Returns the one constant text that a condition wants of a field, or None."""
    for test in pattern.tests:
        if test.field == field and test.operator is Operator.EQUAL and len(test.operands) == 1:
            constant = test.operands[0].constant
            return constant if isinstance(constant, str) else None
    return None


def type_of_value(value: Value) -> Typing:
    """Returns the type of a dated value."""
    return Typing(type_of_constant(value.dates[0].value)) if value.dates else ANY


def lineage(policy: Policy, by_version: Mapping[tuple[str, str], Policy]) -> list[Policy]:
    """Returns a policy and its ancestors, each once, a child before its parents; parents that do not exist are left out."""
    found: dict[tuple[str, str], Policy] = {}
    waiting = [policy]
    while waiting:
        current = waiting.pop(0)
        if (current.id, current.version) in found:
            continue
        found[current.id, current.version] = current
        parents = (by_version.get((extension.policy, extension.version)) for extension in current.extends)
        waiting += [parent for parent in parents if parent is not None]
    return list(found.values())


def tables_named(patterns: Iterable[Pattern]) -> set[str]:
    """Returns the tables whose rows or columns conditions ask for by name."""
    found = set()
    for pattern in patterns:
        table = constant_test(pattern, "table") if pattern.kind == "row" else None
        found |= {table} if table is not None else set()
        found |= {test.table for test in pattern.tests if test.table}
    return found
