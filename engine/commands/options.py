"""Defines command options that several commands share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import platformdirs

from engine.errors import UsageError

STORE_VARIABLE = "CLAIMRULES_STORE"
_STORE_FILE = "reference.sqlite"


def add_store_option(parser: argparse.ArgumentParser) -> None:
    """Adds ``--store PATH`` to a command that reads or writes the reference store."""
    parser.add_argument(
        "--store",
        type=Path,
        metavar="PATH",
        help=f"the reference store (default: ${STORE_VARIABLE}, else {_STORE_FILE} in the user's data folder)",
    )


def store_path(arguments: argparse.Namespace) -> Path:
    """Returns the store a command is about: the option, else the environment variable, else the user's data folder."""
    given: Path | None = getattr(arguments, "store", None)
    if given is not None:
        return given
    named = os.environ.get(STORE_VARIABLE)
    if named:
        return Path(named)
    return Path(platformdirs.user_data_dir("claimrules", appauthor=False)) / _STORE_FILE


def add_policies_option(parser: argparse.ArgumentParser) -> None:
    """Adds ``--policies DIR`` to a command that reads policies."""
    parser.add_argument(
        "--policies", type=Path, default=Path("policies"), metavar="DIR", help="the policies (default: ./policies)"
    )


def policies_folder(arguments: argparse.Namespace) -> Path:
    """Returns the folder of policies a command is about. Raises UsageError when there is none."""
    folder: Path = arguments.policies
    if not folder.is_dir():
        raise UsageError(f"there is no folder of policies {folder}; name it with --policies")
    return folder
