"""Reads the command line of ``claimrules-server``.

Workers import this module too (a fork server imports the main module), so it imports nothing heavy at the top.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.commands.options import STORE_VARIABLE, store_path
from engine.errors import ClaimrulesError, UsageError
from server.config import ENGINE, ServerConfig, checked

EXIT_CANNOT_LISTEN, EXIT_USAGE, EXIT_INVALID = 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop and returns the exit code.

    0 stopped by SIGTERM or SIGINT, 1 cannot listen, 2 wrong arguments, 3 policies or store that do not load.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        config = _config(options)
    except UsageError as error:
        print(f"claimrules-server: {error}", file=sys.stderr)
        return EXIT_USAGE
    from server.serving import CannotListen, serve  # noqa: PLC0415 (workers need no grpc, see above)

    try:
        serve(config, announce=lambda address: print(f"listening on {address}", flush=True))
    except ClaimrulesError as error:
        print(f"claimrules-server: {error}", file=sys.stderr)
        return EXIT_CANNOT_LISTEN if isinstance(error, CannotListen) else EXIT_INVALID
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="claimrules-server", description="Judges claims over gRPC.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="serve EvaluationService and PolicyService",
        description="Serves until SIGTERM or SIGINT. The first line of output names the address, once every worker is ready.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    defaults = ServerConfig(policies=Path("policies"), workers=os.cpu_count() or 1)
    add = serve.add_argument
    add("--listen", metavar="HOST:PORT", default=defaults.address, help="address; port 0 takes a free one")
    add("--policies", metavar="DIR", type=Path, default=defaults.policies, help="folder of policies")
    about_store = f"reference store (else ${STORE_VARIABLE}, else the one in the user's data folder, if there is one)"
    add("--store", metavar="PATH", type=Path, default=argparse.SUPPRESS, help=about_store)
    add("--workers", metavar="N", type=int, default=defaults.workers, help="worker processes")
    add("--per-claim-limit-ms", metavar="MS", type=float, default=defaults.claim_limit * 1000, help="one claim's time")
    add("--max-wait-ms", metavar="MS", type=float, default=defaults.max_wait * 1000, help="longest wait for a worker")
    add("--max-concurrent-calls", metavar="N", type=int, default=defaults.max_concurrent_calls, help="calls at once")
    add("--max-streams", metavar="N", type=int, default=defaults.max_streams, help="streams open at once")
    add("--max-batch-claims", metavar="N", type=int, default=defaults.max_batch_claims, help="claims in one batch")
    add("--max-message-bytes", metavar="N", type=int, default=defaults.max_message_bytes, help="size of one request")
    add("--grace-ms", metavar="MS", type=float, default=defaults.grace * 1000, help="time calls have to end on stop")
    add("--engine", metavar="MODULE:FUNCTION", default=ENGINE, help="what loads the policies and judges claims")
    return parser


def _config(options: argparse.Namespace) -> ServerConfig:
    host, _, port = options.listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit():
        raise UsageError(f"--listen {options.listen}: an address is HOST:PORT, such as 127.0.0.1:50051")
    return checked(
        ServerConfig(
            policies=options.policies,
            store=_store(options),
            host=host,
            port=int(port),
            workers=options.workers,
            claim_limit=options.per_claim_limit_ms / 1000,
            max_wait=options.max_wait_ms / 1000,
            max_concurrent_calls=options.max_concurrent_calls,
            max_streams=options.max_streams,
            max_batch_claims=options.max_batch_claims,
            max_message_bytes=options.max_message_bytes,
            grace=options.grace_ms / 1000,
            engine=options.engine,
        )
    )


def _store(options: argparse.Namespace) -> Path | None:
    """Returns the store that commands use, or None where nobody named one and none was made yet."""
    path = store_path(options)
    named = hasattr(options, "store") or bool(os.environ.get(STORE_VARIABLE))
    return path if named or path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
