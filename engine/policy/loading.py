"""Loads a folder, or a set of texts, of policies, tables and tests; reports every problem of every file together."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from engine.errors import InvalidPolicyError, Place, Problem
from engine.fact_schema import FACT_KINDS
from engine.policy.check_set import check_set
from engine.policy.digest import policy_digest, set_digest, table_digest
from engine.policy.proofs import ExplainedSurvivor
from engine.policy.read_policy import read_policy
from engine.policy.reader import Reader, meant
from engine.policy.schema import FILES, FORMAT, KINDS
from engine.policy.source import Source, read_source
from engine.policy.survivors_file import read_survivors
from engine.policy.tables import Fetch, read_table
from engine.policy.tests_file import read_tests_file
from engine.policy.types import Policy, PolicySet, Table, TestFile

_SUFFIXES = (".yaml", ".yml")
# Problems that leave out a file or the rest of it.
_LOST = frozenset(["E101", "E102", "E103", "E104", "E108", "E110", "E201", "E504"])
# What proves policies and is no part of them; files say so in their first lines.
_PROOF = re.compile(rb"^kind:[ \t]*(?:tests|survivors)[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_HEAD = 4096


def load_policies(folder: Path, *, tests: bool = True) -> PolicySet:
    """Loads every YAML file under a folder; without ``tests``, files of golden tests and survivors are not even read through.

    Raises InvalidPolicyError with all problems, sorted by place.
    """
    if not folder.is_dir():
        place = Place(folder.as_posix())
        raise InvalidPolicyError("policies cannot be loaded", [Problem("E199", "there is no such folder", place)])
    root = folder.resolve()
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in _SUFFIXES)

    def read(name: str) -> bytes | None:
        path = (folder / name).resolve()
        return path.read_bytes() if path.is_relative_to(root) and path.is_file() else None

    return _load(names, read, folder.as_posix(), tests)


def load_texts(files: Mapping[str, str]) -> PolicySet:
    """Loads policies from texts by file name (``/`` between folders); CSV and JSON files that they name are texts too.

    Raises InvalidPolicyError with all problems, sorted by place.
    """

    def read(name: str) -> bytes | None:
        text = files.get(name)
        return None if text is None else text.encode("utf-8", "surrogatepass")

    return _load(sorted(name for name in files if name.endswith(_SUFFIXES)), read, "")


_Read = Callable[[str], bytes | None]


def _load(names: list[str], read: _Read, folder: str, tests: bool = True) -> PolicySet:
    problems: list[Problem] = []
    sources: dict[str, Source] = {}
    for name in names:
        shown = posixpath.join(folder, name)
        content = read(name)
        if content is None:
            problems.append(
                Problem("E504", "the file cannot be read from this folder", Place(shown), "links may not leave it")
            )
            continue
        if not tests and _PROOF.search(content[:_HEAD]):
            continue
        source, found = read_source(shown, content)
        problems += found
        sources[shown] = source
    loaded = _read_all(sources, _fetcher(read, folder), problems)
    if not names:
        hint = "policies are files that end in .yaml"
        problems.append(Problem("E199", "there are no policies", Place(folder or "<input>"), hint))
    # Checks across files would only repeat what a file that could not be read leaves out.
    if not any(problem.code in _LOST for problem in problems):
        check_set(loaded, sources, problems)
    if problems:
        number = len(set(problems))
        raise InvalidPolicyError(f"{number} problem{'s' if number != 1 else ''} in the policies", set(problems))
    return loaded


def _fetcher(read: _Read, folder: str) -> Fetch:
    def fetch(name: str, beside: str) -> tuple[str, bytes] | str:
        inner = posixpath.relpath(beside, folder) if folder else beside
        path = posixpath.normpath(posixpath.join(posixpath.dirname(inner), name))
        if name.startswith("/") or path.startswith("..") or "\\" in name or "\0" in name:
            return f"{name!r} lies outside the policies folder"
        try:
            content = read(path)
        except OSError as error:
            return f"{name!r} cannot be read: {error.strerror}"
        return f"there is no file {name!r}" if content is None else (posixpath.join(folder, path), content)

    return fetch


def _read_all(sources: Mapping[str, Source], fetch: Fetch, problems: list[Problem]) -> PolicySet:
    policies: list[Policy] = []
    tables: list[Table] = []
    tests: list[TestFile] = []
    survivors: list[ExplainedSurvivor] = []
    kinds = asserted_names(sources) | set(FACT_KINDS)
    for source in sources.values():
        reader = Reader(source, problems)
        kind = _kind(reader)
        if source.root is None:
            continue
        if kind == "policy":
            policy = read_policy(reader, source.root, kinds)
            policies.append(msgspec.structs.replace(policy, digest=policy_digest(policy)))
        elif kind == "table":
            table = read_table(reader, source.root, fetch)
            tables += [msgspec.structs.replace(table, digest=table_digest(table))] if table is not None else []
        elif kind == "tests":
            tests.append(read_tests_file(reader, source.root, fetch))
        elif kind == "survivors":
            survivors += read_survivors(reader, source.root)
    return msgspec.structs.replace(_in_order(policies, tables, tests), survivors=tuple(survivors))


def _in_order(policies: list[Policy], tables: list[Table], tests: list[TestFile]) -> PolicySet:
    ordered = tuple(sorted(policies, key=lambda policy: (policy.id, policy.version, policy.place)))
    ordered_tables = tuple(sorted(tables, key=lambda table: (table.id, table.version, table.place)))
    ordered_tests = tuple(sorted(tests, key=lambda file: (file.stem, file.place)))
    return PolicySet(ordered, ordered_tables, ordered_tests, set_digest(ordered, ordered_tables))


def asserted_names(sources: Mapping[str, Source]) -> set[str]:
    """Returns the kinds of facts that any rule of any file derives."""
    names: set[str] = set()
    for source in sources.values():
        rules = source.root.map.get("rules") if source.root is not None else None
        for rule in rules.items if rules is not None else ():
            derived = rule.map.get("assert")
            if derived is not None:
                for entry in derived.items or [derived]:
                    names.update(entry.map)
    return names


def _kind(reader: Reader) -> str:
    """Returns what a file holds; its kind and format must be known (E201)."""
    root = reader.source.root
    if root is None:
        return ""
    if root.kind != "map" or "kind" not in root.map:
        reader.problem("E201", root, "the file does not say what it holds", f"begin with kind: {', '.join(KINDS)}")
        return ""
    kind = root.map["kind"]
    if not isinstance(kind.value, str) or kind.value not in FILES:
        hint = meant(kind.text, KINDS) or f"there are {', '.join(KINDS)}"
        reader.problem("E201", kind, f"there is no kind of file {kind.text!r}", hint)
        return ""
    version = root.map.get("format")
    if version is not None and (version.kind != "integer" or version.value != FORMAT):
        reader.problem(
            "E201", version, f"format {version.text or version.kind} is not known", f"write format: {FORMAT}"
        )
    return str(kind.value)
