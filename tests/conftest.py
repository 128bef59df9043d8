"""Fixtures that several test folders share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# `make fuzz` runs the properties with this profile; with CI set, Hypothesis draws the same examples every time.
settings.register_profile("fuzz", max_examples=3000, deadline=None, derandomize=False)

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real reference data and samples; the test is skipped where it is absent."""
    folder = Path(os.environ.get("CLAIMRULES_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "reference" / "manifest.json").is_file():
        pytest.skip(f"real reference data is not beside the checkout ({folder.name}/reference); set CLAIMRULES_SHARED")
    return folder


@pytest.fixture(scope="session")
def policies_folder() -> Path:
    """The policies that ship with the product."""
    return REPOSITORY / "policies"
