"""Measures the engine alone: microseconds a claim of six and of fifty lines, clean and with findings.

Run ``python -m bench.evaluation [--store PATH] [--claims N]``. Codes vary from claim to claim, so that caches are
neither cold nor perfect. Numbers are medians of single evaluations on one core.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from pathlib import Path

import msgspec

from engine.evaluate import Evaluator
from engine.model import Claim, Diagnosis, Patient, Payer, Provider, ServiceLine
from engine.snapshot import load_snapshot

POLICIES = Path(__file__).resolve().parent.parent / "policies"
VISITS = ("99212", "99213", "99214", "99215")
# Codes that stand side by side on one day without an edit, and a pair that does not.
DRAW = "36415"
TESTS = ("80053", "85025", "83036", "84443", "93000", "71046", "81003", "87880")
DIAGNOSES = ("I10", "E11.9", "J02.9", "M54.50", "R07.9", "Z00.00", "E78.5", "N39.0")
LINES_A_DAY = 6


def claim(rng: random.Random, number: int, lines: int, dirty: bool) -> Claim:
    """Returns an invented claim: days of a visit and tests; a dirty one has a bundled pair and a wrong total."""
    made: list[ServiceLine] = []
    while len(made) < lines:
        day = f"2024-07-{10 + len(made) // LINES_A_DAY:02d}"
        codes = [rng.choice(VISITS), DRAW, *rng.sample(TESTS, LINES_A_DAY - 2)]
        if dirty and not made:
            codes[2:4] = ["45385", "45378"]
        for code in codes[: lines - len(made)]:
            index = len(made) + 1
            made.append(
                ServiceLine(index, code, day, charge_cents=1000 + 100 * index, diagnosis_pointers=(1 + index % 4,))
            )
    total = sum(line.charge_cents for line in made) + (1 if dirty else 0)
    return Claim(
        f"B-{number}",
        Payer("MEDICARE_B", "medicare", state="CA"),
        tuple(made),
        received_date="2024-07-20",
        place_of_service="11",
        clia_number="05D1234567",
        clia_certificate_type="compliance",
        total_charge_cents=total,
        patient=Patient("P-1", "1950-02-03", "F"),
        billing_provider=Provider("1234567893", "990000001"),
        rendering_provider=Provider("1999999992", taxonomy_code="207Q00000X"),
        diagnoses=tuple(Diagnosis(code) for code in rng.sample(DIAGNOSES, 4)),
    )


def measure(evaluator: Evaluator, claims: list[Claim]) -> list[float]:
    """Returns microseconds for each claim."""
    took = []
    for one in claims:
        start = time.perf_counter()
        evaluator.evaluate(one)
        took.append((time.perf_counter() - start) * 1e6)
    return took


def main() -> None:
    """Prints one row for each kind of claim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=None)
    parser.add_argument("--policies", type=Path, default=POLICIES)
    parser.add_argument("--claims", type=int, default=2000)
    arguments = parser.parse_args()
    evaluator = Evaluator(load_snapshot(arguments.policies, arguments.store))
    rng = random.Random(20240710)
    medians = {}
    for name, lines, dirty in (
        ("6 lines, clean", 6, False),
        ("6 lines, findings and fixes", 6, True),
        ("50 lines", 50, False),
    ):
        claims = [
            claim(rng, n, lines, dirty) for n in range(arguments.claims if lines < 10 else arguments.claims // 10)
        ]
        measure(evaluator, claims[:100])
        took = measure(evaluator, claims)
        medians[name] = statistics.median(took)
        found = sum(len(evaluator.evaluate(one).findings) for one in claims) / len(claims)
        p99 = statistics.quantiles(took, n=100)[98]
        print(f"engine alone, {name}: median {medians[name]:.0f} µs, p99 {p99:.0f} µs, {found:.1f} findings a claim")
    decoded = msgspec.json.encode(claim(rng, 0, 6, False))
    start = time.perf_counter()
    for _ in range(2000):
        msgspec.json.decode(decoded, type=Claim)
    print(f"decoding a claim of 6 lines from JSON: {(time.perf_counter() - start) / 2000 * 1e6:.1f} µs")
    print(f"50 lines cost {medians['50 lines'] / medians['6 lines, clean']:.1f} times 6 lines (budget 15)")


if __name__ == "__main__":
    main()
