"""A small set of policies for mutation testing: one rule whose tests prove most of it."""

from __future__ import annotations

POLICY = """kind: policy
format: 1
id: small
version: "1"
title: Small
status: active
effective: {from: 2020-01-01}
references: {m: {title: Manual}}
values:
  most: {title: Most units, unit: unit, dates: {2020-01-01: 3, 2025-01-01: 2}}
rules:
  - id: S-1
    title: Too many units
    category: mue
    kind: violation
    severity: error
    references: [m]
    when:
      - service: {line: {procedure_code: "99213", units: {over: $value.most}}}
      - header: {claim: {place_of_service: "11"}}
    unless:
      - repeated: {modifier: {line_number: $service.line_number, modifier: "76"}}
    report: {lines: [$service.line_number], message: Too many., group: CO, carc: "151"}
    fix: [{set_units: {line: $service.line_number, units: 1}}]
    known_exceptions: [None is known]
    tests: {fires: ["small/three in 2025"], near: ["small/two in 2025"]}
"""
TESTS = """kind: tests
format: 1
title: Small
policy: {id: small, version: "1"}
claims:
  visit:
    claim_id: "C"
    place_of_service: "11"
    payer: {payer_id: P}
    diagnoses: [{code: "I10"}]
    lines: [{line_number: 1, procedure_code: "99213", units: 3, service_date: "2025-01-01", charge_cents: 100, diagnosis_pointers: [1]}]
tests:
  - {name: three in 2025, claim: visit, expect: [{rule: S-1, lines: [1]}]}
  - {name: two in 2025, claim: visit, change: {lines.1.units: 2}, expect: []}
  - {name: three in 2024, claim: visit, change: {lines.1.service_date: "2024-12-31"}, expect: []}
  - {name: another place, claim: visit, change: {place_of_service: "22"}, expect: []}
  - {name: another code, claim: visit, change: {lines.1.procedure_code: "99214"}, expect: []}
"""
SURVIVORS = """kind: survivors
format: 1
title: Explained
survivors:
  - {rule: S-1, change: drop unless repeated, because: A repeat is judged elsewhere.}
"""
FILES = {"small.yaml": POLICY, "tests/small.yaml": TESTS}
