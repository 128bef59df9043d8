"""Defines a policy after validation: typed, placed in its file, with every name checked, and nothing resolved yet.

The YAML that these types stand for is described in ``docs/policy-language.md``. Dates are ISO 8601 text.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from engine.errors import Place
from engine.model import Citation, Kind, Severity
from engine.policy.column_types import ColumnType as ColumnType  # noqa: PLC0414  # types of a policy are imported from here
from engine.policy.proofs import ExplainedSurvivor, RuleTests

Scalar = str | int | float | bool


class Status(StrEnum):
    """Whether a policy or rule runs: draft does not, trial is reported apart, retired is kept for history."""

    DRAFT = "draft"
    TRIAL = "trial"
    ACTIVE = "active"
    RETIRED = "retired"


class Operator(StrEnum):
    """What a test asks of a field. ``NOT`` and ``EQUAL`` with several operands mean none of them and any of them."""

    EQUAL = "equal"
    NOT = "not"
    OVER = "over"
    UNDER = "under"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"  # both ends included
    PRESENT = "present"
    HAS = "has"  # lists: contains
    LACKS = "lacks"
    HAS_ANY = "has_any"
    LACKS_ALL = "lacks_all"
    STARTS_WITH = "starts_with"
    NOT_STARTS_WITH = "not_starts_with"
    IN_RANGE = "in_range"  # codes, both ends included: "99202-99205"
    NOT_IN_RANGE = "not_in_range"
    IN = "in"  # membership of table.column on the fact's date
    NOT_IN = "not_in"


class Operand(msgspec.Struct, frozen=True):
    """A constant, ``$name.field`` or ``$value.id``, with at most one ``+ - *`` applied to it.

    Exactly one of ``constant``, ``field`` (with ``name``) and ``value_id`` is set. ``amount`` is a constant or, when
    ``amount_value_id`` is set, a dated value. ``unit`` is empty for numbers, else ``days``, ``weekdays``,
    ``months`` or ``years`` (calendar arithmetic on a date; 29 February moves to the 28th in common years).
    """

    constant: Scalar | None = None
    name: str = ""
    field: str = ""
    value_id: str = ""
    operator: str = ""
    amount: int | float = 0
    amount_value_id: str = ""
    unit: str = ""

    @property
    def is_reference(self) -> bool:
        """Whether the operand reads a field of a named fact."""
        return bool(self.name)


class Test(msgspec.Struct, frozen=True):
    """One test on one field of a fact. ``table`` and ``column`` are set for ``in`` and ``not_in`` only."""

    field: str
    operator: Operator
    operands: tuple[Operand, ...] = ()
    table: str = ""
    column: str = ""
    place: Place = Place()


class Pattern(msgspec.Struct, frozen=True):
    """``name: {fact: {field: test, …}}``: a fact of this kind that passes every test."""

    name: str
    kind: str
    tests: tuple[Test, ...] = ()
    place: Place = Place()


class Assertion(msgspec.Struct, frozen=True):
    """A derived fact that a rule asserts: its kind and its fields."""

    kind: str
    fields: tuple[tuple[str, Operand], ...]
    place: Place = Place()


class MessagePart(msgspec.Struct, frozen=True):
    """Literal text, or a field of a matched fact, or a dated value, put into a message."""

    text: str = ""
    operand: Operand | None = None
    format: str = ""  # "" plain, "money" cents as dollars


class Report(msgspec.Struct, frozen=True):
    """What a rule says when it fires; the first of ``lines`` is the finding's primary line.

    ``lines`` and ``diagnoses`` read a number or a list of numbers each; an empty ``lines`` is about the whole claim.
    """

    message: tuple[MessagePart, ...]
    lines: tuple[Operand, ...] = ()
    diagnoses: tuple[Operand, ...] = ()
    codes: tuple[Operand, ...] = ()
    group: str = ""
    carc: str = ""
    rarc: str = ""


class OperationTemplate(msgspec.Struct, frozen=True):
    """One operation of a fix: its name as in ``model.Operation.op`` and its arguments, each an operand or list of operands."""

    op: str
    arguments: tuple[tuple[str, Operand | tuple[Operand, ...]], ...]
    place: Place = Place()


class FixTemplate(msgspec.Struct, frozen=True):
    """One alternative: operations applied together, and the documentation facts (all of them) that must support it.

    ``needs_for`` is the line the facts must belong to (a claim-wide fact serves too); without it, any line of the report.
    """

    operations: tuple[OperationTemplate, ...]
    needs: tuple[str, ...] = ()
    needs_for: Operand | None = None
    description: tuple[MessagePart, ...] = ()
    place: Place = Place()


class Rule(msgspec.Struct, frozen=True):
    """One rule: all of ``when``, none of ``unless``; asserts derived facts, reports a finding, or both.

    ``judged_without`` are tables that only ``unless`` needs: without a release of theirs the rule is judged all the same.
    """

    id: str
    title: str
    when: tuple[Pattern, ...]
    unless: tuple[Pattern, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    report: Report | None = None
    fixes: tuple[FixTemplate, ...] = ()
    category: str = ""
    kind: Kind = "VIOLATION"
    severity: Severity = "ERROR"
    status: Status = Status.ACTIVE
    references: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    known_exceptions: tuple[str, ...] = ()
    tests: RuleTests = RuleTests()
    judged_without: tuple[str, ...] = ()
    policy_id: str = ""
    policy_version: str = ""
    place: Place = Place()


class DatedValue(msgspec.Struct, frozen=True):
    """One value from its date on, with the reference it comes from."""

    start: str
    value: Scalar
    reference: str = ""


class Value(msgspec.Struct, frozen=True):
    """A named value that holds from each of its dates until replaced; ``dates`` are ascending."""

    id: str
    title: str
    unit: str
    dates: tuple[DatedValue, ...]
    policy_id: str = ""
    place: Place = Place()

    def on(self, date: str) -> DatedValue | None:
        """Returns the value in force on an ISO date, or None before the first."""
        found = None
        for entry in self.dates:
            if entry.start > date:
                break
            found = entry
        return found


class Total(msgspec.Struct, frozen=True):
    """A sum or count over facts of the claim, made before the rules run: ``measure`` is ``sum`` or ``count`` of ``field`` of ``kind``."""

    id: str
    measure: str
    kind: str
    field: str
    by: tuple[str, ...]
    where: tuple[Test, ...] = ()
    policy_id: str = ""
    place: Place = Place()

    @property
    def table(self) -> str:
        """The table whose rows are counted or added up, by the constant that ``where`` asks for; empty for other facts."""
        for test in self.where if self.kind == "row" else ():
            if test.field == "table" and test.operator is Operator.EQUAL and len(test.operands) == 1:
                return str(test.operands[0].constant or "")
        return ""


class Scope(msgspec.Struct, frozen=True):
    """Which claims a policy is for; ``*`` means any. Empty scope (None on the policy) means: only extended by others."""

    payers: tuple[str, ...] = ("*",)
    lines_of_business: tuple[str, ...] = ("*",)
    states: tuple[str, ...] = ("*",)
    plans: tuple[str, ...] = ("*",)
    claim_types: tuple[str, ...] = ("*",)


class Extension(msgspec.Struct, frozen=True):
    """A parent policy, pinned to a version."""

    policy: str
    version: str
    place: Place = Place()


class Override(msgspec.Struct, frozen=True):
    """Changes settings of a parent's rule (``severity``, ``kind``, ``status``, ``message``, ``group``, ``carc``, ``rarc``)."""

    rule: str
    settings: tuple[tuple[str, Scalar | tuple[MessagePart, ...]], ...]
    because: str
    place: Place = Place()


class Disable(msgspec.Struct, frozen=True):
    """Switches a parent's rule off, with the reason."""

    rule: str
    because: str
    place: Place = Place()


class PolicyException(msgspec.Struct, frozen=True):
    """Sets findings of some rules aside while it holds.

    Patterns of ``when`` may read ``$finding.line_number`` (the primary line), ``$finding.rule`` and
    ``$finding.category``. It holds for primary lines with a service date from ``start`` to before ``end``.
    """

    id: str
    rules: tuple[str, ...]
    when: tuple[Pattern, ...]
    start: str
    end: str
    because: str
    approved_by: str
    policy_id: str = ""
    place: Place = Place()


class Policy(msgspec.Struct, frozen=True):
    """One version of one policy as written, before its parents are merged in. ``effective_to`` and ``end`` are exclusive."""

    id: str
    version: str
    title: str
    status: Status
    effective_from: str
    effective_to: str = ""
    published: str = ""
    review_by: str = ""
    owner: str = ""
    scope: Scope | None = None
    extends: tuple[Extension, ...] = ()
    references: tuple[tuple[str, Citation], ...] = ()
    tables: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    totals: tuple[Total, ...] = ()
    overrides: tuple[Override, ...] = ()
    disable: tuple[Disable, ...] = ()
    exceptions: tuple[PolicyException, ...] = ()
    rules: tuple[Rule, ...] = ()
    digest: str = ""
    place: Place = Place()


class ResolvedPolicy(msgspec.Struct, frozen=True):
    """A policy with its parents merged in: what is compiled and run.

    Rules carry their own policy id and version, overrides applied, disabled and draft ones left out; ``chain`` is
    ``id@version`` of the policy itself and then its ancestors in the order they were merged; ``digest`` is the SHA-256
    (``sha256:…``) of the canonical form of everything merged. A rule is TRIAL when it or its policy is.
    """

    policy: Policy
    chain: tuple[str, ...]
    rules: tuple[Rule, ...]
    values: tuple[Value, ...]
    totals: tuple[Total, ...]
    exceptions: tuple[PolicyException, ...]
    tables: tuple[str, ...]
    digest: str


class Table(msgspec.Struct, frozen=True):
    """A small dated table written as YAML or CSV.

    ``rows`` are tuples in the order of ``columns``, None for an empty cell. ``date_from`` and ``date_to`` name the
    columns that bound a row's validity by service date (empty when rows are always valid); ``date_to`` is exclusive,
    or inclusive when ``date_to_inclusive``. ``complete`` is False for a sample, whose silence proves nothing.
    """

    id: str
    version: str
    title: str
    columns: tuple[tuple[str, ColumnType], ...]
    key: tuple[str, ...]
    rows: tuple[tuple[Scalar | None, ...], ...]
    source: Citation
    date_from: str = ""
    date_to: str = ""
    date_to_inclusive: bool = False
    complete: bool = True
    official: bool = False  # declared here, its rows live in the reference store
    digest: str = ""
    place: Place = Place()


class Expectation(msgspec.Struct, frozen=True):
    """A finding a golden test expects; only rule and lines must always agree, other fields where given."""

    rule: str
    lines: tuple[int, ...] = ()
    fields: tuple[tuple[str, Scalar], ...] = ()
    exception: str = ""
    place: Place = Place()


class GivenRow(msgspec.Struct, frozen=True):
    """A row of a table that stands for one golden test: it changes the row with its key. ``cells`` are by column."""

    table: str
    cells: tuple[tuple[str, Scalar | None], ...]
    place: Place = Place()


class GoldenTest(msgspec.Struct, frozen=True):
    """One golden test: a claim, changes to it by path, rows given for it alone, and the exact set of findings expected.

    ``not_evaluated`` lists the rule ids that must be reported as not evaluated, or is None when the test does not say.
    """

    name: str
    claim: str
    change: tuple[tuple[str, object], ...] = ()
    given: tuple[GivenRow, ...] = ()
    complete: tuple[str, ...] = ()  # tables whose rows count as all there are, in this test
    expect: tuple[Expectation, ...] = ()
    excepted: tuple[Expectation, ...] = ()
    trial: tuple[Expectation, ...] = ()
    not_evaluated: tuple[str, ...] | None = None
    place: Place = Place()


class TestFile(msgspec.Struct, frozen=True):
    """A file of golden tests against one pinned policy; ``claims`` are claim documents as plain JSON values."""

    stem: str
    title: str
    policy_id: str
    policy_version: str
    reference: tuple[tuple[str, str], ...]
    claims: tuple[tuple[str, object], ...]
    tests: tuple[GoldenTest, ...]
    place: Place = Place()


class PolicySet(msgspec.Struct, frozen=True):
    """Everything loaded from a policies directory: policies (all versions), tables, tests and explained survivors, with a digest."""

    policies: tuple[Policy, ...]
    tables: tuple[Table, ...]
    tests: tuple[TestFile, ...]
    digest: str
    survivors: tuple[ExplainedSurvivor, ...] = ()
