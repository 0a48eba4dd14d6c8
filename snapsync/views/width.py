"""How many columns of a terminal a text takes: wide characters take two, combining ones none."""

from __future__ import annotations

import unicodedata


def width(text: str) -> int:
    """The columns that a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def padded(text: str, columns: int) -> str:
    """A text with blanks after it, up to so many columns."""
    return text + " " * max(0, columns - width(text))


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
