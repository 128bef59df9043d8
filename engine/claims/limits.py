"""States how big a claim may be; what is bigger is refused with its size, before it can fill the memory."""

from __future__ import annotations

MOST_CLAIM_BYTES = 4 * 1024 * 1024
MOST_LINES = 999
MOST_HISTORY_LINES = 10_000
MOST_TEXT_CHARACTERS = 10_000
MOST_DEPTH = 32
MOST_PROBLEMS = 500
LARGEST_INTEGER = 2**53
"""The largest integer that every JSON reader keeps exactly (RFC 8259, section 6)."""
