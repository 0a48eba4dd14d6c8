"""Rows of words in aligned columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import zip_longest

from .width import padded, width

GAP = "  "


def table(rows: Sequence[Sequence[str]], right: Collection[int] = (), gap: str = GAP) -> list[str]:
    """Each row as one line; a row may be shorter than others.

    Args:
        rows: the cells, made harmless already.
        right: the numbers of the columns that end, not begin, in line.
        gap: what stands between two columns.
    """
    widths = [max(map(width, column)) for column in zip_longest(*rows, fillvalue="")]
    return [
        gap.join(
            " " * (wide - width(cell)) + cell if number in right else padded(cell, wide)
            for number, (cell, wide) in enumerate(zip(row, widths, strict=False))
        ).rstrip()
        for row in rows
    ]
