"""Finds the policies a command works on when none are named."""

from __future__ import annotations

from pathlib import Path

from engine.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent


def default_policies_folder() -> Path:
    """Returns ``policies`` in the current folder when there is one, else the policies that ship with the product.

    Raises UsageError when neither is there, which only an incomplete installation brings about.
    """
    own = Path("policies")
    return own if own.is_dir() else shipped_policies_folder()


def shipped_policies_folder() -> Path:
    """Returns the policies that ship with the product: inside the package when installed from a wheel, else the checkout's."""
    for folder in (_PACKAGE / "default_policies", _PACKAGE.parent / "policies"):
        if folder.is_dir():
            return folder
    raise UsageError("the policies that ship with claimrules are not installed; name a folder with --policies")
