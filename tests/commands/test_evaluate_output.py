from __future__ import annotations

import io
import json
from xml.etree import ElementTree

import msgspec
import pytest

from engine.claims import InvalidClaim
from engine.commands.evaluation_output import WRITERS, Refusal, Result, fix_text, refusal_of
from engine.errors import Place, Problem
from engine.model import Evaluation, Finding, Fix, NotEvaluated, Operation, PolicyUse, TableUse

FIX = Fix(
    description="Remove line 2",
    operations=(Operation(op="remove_line", line_number=2),),
    verified=True,
    requires_documentation=True,
    documentation_needed=("separate_site",),
)
FINDING = Finding(
    finding_id="f1",
    rule_id="NAT-1",
    policy_id="p",
    policy_version="1",
    category="ncci_ptp",
    kind="VIOLATION",
    severity="ERROR",
    message="45378 is part of 45385 [bold]& <more>[/bold].",
    line_numbers=(2, 1),
    fixes=(FIX,),
)
BAD = Evaluation(
    claim_id="C-1",
    evaluation_id="e1",
    disposition="DENY_RISK",
    policy=PolicyUse("p", "1"),
    reference=(TableUse("ncci_ptp", "2024q3", stale=True), TableUse("mpfs", "starter", complete=False)),
    findings=(FINDING,),
    trial_findings=(msgspec.structs.replace(FINDING, rule_id="NAT-2", mode="TRIAL"),),
    not_evaluated=(NotEvaluated("NAT-9", "MISSING_TABLE", "mpfs has no release"),),
)
GOOD = Evaluation(claim_id="C-2", evaluation_id="e2", disposition="PASS", policy=PolicyUse("p", "1"))
REFUSED = Refusal(
    "C-3\x1b[31m\x00",
    Place("claims.jsonl", 3),
    "the claim cannot be judged",
    (Problem("C105", "no date", Place("claims.jsonl", 3, 0, "$.lines[0].service_date"), "give one"),),
)
NAMELESS = Refusal("", Place("claims.jsonl", 4), "the claim cannot be judged")
RESULTS: list[Result] = [BAD, GOOD, REFUSED, NAMELESS]


def written(output: str, results: list[Result] = RESULTS) -> str:
    out = io.StringIO()
    WRITERS[output](results, out)
    return out.getvalue()


@pytest.mark.parametrize("output", ["table", "jsonl", "junit"])
def test_every_output_counts_alike(output: str) -> None:
    tally = WRITERS[output](RESULTS, io.StringIO())
    assert tally.dispositions == {"DENY_RISK": 1, "PASS": 1}
    assert (tally.refused, tally.severities["ERROR"]) == (2, 1)


def test_jsonl_is_one_object_a_line_in_order() -> None:
    bad, good, refused, nameless = (json.loads(line) for line in written("jsonl").splitlines())
    assert msgspec.convert(bad, Evaluation) == BAD
    assert good["claim_id"] == "C-2"
    assert refused["claim_id"] == REFUSED.claim_id
    (problem,) = refused["error"]["problems"]
    assert (problem["code"], problem["hint"]) == ("C105", "give one")
    assert problem["place"] == {"file": "claims.jsonl", "line": 3, "column": 0, "path": "$.lines[0].service_date"}
    assert nameless.keys() == {"error"}
    assert nameless["error"]["place"]["line"] == 4


def test_junit_has_a_case_for_each_claim() -> None:
    suite = ElementTree.fromstring(written("junit")).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "2")
    bad, good, refused, nameless = suite.findall("testcase")
    failure = bad.find("failure")
    assert failure is not None
    assert failure.get("type") == "ncci_ptp"
    assert failure.get("message") == FINDING.message
    assert "NAT-9" in (bad.findtext("system-out") or "")
    assert list(good) == []
    assert "C105" in (refused.findtext("error") or "")
    assert nameless.get("name") == "claims.jsonl:4"


def test_the_table_shows_line_rule_message_and_fix() -> None:
    text = written("table")
    assert "C-1  DENY_RISK  (p@1)" in text
    row = next(line for line in text.splitlines() if "NAT-1" in line)
    assert "2, 1" in row
    assert "ERROR" in row
    assert "45378 is part of" in row
    assert "Remove line 2" in row
    assert "ERROR (trial)" in text
    assert "not evaluated: NAT-9 (MISSING_TABLE) mpfs has no release" in text
    assert "stale: ncci_ptp 2024q3" in text
    assert "samples only, so silence proves nothing: mpfs" in text
    assert "C105 no date" in text
    assert "4 claims: 1 DENY_RISK, 1 PASS, 2 not judged. Findings: 1 ERROR." in text


def test_the_table_takes_text_as_it_is_and_lets_no_control_character_through() -> None:
    text = written("table")
    assert "[bold]&" in text
    assert "\x1b" not in text
    assert "\x00" not in text


def test_a_fix_tells_what_was_proved_and_what_is_needed() -> None:
    assert fix_text(FIX) == "Remove line 2 (verified; needs documentation: separate_site)"
    assert fix_text(msgspec.structs.replace(FIX, verified=False, requires_documentation=False)) == "Remove line 2"


def test_a_refusal_keeps_everything_of_the_invalid_claim() -> None:
    invalid = InvalidClaim(REFUSED.place, REFUSED.problems, "C-3")
    refusal = refusal_of(invalid)
    assert (refusal.claim_id, refusal.place, refusal.problems) == ("C-3", REFUSED.place, REFUSED.problems)
