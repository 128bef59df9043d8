"""Turns the engine's evaluations into Evaluation messages and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from claimrules.v1 import evaluation_pb2
from google.protobuf.struct_pb2 import Value

from engine.errors import EvaluationError
from engine.model import (
    Adjustment,
    Citation,
    Evaluation,
    Excepted,
    Explanation,
    Finding,
    Fix,
    Impact,
    MatchedFact,
    NotEvaluated,
    Operation,
    PolicyUse,
    RowSource,
    Scalar,
    TableUse,
    ValueUse,
)
from server.convert.claim import line_from_message, line_to_message

Message = Any


# ---------------------------------------------------------------- out


def fill_evaluation(message: Message, evaluation: Evaluation, explain: bool = True) -> None:
    """Fills an empty Evaluation message; ``explain`` False leaves out why rules fired.

    Raises EvaluationError for an amount of money that the message cannot hold.
    """
    try:
        message.claim_id = evaluation.claim_id
        message.evaluation_id = evaluation.evaluation_id
        message.disposition = evaluation.disposition
        _fill_policy(message.policy, evaluation.policy)
        for policy in evaluation.other_policies:
            _fill_policy(message.other_policies.add(), policy)
        for use in evaluation.reference:
            message.reference.add(
                table=use.table, release=use.release, digest=use.digest, complete=use.complete, stale=use.stale
            )
        for finding in evaluation.findings:
            _fill_finding(message.findings.add(), finding, explain)
        for excepted in evaluation.excepted:
            _fill_excepted(message.excepted.add(), excepted, explain)
        for finding in evaluation.trial_findings:
            _fill_finding(message.trial_findings.add(), finding, explain)
        for entry in evaluation.not_evaluated:
            message.not_evaluated.add(rule_id=entry.rule_id, reason=entry.reason, detail=entry.detail)
        if evaluation.recommended_fix is not None:
            _fill_fix(message.recommended_fix, evaluation.recommended_fix)
        message.recommendation = evaluation.recommendation
    except ValueError as error:
        raise EvaluationError(
            "a number of the evaluation does not fit the answer (money is at most 32 bits)"
        ) from error


def evaluation_to_message(evaluation: Evaluation, explain: bool = True) -> Message:
    """Returns the evaluation as a message; see ``fill_evaluation``."""
    message = evaluation_pb2.Evaluation()
    fill_evaluation(message, evaluation, explain)
    return message


def _fill_policy(message: Message, policy: PolicyUse) -> None:
    message.policy_id = policy.policy_id
    message.version = policy.version
    message.chain.extend(policy.chain)
    message.digest = policy.digest


def _fill_finding(message: Message, finding: Finding, explain: bool) -> None:
    message.finding_id = finding.finding_id
    message.rule_id = finding.rule_id
    message.policy_id = finding.policy_id
    message.policy_version = finding.policy_version
    message.category = finding.category
    message.kind = finding.kind
    message.severity = finding.severity
    message.message = finding.message
    message.mode = finding.mode
    message.line_numbers.extend(finding.line_numbers)
    message.diagnosis_positions.extend(finding.diagnosis_positions)
    message.codes.extend(finding.codes)
    message.adjustment.group_code = finding.adjustment.group_code
    message.adjustment.carc = finding.adjustment.carc
    message.adjustment.rarc = finding.adjustment.rarc
    fill_citations(message.citations, finding.citations)
    for fix in finding.fixes:
        _fill_fix(message.fixes.add(), fix)
    message.impact.billed_at_risk_cents = finding.impact.billed_at_risk_cents
    if finding.impact.allowed_delta_cents is not None:
        message.impact.allowed_delta_cents = finding.impact.allowed_delta_cents
    message.impact.basis = finding.impact.basis
    if explain and finding.explanation is not None:
        _fill_explanation(message.explanation, finding.explanation)


def fill_citations(messages: Message, citations: Iterable[Citation]) -> None:
    """Appends citations to a repeated Citation field."""
    for citation in citations:
        messages.add(title=citation.title, section=citation.section, url=citation.url)


def _fill_excepted(message: Message, excepted: Excepted, explain: bool) -> None:
    _fill_finding(message.finding, excepted.finding, explain)
    message.exception_id = excepted.exception_id
    message.policy_id = excepted.policy_id
    message.because = excepted.because
    message.approved_by = excepted.approved_by


def _fill_fix(message: Message, fix: Fix) -> None:
    message.description = fix.description
    for operation in fix.operations:
        message.operations.append(_operation_message(operation))
    message.requires_documentation = fix.requires_documentation
    message.documentation_needed.extend(fix.documentation_needed)
    message.documentation_supported = fix.documentation_supported
    message.verified = fix.verified
    message.resolves.extend(fix.resolves)
    message.introduces.extend(fix.introduces)


def _operation_message(operation: Operation) -> Message:
    return evaluation_pb2.Operation(
        op=operation.op,
        line_number=operation.line_number,
        line_numbers=operation.line_numbers,
        modifier=operation.modifier,
        new_modifier=operation.new_modifier,
        code=operation.code,
        units=operation.units,
        position=operation.position,
        field=operation.field,
        value=operation.value,
        order=operation.order,
        lines=[line_to_message(line) for line in operation.lines],
        reason=operation.reason,
    )


def _fill_explanation(message: Message, explanation: Explanation) -> None:
    message.rule_id = explanation.rule_id
    message.policy_id = explanation.policy_id
    message.policy_version = explanation.policy_version
    message.title = explanation.title
    for fact in explanation.matched:
        _fill_matched(message.matched.add(), fact)
    message.absent.extend(explanation.absent)
    for use in explanation.values:
        entry = message.values.add(value_id=use.value_id, in_force_from=use.in_force_from, policy_id=use.policy_id)
        _fill_value(entry.value, use.value)


def _fill_matched(message: Message, fact: MatchedFact) -> None:
    message.name = fact.name
    message.kind = fact.kind
    fields = message.fields
    for key, value in fact.fields.items():
        if isinstance(value, list | tuple):
            items = fields[key].list_value
            items.SetInParent()
            for item in value:
                _fill_value(items.values.add(), item)
        else:
            _fill_value(fields[key], value)
    if fact.row is not None:
        row = message.row
        row.table = fact.row.table
        row.release = fact.row.release
        row.key.update(fact.row.key)
        row.complete = fact.row.complete
        row.stale = fact.row.stale
    if fact.derived_by is not None:
        _fill_explanation(message.derived_by, fact.derived_by)


def _fill_value(message: Message, value: Scalar) -> None:
    if isinstance(value, str):
        message.string_value = value
    elif isinstance(value, bool):
        message.bool_value = value
    else:
        message.number_value = value


# ---------------------------------------------------------------- in


def evaluation_from_message(message: Message) -> Evaluation:
    """Returns the evaluation that a server answered, for clients that compare or print it."""
    return Evaluation(
        claim_id=message.claim_id,
        evaluation_id=message.evaluation_id,
        disposition=message.disposition,
        policy=_policy(message.policy),
        other_policies=tuple(_policy(policy) for policy in message.other_policies),
        reference=tuple(
            TableUse(use.table, use.release, use.digest, _complete(use), use.stale) for use in message.reference
        ),
        findings=tuple(_finding(finding) for finding in message.findings),
        excepted=tuple(
            Excepted(_finding(each.finding), each.exception_id, each.policy_id, each.because, each.approved_by)
            for each in message.excepted
        ),
        trial_findings=tuple(_finding(finding) for finding in message.trial_findings),
        not_evaluated=tuple(NotEvaluated(each.rule_id, each.reason, each.detail) for each in message.not_evaluated),
        recommended_fix=_fix(message.recommended_fix) if message.HasField("recommended_fix") else None,
        recommendation=message.recommendation,
    )


def _complete(message: Message) -> bool:
    return bool(message.complete) if message.HasField("complete") else True


def _policy(message: Message) -> PolicyUse:
    return PolicyUse(message.policy_id, message.version, tuple(message.chain), message.digest)


def _finding(message: Message) -> Finding:
    adjustment, impact = message.adjustment, message.impact
    return Finding(
        finding_id=message.finding_id,
        rule_id=message.rule_id,
        policy_id=message.policy_id,
        policy_version=message.policy_version,
        category=message.category,
        kind=message.kind,
        severity=message.severity,
        message=message.message,
        mode=message.mode,
        line_numbers=tuple(message.line_numbers),
        diagnosis_positions=tuple(message.diagnosis_positions),
        codes=tuple(message.codes),
        adjustment=Adjustment(adjustment.group_code, adjustment.carc, adjustment.rarc),
        citations=tuple(Citation(each.title, each.section, each.url) for each in message.citations),
        fixes=tuple(_fix(fix) for fix in message.fixes),
        impact=Impact(
            impact.billed_at_risk_cents,
            impact.allowed_delta_cents if impact.HasField("allowed_delta_cents") else None,
            impact.basis,
        ),
        explanation=_explanation(message.explanation) if message.HasField("explanation") else None,
    )


def _fix(message: Message) -> Fix:
    return Fix(
        description=message.description,
        operations=tuple(_operation(operation) for operation in message.operations),
        requires_documentation=message.requires_documentation,
        documentation_needed=tuple(message.documentation_needed),
        documentation_supported=message.documentation_supported,
        verified=message.verified,
        resolves=tuple(message.resolves),
        introduces=tuple(message.introduces),
    )


def _operation(message: Message) -> Operation:
    return Operation(
        op=message.op,
        line_number=message.line_number,
        line_numbers=tuple(message.line_numbers),
        modifier=message.modifier,
        new_modifier=message.new_modifier,
        code=message.code,
        units=message.units,
        position=message.position,
        field=message.field,
        value=message.value,
        order=tuple(message.order),
        lines=tuple(line_from_message(line) for line in message.lines),
        reason=message.reason,
    )


def _explanation(message: Message) -> Explanation:
    return Explanation(
        rule_id=message.rule_id,
        policy_id=message.policy_id,
        policy_version=message.policy_version,
        title=message.title,
        matched=tuple(_matched(fact) for fact in message.matched),
        absent=tuple(message.absent),
        values=tuple(ValueUse(u.value_id, _scalar(u.value), u.in_force_from, u.policy_id) for u in message.values),
    )


def _matched(message: Message) -> MatchedFact:
    row = message.row
    return MatchedFact(
        name=message.name,
        kind=message.kind,
        fields=_fields(message.fields),
        row=RowSource(row.table, row.release, dict(sorted(row.key.items())), _complete(row), row.stale)
        if message.HasField("row")
        else None,
        derived_by=_explanation(message.derived_by) if message.HasField("derived_by") else None,
    )


def _fields(messages: Mapping[str, Value]) -> dict[str, Scalar | list[Scalar]]:
    fields: dict[str, Scalar | list[Scalar]] = {}
    for key in sorted(messages):
        value = messages[key]
        if value.WhichOneof("kind") == "list_value":
            fields[key] = [_scalar(item) for item in value.list_value.values]
        else:
            fields[key] = _scalar(value)
    return fields


def _scalar(message: Value) -> Scalar:
    # JSON has one kind of number, and so has Value: a whole one is given back as an integer.
    match message.WhichOneof("kind"):
        case "string_value":
            return message.string_value
        case "bool_value":
            return message.bool_value
        case _:
            number = message.number_value
            return int(number) if number.is_integer() else number
