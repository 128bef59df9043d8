"""Finds what makes a claim impossible to judge; what is merely billed wrongly is left to the rules."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date

from msgspec.structs import replace

from engine.claims.documentation_vocabulary import OTHER_NAMES, VOCABULARY, Vocable
from engine.claims.shape import claim_problem, did_you_mean, key_shown, pattern_of
from engine.errors import Problem
from engine.model import Claim, Diagnosis, DocumentationFact, HistoryLine, Ndc, ServiceLine

EARLIEST_YEAR = 1850
LATEST_YEAR = 2199
MOST_UNITS = 9_999_999.0
MOST_CENTS = 99_999_999_999
MOST_MINUTES = 99_999

_PROCEDURE_CODE = re.compile(r"[0-9A-Z]{5}").fullmatch
_MODIFIER = re.compile(r"[0-9A-Z]{2}").fullmatch
_DIAGNOSIS = re.compile(r"[0-9A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?").fullmatch
_WANTED_DATE = f"a calendar date as YYYY-MM-DD between {EARLIEST_YEAR} and {LATEST_YEAR}"


def canonical_diagnosis(code: str) -> str:
    """Returns a diagnosis code with its dot after the third character (``L02415`` is ``L02.415``); three characters need none."""
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 and code[3] != "." and "." not in code else code


def canonical_claim(claim: Claim) -> Claim:
    """Returns the claim with every diagnosis code dotted and every documentation fact under its one name; nothing else changes."""
    changes: dict[str, object] = {}
    if any(diagnosis.code != canonical_diagnosis(diagnosis.code) for diagnosis in claim.diagnoses):
        changes["diagnoses"] = tuple(Diagnosis(code=canonical_diagnosis(each.code)) for each in claim.diagnoses)
    if any(code != canonical_diagnosis(code) for line in claim.history for code in line.diagnosis_codes):
        changes["history"] = tuple(
            replace(line, diagnosis_codes=tuple(canonical_diagnosis(code) for code in line.diagnosis_codes))
            for line in claim.history
        )
    facts = tuple(_canonical_fact(fact) for fact in claim.documentation.facts)
    if facts != claim.documentation.facts:
        changes["documentation"] = replace(claim.documentation, facts=facts)
    return replace(claim, **changes) if changes else claim


def _canonical_fact(fact: DocumentationFact) -> DocumentationFact:
    name = OTHER_NAMES.get(fact.name, fact.name)
    text = canonical_diagnosis(fact.text) if name == "diagnosis" else fact.text
    return fact if name == fact.name and text == fact.text else replace(fact, name=name, text=text)


def is_calendar_date(text: str) -> bool:
    """Tells whether text is a day of the calendar written ``2026-01-20``, within the years the product reckons with."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return False
    try:
        return EARLIEST_YEAR <= date.fromisoformat(text).year <= LATEST_YEAR
    except ValueError:
        return False


def problems_of(claim: Claim) -> list[Problem]:
    """Returns everything that makes the claim impossible to judge, with paths from ``$``; an empty list when it can be judged.

    These are no coding edits: a pointer to a diagnosis that is not there, units of 0 or a code that does not exist
    are for the rules to find. Claims from ``read_claims`` and ``decode_claim`` have passed this already.
    """
    problems = [*_header_problems(claim), *_line_problems(claim)]
    for index, history in enumerate(claim.history):
        problems.extend(_history_problems(history, f"$.history[{index}]"))
    for index, fact in enumerate(claim.documentation.facts):
        problems.extend(_fact_problems(fact, f"$.documentation.facts[{index}]"))
    return problems


def _header_problems(claim: Claim) -> Iterator[Problem]:
    if not claim.claim_id.strip():
        yield claim_problem("C101", "$.claim_id", "the claim has no identifier", "give every claim a claim_id")
    for name in ("received_date", "coverage_from", "coverage_to", "accident_date"):
        sent = getattr(claim, name)
        if sent and not is_calendar_date(sent):
            yield _date_problem(f"$.{name}", sent, "leave it empty when it is not known")
    if claim.patient.birth_date and not is_calendar_date(claim.patient.birth_date):
        yield _date_problem("$.patient.birth_date", claim.patient.birth_date, "leave it empty when it is not known")
    if claim.total_charge_cents is not None:
        yield from _charge_problems("$.total_charge_cents", claim.total_charge_cents)
    if claim.other_payer_paid_cents is not None:
        yield from _amount_problems("$.other_payer_paid_cents", claim.other_payer_paid_cents)
    for index, diagnosis in enumerate(claim.diagnoses):
        if not _DIAGNOSIS(diagnosis.code):
            yield _diagnosis_problem(f"$.diagnoses[{index}].code", diagnosis.code)


def _line_problems(claim: Claim) -> Iterator[Problem]:
    if not claim.lines:
        yield claim_problem("C102", "$.lines", "the claim has no service line", "a claim needs at least one line")
    seen: dict[int, int] = {}
    for index, line in enumerate(claim.lines):
        path = f"$.lines[{index}]"
        first = seen.setdefault(line.line_number, index)
        if line.line_number < 1:
            yield claim_problem("C103", f"{path}.line_number", "a line number is 1 or more", "number the lines from 1")
        elif first != index:
            yield claim_problem(
                "C104",
                f"{path}.line_number",
                f"line number {line.line_number} is already that of $.lines[{first}]",
                "give every line its own number",
            )
        yield from _one_line_problems(line, path)


def _one_line_problems(line: ServiceLine, path: str) -> Iterator[Problem]:
    if not line.service_date:
        yield claim_problem("C105", f"{path}.service_date", "the line has no service date", f"give {_WANTED_DATE}")
    elif not is_calendar_date(line.service_date):
        yield _date_problem(f"{path}.service_date", line.service_date)
    if line.service_end_date and not is_calendar_date(line.service_end_date):
        hint = "leave it empty when the service ended on its first day"
        yield _date_problem(f"{path}.service_end_date", line.service_end_date, hint)
    if not _PROCEDURE_CODE(line.procedure_code):
        yield _procedure_problem(f"{path}.procedure_code", line.procedure_code)
    yield from _modifier_problems(line.modifiers, path)
    if not 0 <= line.charge_cents <= MOST_CENTS:
        yield from _charge_problems(f"{path}.charge_cents", line.charge_cents)
    if line.other_payer_paid_cents is not None:
        yield from _amount_problems(f"{path}.other_payer_paid_cents", line.other_payer_paid_cents)
    if line.other_payer_adjustment_cents is not None:
        # An adjustment may be negative: the other payer added to the charge.
        yield from _amount_problems(f"{path}.other_payer_adjustment_cents", abs(line.other_payer_adjustment_cents))
    if not 0 <= line.units <= MOST_UNITS:
        yield _units_problem(f"{path}.units", line.units)
    if not 0 <= line.minutes <= MOST_MINUTES:
        message = f"minutes lie between 0 and {MOST_MINUTES:,}"
        yield claim_problem("C109", f"{path}.minutes", message, "minutes are the reported anesthesia time")
    if line.ndc is not _NO_NDC and not 0 <= line.ndc.quantity <= MOST_UNITS:
        yield _units_problem(f"{path}.ndc.quantity", line.ndc.quantity)


_NO_NDC = Ndc()


def _history_problems(history: HistoryLine, path: str) -> Iterator[Problem]:
    if not is_calendar_date(history.service_date):
        yield _date_problem(f"{path}.service_date", history.service_date)
    if not _PROCEDURE_CODE(history.procedure_code):
        yield _procedure_problem(f"{path}.procedure_code", history.procedure_code)
    yield from _modifier_problems(history.modifiers, path)
    if not 0 <= history.units <= MOST_UNITS:
        yield _units_problem(f"{path}.units", history.units)
    for index, code in enumerate(history.diagnosis_codes):
        if not _DIAGNOSIS(code):
            yield _diagnosis_problem(f"{path}.diagnosis_codes[{index}]", code)


def _fact_problems(fact: DocumentationFact, path: str) -> Iterator[Problem]:
    vocable = VOCABULARY.get(OTHER_NAMES.get(fact.name, fact.name))
    if vocable is None:
        hint = did_you_mean(fact.name, sorted(VOCABULARY)) or "docs/claims.md lists the names"
        yield claim_problem("C120", f"{path}.name", f"no documentation fact is named {key_shown(fact.name)}", hint)
        return
    if fact.line_number < 0:
        yield claim_problem("C121", f"{path}.line_number", "a line number is 1 or more, or 0 for the whole claim")
    yield from _payload_problems(fact, vocable, path)
    if fact.date and not is_calendar_date(fact.date):
        yield _date_problem(f"{path}.date", fact.date)
    if fact.number is not None and not math.isfinite(fact.number):
        yield claim_problem("C122", f"{path}.number", "the number is not finite")
    elif fact.number is not None and not 0 <= fact.number <= MOST_UNITS:
        yield claim_problem("C122", f"{path}.number", f"the number of a fact lies between 0 and {MOST_UNITS:,.0f}")
    for field, allowed in (("unit", vocable.units), ("qualifier", vocable.qualifiers)):
        sent = getattr(fact, field)
        if sent and allowed and sent not in allowed:
            yield _vocabulary_problem(fact, field, allowed, path)
    if fact.text and vocable.values and fact.text not in vocable.values:
        yield _vocabulary_problem(fact, "text", vocable.values, path)


def _payload_problems(fact: DocumentationFact, vocable: Vocable, path: str) -> Iterator[Problem]:
    sent = [
        name
        for name, present in (
            ("number", fact.number is not None),
            ("text", bool(fact.text)),
            ("flag", fact.flag is not None),
            ("date", bool(fact.date)),
        )
        if present
    ]
    wanted = " or ".join(vocable.types)
    if not any(name in vocable.types for name in sent):
        what = f"was sent with {' and '.join(sent)}" if sent else "was sent without a value"
        yield claim_problem("C124", path, f"the fact {fact.name!r} is told by its {wanted}, but {what}")
        return
    # A date beside another payload says when the fact held (a laboratory value, a claim-wide minute count).
    allowed = {*vocable.types, "date", *(["number"] if vocable.with_number else [])}
    for name in sent:
        if name not in allowed:
            yield claim_problem(
                "C124", f"{path}.{name}", f"the fact {fact.name!r} is told by its {wanted}, not by {name}"
            )


def _vocabulary_problem(fact: DocumentationFact, field: str, allowed: tuple[str, ...], path: str) -> Problem:
    sent = getattr(fact, field)
    wanted = ", ".join(allowed)
    message = f"the {field} of {fact.name!r} is one of {wanted}; sent was {pattern_of(sent)}"
    return claim_problem("C123", f"{path}.{field}", message, did_you_mean(sent, list(allowed)))


def _modifier_problems(modifiers: tuple[str, ...], path: str) -> Iterator[Problem]:
    for index, modifier in enumerate(modifiers):
        if not _MODIFIER(modifier):
            hint = "write it in capitals" if _MODIFIER(modifier.upper()) and modifier.isascii() else ""
            message = f"a modifier is two characters of 0-9 and A-Z; sent was {pattern_of(modifier)}"
            yield claim_problem("C110", f"{path}.modifiers[{index}]", message, hint)


def _date_problem(path: str, sent: str, hint: str = "") -> Problem:
    return claim_problem("C106", path, f"a date is {_WANTED_DATE}; sent was {pattern_of(sent)}", hint)


def _procedure_problem(path: str, sent: str) -> Problem:
    hint = ""
    if sent.isascii() and _PROCEDURE_CODE(sent.strip().upper()):
        hint = "write it in capitals, without blanks"
    elif re.fullmatch(r"[0-9A-Z]{5}[- :]?[0-9A-Z]{2}", sent.upper()):
        hint = "put the modifier into modifiers"
    message = f"a procedure code is five characters of 0-9 and A-Z (CPT or HCPCS Level II); sent was {pattern_of(sent)}"
    return claim_problem("C111", path, message, hint)


def _diagnosis_problem(path: str, sent: str) -> Problem:
    hint = "write it in capitals, without blanks" if sent.isascii() and _DIAGNOSIS(sent.strip().upper()) else ""
    message = (
        "a diagnosis code is three to seven characters, a letter and a digit first, with or without the dot "
        f"after the third; sent was {pattern_of(sent)}"
    )
    return claim_problem("C112", path, message, hint)


def _charge_problems(path: str, cents: int) -> Iterator[Problem]:
    if cents < 0:
        yield claim_problem("C107", path, "a charge is not negative", "a reversal is a claim of frequency 8")
    elif cents > MOST_CENTS:
        yield claim_problem("C107", path, f"a charge is at most {MOST_CENTS:,} cents", "charges are in whole cents")


def _amount_problems(path: str, cents: int) -> Iterator[Problem]:
    if not 0 <= cents <= MOST_CENTS:
        message = f"what another payer paid or took off lies between 0 and {MOST_CENTS:,} cents"
        yield claim_problem("C107", path, message, "amounts are in whole cents")


def _units_problem(path: str, units: float) -> Problem:
    kind = "is not finite" if not math.isfinite(units) else "is negative" if units < 0 else "is absurd"
    return claim_problem("C108", path, f"the count {kind}; it lies between 0 and {MOST_UNITS:,.0f}")
