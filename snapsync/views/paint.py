"""Colour, or none: a view is given a Paint and never asks what it writes to."""

from __future__ import annotations

from collections.abc import Callable

Paint = Callable[[str, str], str]
"""(text, what it is: ``+``, ``~``, ``-``, ``bold``, ``dim``, ``warn``) → text."""

_CODES = {"+": "32", "~": "33", "-": "31", "bold": "1", "dim": "2", "warn": "35"}


def plain(text: str, what: str) -> str:
    """No colour."""
    del what
    return text


def ansi(text: str, what: str) -> str:
    """Colour for a terminal."""
    return f"\x1b[{_CODES[what]}m{text}\x1b[0m"
