"""Names every error the product raises, and the one record that describes a problem.

ClaimrulesError
├── InvalidPolicyError     policy, table or tests files that do not load
├── InvalidClaimError      a claim that does not satisfy the contract
├── InvalidDataError       an official reference file that is malformed
├── StoreError             the reference store cannot be opened, read or written
├── NoPolicyError          no policy covers the claim on its dates
├── EvaluationError        the rules engine could not finish a claim
└── UsageError             a command was called with arguments it cannot take
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a problem is: a file with line and column (1-based, 0 when unknown) and a path from ``$``."""

    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong, written for the person who must mend it.

    ``code`` is stable (``E203``); ``hint`` says what was probably meant or what to do; ``excerpt`` is the
    source line that shows it. ``severity`` is ``error`` or ``warning``.
    """

    code: str
    message: str
    place: Place = Place()
    hint: str = ""
    severity: str = "error"
    excerpt: str = ""

    def text(self) -> str:
        """Returns the problem in the one-line form that editors parse, followed by its excerpt and path."""
        spot = self.place.file or "<input>"
        if self.place.line:
            spot += f":{self.place.line}:{max(self.place.column, 1)}"
        head = f"{spot}: {self.code} {self.message}"
        if self.hint:
            head += f" ({self.hint})"
        lines = [head]
        if self.excerpt and self.place.line:
            number = str(self.place.line)
            lines.append(f"   {number} | {self.excerpt}")
            lines.append(f"   {' ' * len(number)} | {' ' * (max(self.place.column, 1) - 1)}^")
        if self.place.path:
            lines.append(f"   at {self.place.path}    docs/problems.md#{self.code}")
        return "\n".join(lines)


class ClaimrulesError(Exception):
    """The root of every error this product raises on purpose; carries the problems it found."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.problems: Sequence[Problem] = tuple(sorted(problems, key=lambda p: (p.place, p.code, p.message)))
        self.summary = message
        super().__init__(message)

    def __str__(self) -> str:
        return "\n".join([self.summary, *(problem.text() for problem in self.problems)])


class InvalidPolicyError(ClaimrulesError):
    """Policy, table or tests files that do not load; lists every problem of every file."""


class InvalidClaimError(ClaimrulesError):
    """A claim that does not satisfy the contract; lists every problem with its path from ``$``."""


class InvalidDataError(ClaimrulesError):
    """An official reference file that is malformed; lists the first fifty problems with line numbers."""


class StoreError(ClaimrulesError):
    """The reference store cannot be opened, read or written."""


class NoPolicyError(ClaimrulesError):
    """No policy covers the claim's payer, line of business, state, claim type and dates of service."""


class EvaluationError(ClaimrulesError):
    """The rules engine could not finish a claim: a bound was passed or the kernel reported an error."""


class UsageError(ClaimrulesError):
    """A command was called with arguments it cannot take."""
