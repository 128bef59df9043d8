"""Loads what a worker judges claims with, and says what the server asks of it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from engine.errors import UsageError
from engine.model import Claim, Evaluation
from engine.policy.types import PolicySet, ResolvedPolicy


class LoadedSnapshot(Protocol):
    """What the server reads of a snapshot: its digest, every policy, and those that may be selected with parents merged in."""

    @property
    def digest(self) -> str:
        """SHA-256 of policies and reference data, as ``sha256:<hex>``."""

    @property
    def policies(self) -> PolicySet:
        """Every version of every policy."""

    @property
    def resolved(self) -> tuple[ResolvedPolicy, ...]:
        """The policies that may judge a claim."""


class Engine(Protocol):
    """What the server asks of the engine; ``engine.evaluate.Evaluator`` is the one that ships."""

    @property
    def snapshot(self) -> LoadedSnapshot:
        """The snapshot that claims are judged against."""

    def evaluate(self, claim: Claim, as_of: str = "") -> Evaluation:
        """Returns the evaluation of a claim; raises NoPolicyError and EvaluationError."""

    def close(self) -> None:
        """Releases what the engine holds."""


def load_engine(policies: Path, store: Path | None) -> Engine:
    """Returns the engine with a folder of policies and a store; raises InvalidPolicyError and StoreError."""
    # Imported here, because an engine that --engine names in place of this one needs neither.
    from engine.evaluate import Evaluator  # noqa: PLC0415 (see above)
    from engine.snapshot import load_snapshot  # noqa: PLC0415 (see above)

    return Evaluator(load_snapshot(policies, store))


def load_by_name(name: str, policies: Path, store: Path | None) -> Engine:
    """Returns what the function named ``module:function`` loads; raises UsageError when there is no such function."""
    module_name, _, function_name = name.partition(":")
    try:
        function = getattr(import_module(module_name), function_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f"--engine {name}: there is no such function ({error}); it is written module:function"
        ) from error
    return cast(Engine, function(policies, store))
