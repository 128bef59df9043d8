from __future__ import annotations

import pytest

from engine.model import Claim, Diagnosis, Operation, Payer, ServiceLine
from engine.operations import InapplicableError, apply_operations


@pytest.fixture
def claim() -> Claim:
    lines = (
        ServiceLine(1, "10060", "2024-07-10", charge_cents=21000, diagnosis_pointers=(1,)),
        ServiceLine(2, "99213", "2024-07-10", ("95",), charge_cents=13000, diagnosis_pointers=(2, 1)),
    )
    diagnoses = (Diagnosis("L02.415"), Diagnosis("I10"))
    return Claim("C", Payer("P"), lines, diagnoses=diagnoses, total_charge_cents=34000)


def test_a_modifier_is_put_first(claim: Claim) -> None:
    changed = apply_operations(claim, [Operation("add_modifier", line_number=2, modifier="25")])
    assert changed.lines[1].modifiers == ("25", "95")
    assert claim.lines[1].modifiers == ("95",)


def test_a_modifier_that_is_there_cannot_be_added(claim: Claim) -> None:
    with pytest.raises(InapplicableError, match="already carries 95"):
        apply_operations(claim, [Operation("add_modifier", line_number=2, modifier="95")])


def test_a_fifth_modifier_has_no_room(claim: Claim) -> None:
    full = [Operation("add_modifier", line_number=1, modifier=modifier) for modifier in ("11", "12", "13", "14")]
    with pytest.raises(InapplicableError, match="no room"):
        apply_operations(claim, [*full, Operation("add_modifier", line_number=1, modifier="15")])


def test_removing_a_diagnosis_moves_the_pointers_that_stay(claim: Claim) -> None:
    changed = apply_operations(claim, [Operation("remove_dx", position=1)])
    assert [diagnosis.code for diagnosis in changed.diagnoses] == ["I10"]
    assert [line.diagnosis_pointers for line in changed.lines] == [(), (1,)]


def test_resequencing_keeps_every_line_on_its_diagnosis(claim: Claim) -> None:
    changed = apply_operations(claim, [Operation("resequence_dx", order=(2, 1))])
    for before, after in zip(claim.lines, changed.lines, strict=True):
        assert [claim.diagnoses[p - 1] for p in before.diagnosis_pointers] == [
            changed.diagnoses[p - 1] for p in after.diagnosis_pointers
        ]


def test_the_last_line_cannot_be_removed(claim: Claim) -> None:
    one = apply_operations(claim, [Operation("remove_line", line_number=1)])
    with pytest.raises(InapplicableError, match="no lines left"):
        apply_operations(one, [Operation("remove_line", line_number=2)])


def test_new_lines_get_numbers_after_the_last(claim: Claim) -> None:
    new = ServiceLine(0, "96372", "2024-07-10")
    changed = apply_operations(claim, [Operation("add_line", lines=(new,))])
    assert [line.line_number for line in changed.lines] == [1, 2, 3]


def test_lines_replaced_are_gone_and_the_new_one_stands_in(claim: Claim) -> None:
    new = ServiceLine(0, "80061", "2024-07-10", charge_cents=34000)
    changed = apply_operations(claim, [Operation("replace_lines", line_numbers=(1, 2), lines=(new,))])
    assert [(line.line_number, line.procedure_code) for line in changed.lines] == [(3, "80061")]


def test_fields_of_the_claim_and_of_a_line_are_set(claim: Claim) -> None:
    changed = apply_operations(
        claim,
        [
            Operation("set_field", field="total_charge_cents", value="21000"),
            Operation("set_field", field="billing_provider.npi", value="1234567893"),
            Operation("set_field", line_number=2, field="diagnosis_pointers", value="1"),
        ],
    )
    assert changed.total_charge_cents == 21000
    assert changed.billing_provider.npi == "1234567893"
    assert changed.lines[1].diagnosis_pointers == (1,)


@pytest.mark.parametrize(
    "operation",
    [
        Operation("set_field", field="patient.sex", value="M"),
        Operation("set_field", field="total_charge_cents"),
        Operation("remove_line", line_number=9),
        Operation("replace_code", line_number=1, code="10060"),
        Operation("set_units", line_number=1, units=1),
        Operation("replace_dx", position=3, code="I10"),
        Operation("replace_dx", position=1, code="I10"),
        Operation("resequence_dx", order=(1,)),
        Operation("remove_modifier", line_number=1, modifier="59"),
        Operation("replace_modifier", line_number=2, modifier="59", new_modifier="XS"),
        Operation("manual_review", reason="look"),
    ],
)
def test_what_does_not_fit_is_refused(claim: Claim, operation: Operation) -> None:
    with pytest.raises(InapplicableError):
        apply_operations(claim, [operation])


def test_only_the_last_of_a_repeated_modifier_is_removed(claim: Claim) -> None:
    line = ServiceLine(1, "73502", "2024-07-10", ("RT", "26", "RT"))
    changed = apply_operations(
        Claim("C", Payer("P"), (line,)), [Operation("remove_modifier", line_number=1, modifier="RT")]
    )
    assert changed.lines[0].modifiers == ("RT", "26")
