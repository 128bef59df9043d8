"""Warns of what loads but was probably not meant."""
from __future__ import annotations
def lint(*a: object, **k: object) -> tuple[object, ...]:
    return ()
