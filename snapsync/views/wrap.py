"""Lines of a terminal's width: sentences are wrapped, and what is one line is told how much room it has."""

from __future__ import annotations

import textwrap
from contextvars import ContextVar

_columns = ContextVar("columns", default=80)
_WIDEST = 100
"""Longer lines of prose are hard to read, however wide the terminal is."""


def fit(columns: int | None) -> None:
    """Write for a terminal of so many columns from now on; None for text that goes elsewhere."""
    _columns.set(max(columns, 40) if columns else 80)


def columns() -> int:
    """How many columns a line may take."""
    return _columns.get()


def wrapped(line: str, indent: str = "  ", hang: str = "") -> list[str]:
    """A sentence in lines; what is indented is a command, and stays whole.

    Args:
        line: the sentence.
        indent: what each line begins with.
        hang: what the lines after the first begin with beside that.
    """
    if line.startswith(" "):
        return [indent + line]
    return textwrap.wrap(
        line,
        min(columns(), _WIDEST) - 2,
        initial_indent=indent,
        subsequent_indent=indent + hang,
        break_long_words=False,
        break_on_hyphens=False,
    )
