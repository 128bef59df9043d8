"""Opens the console that commands print results on."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

_WIDTH_OF_FILES = 200


def result_console() -> Console:
    """Returns the terminal's console; what goes to a file or pipe is wide, so that no cell is cut."""
    made = Console(highlight=False, emoji=False)
    return made if made.is_terminal else Console(highlight=False, emoji=False, width=_WIDTH_OF_FILES)


def result_table(*headings: str, numbers: tuple[str, ...] = ()) -> Table:
    """Returns a table without boxes; cells fold rather than being cut, and ``numbers`` are set to the right."""
    table = Table(box=SIMPLE_HEAD)
    for heading in headings:
        if heading in numbers:
            table.add_column(heading, justify="right", no_wrap=True)
        else:
            table.add_column(heading, overflow="fold")
    return table
