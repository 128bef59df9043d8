"""Turns a claim and the reference rows of its codes into the facts that rules read.

``engine/fact_schema.py`` says which facts and fields there are. Facts are built in canonical order, so that the order of lines,
history and documentation facts in the input does not matter. Only what the policy reads is built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from engine import diagnosis_codes, procedure_codes
from engine.calendar import completed_years, days_between
from engine.documentation.level import TABLE as LEVEL_TABLE
from engine.documentation.level import supported_level, visit_families
from engine.documentation.scope import Conflict, ScopedFact, scope_facts
from engine.fact import Fact, FieldValue
from engine.model import Claim, HistoryLine, Provider, RowSource, ServiceLine, TableUse
from engine.npi import npi_is_valid
from engine.policy.types import Total
from engine.practitioners import history_performer, line_performer, practitioner_keys
from engine.reference.view import ReferenceView, RowKeys
from engine.rules import RunContext

_MPFS_FIELDS = ("status", "global_days", "bilateral", "multiple", "assistant", "co_surgeon", "team", "pc_tc")
_MPFS_LINE_FIELDS = frozenset({*_MPFS_FIELDS, "endoscopic_base"})
_DIAGNOSIS_TABLE_FIELDS = frozenset({"valid", "billable", "header", "laterality"})

Predicate = Callable[[Fact, RunContext], bool]


class FactPlan(msgspec.Struct, frozen=True):
    """What a compiled policy reads: kinds of facts, fields by kind, tables of ``row`` conditions, and totals with their tests."""

    kinds: frozenset[str]
    fields: dict[str, frozenset[str]]
    row_tables: tuple[str, ...]
    totals: tuple[tuple[Total, Predicate], ...]

    def wants(self, kind: str, names: frozenset[str]) -> bool:
        """Returns whether any of the fields of a kind is read."""
        return not names.isdisjoint(self.fields.get(kind, frozenset()))


class ClaimFacts(msgspec.Struct, frozen=True):
    """The facts of one claim in canonical order, its service dates, and documentation facts that contradict each other."""

    facts: tuple[Fact, ...]
    service_dates: tuple[str, ...]
    line_dates: dict[int, str]
    conflicts: tuple[Conflict, ...]


def build_facts(
    claim: Claim, plan: FactPlan, view: ReferenceView, context: RunContext, known_on: str = ""
) -> ClaimFacts:
    """Returns every fact of a claim that the plan asks for; the claim must have passed ``engine.claims.problems_of``."""
    builder = _Builder(claim, plan, view, context, known_on)
    return builder.build()


class _Builder:
    """Holds what the stages of one claim share while its facts are made."""

    def __init__(self, claim: Claim, plan: FactPlan, view: ReferenceView, context: RunContext, known_on: str) -> None:
        self.claim = claim
        self.plan = plan
        self.view = view
        self.context = context
        self.known_on = known_on
        self.lines = sorted(claim.lines, key=lambda line: line.line_number)
        self.history = sorted(self._standing_history(), key=_history_order)
        self.dates = tuple(sorted({line.service_date for line in self.lines}))
        self.earliest = self.dates[0]
        performers = [line_performer(claim, line) for line in self.lines]
        self.performers = performers
        self.practitioners = practitioner_keys([*performers, *(history_performer(line) for line in self.history)])
        self.facts: list[Fact] = []
        self.conflicts: tuple[Conflict, ...] = ()

    def build(self) -> ClaimFacts:
        kinds = self.plan.kinds
        if "claim" in kinds:
            self._claim()
        if "patient" in kinds:
            self._patient()
        if "identifier" in kinds:
            self._identifiers()
        self._lines()
        if "diagnosis" in kinds:
            self._diagnoses()
        if "pointer" in kinds:
            self._pointers()
        if "history" in kinds:
            self._history()
        if self.claim.documentation.facts and ("documentation" in kinds or "supported_level" in kinds):
            self._documentation()
        if self.plan.row_tables:
            self._rows()
        self._totals()
        for order, fact in enumerate(self.facts):
            fact.order = order
        line_dates = {line.line_number: line.service_date for line in self.lines}
        return ClaimFacts(tuple(self.facts), self.dates, line_dates, self.conflicts)

    def _standing_history(self) -> Iterable[HistoryLine]:
        """Leaves out denied and void lines, and the lines of the claim that this one replaces."""
        replaced = self.claim.original_claim_id if self.claim.frequency_code in ("7", "8") else ""
        for line in self.claim.history:
            if line.status in ("PAID", "PENDING") and not (replaced and line.claim_id == replaced):
                yield line

    def _add(self, kind: str, fields: dict[str, FieldValue], source: RowSource | None = None) -> None:
        self.facts.append(Fact(kind, fields, source))

    # ------------------------------------------------------------ header

    def _claim(self) -> None:
        claim = self.claim
        latest = max(line.service_end_date or line.service_date for line in self.lines)
        fields: dict[str, FieldValue] = {
            "claim_type": claim.claim_type,
            "sum_of_charges_cents": sum(line.charge_cents for line in self.lines),
            "line_count": len(self.lines),
            "diagnosis_count": len(claim.diagnoses),
            "service_date": self.earliest,
            "latest_service_date": latest,
            "prior_authorizations": list(claim.prior_authorizations),
            "prior_authorization_count": len(claim.prior_authorizations),
            "history_supplied": bool(claim.history),
        }
        if claim.total_charge_cents is not None:
            fields["total_charge_cents"] = claim.total_charge_cents
        if claim.received_date:
            fields["received_after_days"] = days_between(self.earliest, claim.received_date)
        header = line_performer(claim, msgspec.structs.replace(self.lines[0], rendering_provider=_NO_PROVIDER))
        _put_text(
            fields,
            claim_id=claim.claim_id,
            frequency_code=claim.frequency_code,
            original_claim_id=claim.original_claim_id,
            payer=claim.payer.payer_id,
            line_of_business=claim.payer.line_of_business,
            plan_id=claim.payer.plan_id,
            state=claim.payer.state,
            received_date=claim.received_date,
            place_of_service=claim.place_of_service,
            billing_npi=claim.billing_provider.npi,
            billing_tin=claim.billing_provider.tin,
            rendering_npi=header.npi,
            specialty=header.specialty,
            referring_npi=claim.referring_provider.npi,
            ordering_npi=claim.ordering_provider.npi,
            clia_number=claim.clia_number,
            clia_certificate_type=claim.clia_certificate_type,
        )
        self._add("claim", fields)

    def _patient(self) -> None:
        fields: dict[str, FieldValue] = {"service_date": self.earliest}
        _put_text(fields, sex=self.claim.patient.sex)
        birth = self.claim.patient.birth_date
        if birth and birth <= self.earliest:
            fields["age_years"] = completed_years(birth, self.earliest)
            fields["age_days"] = days_between(birth, self.earliest)
        self._add("patient", fields)

    def _identifiers(self) -> None:
        claim = self.claim
        parties = (
            ("billing", "billing_provider", claim.billing_provider),
            ("rendering", "rendering_provider", claim.rendering_provider),
            ("referring", "referring_provider", claim.referring_provider),
            ("ordering", "ordering_provider", claim.ordering_provider),
            ("supervising", "supervising_provider", claim.supervising_provider),
            ("facility", "service_facility", claim.service_facility),
        )
        for role, path, provider in parties:
            if provider.npi:
                self._identifier(role, f"{path}.npi", provider.npi)
        for line in self.lines:
            if line.rendering_provider.npi:
                self._identifier("rendering", "rendering_provider.npi", line.rendering_provider.npi, line.line_number)

    def _identifier(self, role: str, path: str, npi: str, line_number: int = 0) -> None:
        fields: dict[str, FieldValue] = {
            "role": role,
            "path": path,
            "npi": npi,
            "valid": npi_is_valid(npi),
            "service_date": self.earliest,
        }
        if line_number:
            fields["line_number"] = line_number
        self._add("identifier", fields)

    # ------------------------------------------------------------ lines

    def _lines(self) -> None:
        """Makes the line facts (totals need them even when no rule reads a line) and their modifiers."""
        wants_fees = self.plan.wants("line", _MPFS_LINE_FIELDS)
        wants_status = self.plan.wants("line", frozenset({"code_status", "code_last_valid"}))
        self.line_facts = []
        for index, line in enumerate(self.lines):
            fields = self._line_fields(index, line)
            if wants_fees:
                self._put_fee_schedule(fields, line.procedure_code, line.service_date)
            if wants_status:
                found = procedure_codes.code_status(self.view, line.procedure_code, line.service_date, self.known_on)
                _put_text(fields, code_status=found.status, code_last_valid=found.last_valid)
            self.line_facts.append(Fact("line", fields))
        if "line" in self.plan.kinds:
            self.facts += self.line_facts
        if "modifier" in self.plan.kinds:
            for line in self.lines:
                for position, modifier in enumerate(line.modifiers, start=1):
                    self._add(
                        "modifier",
                        {
                            "line_number": line.line_number,
                            "position": position,
                            "modifier": modifier,
                            "procedure_code": line.procedure_code,
                            "service_date": line.service_date,
                        },
                    )

    def _line_fields(self, index: int, line: ServiceLine) -> dict[str, FieldValue]:
        claim = self.claim
        performer = self.performers[index]
        pointers = line.diagnosis_pointers
        count = len(claim.diagnoses)
        end = line.service_end_date or line.service_date
        fields: dict[str, FieldValue] = {
            "line_number": line.line_number,
            "procedure_code": line.procedure_code,
            "modifiers": list(line.modifiers),
            "modifier_count": len(line.modifiers),
            "modifier_set": ",".join(sorted(set(line.modifiers))),
            "units": line.units,
            "charge_cents": line.charge_cents,
            "service_date": line.service_date,
            "service_end_date": end,
            "service_days": days_between(line.service_date, end) + 1,
            "practitioner": self.practitioners[index],
            "diagnosis_pointers": list(pointers),
            "pointer_count": len(pointers),
            "pointer_out_of_range": any(not 1 <= pointer <= count for pointer in pointers),
            "pointer_repeated": len(set(pointers)) < len(pointers),
            "diagnosis_codes": [claim.diagnoses[p - 1].code for p in pointers if 1 <= p <= count],
            "statutorily_excluded": "GY" in line.modifiers,
            "code_set": procedure_codes.code_set(line.procedure_code),
        }
        birth = claim.patient.birth_date
        if birth and birth <= line.service_date:
            fields["patient_age_years"] = completed_years(birth, line.service_date)
            fields["patient_age_days"] = days_between(birth, line.service_date)
        if line.minutes:
            fields["minutes"] = line.minutes
        if line.ndc.quantity:
            fields["ndc_quantity"] = line.ndc.quantity
        _put_text(
            fields,
            place_of_service=line.place_of_service or claim.place_of_service,
            rendering_npi=performer.npi,
            specialty=performer.specialty,
            prior_authorization=line.prior_authorization,
            ndc=line.ndc.code,
            ndc_unit=line.ndc.unit,
            revenue_code=line.revenue_code,
        )
        return fields

    def _put_fee_schedule(self, fields: dict[str, FieldValue], code: str, on: str) -> None:
        row = self.view.row("mpfs", (code, ""), on, self.known_on)
        if row is None:
            return
        for name in _MPFS_FIELDS:
            value = row.columns.get(name)
            if value is not None and value != "":
                fields[name] = value
        base = row.columns.get("endoscopic_base")
        if base:
            fields["endoscopic_base"] = base

    # ------------------------------------------------------------ diagnoses

    def _diagnoses(self) -> None:
        wants_table = self.plan.wants("diagnosis", _DIAGNOSIS_TABLE_FIELDS)
        for position, diagnosis in enumerate(self.claim.diagnoses, start=1):
            dates = sorted({line.service_date for line in self.lines if position in line.diagnosis_pointers})
            seen: list[dict[str, FieldValue]] = []
            for on in dates or [self.earliest]:
                validity: dict[str, FieldValue] = {}
                if wants_table:
                    validity = diagnosis_codes.validity(self.view, diagnosis.code, on, self.known_on)
                if validity in seen:
                    continue
                seen.append(validity)
                fields: dict[str, FieldValue] = {
                    "position": position,
                    "code": diagnosis.code,
                    "category": diagnosis.code[:3],
                    "first_listed": position == 1,
                    "service_date": on,
                    **validity,
                }
                chapter = diagnosis_codes.chapter(diagnosis.code)
                if chapter:
                    fields["chapter"] = chapter
                self._add("diagnosis", fields)

    def _pointers(self) -> None:
        count = len(self.claim.diagnoses)
        for line in self.lines:
            for rank, position in enumerate(line.diagnosis_pointers, start=1):
                if 1 <= position <= count:
                    self._add(
                        "pointer",
                        {
                            "line_number": line.line_number,
                            "rank": rank,
                            "position": position,
                            "diagnosis_code": self.claim.diagnoses[position - 1].code,
                            "procedure_code": line.procedure_code,
                            "service_date": line.service_date,
                        },
                    )

    # ------------------------------------------------------------ history and documentation

    def _history(self) -> None:
        wants_global = self.plan.wants("history", frozenset({"global_days"}))
        group = self.claim.billing_provider.tin
        for index, line in enumerate(self.history, start=len(self.lines)):
            fields: dict[str, FieldValue] = {
                "procedure_code": line.procedure_code,
                "modifiers": list(line.modifiers),
                "modifier_set": ",".join(sorted(set(line.modifiers))),
                "units": line.units,
                "service_date": line.service_date,
                "practitioner": self.practitioners[index],
                "same_group": bool(group) and line.billing_tin == group,
                "status": line.status,
                "days_before": days_between(line.service_date, self.earliest),
            }
            _put_text(
                fields,
                claim_id=line.claim_id,
                rendering_npi=line.rendering_npi,
                specialty=line.taxonomy_code,
                place_of_service=line.place_of_service,
            )
            if wants_global:
                row = self.view.row("mpfs", (line.procedure_code, ""), line.service_date, self.known_on)
                if row is not None and row.columns.get("global_days"):
                    fields["global_days"] = row.columns["global_days"]
            self._add("history", fields)

    def _documentation(self) -> None:
        scoped = scope_facts(self.claim, self.lines)
        self.conflicts = scoped.conflicts
        if "documentation" in self.plan.kinds:
            for entry in scoped.facts:
                self._add("documentation", _documentation_fields(entry))
        if "supported_level" not in self.plan.kinds:
            return
        by_line: dict[int, list[ScopedFact]] = {}
        for entry in scoped.facts:
            by_line.setdefault(entry.line_number, []).append(entry)
        for line in self.lines:
            facts = [entry.fact for entry in by_line.get(line.line_number, ())]
            if not facts:
                continue
            families = visit_families(self.view, line.service_date, self.known_on)
            family = families.get(line.procedure_code)
            level = supported_level(line.procedure_code, family, facts) if family is not None else None
            if level is not None:
                use = self.view.use(LEVEL_TABLE, line.service_date, self.known_on)
                fields: dict[str, FieldValue] = {
                    "line_number": line.line_number,
                    "service_date": line.service_date,
                    **level,
                }
                self._add("supported_level", fields, _source(use, {"code": line.procedure_code}))

    # ------------------------------------------------------------ rows and totals

    def _rows(self) -> None:
        diagnoses = tuple(sorted({diagnosis.code for diagnosis in self.claim.diagnoses}))
        for on in self.dates:
            lines = [line for line in self.lines if line.service_date == on]
            codes = {line.procedure_code for line in lines}
            codes |= {line.procedure_code for line in self.history if line.service_date == on}
            places = {line.place_of_service or self.claim.place_of_service for line in lines} - {""}
            specialties = {performer.specialty for performer in self.performers} - {""}
            keys = RowKeys(
                procedures=tuple(sorted(codes)),
                diagnoses=diagnoses,
                modifiers=tuple(sorted({modifier for line in lines for modifier in line.modifiers})),
                places_of_service=tuple(sorted(places)),
                taxonomies=tuple(sorted(specialties)),
            )
            for table in self.plan.row_tables:
                rows = self.view.rows(table, keys, on, self.known_on)
                if not rows:
                    continue
                use = self.view.use(table, on, self.known_on)
                for row in rows:
                    fields: dict[str, FieldValue] = {**row.columns, "table": table, "on": on}
                    if use:
                        fields["release"] = use.release
                    self._add("row", fields, _source(use, row.key, table))

    def _totals(self) -> None:
        for total, predicate in self.plan.totals:
            facts = self.line_facts if total.kind == "line" else [f for f in self.facts if f.kind == total.kind]
            groups: dict[tuple[FieldValue, ...], list[Fact]] = {}
            for fact in facts:
                if predicate(fact, self.context) and all(name in fact.fields for name in total.by):
                    key = tuple(fact.fields[name] for name in total.by)
                    groups.setdefault(key, []).append(fact)
            for key, members in groups.items():
                self._add("total", _total_fields(total, key, members, self.earliest))


_NO_PROVIDER = Provider()


def _put_text(fields: dict[str, FieldValue], **texts: str) -> None:
    """Adds the texts that are not empty: an absent field has no key."""
    for name, text in texts.items():
        if text:
            fields[name] = text


def _history_order(line: HistoryLine) -> tuple[object, ...]:
    return (line.service_date, line.procedure_code, line.claim_id, line.modifiers, line.units, line.rendering_npi)


def _documentation_fields(entry: ScopedFact) -> dict[str, FieldValue]:
    fact = entry.fact
    fields: dict[str, FieldValue] = {
        "name": fact.name,
        "claim_wide": entry.claim_wide,
        "basis": fact.basis,
        "service_date": entry.service_date,
    }
    if entry.line_number:
        fields["line_number"] = entry.line_number
    if fact.number is not None:
        fields["number"] = fact.number
    if fact.flag is not None:
        fields["flag"] = fact.flag
    _put_text(fields, text=fact.text, date=fact.date, unit=fact.unit, qualifier=fact.qualifier, group=fact.group)
    return fields


def _total_fields(
    total: Total, key: Sequence[FieldValue], members: Sequence[Fact], earliest: str
) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {"service_date": earliest, **dict(zip(total.by, key, strict=True))}
    fields["id"] = total.id
    fields["count"] = len(members)
    amounts = [fact.fields[total.field] for fact in members if total.field in fact.fields] if total.field else []
    numbers = [amount for amount in amounts if isinstance(amount, int | float)]
    fields["value"] = sum(numbers) if total.measure == "sum" else len(members)
    lines = sorted({n for fact in members if isinstance(n := fact.fields.get("line_number"), int)})
    if lines:
        fields |= {"lines": lines, "first_line": lines[0], "last_line": lines[-1]}
    return fields


def _source(use: TableUse | None, key: dict[str, str], table: str = LEVEL_TABLE) -> RowSource | None:
    return None if use is None else RowSource(table, use.release, key, use.complete, use.stale)
