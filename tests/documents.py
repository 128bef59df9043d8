"""Reads the marked blocks of a Markdown document: files it shows, and commands it runs.

``<!-- file: NAME -->`` before a block says that the block is that file. A ``console`` block holds commands (``$ …``) each followed by
what it prints; ``<!-- run: exit N -->`` before it gives the exit code, ``<!-- not run: reason -->`` says why it is only shown. A line
``…`` stands for any lines.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


class Block(NamedTuple):
    """One fenced block: its language, the mark before it, and its text."""

    language: str
    mark: str
    text: str


class Command(NamedTuple):
    """One command, the output it is shown with, and the exit code it is said to have."""

    line: str
    output: str
    exit_code: int


def blocks(document: Path) -> list[Block]:
    """The fenced blocks of a document, in order."""
    text = document.read_text(encoding="utf-8")
    return [Block(m["language"], m["mark"] or "", m["text"]) for m in _BLOCK.finditer(text)]


def steps(document: Path) -> list[tuple[str, str] | Command]:
    """What to do with a document, in its order: files to write (name, text) and commands to run."""
    found: list[tuple[str, str] | Command] = []
    for block in blocks(document):
        if block.mark.startswith("file: "):
            found.append((block.mark.removeprefix("file: "), block.text))
        elif block.language == "console" and not block.mark.startswith("not run"):
            code = int(block.mark.removeprefix("run: exit ")) if block.mark else 0
            for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                line, _, output = part.partition("\n")
                found.append(Command(line, output, code))
    return found


def matches(shown: str, printed: str) -> bool:
    """Whether printed text is what a document shows; blanks at the ends of lines do not count, ``…`` is any lines."""
    lines = [re.escape(line.rstrip()) for line in shown.strip("\n").splitlines()]
    pattern = "\n".join("ANY" if line.strip() == "…" else line for line in lines)
    pattern = pattern.replace("ANY\n", r"(?:.*\n)*").replace("\nANY", r"(?:\n.*)*").replace("ANY", r"(?:.*\n?)*")
    got = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern, got) is not None
