"""Makes the fixes of a finding and proves them: each is applied to a copy of the claim, which is evaluated again.

A fix whose documentation the record denies (``flag: false``) is not offered. One that needs documentation which the record does not
give is offered, marked, and never applied by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from engine.documentation.scope import ScopedFact, scope_facts
from engine.fact import FieldValue, Firing
from engine.model import Claim, Finding, Fix, NotEvaluated, Operation, ServiceLine, Severity
from engine.operation_text import describe_operations
from engine.operations import AlreadySoError, InapplicableError, apply_operations
from engine.phrases import value_text
from engine.policy.types import FixTemplate, Operand, OperationTemplate
from engine.reporting import message_text, operand_value
from engine.rules import RunContext

MOST_TRIALS = 60

_SEVERITIES: Mapping[Severity, int] = {"INFO": 1, "WARNING": 2, "ERROR": 3}


class Judgement(msgspec.Struct, frozen=True):
    """What one evaluation found, before fixes: findings that count, and rules that could not be judged."""

    findings: tuple[Finding, ...]
    not_evaluated: tuple[NotEvaluated, ...]


class FixMaker:
    """Makes the fixes of one claim's findings; ``judge`` evaluates a changed claim without making fixes.

    At most ``MOST_TRIALS`` changed claims are evaluated; a fix past that bound is offered unverified and says so.
    """

    def __init__(self, claim: Claim, before: Judgement, judge: Callable[[Claim], Judgement]) -> None:
        """Remembers what the claim looked like before."""
        self._claim = claim
        self._before = before
        self._judge = judge
        self._trials: dict[tuple[Operation, ...], Judgement] = {}
        self._documentation = scope_facts(claim, sorted(claim.lines, key=lambda line: line.line_number)).facts

    def fixes_of(self, finding: Finding, firing: Firing, context: RunContext) -> tuple[Fix, ...]:
        """Returns the alternatives of the finding's rule that fit the claim, best first, tried where they can be."""
        fixes = []
        for template in firing.rule.fixes:
            operations = self._operations(template, firing, context)
            support = self._support(template, finding, firing, context)
            if operations is None or support is None:
                continue
            fix = Fix(
                description=message_text(template.description, firing, context) or describe_operations(operations),
                operations=operations,
                requires_documentation=bool(template.needs),
                documentation_needed=template.needs,
                documentation_supported=bool(template.needs) and support,
            )
            tried = self._tried(fix, finding)
            if tried is not None:
                fixes.append(tried)
        return tuple(fixes)

    def _operations(self, template: FixTemplate, firing: Firing, context: RunContext) -> tuple[Operation, ...] | None:
        operations: list[Operation] = []
        for part in template.operations:
            arguments = {name: _argument(argument, firing, context) for name, argument in part.arguments}
            operation = _operation(part, arguments, self._claim)
            if operation is None:
                return None
            operations.append(operation)
        needed = self._needed(operations)
        return (*needed, *self._new_total(needed))

    def _needed(self, operations: Sequence[Operation]) -> Sequence[Operation]:
        """Returns the operations without those that ask for what the claim has already, unless there is nothing else."""
        needed: list[Operation] = []
        for operation in operations:
            try:
                apply_operations(self._claim, (*needed, operation))
            except AlreadySoError:
                continue
            except InapplicableError:
                return operations
            needed.append(operation)
        return needed or operations

    def _new_total(self, operations: Sequence[Operation]) -> tuple[Operation, ...]:
        """Keeps the stated total true when lines come or go or a charge changes, if it was true before."""
        total = self._claim.total_charge_cents
        if total is None or total != sum(line.charge_cents for line in self._claim.lines):
            return ()
        if not any(
            operation.op in ("remove_line", "add_line", "replace_lines")
            or (operation.op == "set_field" and operation.field == "charge_cents")
            for operation in operations
        ):
            return ()
        try:
            changed = apply_operations(self._claim, operations)
        except InapplicableError:
            return ()
        new = sum(line.charge_cents for line in changed.lines)
        return () if new == total else (Operation("set_field", field="total_charge_cents", value=str(new)),)

    def _support(self, template: FixTemplate, finding: Finding, firing: Firing, context: RunContext) -> bool | None:
        """Returns whether the record states every needed fact; None when it denies one."""
        lines = finding.line_numbers
        if template.needs_for is not None:
            named = operand_value(template.needs_for, firing, context)
            lines = (named,) if isinstance(named, int) else ()
        primary = lines[0] if lines else 0
        supported = True
        for name in template.needs:
            stated = [entry for entry in self._documentation if entry.fact.name == name]
            own = [entry for entry in stated if entry.line_number == primary] or [e for e in stated if e.claim_wide]
            if any(entry.fact.flag is False for entry in own):
                return None
            supported = supported and any(_states(entry) for entry in own)
        return supported

    def _tried(self, fix: Fix, finding: Finding) -> Fix | None:
        """Returns the fix with what came of it; None when it does not fit the claim."""
        if any(op.op == "manual_review" or (op.op == "set_field" and not op.value) for op in fix.operations):
            return fix
        try:
            after = self.try_out(fix.operations)
        except InapplicableError:
            return None
        if after is None:
            return msgspec.structs.replace(
                fix, description=f"{fix.description} (not tried: more than {MOST_TRIALS} changes on one claim)"
            )
        return self._verdict(fix, finding, after)

    def try_out(self, operations: tuple[Operation, ...], more: int = 0) -> Judgement | None:
        """Returns what is said of the claim once changed, or None past the bound; raises InapplicableError when it cannot be.

        ``more`` raises the bound of trials for this call.
        """
        changed = apply_operations(self._claim, operations)
        after = self._trials.get(operations)
        if after is None and len(self._trials) < MOST_TRIALS + more:
            after = self._trials[operations] = self._judge(changed)
        return after

    def joined(self, fixes: Iterable[Fix]) -> tuple[Operation, ...]:
        """Returns the operations of several fixes as one change, with one stated total at its end where the charges need it."""
        operations: dict[Operation, None] = {}
        sets_total = False
        for operation in (operation for fix in fixes for operation in fix.operations):
            if operation.op == "set_field" and operation.field == "total_charge_cents":
                sets_total = True
            else:
                operations.setdefault(operation)
        if not sets_total:
            return tuple(operations)
        total = sum(line.charge_cents for line in apply_operations(self._claim, list(operations)).lines)
        return (*operations, Operation("set_field", field="total_charge_cents", value=str(total)))

    def _verdict(self, fix: Fix, finding: Finding, after: Judgement) -> Fix:
        before = {entry.finding_id for entry in self._before.findings}
        remaining = {entry.finding_id for entry in after.findings}
        new = [entry for entry in after.findings if entry.finding_id not in before]
        resolves = tuple(entry.finding_id for entry in self._before.findings if entry.finding_id not in remaining)
        worse = any(_SEVERITIES[entry.severity] >= _SEVERITIES[finding.severity] for entry in new)
        unjudged = {entry.rule_id for entry in after.not_evaluated} - {
            entry.rule_id for entry in self._before.not_evaluated
        }
        verified = finding.finding_id in resolves and not worse and finding.rule_id not in unjudged
        introduces = tuple(entry.finding_id for entry in new)
        return msgspec.structs.replace(fix, verified=verified, resolves=resolves, introduces=introduces)


def _states(entry: ScopedFact) -> bool:
    """An inferred fact supports no fix; a flag must be true, a text, number or date given."""
    fact = entry.fact
    if fact.basis == "inferred":
        return False
    return fact.flag is True if fact.flag is not None else bool(fact.text or fact.date or fact.number is not None)


_Argument = FieldValue | None


def _argument(argument: Operand | tuple[Operand, ...], firing: Firing, context: RunContext) -> _Argument:
    if isinstance(argument, tuple):
        values: list[str] = []
        for operand in argument:
            value = operand_value(operand, firing, context)
            values += (
                [str(item) for item in value] if isinstance(value, list) else [] if value is None else [str(value)]
            )
        return values
    return operand_value(argument, firing, context)


def _operation(part: OperationTemplate, arguments: Mapping[str, _Argument], claim: Claim) -> Operation | None:
    """Returns the operation with its arguments put in; None when one of them is absent on this claim."""
    optional = {"value"} if part.op == "set_field" else set()
    if any(value is None for name, value in arguments.items() if name not in optional):
        return None
    line = _number(arguments.get("line"))
    text = {name: value_text(value) for name, value in arguments.items() if isinstance(value, str | int | float)}
    if part.op == "manual_review":
        return Operation("manual_review", line_number=line, reason=text.get("text", ""))
    if part.op in ("add_line", "replace_lines"):
        return _line_operation(part.op, arguments, text, claim)
    if part.op == "resequence_dx":
        first = _number(arguments.get("first"))
        rest = [position for position in range(1, len(claim.diagnoses) + 1) if position != first]
        return Operation("resequence_dx", order=(first, *rest))
    value = arguments.get("value")
    listed = ",".join(str(item) for item in value) if isinstance(value, list) else text.get("value", "")
    return Operation(
        part.op,
        line_number=line,
        modifier=text.get("modifier", ""),
        new_modifier=text.get("with", ""),
        code=text.get("code", ""),
        units=_amount(arguments.get("units")),
        position=_number(arguments.get("position")),
        field=text.get("field", ""),
        value=listed,
    )


def _line_operation(
    op: str, arguments: Mapping[str, _Argument], text: Mapping[str, str], claim: Claim
) -> Operation | None:
    by_number = {line.line_number: line for line in claim.lines}
    modifiers = arguments.get("modifiers")
    changes = {
        "procedure_code": text.get("code", ""),
        "units": _amount(arguments.get("units")) or 1,
        "modifiers": tuple(str(m) for m in modifiers) if isinstance(modifiers, list) else (),
        "ndc": ServiceLine(0, "", "").ndc,
        "minutes": 0,
    }
    if op == "add_line":
        model = by_number.get(_number(arguments.get("like")))
        if model is None:
            return None
        charge = _number(arguments.get("charge_cents"))
        added = msgspec.structs.replace(model, line_number=0, charge_cents=charge, **changes)
        return Operation("add_line", lines=(added,))
    listed = arguments.get("lines")
    numbers = sorted({int(item) for item in listed}) if isinstance(listed, list) else []
    if not numbers or any(number not in by_number for number in numbers):
        return None
    lines = [by_number[number] for number in numbers]
    pointers = dict.fromkeys(pointer for line in lines for pointer in line.diagnosis_pointers)
    one = msgspec.structs.replace(
        lines[0],
        line_number=0,
        charge_cents=sum(line.charge_cents for line in lines),
        diagnosis_pointers=tuple(pointers)[:4],
        **changes,
    )
    return Operation("replace_lines", line_numbers=tuple(numbers), lines=(one,))


def _number(value: _Argument) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _amount(value: _Argument) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
