"""Every command in the documents runs, and prints what the document says it prints."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.policy import load_policies
from tests.documents import Command, blocks, matches, steps

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")])
RUN = [document for document in DOCUMENTS if any(isinstance(step, Command) for step in steps(document))]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder as an analyst has it: the policies that ship, and nothing else."""
    shutil.copytree(REPOSITORY / "policies", tmp_path / "policies")
    return tmp_path


@pytest.mark.parametrize("document", RUN, ids=[document.stem for document in RUN])
def test_every_command_of_a_document_prints_what_the_document_shows(document: Path, desk: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CLAIMRULES_STORE"}
    environment |= {"HOME": str(desk), "XDG_DATA_HOME": str(desk / ".data"), "COLUMNS": "120"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    for step in steps(document):
        if not isinstance(step, Command):
            name, text = step
            path = desk / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            continue
        done = subprocess.run(
            shlex.split(step.line), cwd=desk, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        said = f"$ {step.line}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == step.exit_code, said
        if step.output.strip():
            assert matches(step.output, done.stdout), said


def test_the_readme_and_the_guide_are_among_the_documents_that_run() -> None:
    assert {"README", "analyst-guide"} <= {document.stem for document in RUN}


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(d.relative_to(REPOSITORY)) for d in DOCUMENTS])
def test_every_console_block_is_run_or_says_why_not(document: Path) -> None:
    for block in blocks(document):
        if block.language == "console":
            assert block.mark == "" or block.mark.startswith(("run: exit ", "not run: ")), block.text
            assert block.text.startswith("$ "), f"a console block begins with a command: {block.text}"


def test_shown_output_may_leave_lines_out_but_not_change_them() -> None:
    assert matches("a\n…\nd\n", "a\nb\nc\nd\n")
    assert matches("a\n…\n", "a\n")
    assert not matches("a\n…\nd\n", "a\nb\nD\n")
    assert not matches("a\n", "a\nb\n")


def test_every_policy_that_ships_has_one_row_in_the_page_of_policies() -> None:
    root = Path(__file__).resolve().parents[1]
    page = (root / "docs" / "policies.md").read_text()
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    shipped = {policy.id for policy in load_policies(root / "policies").policies}
    assert set(named) == shipped
    twice = {name for name in named if named.count(name) > 1}
    assert twice <= {"acme-commercial"}  # its two versions have a row each
