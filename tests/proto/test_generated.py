"""The committed modules are what the .proto files say, and the .proto files keep the rules of buf."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from claimrules.v1 import claim_pb2, evaluation_pb2

from engine import model

PROTO = Path(__file__).resolve().parent.parent.parent / "proto"
CLOSED_SETS = [
    ("claim_type", model.ClaimType),
    ("status", model.HistoryStatus),
    ("kind", model.Kind),
    ("severity", model.Severity),
    ("mode", model.Mode),
    ("disposition", model.Disposition),
    ("reason", model.Reason),
]


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHON": sys.executable, "BUF": str(Path(sys.executable).parent / "buf")}
    return subprocess.run(
        [PROTO / script, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_committed_modules_are_those_the_proto_files_generate(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools", reason="grpcio-tools is not installed (it is in the dev extra)")
    generated = run("generate.sh", str(tmp_path))
    assert generated.returncode == 0, generated.stderr
    names = sorted(path.name for path in (tmp_path / "claimrules" / "v1").iterdir())
    committed = PROTO / "claimrules" / "v1"
    assert names == sorted(path.name for path in committed.glob("*_pb2*.py*"))
    different = [
        name
        for name in names
        if (tmp_path / "claimrules" / "v1" / name).read_bytes() != (committed / name).read_bytes()
    ]
    assert different == [], "run proto/generate.sh and commit what it writes"


def test_the_proto_files_keep_the_standard_rules_of_buf_and_comment_every_field() -> None:
    if not (Path(sys.executable).parent / "buf").exists():
        pytest.skip("buf is not installed (buf-bin is in the dev extra)")
    linted = run("lint.sh")
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("root", [claim_pb2.Claim, evaluation_pb2.Evaluation])
def test_every_message_has_the_fields_of_the_contract_and_no_others(root: type) -> None:
    waiting, seen = [root.DESCRIPTOR], set()
    while waiting:
        descriptor = waiting.pop()
        if descriptor.full_name in seen or not descriptor.full_name.startswith("claimrules.v1."):
            continue
        seen.add(descriptor.full_name)
        if descriptor.GetOptions().map_entry:
            continue
        contract = getattr(model, descriptor.name)
        assert {f.name for f in descriptor.fields} == {f.encode_name for f in msgspec.structs.fields(contract)}
        waiting += [field.message_type for field in descriptor.fields if field.message_type]
    assert len(seen) >= 10


@pytest.mark.parametrize(("field", "values"), CLOSED_SETS, ids=[name for name, _ in CLOSED_SETS])
def test_the_comment_of_a_closed_set_lists_every_value(field: str, values: object) -> None:
    text = "".join(path.read_text() for path in sorted(PROTO.glob("claimrules/v1/*.proto")))
    comments, comment = [], []
    for line in text.splitlines():
        if line.strip().startswith("//"):
            comment.append(line)
        else:
            if f" {field} = " in line and "string" in line:
                comments.append(" ".join(comment))
            comment = []
    assert any(all(value in comment for value in values.__args__) for comment in comments)
