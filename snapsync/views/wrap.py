"""Sentences in lines of a terminal's width."""

from __future__ import annotations

import textwrap

WIDTH = 78


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
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + hang,
        break_long_words=False,
        break_on_hyphens=False,
    )
