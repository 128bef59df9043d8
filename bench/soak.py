"""Judges 200,000 claims in one process and watches that memory stays flat: a tenth runs first, then growth is measured.

Run ``make soak`` or ``python -m bench.soak [--claims N]``. Exit code 1 when resident memory grew by more than the limit.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from pathlib import Path

from bench.evaluation import POLICIES, claim
from engine.evaluate import Evaluator
from engine.snapshot import load_snapshot

MOST_GROWTH_MB = 20.0


def resident_mb() -> float:
    """Returns the process's resident memory in megabytes (its peak where the system does not tell the present)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def main() -> int:
    """Runs the soak and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=200_000)
    count = parser.parse_args().claims
    evaluator = Evaluator(load_snapshot(POLICIES, None))
    rng = random.Random(20240710)
    begun, before = time.perf_counter(), 0.0
    for number in range(count):
        evaluator.evaluate(claim(rng, number, 1 + number % 8 if number % 2 else 6, dirty=number % 2 == 0))
        if number == count // 10:
            before = resident_mb()
        if number % max(count // 10, 1) == 0:
            print(f"{number:>9,} claims: {resident_mb():.1f} MB", flush=True)
    after = resident_mb()
    print(
        f"{count:,} claims in {time.perf_counter() - begun:.0f} s: {before:.1f} MB after a tenth, {after:.1f} MB at the end"
    )
    if after - before > MOST_GROWTH_MB:
        print(f"memory grew by {after - before:.1f} MB; at most {MOST_GROWTH_MB:.0f} MB is allowed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
