"""Checks the rules of one policy: names, facts, fields, tables, reports and fixes, each seen with what its parents bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from engine.claims.documentation_vocabulary import OTHER_NAMES, VOCABULARY
from engine.errors import Place
from engine.fact_kind import FieldType
from engine.fact_schema import FACT_KINDS
from engine.operations import SETTABLE_CLAIM_FIELDS, SETTABLE_LINE_FIELDS
from engine.policy.categories import CATEGORIES
from engine.policy.check_tests import (
    Bindings,
    Complaint,
    check_constant,
    check_test,
    is_numeric,
    type_of_operand,
)
from engine.policy.field_types import Fields, TypeBook, Typing, constant_test, family, tables_named
from engine.policy.reader import meant
from engine.policy.types import (
    FixTemplate,
    MessagePart,
    Operand,
    OperationTemplate,
    Operator,
    Pattern,
    PolicyException,
    Report,
    Rule,
    Status,
    Total,
    Value,
)

PlaceOf = Callable[[Place, str], Place]
_EVIDENCE = ("references", "known_exceptions", "tests")
_REPORTING = ("category", "kind", "severity")
_NUMBERS = frozenset(["line", "like", "position", "first", "units", "charge_cents", "lines"])
_FORMS = {"modifier": "modifier", "with": "modifier", "modifiers": "modifier"}


class Surroundings:
    """What the rules of one policy see: types, values and totals of its lineage, and where problems go."""

    def __init__(
        self,
        book: TypeBook,
        values: Mapping[str, Value],
        totals: Mapping[str, Total],
        complain: Complaint,
        place_of: PlaceOf,
        has_key: Callable[[Place, str], bool],
    ) -> None:
        """``place_of`` finds a part of a rule by its path; ``has_key`` tells whether it was written."""
        self.book = book
        self.values = values
        self.totals = totals
        self.complain = complain
        self.place_of = place_of
        self.has_key = has_key

    def bindings(self, facts: dict[str, Fields]) -> Bindings:
        """Returns what a condition can read once these facts are bound."""
        return Bindings(self.book, self.values, self.totals, facts, self.complain)


def check_rule(rule: Rule, draft: bool, around: Surroundings) -> None:
    """Checks one rule; a draft need not give its evidence yet."""
    _check_completeness(rule, draft or rule.status is Status.DRAFT, around)
    if rule.category and rule.category not in CATEGORIES:
        place = around.place_of(rule.place, ".category")
        around.complain("E217", place, f"unknown category {rule.category!r}", meant(rule.category, CATEGORIES))
    bound = check_when(rule.when, {}, around)
    _check_unless(rule, bound, around)
    _check_judged_without(rule, around)
    _check_assertions(rule, bound, around)
    if rule.report is not None:
        _check_report(rule, rule.report, bound, around)
    for fix in rule.fixes:
        _check_fix(fix, bound, around)


def _check_completeness(rule: Rule, draft: bool, around: Surroundings) -> None:
    if rule.report is None and not rule.assertions:
        around.complain("E225", rule.place, f"rule {rule.id} neither asserts nor reports", "add assert: or report:")
    if rule.fixes and rule.report is None:
        place = around.place_of(rule.place, ".fix")
        around.complain("E225", place, f"rule {rule.id} mends what it does not report", "add report:, or drop fix:")
    if rule.report is not None:
        for name in _REPORTING:
            if not around.has_key(rule.place, f".{name}"):
                around.complain("E204", rule.place, f"rule {rule.id} reports and lacks {name!r}", f"add {name}:")
    known = rule.known_exceptions
    if any(text.strip().casefold().rstrip(".") == "none" for text in known):
        place = around.place_of(rule.place, ".known_exceptions")
        hint = "say what could make a finding wrong, or Unknown"
        around.complain("E219", place, "no rule is without exceptions: None is not an answer", hint)
    if draft:
        return
    missing = [name for name in _EVIDENCE[: 3 if rule.report is not None else 1] if not _given(rule, name)]
    for name in missing:
        about = {
            "references": "name where it comes from",
            "known_exceptions": "say what could make a finding wrong, or Unknown",
            "tests": "name golden tests: at least one that fires and one near miss",
        }[name]
        around.complain("E219", rule.place, f"rule {rule.id} has no {name}", about)


def _given(rule: Rule, name: str) -> bool:
    if name == "tests":
        return bool(rule.tests.fires and rule.tests.near)
    return bool(getattr(rule, name))


def check_when(patterns: Iterable[Pattern], bound: dict[str, Fields], around: Surroundings) -> dict[str, Fields]:
    """Checks conditions in order and returns the facts they bind, added to those bound before."""
    facts = dict(bound)
    for pattern in patterns:
        if pattern.name in facts:
            hint = "give every condition of a rule a name of its own"
            around.complain("E213", pattern.place, f"the name {pattern.name!r} is bound twice", hint)
        fields = check_pattern(pattern, facts, around)
        facts[pattern.name] = fields
    return facts


def _check_judged_without(rule: Rule, around: Surroundings) -> None:
    place = around.place_of(rule.place, ".judged_without")
    needed = tables_named(rule.when)
    for table in rule.judged_without:
        if table not in around.book.columns:
            around.complain("E215", place, f"unknown table {table!r}", meant(table, around.book.columns))
        elif table in needed:
            message = f"rule {rule.id} cannot be judged without {table}, which its `when` reads"
            around.complain("E227", place, message, "name tables that only `unless` needs")


def _check_unless(rule: Rule, bound: dict[str, Fields], around: Surroundings) -> None:
    for pattern in rule.unless:
        if pattern.name in bound:
            hint = "a condition of unless may not take the name of one of when"
            around.complain("E213", pattern.place, f"the name {pattern.name!r} is bound twice", hint)
        check_pattern(pattern, bound, around)


def check_pattern(pattern: Pattern, bound: dict[str, Fields], around: Surroundings) -> Fields:
    """Checks one condition: its kind, table and tests; returns its fields."""
    if pattern.kind not in around.book.kinds():
        hint = "findings are read by exceptions only, as $finding" if pattern.kind == "finding" else ""
        hint = hint or meant(pattern.kind, around.book.kinds()) or "no rule asserts it"
        around.complain("E210", pattern.place, f"unknown fact {pattern.kind!r}", hint)
        return {}
    fields = around.book.fields(pattern, around.totals) or {}
    what = f"the fact {pattern.kind}"
    if pattern.kind == "row":
        table = _check_row(pattern, around)
        if table is None:
            return fields
        what = f"table {table!r}"
    if pattern.kind == "total":
        _check_total_id(pattern, around)
    bindings = around.bindings({**bound, pattern.name: fields})
    for test in pattern.tests:
        check_test(test, fields, pattern.name, what, bindings)
    if pattern.kind == "documentation":
        _check_documentation(pattern, around)
    return fields


def _check_row(pattern: Pattern, around: Surroundings) -> str | None:
    table = constant_test(pattern, "table")
    if table is None:
        around.complain("E216", pattern.place, "a row needs the name of its table", "write {row: {table: ncci_ptp, …}}")
    elif table not in around.book.columns:
        place = next(test.place for test in pattern.tests if test.field == "table")
        around.complain("E215", place, f"unknown table {table!r}", meant(table, around.book.columns))
        return None
    return table


def _check_total_id(pattern: Pattern, around: Surroundings) -> None:
    total_id = constant_test(pattern, "id")
    if total_id is not None and total_id not in around.totals:
        hint = meant(total_id, around.totals) or "write it under totals: of the policy or of a parent"
        around.complain("E229", pattern.place, f"unknown total {total_id!r}", hint)


def _check_documentation(pattern: Pattern, around: Surroundings) -> None:
    for test in pattern.tests:
        if test.field == "name" and test.operator in (Operator.EQUAL, Operator.NOT):
            for operand in test.operands:
                if isinstance(operand.constant, str):
                    _check_documentation_name(operand.constant, test.place, around)


def _check_documentation_name(name: str, place: Place, around: Surroundings) -> None:
    if name in OTHER_NAMES:
        around.complain(
            "E228", place, f"{name!r} is another name for {OTHER_NAMES[name]!r}", f"write {OTHER_NAMES[name]}"
        )
    elif name not in VOCABULARY:
        around.complain("E228", place, f"unknown documentation fact {name!r}", meant(name, VOCABULARY))


def _check_assertions(rule: Rule, bound: dict[str, Fields], around: Surroundings) -> None:
    bindings = around.bindings(bound)
    for assertion in rule.assertions:
        if assertion.kind in FACT_KINDS:
            message = f"{assertion.kind!r} is a fact of the engine and cannot be asserted"
            around.complain("E221", assertion.place, message, "choose another name")
            continue
        known = around.book.derived.get(assertion.kind, {})
        for name, operand in assertion.fields:
            place = around.place_of(assertion.place, f".{name}")
            found = type_of_operand(operand, bindings, place)
            wanted = known.get(name)
            if found is not None and wanted is not None and not _agree(found, wanted):
                message = f"{assertion.kind}.{name} has another type in another rule"
                around.complain("E310", place, message, "give the field one type in every rule")


def _agree(left: Typing, right: Typing) -> bool:
    return "any" in (family(left.type), family(right.type)) or family(left.type) == family(right.type)


def _check_report(rule: Rule, report: Report, bound: dict[str, Fields], around: Surroundings) -> None:
    bindings = around.bindings(bound)
    for name, wanted in (("lines", "number"), ("diagnoses", "number"), ("codes", "text")):
        for index, operand in enumerate(getattr(report, name)):
            place = around.place_of(rule.place, f".report.{name}[{index}]")
            _check_entry(operand, wanted, f"{name} of the report", place, bindings)
    check_message(report.message, bindings, around.place_of(rule.place, ".report.message"))


def _check_entry(operand: Operand, wanted: str, what: str, place: Place, bindings: Bindings) -> None:
    found = type_of_operand(operand, bindings, place)
    if found is None or family(found.type) in (wanted, "any"):
        return
    if found.type.value == ("integers" if wanted == "number" else "codes"):
        return
    kind = "numbers" if wanted == "number" else "codes"
    bindings.complain(
        "E301", place, f"${operand.name}.{operand.field} is no entry for {what}", f"name a field with {kind}"
    )


def check_message(parts: Iterable[MessagePart], bindings: Bindings, place: Place) -> None:
    """Checks every placeholder of a message; ``:money`` needs an amount or a number."""
    for part in parts:
        if part.operand is None:
            continue
        found = type_of_operand(part.operand, bindings, place)
        if found is not None and part.format == "money" and not is_numeric(found):
            bindings.complain("E302", place, f"{part.operand.field} is no amount", "use :money with cents only")


def _check_fix(fix: FixTemplate, bound: dict[str, Fields], around: Surroundings) -> None:
    bindings = around.bindings(bound)
    for index, name in enumerate(fix.needs):
        _check_documentation_name(name, around.place_of(fix.place, f".needs[{index}]"), around)
    if fix.needs_for is not None:
        _check_entry(fix.needs_for, "number", "needs_for", around.place_of(fix.place, ".needs_for"), bindings)
    check_message(fix.description, bindings, around.place_of(fix.place, ".description"))
    for operation in fix.operations:
        for name, argument in operation.arguments:
            place = around.place_of(operation.place, f".{name}")
            for operand in argument if isinstance(argument, tuple) else (argument,):
                _check_argument(operation, name, operand, place, bindings)
        if operation.op == "set_field":
            _check_set_field(operation, around)


def _check_argument(
    operation: OperationTemplate, name: str, operand: Operand, place: Place, bindings: Bindings
) -> None:
    found = type_of_operand(operand, bindings, place)
    if found is None or name in ("text", "field", "value"):
        return
    form = _FORMS.get(name, "icd10" if operation.op.endswith("_dx") else "procedure")
    wanted = "number" if name in _NUMBERS else "text"
    if wanted == "text" and operand.constant is not None:
        check_constant(operand.constant, Typing(FieldType.TEXT, form), place, bindings.complain)
        return
    listed = name in ("lines", "modifiers") and family(found.type) == "list"
    if family(found.type) not in (wanted, "any") and not listed:
        hint = "name a field with a number" if wanted == "number" else "name a field with a code"
        bindings.complain("E301", place, f"{name} of {operation.op} has an unlike type", hint)


def _check_set_field(operation: OperationTemplate, around: Surroundings) -> None:
    arguments = dict(operation.arguments)
    field = arguments.get("field")
    name = str(field.constant) if isinstance(field, Operand) else ""
    settable = SETTABLE_LINE_FIELDS if "line" in arguments else SETTABLE_CLAIM_FIELDS
    if name and name not in settable:
        where = "a line" if "line" in arguments else "the claim"
        around.complain("E226", operation.place, f"{name!r} of {where} cannot be set", meant(name, settable))


def check_exception(exception: PolicyException, around: Surroundings) -> None:
    """Checks the conditions of an exception, which may read ``$finding``."""
    finding = {name: Typing(field.type) for name, field in FACT_KINDS["finding"].fields.items()}
    check_when(exception.when, {"finding": finding}, around)


def check_total(total: Total, around: Surroundings) -> None:
    """Checks the fields that a total adds up, groups by and tests."""
    if total.kind not in FACT_KINDS or total.kind in ("total", "finding"):
        kinds = set(FACT_KINDS) - {"total", "finding"}
        hint = meant(total.kind, kinds) or "totals are made of the claim's own facts"
        around.complain("E210", total.place, f"no totals are made of {total.kind!r}", hint)
        return
    if total.kind == "row" and total.table not in around.book.columns:
        hint = meant(total.table, around.book.columns) or "write where: {table: …} with the id of one table"
        around.complain("E215", total.place, f"unknown table {total.table!r}", hint)
        return
    fields = around.book.fields(Pattern(total.kind, total.kind, total.where), {}) or {}
    for name in (*total.by, *([total.field] if total.field else [])):
        if name not in fields:
            around.complain("E211", total.place, f"unknown field {name!r} of {total.kind}", meant(name, fields))
    if total.field in fields and not is_numeric(fields[total.field]):
        around.complain(
            "E302", total.place, f"{total.kind}.{total.field} cannot be added up", "sum a number or an amount"
        )
    for test in total.where:
        check_test(test, fields, total.kind, f"the fact {total.kind}", around.bindings({total.kind: fields}))
