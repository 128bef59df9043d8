"""Defines command options that several commands share."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import platformdirs

from engine.errors import UsageError
from engine.policies_folder import default_policies_folder

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


def store_to_read(arguments: argparse.Namespace) -> Path | None:
    """Returns the store a command reads, or None, said on stderr, where none was named and the user has none.

    A store that was named and is not there is an error for whoever opens it, never silently left out.
    """
    store = store_path(arguments)
    named = getattr(arguments, "store", None) is not None or bool(os.environ.get(STORE_VARIABLE))
    if not named and not store.exists():
        print(
            "claimrules: there is no reference store (--store); official tables are the samples beside the policies",
            file=sys.stderr,
        )
        return None
    return store


def add_policies_option(parser: argparse.ArgumentParser) -> None:
    """Adds ``--policies DIR`` to a command that reads policies."""
    parser.add_argument(
        "--policies", type=Path, metavar="DIR", help="the policies (default: ./policies, else those that ship)"
    )


def policies_folder(arguments: argparse.Namespace) -> Path:
    """Returns the folder of policies a command is about. Raises UsageError when there is none."""
    folder: Path = arguments.policies if arguments.policies is not None else default_policies_folder()
    if not folder.is_dir():
        raise UsageError(f"there is no folder of policies {folder}; name it with --policies")
    return folder
