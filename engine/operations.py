"""Applies the typed operations of a fix to a copy of a claim.

An operation that removes or adds charges does not touch the claim's stated total; the fix that carries it also carries a
``set_field`` for ``total_charge_cents`` (see ``engine/fixes.py``), so that what is applied is exactly what is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from engine.model import Claim, Diagnosis, Operation, ServiceLine

MOST_MODIFIERS = 4

_Target = TypeVar("_Target", Claim, ServiceLine)


class InapplicableError(Exception):
    """An operation does not fit the claim: the line is not there, the modifier is already on it, …; the text says which."""


class AlreadySoError(InapplicableError):
    """An operation asks for what the claim has already."""


def apply_operations(claim: Claim, operations: Sequence[Operation]) -> Claim:
    """Returns the claim with every operation applied in turn; raises InapplicableError when one does not fit."""
    for operation in operations:
        apply = _APPLY.get(operation.op)
        if apply is None:
            raise InapplicableError(f"{operation.op} changes nothing by itself")
        claim = apply(claim, operation)
    return claim


def _line(claim: Claim, number: int) -> ServiceLine:
    for line in claim.lines:
        if line.line_number == number:
            return line
    raise InapplicableError(f"there is no line {number}")


def _with_line(claim: Claim, changed: ServiceLine) -> Claim:
    lines = tuple(changed if line.line_number == changed.line_number else line for line in claim.lines)
    return msgspec.structs.replace(claim, lines=lines)


def _add_modifier(claim: Claim, operation: Operation) -> Claim:
    line = _line(claim, operation.line_number)
    if operation.modifier in line.modifiers:
        raise AlreadySoError(f"line {line.line_number} already carries {operation.modifier}")
    if len(line.modifiers) >= MOST_MODIFIERS:
        raise InapplicableError(f"line {line.line_number} has no room for another modifier")
    return _with_line(claim, msgspec.structs.replace(line, modifiers=(operation.modifier, *line.modifiers)))


def _remove_modifier(claim: Claim, operation: Operation) -> Claim:
    line = _line(claim, operation.line_number)
    if operation.modifier not in line.modifiers:
        raise InapplicableError(f"line {line.line_number} does not carry {operation.modifier}")
    # Only the last of a repeated modifier goes: the first keeps its place.
    kept = list(line.modifiers)
    del kept[len(kept) - 1 - kept[::-1].index(operation.modifier)]
    return _with_line(claim, msgspec.structs.replace(line, modifiers=tuple(kept)))


def _replace_modifier(claim: Claim, operation: Operation) -> Claim:
    line = _line(claim, operation.line_number)
    if operation.modifier not in line.modifiers or operation.new_modifier in line.modifiers:
        raise InapplicableError(
            f"line {line.line_number} cannot take {operation.new_modifier} for {operation.modifier}"
        )
    changed = tuple(operation.new_modifier if m == operation.modifier else m for m in line.modifiers)
    return _with_line(claim, msgspec.structs.replace(line, modifiers=changed))


def _replace_code(claim: Claim, operation: Operation) -> Claim:
    line = _line(claim, operation.line_number)
    if line.procedure_code == operation.code:
        raise AlreadySoError(f"line {line.line_number} is {operation.code} already")
    return _with_line(claim, msgspec.structs.replace(line, procedure_code=operation.code))


def _set_units(claim: Claim, operation: Operation) -> Claim:
    line = _line(claim, operation.line_number)
    if line.units == operation.units:
        raise AlreadySoError(f"line {line.line_number} has these units already")
    return _with_line(claim, msgspec.structs.replace(line, units=operation.units))


def _remove_line(claim: Claim, operation: Operation) -> Claim:
    _line(claim, operation.line_number)
    lines = tuple(line for line in claim.lines if line.line_number != operation.line_number)
    if not lines:
        raise InapplicableError("the claim would have no lines left")
    return msgspec.structs.replace(claim, lines=lines)


def _add_line(claim: Claim, operation: Operation) -> Claim:
    number = max(line.line_number for line in claim.lines)
    added = [
        msgspec.structs.replace(line, line_number=number + index) for index, line in enumerate(operation.lines, start=1)
    ]
    return msgspec.structs.replace(claim, lines=(*claim.lines, *added))


def _replace_lines(claim: Claim, operation: Operation) -> Claim:
    for number in operation.line_numbers:
        _line(claim, number)
    grown = _add_line(claim, operation)
    lines = tuple(line for line in grown.lines if line.line_number not in operation.line_numbers)
    return msgspec.structs.replace(grown, lines=lines)


def _replace_dx(claim: Claim, operation: Operation) -> Claim:
    _position(claim, operation.position)
    diagnoses = list(claim.diagnoses)
    if any(diagnosis.code == operation.code for diagnosis in diagnoses):
        raise InapplicableError(f"{operation.code} is on the claim already")
    diagnoses[operation.position - 1] = Diagnosis(operation.code)
    return msgspec.structs.replace(claim, diagnoses=tuple(diagnoses))


def _remove_dx(claim: Claim, operation: Operation) -> Claim:
    _position(claim, operation.position)
    return _reordered(claim, [p for p in range(1, len(claim.diagnoses) + 1) if p != operation.position])


def _resequence_dx(claim: Claim, operation: Operation) -> Claim:
    if sorted(operation.order) != list(range(1, len(claim.diagnoses) + 1)):
        raise InapplicableError("the new order must name every diagnosis position once")
    return _reordered(claim, operation.order)


def _position(claim: Claim, position: int) -> None:
    if not 1 <= position <= len(claim.diagnoses):
        raise InapplicableError(f"there is no diagnosis {position}")


def _reordered(claim: Claim, order: Sequence[int]) -> Claim:
    """Keeps the diagnoses at the old positions given, in that order; pointers follow their diagnosis."""
    moved = {old: new for new, old in enumerate(order, start=1)}
    lines = tuple(
        msgspec.structs.replace(
            line, diagnosis_pointers=tuple(moved.get(p, p) for p in line.diagnosis_pointers if p in moved or p < 1)
        )
        for line in claim.lines
    )
    diagnoses = tuple(claim.diagnoses[old - 1] for old in order)
    return msgspec.structs.replace(claim, diagnoses=diagnoses, lines=lines)


_CLAIM_FIELDS: dict[str, Callable[[str], object]] = {
    "total_charge_cents": int,
    "place_of_service": str,
    "frequency_code": str,
    "original_claim_id": str,
    "received_date": str,
    "clia_number": str,
    "clia_certificate_type": str,
    "prior_authorizations": lambda text: tuple(text.split(",")),
    "coverage_from": str,
    "coverage_to": str,
    "payer_sequence": str,
    "other_payer_paid_cents": int,
    "accident_type": str,
    "accident_date": str,
    "accident_state": str,
    "condition_codes": lambda text: tuple(text.split(",")),
    "type_of_bill": str,
    "epsdt_referral": str,
}
_LINE_FIELDS: dict[str, Callable[[str], object]] = {
    "place_of_service": str,
    "prior_authorization": str,
    "revenue_code": str,
    "service_date": str,
    "service_end_date": str,
    "charge_cents": int,
    "other_payer_paid_cents": int,
    "other_payer_adjustment_cents": int,
    "minutes": int,
    "diagnosis_pointers": lambda text: tuple(int(part) for part in text.split(",")),
}
_PROVIDERS = (
    "billing_provider",
    "rendering_provider",
    "referring_provider",
    "ordering_provider",
    "supervising_provider",
    "service_facility",
)
SETTABLE_CLAIM_FIELDS: frozenset[str] = frozenset(
    {*_CLAIM_FIELDS, *(f"{p}.{f}" for p in _PROVIDERS for f in ("npi", "tin", "taxonomy_code", "credential"))}
    | {"payer.payer_id", "payer.plan_id"}
)
SETTABLE_LINE_FIELDS: frozenset[str] = frozenset(
    {*_LINE_FIELDS, *(f"rendering_provider.{f}" for f in ("npi", "taxonomy_code", "credential"))}
    | {f"ndc.{f}" for f in ("code", "unit")}
)


def _set_field(claim: Claim, operation: Operation) -> Claim:
    if not operation.value:
        raise InapplicableError(f"the value of {operation.field} is not known")
    if operation.line_number:
        line = _line(claim, operation.line_number)
        return _with_line(claim, _set(line, operation, SETTABLE_LINE_FIELDS, _LINE_FIELDS))
    return _set(claim, operation, SETTABLE_CLAIM_FIELDS, _CLAIM_FIELDS)


def _set(
    target: _Target, operation: Operation, settable: Iterable[str], readers: dict[str, Callable[[str], object]]
) -> _Target:
    if operation.field not in settable:
        raise InapplicableError(f"{operation.field} cannot be set")
    name, _, inner = operation.field.partition(".")
    if inner:
        value: object = msgspec.structs.replace(getattr(target, name), **{inner: operation.value})
    else:
        value = readers[name](operation.value)
    if getattr(target, name) == value:
        raise AlreadySoError(f"{operation.field} has this value already")
    return msgspec.structs.replace(target, **{name: value})


_APPLY: dict[str, Callable[[Claim, Operation], Claim]] = {
    "add_modifier": _add_modifier,
    "remove_modifier": _remove_modifier,
    "replace_modifier": _replace_modifier,
    "replace_code": _replace_code,
    "replace_lines": _replace_lines,
    "set_units": _set_units,
    "add_line": _add_line,
    "remove_line": _remove_line,
    "replace_dx": _replace_dx,
    "remove_dx": _remove_dx,
    "resequence_dx": _resequence_dx,
    "set_field": _set_field,
}
