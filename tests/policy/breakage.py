"""One way to cause each problem, by code."""

from __future__ import annotations

from tests.policy import texts

_B, _C, _T, _G = "base.yaml", "child.yaml", "pairs.yaml", "tests/golden.yaml"
changed = texts.changed


def _policy(**keys: str) -> str:
    """Returns a second policy without rules; ``keys`` replace or add lines."""
    lines = {
        "kind": "policy",
        "format": "1",
        "id": "other",
        "version": '"1"',
        "title": "Other",
        "status": "active",
        "effective": "{from: 2020-01-01}",
    } | keys
    return "".join(f"{key}: {value}\n" for key, value in lines.items())


_MARK = "      marked: {line_number: $found.line_number}\n"
_UNITS = "units: {over: 1}"
_FOUND = '      - found: {modifier: {modifier: "59"}}\n'
_FIX = "      - set_units: {line: $service.line_number, units: $value.limit}\n"
_SCOPED = _policy(scope="{payer: ACME}")
_RULE = "[{id: R-1, title: R, references: [m], when: [{a: {line: {units: 1}}}], assert: {x: {line_number: $a.line_number}}}]"
_WITH_RULE = _policy(references="{m: {title: M}}", rules=_RULE)

_SURVIVORS = """kind: survivors
format: 1
title: Explained
survivors:
  - {rule: R-1, change: drop condition a, because: it cannot be told}
  - {rule: R-1, change: drop condition a, because: it cannot be told}
"""

BREAKAGE: dict[str, dict[str, str]] = {
    "E101": changed(_B, "title: Base edits", "title: [Base"),
    "E102": changed(_B, "Base edits", "Base \0"),
    "E103": changed(_B, "kind: policy", "#" * (5 * 1024 * 1024) + "\nkind: policy"),
    "E104": changed(_T, "kind: table", "a: 1\n---\nkind: table"),
    "E105": changed(_B, "title: Base edits", "title: Base edits\ntitle: Again"),
    "E106": changed(_B, "title: Base edits", "title: &name Base edits"),
    "E107": changed(_B, 'version: "1"', "version: 2026.10"),
    "E108": changed(_B, "title: Base edits", "title: " + "[" * 60 + "]" * 60),
    "E109": changed(_B, "title: Base edits", "? [a, b]\n: c\ntitle: Base edits"),
    "E110": {**texts.FILES, "empty.yaml": "# nothing\n"},
    "E199": {},
    "E201": changed(_B, "kind: policy", "kind: polisy"),
    "E202": changed(_B, "title: Base edits", "titel: Base edits\ntitle: B"),
    "E203": changed(_B, "first: $day.procedure_code", "frist: $day.procedure_code"),
    "E204": changed(_B, "title: Base edits\n", ""),
    "E205": changed(_B, "tables: [pairs]", "tables: pairs"),
    "E206": changed(_B, "severity: error", "severity: eror"),
    "E207": changed(_B, "title: Base edits", 'title: ""'),
    "E208": changed(_B, "id: base", "id: base edits"),
    "E209": changed(_B, "published: 2020-01-01", "published: 2020-02-31"),
    "E210": changed(_B, "found: {modifier:", "found: {modifer:"),
    "E211": changed(_B, _UNITS, "unitz: 1"),
    "E212": changed(_B, "$pair.first", "$pears.first"),
    "E213": changed(_B, "      - service: {line", "      - pair: {line"),
    "E214": changed(_B, "{over: $value.limit}", "{over: $value.limits}"),
    "E215": changed(_B, "table: pairs", "table: pears"),
    "E216": changed(_B, "table: pairs, ", ""),
    "E217": changed(_B, "category: mue", "category: mew"),
    "E218": changed(_B, "references: [manual]", "references: [manuel]"),
    "E219": changed(_B, "known_exceptions: [Unknown]", "known_exceptions: [None]"),
    "E220": changed(_B, _MARK, "      - marked: {line_number: $found.line_number}\n      - marked: {other: 1}\n"),
    "E221": changed(_B, _MARK, "      line: {line_number: $found.line_number}\n"),
    "E222": changed(
        _B,
        "id: base",
        "id: base",
        other=_policy(
            references="{m: {title: M}}",
            rules="[{id: R-1, title: R, references: [m], when: [{a: {marked: {line_number: 1}}}], assert: {y: {n: 1}}}]",
        ),
    ),
    "E223": changed(_B, "{day.value}", "{day value}"),
    "E224": changed(_B, 'carc: "151"', 'carc: "1512"'),
    "E225": changed(_B, "    assert:\n" + _MARK, ""),
    "E226": changed(_B, _FIX, "      - needs: [drug_route]\n"),
    "E227": changed(_B, "    title: Too many units\n", "    title: Too many units\n    judged_without: [pairs]\n"),
    "E228": changed(_B, _FIX, _FIX + "        needs: [drug_rout]\n"),
    "E229": changed(_B, "total: {id: per_day", "total: {id: per_dy"),
    "E301": changed(_B, "service_date: $pair.on", "service_date: $pair.first"),
    "E302": changed(_B, _UNITS, "units: {has: 1}"),
    "E303": changed(_B, _UNITS, "units: {between: [1]}"),
    "E304": changed(_B, "service_date: $pair.on", "service_date: $pair.on + 3"),
    "E305": changed(_B, 'modifier: "59"', 'modifier: "590"'),
    "E306": changed(_B, _UNITS, 'procedure_code: {in_range: "99202-9921"}').copy()
    | changed(_B, 'modifier: {modifier: "59"}', 'modifier: {procedure_code: {in_range: "99202-9921"}}'),
    "E307": changed(_B, _UNITS, "modifiers: {has: $pair.first}"),
    "E308": changed(_B, "$pair.first", "$pair first"),
    "E309": changed(_B, "{value: 4,", "{value: four,"),
    "E310": changed(
        _B, _MARK, "      - marked: {line_number: $found.line_number}\n      - marked: {line_number: one}\n"
    ),
    "E401": changed(_B, "id: base", "id: base", other=texts.POLICY.replace("BASE-", "BASF-")),
    "E402": changed(_B, "id: base", "id: base", other=_policy(id="base", version='"2"')),
    "E403": changed(_B, "{from: 2020-01-01}", "{from: 2020-01-01, to: 2019-01-01}"),
    "E404": changed(_C, 'version: "1"}', 'version: "2"}'),
    "E405": changed(_B, "tables: [pairs]", 'extends: [{policy: child, version: "1"}]'),
    "E406": changed(_C, "{from: 2021-01-01}", "{from: 2019-01-01}"),
    "E407": changed(
        _C,
        "overrides:",
        '  - {policy: other, version: "1"}\noverrides:',
        other=_policy(values="{limit: {title: Limit, dates: {2020-01-01: 9}}}"),
    ),
    "E408": changed(_B, "id: base", "id: base", other=_SCOPED),
    "E409": changed(_B, "id: base", "id: base", other=_WITH_RULE.replace("R-1", "BASE-001")),
    "E410": changed(_C, "rule: BASE-010", "rule: BASE-011"),
    "E411": changed(
        _B,
        "    assert:\n" + _MARK,
        "    unless:\n      - marked: {line_number: $found.line_number}\n    assert:\n" + _MARK,
    ),
    "E412": changed(_C, "exceptions:", "disable: [{rule: BASE-010, because: No.}]\nexceptions:"),
    "E413": changed(_B, "2020-01-01: 3, 2024-01-01:", "2024-01-01: 3, 2020-01-01:"),
    "E414": changed(_B, "status: active", "status: draft"),
    "E501": changed(_T, ", null]", "]"),
    "E502": changed(_T, '"10060"', '"1006"'),
    "E504": changed(_T, "rows:\n", "file: ../../secret.csv\n#").copy()
    | {"pairs.yaml": texts.TABLE.split("rows:")[0] + "file: ../../secret.csv\n"},
    "E505": {
        **texts.FILES,
        "pairs.yaml": texts.TABLE.split("rows:")[0] + "file: pairs.csv\n",
        "pairs.csv": "first,from,to\n",
    },
    "E506": changed(_T, "id: pairs", "id: pairs", again=texts.TABLE),
    "E507": changed(_T, "rows:\n", 'rows:\n  - ["10060", "99213", 2020-01-01, null]\n'),
    "E508": changed(_T, ", null]", ", 2019-01-01]"),
    "E510": changed(_G, "id: base", "id: bass"),
    "E511": changed(_G, "rule: BASE-010", "rule: BASE-110"),
    "E512": changed(_G, "claims:\n", 'claims:\n  unused: {claim_id: "T-2"}\n'),
    "E513": changed(_G, "claim: plain", "claim: plane"),
    "E514": changed(_G, "name: just enough", "name: too many"),
    "E515": changed(_G, "claims:\n", "claims:\n  missing: {file: none.json}\n"),
    "E516": {**texts.FILES, _G: texts.TESTS.split("tests:\n  - name")[0] + "tests: []\n"},
    "E518": {**texts.FILES, "survivors.yaml": _SURVIVORS},
    "E517": changed(_G, "lines.1.units", '"lines[1].units"'),
    "E520": {
        **texts.FILES,
        _G: texts.TESTS.replace("reference: {", 'reference: {pairs: "2024q3", ').replace(
            "claim: plain\n    expect", "claim: plain\n    complete: [pairs]\n    expect"
        ),
    },
    "E519": {**texts.FILES, "golden.yaml": texts.TESTS},
}

# A base that gives the child something to read.
WARNINGS: dict[str, dict[str, str]] = {
    "W101": changed(_B, _UNITS, "units: {over: 5, under: 3}"),
    "W102": changed(_B, "id: base", "id: base").copy()
    | {_B: texts.POLICY + texts.POLICY[texts.POLICY.index("  - id: BASE-010") :].replace("BASE-010", "BASE-011")},
    "W103": changed(_C, "severity: warning", "severity: error"),
    "W104": changed(_T, "columns: {", "columns: {rank: text, ").copy()
    | {_T: texts.TABLE.replace("columns: {", "columns: {rank: text, ").replace('["10060"', '["a rank", "10060"')},
    "W105": changed(_B, "review_by: 2030-01-01", "review_by: 2023-01-01"),
    "W106": changed(_B, _FOUND, _FOUND + _FOUND.replace("found", "again")),
    "W107": changed(_B, "tables: [pairs]", "tables: []"),
    "W108": changed(_B, "golden/too many", "golden/too few"),
    "W109": changed(
        _C,
        "rules: []",
        "references: {m: {title: M}}\nrules: [{id: C-1, title: C, references: [m], "
        "when: [{a: {marked: {line_number: 1}}}], assert: {z: {n: 1}}}]\n"
        "disable: [{rule: BASE-001, because: No.}]",
    ),
    "W110": changed(_B, "values:\n", "values:\n  idle: {title: Idle, dates: {2020-01-01: 1}}\n"),
}
