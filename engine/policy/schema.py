"""Declares the keys of every kind of file: what each holds, which are needed, which words are allowed.

The readers check files against these tables and ``json_schema.py`` prints them for editors, so the two never differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from engine.policy.types import ColumnType, Operator, Status

FORMAT = 1


class Shape(StrEnum):
    """What a key's value looks like."""

    TEXT = "text"
    WORD = "word"  # one of ``Key.words``
    DATE = "date"
    FLAG = "flag"
    INTEGER = "integer"
    ANY = "any"
    MAP = "map"  # with the keys of ``Key.keys``
    NAMED = "named"  # a map with free keys, each value shaped by ``Key.keys`` when given
    LIST = "list"  # of anything, or of maps with the keys of ``Key.keys``
    TEXTS = "texts"  # a list of text
    ONE_OR_TEXTS = "one_or_texts"


class Key(msgspec.Struct, frozen=True):
    """One key of a map: the shape of its value, whether it is needed, its words and inner keys."""

    shape: Shape
    about: str
    required: bool = False
    words: tuple[str, ...] = ()
    keys: Mapping[str, Key] = {}


Keys = Mapping[str, Key]

_S = Shape
KINDS = ("policy", "table", "tests", "survivors")
RULE_KINDS = ("violation", "over_coding", "under_coding", "warning", "information")
SEVERITIES = ("error", "warning", "info")
STATUSES = tuple(status.value for status in Status)
GROUPS = ("CO", "OA", "PI", "PR", "CR")
CLAIM_TYPES = ("PROFESSIONAL", "INSTITUTIONAL")
TEST_OPERATORS = tuple(operator.value for operator in Operator if operator is not Operator.EQUAL)

_HEAD: dict[str, Key] = {
    "kind": Key(_S.WORD, "what the file holds", True, KINDS),
    "format": Key(_S.INTEGER, "the version of the language: 1", True),
}
CITATION: Keys = {
    "title": Key(_S.TEXT, "the document", True),
    "section": Key(_S.TEXT, "where in the document"),
    "url": Key(_S.TEXT, "its address"),
}
EFFECTIVE: Keys = {
    "from": Key(_S.DATE, "first date of service", True),
    "to": Key(_S.DATE, "the day after the last date of service"),
}
SCOPE: Keys = {
    "payer": Key(_S.ONE_OR_TEXTS, "payer ids"),
    "lines_of_business": Key(_S.ONE_OR_TEXTS, "lines of business"),
    "states": Key(_S.ONE_OR_TEXTS, "states, two letters"),
    "plans": Key(_S.ONE_OR_TEXTS, "plan ids"),
    "claim_types": Key(_S.ONE_OR_TEXTS, "PROFESSIONAL, INSTITUTIONAL"),
}
EXTENSION: Keys = {
    "policy": Key(_S.TEXT, "the parent's id", True),
    "version": Key(_S.TEXT, "the parent's version, quoted", True),
}
DATED_VALUE: Keys = {
    "value": Key(_S.ANY, "the value", True),
    "reference": Key(_S.TEXT, "where it comes from"),
}
VALUE: Keys = {
    "title": Key(_S.TEXT, "what it says", True),
    "unit": Key(_S.TEXT, "day, cent, unit, …"),
    "dates": Key(_S.NAMED, "the value by the date it holds from", True),
}
TOTAL: Keys = {
    "id": Key(_S.TEXT, "its id", True),
    "sum": Key(_S.TEXT, "kind.field to add up"),
    "count": Key(_S.TEXT, "kind to count"),
    "by": Key(_S.TEXTS, "fields that make the groups", True),
    "where": Key(_S.NAMED, "tests of fields"),
}
OVERRIDE_SETTINGS: Keys = {
    "severity": Key(_S.WORD, "the new severity", words=SEVERITIES),
    "kind": Key(_S.WORD, "the new kind", words=RULE_KINDS),
    "status": Key(_S.WORD, "the new status", words=("trial", "active")),
    "message": Key(_S.TEXT, "the new message"),
    "group": Key(_S.WORD, "the new group code", words=GROUPS),
    "carc": Key(_S.TEXT, "the new CARC"),
    "rarc": Key(_S.TEXT, "the new RARC"),
}
OVERRIDE: Keys = {
    "rule": Key(_S.TEXT, "the parent's rule", True),
    "set": Key(_S.MAP, "the changes", True, keys=OVERRIDE_SETTINGS),
    "because": Key(_S.TEXT, "why", True),
}
DISABLE: Keys = {
    "rule": Key(_S.TEXT, "the parent's rule", True),
    "because": Key(_S.TEXT, "why", True),
}
EXCEPTION: Keys = {
    "id": Key(_S.TEXT, "its id", True),
    "rules": Key(_S.TEXTS, "the rules it sets aside", True),
    "when": Key(_S.LIST, "conditions, all of which must hold"),
    "from": Key(_S.DATE, "first service date", True),
    "to": Key(_S.DATE, "the day after the last service date", True),
    "approved_by": Key(_S.TEXT, "who allowed it", True),
    "because": Key(_S.TEXT, "why", True),
}
REPORT: Keys = {
    "lines": Key(_S.ONE_OR_TEXTS, "lines of the finding, the first is the one it is about"),
    "diagnoses": Key(_S.ONE_OR_TEXTS, "diagnosis positions"),
    "codes": Key(_S.ONE_OR_TEXTS, "codes of the finding"),
    "message": Key(_S.TEXT, "what the finding says", True),
    "group": Key(_S.WORD, "claim adjustment group code", words=GROUPS),
    "carc": Key(_S.TEXT, "claim adjustment reason code, quoted"),
    "rarc": Key(_S.TEXT, "remittance advice remark code"),
}
RULE_TESTS: Keys = {
    "fires": Key(_S.TEXTS, "golden tests in which the rule fires", True),
    "near": Key(_S.TEXTS, "golden tests in which it nearly fires", True),
}
OPERATIONS: Mapping[str, Keys] = {
    "remove_line": {"line": Key(_S.ANY, "line number", True)},
    "add_modifier": {"line": Key(_S.ANY, "line number", True), "modifier": Key(_S.ANY, "modifier", True)},
    "remove_modifier": {"line": Key(_S.ANY, "line number", True), "modifier": Key(_S.ANY, "modifier", True)},
    "replace_modifier": {
        "line": Key(_S.ANY, "line number", True),
        "modifier": Key(_S.ANY, "the modifier that goes", True),
        "with": Key(_S.ANY, "the modifier that comes", True),
    },
    "replace_code": {"line": Key(_S.ANY, "line number", True), "code": Key(_S.ANY, "the new code", True)},
    "set_units": {"line": Key(_S.ANY, "line number", True), "units": Key(_S.ANY, "the new units", True)},
    "add_line": {
        "like": Key(_S.ANY, "line to copy date, place, pointers and provider from", True),
        "code": Key(_S.ANY, "its code", True),
        "units": Key(_S.ANY, "its units"),
        "modifiers": Key(_S.ANY, "its modifiers"),
        "charge_cents": Key(_S.ANY, "its charge"),
    },
    "replace_lines": {
        "lines": Key(_S.ANY, "the lines that go", True),
        "code": Key(_S.ANY, "the code of the line that comes", True),
        "units": Key(_S.ANY, "its units"),
        "modifiers": Key(_S.ANY, "its modifiers"),
    },
    "replace_dx": {"position": Key(_S.ANY, "diagnosis position", True), "code": Key(_S.ANY, "the new code", True)},
    "remove_dx": {"position": Key(_S.ANY, "diagnosis position", True)},
    "resequence_dx": {"first": Key(_S.ANY, "position of the diagnosis that goes first", True)},
    "set_field": {
        "field": Key(_S.TEXT, "the field's path", True),
        "line": Key(_S.ANY, "line number, for a line's field"),
        "value": Key(_S.ANY, "the new value; without it, what must be filled in"),
    },
    "manual_review": {"text": Key(_S.TEXT, "what to look at", True)},
}
# Operations whose one argument is written without its name.
BARE_OPERATIONS: Mapping[str, str] = {"remove_line": "line", "manual_review": "text"}
FIX: Keys = {
    **{name: Key(_S.ANY, "one operation") for name in OPERATIONS},
    "all": Key(_S.LIST, "operations applied together"),
    "needs": Key(_S.TEXTS, "documentation facts that must all be stated true"),
    "needs_for": Key(_S.TEXT, "the line the facts must belong to"),
    "description": Key(_S.TEXT, "what the fix does, like a message"),
}
RULE: Keys = {
    "id": Key(_S.TEXT, "its id, unique among all rules", True),
    "title": Key(_S.TEXT, "what it finds", True),
    "category": Key(_S.TEXT, "a slug of the catalogue"),
    "kind": Key(_S.WORD, "what a finding is", words=RULE_KINDS),
    "severity": Key(_S.WORD, "how severe a finding is", words=SEVERITIES),
    "status": Key(_S.WORD, "draft does not run, trial is reported apart", words=("draft", "trial", "active")),
    "references": Key(_S.TEXTS, "where the rule comes from, by name"),
    "when": Key(_S.LIST, "conditions, all of which must hold", True),
    "unless": Key(_S.LIST, "conditions, any one of which stops the rule"),
    "judged_without": Key(
        _S.TEXTS, "tables that only unless needs and whose lack does not keep the rule from being judged"
    ),
    "assert": Key(_S.ANY, "derived facts"),
    "report": Key(_S.MAP, "what the finding says", keys=REPORT),
    "fix": Key(_S.LIST, "alternatives, best first", keys=FIX),
    "known_exceptions": Key(_S.TEXTS, "what could make a finding wrong"),
    "tests": Key(_S.MAP, "golden tests that prove the rule", keys=RULE_TESTS),
}
POLICY: Keys = {
    **_HEAD,
    "id": Key(_S.TEXT, "its id", True),
    "version": Key(_S.TEXT, "its version, quoted", True),
    "title": Key(_S.TEXT, "its title", True),
    "status": Key(_S.WORD, "whether it runs", True, STATUSES),
    "owner": Key(_S.TEXT, "who answers for it"),
    "effective": Key(_S.MAP, "dates of service it is for", True, keys=EFFECTIVE),
    "published": Key(_S.DATE, "from when it was known"),
    "review_by": Key(_S.DATE, "when it is to be looked at again"),
    "scope": Key(_S.MAP, "claims it is for", keys=SCOPE),
    "extends": Key(_S.LIST, "its parents", keys=EXTENSION),
    "references": Key(_S.NAMED, "documents it rests on, by name", keys=CITATION),
    "tables": Key(_S.TEXTS, "tables its rules read"),
    "values": Key(_S.NAMED, "dated values by id", keys=VALUE),
    "totals": Key(_S.LIST, "sums and counts made before the rules run", keys=TOTAL),
    "overrides": Key(_S.LIST, "changes to parents' rules", keys=OVERRIDE),
    "disable": Key(_S.LIST, "parents' rules switched off", keys=DISABLE),
    "exceptions": Key(_S.LIST, "findings set aside", keys=EXCEPTION),
    "rules": Key(_S.LIST, "its rules", keys=RULE),
}
TABLE_DATES: Keys = {
    "from": Key(_S.TEXT, "column of the first day"),
    "to": Key(_S.TEXT, "column of the last day"),
    "inclusive": Key(_S.FLAG, "whether the last day still counts"),
}
COLUMN_TYPES = tuple(kind.value for kind in ColumnType)
TABLE: Keys = {
    **_HEAD,
    "id": Key(_S.TEXT, "its id", True),
    "version": Key(_S.TEXT, "its version, quoted", True),
    "title": Key(_S.TEXT, "its title", True),
    "source": Key(_S.MAP, "where it comes from", True, keys=CITATION),
    "key": Key(_S.TEXTS, "columns whose codes fetch a row", True),
    "columns": Key(_S.NAMED, "column types by name", True, words=COLUMN_TYPES),
    "dates": Key(_S.MAP, "which columns bound a row", keys=TABLE_DATES),
    "split": Key(_S.NAMED, "columns whose cells hold several values, with the separator"),
    "complete": Key(_S.FLAG, "false for a sample"),
    "rows": Key(_S.LIST, "the rows"),
    "file": Key(_S.TEXT, "a CSV file beside this one"),
}
POLICY_NAME: Keys = {
    "id": Key(_S.TEXT, "the policy", True),
    "version": Key(_S.TEXT, "its version, quoted", True),
}
EXPECTATION: Keys = {
    "rule": Key(_S.TEXT, "the rule", True),
    "lines": Key(_S.LIST, "line numbers"),
    "severity": Key(_S.WORD, "its severity", words=SEVERITIES),
    "kind": Key(_S.WORD, "its kind", words=RULE_KINDS),
    "category": Key(_S.TEXT, "its category"),
    "group": Key(_S.WORD, "its group code", words=GROUPS),
    "carc": Key(_S.TEXT, "its CARC"),
    "rarc": Key(_S.TEXT, "its RARC"),
    "diagnoses": Key(_S.LIST, "positions of its diagnoses"),
    "codes": Key(_S.TEXTS, "its codes"),
    "fix": Key(_S.TEXT, "the description of its first fix"),
}
EXCEPTED: Keys = {**EXPECTATION, "exception": Key(_S.TEXT, "the exception that sets it aside")}
GOLDEN_TEST: Keys = {
    "name": Key(_S.TEXT, "its name, unique in the file", True),
    "claim": Key(_S.TEXT, "the claim by name", True),
    "change": Key(_S.NAMED, "changes to the claim by path"),
    "given": Key(_S.NAMED, "rows for this test alone, by table"),
    "complete": Key(_S.TEXTS, "tables that this test takes as complete"),
    "expect": Key(_S.LIST, "the exact set of findings", True, keys=EXPECTATION),
    "excepted": Key(_S.LIST, "findings set aside", keys=EXCEPTED),
    "trial": Key(_S.LIST, "findings of rules on trial", keys=EXPECTATION),
    "not_evaluated": Key(_S.TEXTS, "rules that could not be judged"),
}
TESTS: Keys = {
    **_HEAD,
    "title": Key(_S.TEXT, "its title", True),
    "policy": Key(_S.MAP, "the policy that is tested", True, keys=POLICY_NAME),
    "reference": Key(_S.NAMED, "pinned releases by table"),
    "claims": Key(_S.NAMED, "claims by name", True),
    "tests": Key(_S.LIST, "the tests", True, keys=GOLDEN_TEST),
}
SURVIVOR: Keys = {
    "rule": Key(_S.TEXT, "the rule, value or total that is changed", True),
    "policy": Key(_S.TEXT, "the policy it is written in, where several have one of this id"),
    "change": Key(_S.ONE_OR_TEXTS, "what is changed, as `claimrules test --mutate` prints it", True),
    "because": Key(_S.TEXT, "why no test can or need catch it", True),
}
SURVIVORS: Keys = {
    **_HEAD,
    "title": Key(_S.TEXT, "its title", True),
    "survivors": Key(_S.LIST, "mutants that no test catches, explained", True, keys=SURVIVOR),
}
FILES: Mapping[str, Keys] = {"policy": POLICY, "table": TABLE, "tests": TESTS, "survivors": SURVIVORS}
