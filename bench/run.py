"""Runs every measurement of this folder, one after the other, and prints one table.

Run ``make bench`` or ``python -m bench.run [NAME …]``. A measurement is a module that prints ``what: figures`` lines; ``soak`` is left
out, because it runs for long (``make soak``). Exit code 1 when a measurement failed, after all have run.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

HERE = Path(__file__).resolve().parent
LEFT_OUT = frozenset({"__init__", "run", "soak"})
LIMIT_SECONDS = 900


def measurements() -> list[str]:
    """Returns the names of the modules that measure something."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in LEFT_OUT)


def measure(name: str) -> tuple[list[str], str]:
    """Runs one measurement and returns the lines it printed and, when it failed, why."""
    command = [sys.executable, "-m", f"bench.{name}"]
    try:
        done = subprocess.run(
            command, cwd=HERE.parent, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return [], f"took longer than {LIMIT_SECONDS} s"
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return lines, "" if done.returncode == 0 else f"exit code {done.returncode}\n{done.stderr.strip()}"


def row(line: str) -> tuple[str, str]:
    """Splits a printed line into what was measured and its figures, at a colon or at two blanks."""
    what, *figures = re.split(r":\s+|\s{2,}", line, maxsplit=1)
    return (what, figures[0]) if figures else ("", line)


def main(names: list[str]) -> int:
    """Runs the named measurements, or all, and prints the table."""
    known = measurements()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"there is no measurement {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("bench", no_wrap=True)
    table.add_column("measured", overflow="fold")
    table.add_column("figures", overflow="fold")
    failed = False
    for name in names or known:
        begun = time.perf_counter()
        print(f"running bench.{name} …", file=sys.stderr, flush=True)
        lines, reason = measure(name)
        for line in lines:
            what, figures = row(line)
            table.add_row(name, Text(what), Text(figures))
        if reason:
            failed = True
            table.add_row(name, Text("FAILED", style="bold red"), Text(reason))
        table.add_row(name, "", Text(f"({time.perf_counter() - begun:.0f} s in all)", style="dim"))
        table.add_section()
    console = Console(highlight=False, markup=False)
    (console if console.is_terminal else Console(width=140, highlight=False, markup=False)).print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
