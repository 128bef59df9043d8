"""Holds the server's settings, each with its unit, and refuses those that cannot work."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.errors import Place, Problem, UsageError

ENGINE = "server.loading:load_engine"


class WorkerConfig(msgspec.Struct, frozen=True):
    """What a worker process needs: folder of policies, store (None: tables beside the policies only), limit a claim in seconds.

    ``engine`` is the ``module:function`` that loads both; a site may name its own (see ``server.loading``).
    """

    policies: Path
    store: Path | None
    claim_limit: float
    engine: str = ENGINE


class ServerConfig(msgspec.Struct, frozen=True):
    """Every setting of ``claimrules-server serve``; times in seconds, sizes in bytes."""

    policies: Path
    store: Path | None = None
    host: str = "127.0.0.1"
    port: int = 50051
    workers: int = 2
    claim_limit: float = 2.0
    max_wait: float = 0.5
    max_concurrent_calls: int = 256
    max_streams: int = 16
    max_batch_claims: int = 1000
    max_message_bytes: int = 8 * 1024 * 1024
    chunk_claims: int = 20
    start_limit: float = 120.0
    grace: float = 10.0
    engine: str = ENGINE

    @property
    def address(self) -> str:
        """The address to bind, as gRPC writes it."""
        return f"{self.host}:{self.port}"


def checked(config: ServerConfig) -> ServerConfig:
    """Returns the settings, or raises UsageError with every one that cannot work."""
    problems = [
        Problem("U101", f"{name} is {value}; it lies between {low} and {high}", Place(path=option))
        for name, option, value, low, high in (
            ("the port", "--listen", config.port, 0, 65535),
            ("the number of workers", "--workers", config.workers, 1, 256),
            ("the time limit a claim (ms)", "--per-claim-limit-ms", config.claim_limit * 1000, 1, 600_000),
            ("the longest wait for a worker (ms)", "--max-wait-ms", config.max_wait * 1000, 0, 600_000),
            ("the number of calls at once", "--max-concurrent-calls", config.max_concurrent_calls, 1, 100_000),
            ("the number of streams at once", "--max-streams", config.max_streams, 1, 1000),
            ("the size of a batch", "--max-batch-claims", config.max_batch_claims, 1, 1_000_000),
            ("the size of a message", "--max-message-bytes", config.max_message_bytes, 1024, 2**30),
        )
        if not low <= value <= high
    ]
    if not config.policies.is_dir():
        problems.append(Problem("U102", f"there is no folder {config.policies}", Place(path="--policies")))
    if config.store is not None and not config.store.exists():
        hint = "`claimrules data import` fills a store; leave --store out to use the tables beside the policies"
        problems.append(Problem("U102", f"there is no store {config.store}", Place(path="--store"), hint))
    if problems:
        raise UsageError("the server cannot start with these settings", problems)
    return config
