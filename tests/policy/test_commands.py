"""The commands ``claimrules check`` and ``claimrules schema``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from engine.commands import check, schema
from engine.errors import UsageError
from engine.policy import schema as keys
from tests.policy import texts


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    check.register(commands)
    schema.register(commands)
    parsed = parser.parse_args(arguments)
    return int(parsed.run(parsed))


def _folder(tmp_path: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return str(tmp_path)


def test_a_good_folder_exits_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("check", _folder(tmp_path, texts.FILES), "--today", "2024-01-01") == 0
    assert capsys.readouterr().out == "no errors, no warnings\n"


def test_warnings_do_not_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("check", _folder(tmp_path, texts.FILES), "--today", "2031-01-01") == 0
    printed = capsys.readouterr().out
    assert "W105" in printed
    assert printed.endswith("no errors, 1 warning\n")


def test_errors_exit_with_3_and_are_printed_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = texts.changed("base.yaml", "category: mue", "category: mew")
    assert _run("check", _folder(tmp_path, files), "--format", "json") == 3
    (problem,) = json.loads(capsys.readouterr().out)
    assert (problem["code"], problem["severity"]) == ("E217", "error")
    assert problem["file"].endswith("base.yaml")
    assert problem["path"] == "$.rules[1].category"


def test_a_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        _run("check", str(tmp_path / "none"))


@pytest.mark.parametrize("kind", keys.KINDS)
def test_the_schema_has_the_keys_that_the_reader_knows(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("schema", kind) == 0
    printed = json.loads(capsys.readouterr().out)
    assert set(printed["properties"]) == set(keys.FILES[kind])
    assert printed["properties"]["kind"] == {"const": kind}
    assert printed["additionalProperties"] is False
