"""Starts servers for the tests of this folder and of ``tests/faults``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from running_server import RunningServer

Start = Callable[..., RunningServer]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Start]:
    """Starts a server with further options; it is stopped after the test."""
    running: list[RunningServer] = []

    def start(*options: str, **named: str) -> RunningServer:
        policies, gates = tmp_path / "policies", tmp_path / f"gates-{len(running)}"
        policies.mkdir(exist_ok=True)
        gates.mkdir()
        running.append(RunningServer(policies, gates, *options, **named))
        return running[-1]

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server with two workers for all the tests of a module."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "policies").mkdir()
    (folder / "gates").mkdir()
    with RunningServer(folder / "policies", folder / "gates", "--workers", "2") as running:
        yield running
