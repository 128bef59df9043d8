"""Measures the reference store: import time and memory, opening, lookups of small and large claims.

Run: python bench/reference.py [--reference FOLDER] [--store STORE]. FOLDER holds the official files (default: the folder
``shared/reference`` beside the checkout, or $CLAIMRULES_SHARED); a STORE given is used as it is, else one is built.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.reference import ReferenceLookup, open_reference
from engine.reference.view import RowKeys

ON = "2024-08-15"
TABLES = ("ncci_ptp", "ncci_aoc", "ncci_mue", "mpfs", "icd10cm")
FILES = (
    "ncci/2024q2/ccipra-v301r0.zip",
    "ncci/2024q3/AOC_V2024Q3-MCR.xlsx",
    "ncci/2024q3/medicare-ncci-2024q3-practitioner-services-mue-table.zip",
    "mpfs/RVU24C.zip",
    "icd10cm/icd10cm-order-2025.zip",
)
QUARTER = tuple(f"ncci/2024q3/ccipra-v302r0-f{part}.zip" for part in (1, 2, 3, 4))
IMPORT = """
import resource, sys, time
from pathlib import Path
from engine.reference.layouts import LAYOUTS, data_members
from engine.reference.store import import_files
started = time.perf_counter()
report = import_files(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]], imported_on="2024-07-02",
                      layouts=LAYOUTS, members=data_members)
rows = sum(item.rows for item in report.imported)
print(rows, time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def import_measured(store: Path, files: Sequence[Path]) -> tuple[int, float, float]:
    """Imports files in a process of its own; returns rows, seconds and peak resident megabytes."""
    command = [sys.executable, "-c", IMPORT, str(store), *map(str, files)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, seconds, megabytes = done.stdout.split()
    return int(rows), float(seconds), float(megabytes)


def build(reference: Path, store: Path) -> None:
    rows, seconds, megabytes = import_measured(store, [reference / name for name in QUARTER])
    print(f"import of a PTP quarter in four files   {rows:>10,} rows  {seconds:6.1f} s  {megabytes:5.0f} MB")
    rows, seconds, megabytes = import_measured(store, [reference / name for name in FILES])
    print(f"import of a PTP quarter and four others {rows:>10,} rows  {seconds:6.1f} s  {megabytes:5.0f} MB")


def claims(view: ReferenceLookup, lines: int, diagnoses: int, count: int, spread: str) -> list[RowKeys]:
    """Makes claims whose codes are drawn evenly from all of a table, or mostly from a few hundred as in practice."""
    procedures = sorted(str(value) for value in view.column_values("ncci_mue", "code", ON))
    icd = sorted(str(value) for value in view.column_values("icd10cm", "code", "2024-10-15"))
    random.shuffle(procedures)
    random.shuffle(icd)

    def draw(codes: list[str], size: int) -> tuple[str, ...]:
        found: set[str] = set()
        while len(found) < size:
            at = random.random() if spread == "even" else random.paretovariate(1.1) * 0.002
            found.add(codes[int(at * len(codes)) % len(codes)])
        return tuple(sorted(found))

    return [RowKeys(procedures=draw(procedures, lines), diagnoses=draw(icd, diagnoses)) for _ in range(count)]


def median_microseconds(run: Callable[[RowKeys], object], keys: Sequence[RowKeys]) -> float:
    taken = []
    for item in keys:
        started = time.perf_counter_ns()
        run(item)
        taken.append(time.perf_counter_ns() - started)
    return statistics.median(taken) / 1000


def look_up(view: ReferenceLookup, keys: RowKeys) -> None:
    for table in TABLES:
        view.rows(table, keys, "2024-10-15" if table == "icd10cm" else ON)


def lookups(store: Path) -> None:
    random.seed(20240701)
    started = time.perf_counter()
    view = open_reference(store, ())
    opened = time.perf_counter()
    look_up(view, RowKeys(procedures=("45378", "45385"), diagnoses=("I10",)))
    print(f"open {1000 * (opened - started):.1f} ms, first claim {1000 * (time.perf_counter() - opened):.1f} ms")
    for spread in ("even", "usual"):
        for lines, diagnoses, count in ((6, 4, 4000), (50, 12, 600)):
            drawn = claims(view, lines, diagnoses, count, spread)
            for item in drawn[: count // 2]:
                look_up(view, item)
            rest = drawn[count // 2 :]
            whole = median_microseconds(lambda item: look_up(view, item), rest)
            print(f"{lines}-line claims, {spread:5} codes: {whole:7.1f} µs median", end="")
            for table in TABLES:
                on = "2024-10-15" if table == "icd10cm" else ON
                again = claims(view, lines, diagnoses, count // 4, spread)
                each = median_microseconds(lambda item, t=table, d=on: view.rows(t, item, d), again)  # type: ignore[misc]  # bound now
                print(f"  {table} {each:.1f}", end="")
            print()
    anonymous = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"this process: {int(anonymous.split()[1]) // 1024} MB of its own, {peak} MB at most with shared pages")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    beside = Path(__file__).resolve().parents[2] / "shared"
    shared = Path(os.environ.get("CLAIMRULES_SHARED", beside))
    parser.add_argument("--reference", type=Path, default=shared / "reference")
    parser.add_argument("--store", type=Path)
    arguments = parser.parse_args()
    if arguments.store is not None:
        lookups(arguments.store)
        return
    if not arguments.reference.is_dir():
        sys.exit("the official files are not there; name their folder with --reference")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "reference.sqlite"
        build(arguments.reference, store)
        lookups(store)


if __name__ == "__main__":
    main()
