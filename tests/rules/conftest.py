"""A session of the rules kernel that is closed after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.rules import Session


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session()
    yield made
    made.close()
