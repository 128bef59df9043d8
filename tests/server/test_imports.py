"""The front and the workers each load only what they need."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("server.main", ("grpc", "google", "numpy", "durable", "yaml")),
        ("server.serving", ("numpy", "durable", "yaml", "engine.evaluate", "engine.policy")),
        ("server.worker", ("grpc",)),
    ],
)
def test_a_process_does_not_load_what_it_does_not_need(module: str, unwanted: tuple[str, ...]) -> None:
    program = f"import sys, {module}; print(*[name for name in {unwanted!r} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.split() == []
