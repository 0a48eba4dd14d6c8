"""Counts of things in words."""

from __future__ import annotations


def plural(count: int, one: str, many: str = "") -> str:
    """``1 file``, ``2 files``, ``1,234 activities`` (whose plural is another is given it)."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
