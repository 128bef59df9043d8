"""A small set of policies that loads, for tests to break in one place at a time."""

from __future__ import annotations

POLICY = """\
kind: policy
format: 1
id: base
version: "1"
title: Base edits
status: active
effective: {from: 2020-01-01}
published: 2020-01-01
review_by: 2030-01-01
scope: {payer: ACME}
references:
  manual: {title: "Manual", section: "1", url: "https://example.org"}
tables: [pairs]
values:
  limit:
    title: Most units
    unit: unit
    dates: {2020-01-01: 3, 2024-01-01: {value: 4, reference: manual}}
totals:
  - id: per_day
    sum: line.units
    by: [procedure_code, service_date]
    where: {statutorily_excluded: false}
rules:
  - id: BASE-001
    title: Marks a line
    references: [manual]
    when:
      - found: {modifier: {modifier: "59"}}
    assert:
      marked: {line_number: $found.line_number}
  - id: BASE-010
    title: Too many units
    category: mue
    kind: violation
    severity: error
    references: [manual]
    when:
      - day: {total: {id: per_day, value: {over: $value.limit}}}
      - pair: {row: {table: pairs, first: $day.procedure_code}}
      - service: {line: {procedure_code: $pair.first, service_date: $pair.on, units: {over: 1}}}
    unless:
      - marked: {line_number: $service.line_number}
    report:
      lines: [$service.line_number, $day.lines]
      codes: [$service.procedure_code]
      message: "{service.procedure_code} has {day.value} units, more than {value.limit}."
      group: CO
      carc: "151"
      rarc: N362
    fix:
      - set_units: {line: $service.line_number, units: $value.limit}
    known_exceptions: [Unknown]
    tests:
      fires: ["golden/too many"]
      near: ["golden/just enough"]
"""
TABLE = """\
kind: table
format: 1
id: pairs
version: "1"
title: Pairs
source: {title: Invented}
key: [first, second]
columns: {first: code, second: code, from: date, to: date}
rows:
  - ["10060", "99213", 2020-01-01, null]
"""
TESTS = """\
kind: tests
format: 1
title: Golden claims
policy: {id: base, version: "1"}
reference: {ncci_ptp: starter}
claims:
  plain: {claim_id: "T-1", lines: [{line_number: 1, service_date: 2024-01-02}]}
tests:
  - name: too many
    claim: plain
    expect: [{rule: BASE-010, lines: [1], severity: error}]
  - name: just enough
    claim: plain
    change: {lines.1.units: 1}
    expect: []
"""
CHILD = """\
kind: policy
format: 1
id: child
version: "1"
title: Child edits
status: active
effective: {from: 2021-01-01}
extends:
  - {policy: base, version: "1"}
overrides:
  - rule: BASE-010
    set: {severity: warning}
    because: Milder here.
exceptions:
  - id: CHILD-X1
    rules: [BASE-010]
    when: [{claim: {claim: {place_of_service: "23"}}}]
    from: 2024-01-01
    to: 2024-07-01
    approved_by: j.doe@example.org
    because: Reviewed by hand.
rules: []
"""
FILES = {"base.yaml": POLICY, "child.yaml": CHILD, "pairs.yaml": TABLE, "tests/golden.yaml": TESTS}


def changed(file: str, old: str, new: str, **more: str) -> dict[str, str]:
    """Returns the set with one text replaced in one file, and more files by stem."""
    assert old in FILES[file], f"{old!r} is not in {file}"
    extra = {f"{stem}.yaml": text for stem, text in more.items()}
    return {**FILES, file: FILES[file].replace(old, new, 1), **extra}
