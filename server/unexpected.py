"""Logs an exception that nobody expected by its type and places in the code, never by its text, which may quote a claim."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

LOG = logging.getLogger("claimrules.server")


def log_unexpected(error: BaseException) -> None:
    """Writes the exception's type and the last places of its traceback to the log."""
    LOG.error("unexpected %s at %s", type(error).__name__, places_of(error))


def places_of(error: BaseException) -> str:
    """Returns the innermost five places of an exception as ``folder/file.py:line``, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    return " > ".join(
        f"{Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno}" for frame in frames
    )
