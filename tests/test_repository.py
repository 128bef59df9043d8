"""The repository is a home: no machine in it, small modules, sorted faces, documents that are linked and tell the truth."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PRODUCT = ("engine", "server")
GENERATED = ("_pb2.py", "_pb2_grpc.py")
MOST_LINES = 400
# Paths of one machine and words of one place have no business here. Written apart, so that this file does not find itself.
FOREIGN = re.compile("|".join(["/" + "work/", "/" + "root/", "/" + r"home/\w", "/" + "Users/", "/" + "opt/pypi"]))


def tracked() -> list[Path]:
    """The files of the repository: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := REPOSITORY / name).is_file()]


def modules() -> list[Path]:
    """The modules of the product that people wrote."""
    return sorted(
        path for folder in PRODUCT for path in (REPOSITORY / folder).rglob("*.py") if not path.name.endswith(GENERATED)
    )


def documents() -> list[Path]:
    """Every Markdown document."""
    return sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])


def links(document: Path) -> list[Path]:
    """The files that a document links to."""
    found = re.findall(r"\]\(([^)\s#]+)[^)]*\)", document.read_text(encoding="utf-8"))
    return [(document.parent / target).resolve() for target in found if "://" not in target]


def test_no_file_names_a_path_of_a_machine() -> None:
    found = []
    for path in tracked():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(REPOSITORY)}:{n}" for n, line in enumerate(lines, 1) if FOREIGN.search(line)]
    assert found == []


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_module_is_short_and_says_what_it_is(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "its first sentence says which idea the module holds"


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_the_public_face_of_a_module_is_sorted(module: Path) -> None:
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            names = ast.literal_eval(node.value)
            assert names == sorted(names)
            assert len(names) == len(set(names))


def test_the_engine_imports_neither_the_server_nor_its_messages() -> None:
    found = []
    for module in (REPOSITORY / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            foreign = {name.split(".")[0] for name in names} & {"server", "claimrules", "google", "grpc"}
            found += [f"{module.relative_to(REPOSITORY)}: {name}" for name in sorted(foreign)]
    assert found == []


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    assert [str(target) for target in links(document) if not target.exists()] == []


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [REPOSITORY / "README.md"]
    while waiting:
        document = waiting.pop()
        if document not in reached and document.suffix == ".md" and document.exists():
            reached.add(document)
            waiting += links(document)
    missing = {path for path in documents() if path.is_relative_to(REPOSITORY / "docs")} - reached
    assert {str(path.relative_to(REPOSITORY)) for path in missing} == set()


def test_every_target_that_a_document_names_is_in_the_help_of_make() -> None:
    help_text = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^  make ([a-z]+)", help_text, re.MULTILINE))
    assert {"setup", "demo", "test", "lint", "types", "stubs", "buf", "bench", "soak", "clean"} <= targets
    named = {name for document in documents() for name in re.findall(r"`make ([a-z]+)", document.read_text("utf-8"))}
    assert named - targets == set()


def test_every_command_that_a_document_names_exists() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "engine.cli", "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    commands = set(re.findall(r"^    ([a-z]+) ", shown.stdout, re.MULTILINE))
    assert {"evaluate", "test"} <= commands, shown.stderr
    pattern = re.compile(r"(?:^\$ |`|^    )claimrules ([a-z]+)", re.MULTILINE)
    named = {name for document in documents() for name in pattern.findall(document.read_text("utf-8"))}
    assert named - commands == set()


def test_the_changelog_has_unreleased_changes_of_policies_apart_from_code() -> None:
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased = text.split("\n## Unreleased\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^### (.+)$", unreleased, re.MULTILINE) == ["Policies", "Code"]
