"""Fixtures of the claim readers' tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.claims import InvalidClaim, read_claims
from engine.model import Claim

Read = Callable[[bytes], list[Claim | InvalidClaim]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads bytes as a claim file and returns everything that comes out."""

    def read_bytes(data: bytes) -> list[Claim | InvalidClaim]:
        path = tmp_path / "claims"
        path.write_bytes(data)
        return list(read_claims(path))

    return read_bytes
