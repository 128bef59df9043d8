"""Runs the rules engine over 200,000 claims and fails when its resident memory grows by more than 5 %.

Run ``python -m bench.soak [--evaluations N]``. Claims differ in size and order of facts. Sessions that fired are cleaned by deleting them;
most claims also have one that never fires and is cleaned by retraction. Memory is compared with that after a tenth of the claims.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from bench.rules import NoContext, claim_facts, resolved, rules
from engine.fact import Fact
from engine.policy.types import Operand, Operator, Pattern, Rule, Test
from engine.rules import Session, compile_rules, joinable

_MAXIMUM_GROWTH = 0.05


def resident_megabytes() -> float:
    """Returns the resident memory of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("this system does not tell the resident memory of a process in /proc/self/status")


def some_facts(rng: random.Random, stated: list[Fact]) -> list[Fact]:
    """Returns some of a claim's facts in random order; in two of three claims not the code that the rules ask for."""
    fires = rng.random() < 1 / 3
    kept = [f for f in stated if rng.random() < 0.9 and (fires or f.fields.get("procedure_code") != "10060")]
    rng.shuffle(kept)
    return kept


def never() -> Rule:
    """Returns a rule that has facts and never fires: a claim derives one fact ``apart`` at most."""
    more = Test("line_number", Operator.OVER, (Operand(name="one", field="line_number"),))
    return Rule("NEVER", "never", (Pattern("one", "apart", ()), Pattern("other", "apart", (more,))))


def main() -> int:
    """Prints memory at the start and the end; returns 1 when it grew too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, default=200_000)
    evaluations = parser.parse_args().evaluations
    rng = random.Random(1)
    session, stated = Session(), claim_facts()
    compiled = compile_rules(resolved([*rules(100, "10060"), never()]), {})
    joinable.MOST_TRIED = 0  # so that the kernel is asked even where no facts fit together
    fired = 0
    start = 0.0
    for number in range(evaluations):
        if number == evaluations // 10:
            start = resident_megabytes()
        fired += len(session.run(compiled, some_facts(rng, stated), NoContext()).firings)
    end = resident_megabytes()
    session.close()
    print(f"{evaluations} evaluations, {fired} firings: resident memory {start:.1f} MB, at the end {end:.1f} MB")
    if end > start * (1 + _MAXIMUM_GROWTH):
        print(f"memory grew by {end / start - 1:.0%}, more than {_MAXIMUM_GROWTH:.0%}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
