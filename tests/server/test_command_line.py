"""The command line of the server: what it says and how it exits when it cannot start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from running_server import RunningServer, request, run_serve

from server.main import main


def test_a_second_server_on_the_same_port_says_so_and_the_first_goes_on(
    start_server: Callable[..., RunningServer], tmp_path: Path
) -> None:
    server = start_server("--workers", "1")
    second = run_serve(tmp_path, "--listen", server.address, "--policies", str(tmp_path), "--engine", "engines:load")
    assert second.returncode == 1
    assert f"cannot listen on {server.address}" in second.stderr
    assert second.stdout == ""
    assert server.evaluation.Evaluate(request("C-1")).evaluation.claim_id == "C-1"


def test_every_wrong_setting_is_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none")
    wrong = ["--policies", missing, "--store", missing, "--workers", "0", "--per-claim-limit-ms", "0"]
    assert main(["serve", *wrong, "--listen", "127.0.0.1:99999"]) == 2
    said = capsys.readouterr().err
    for option in ("--policies", "--store", "--workers", "--per-claim-limit-ms", "--listen"):
        assert option in said


@pytest.mark.parametrize("address", ["50051", "localhost:", "localhost:http", ""])
def test_an_address_without_host_and_port_is_refused(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--listen", address]) == 2
    assert "HOST:PORT" in capsys.readouterr().err


def test_an_engine_that_is_not_there_is_named(tmp_path: Path) -> None:
    ended = run_serve(tmp_path, "--policies", str(tmp_path), "--engine", "nowhere:load")
    assert ended.returncode == 3
    assert "nowhere:load" in ended.stderr
    assert ended.stdout == ""


def test_a_worker_that_cannot_load_says_why_and_nothing_is_served(tmp_path: Path) -> None:
    # pathlib.Path takes the arguments of a loader and returns something that cannot judge.
    ended = run_serve(tmp_path, "--policies", str(tmp_path), "--engine", "pathlib:Path")
    assert ended.returncode == 3
    assert "loading failed with" in ended.stderr
    assert ended.stdout == ""
