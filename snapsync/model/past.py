"""What is remembered of a long file of the book, so that it need not be read whole each time.

It is no truth: whatever does not fit the file as it is now is forgotten, and the file is read.
"""

from __future__ import annotations

import os

from .canon import ImageId, ObjectId, Record, Stored
from .policy import Finding

Stamp = tuple[int, int, int, int, int]
"""Device, inode, size, and the times of the last change of content and of anything, in nanoseconds."""


def stamp(seen: os.stat_result) -> Stamp:
    """What changes whenever a file does, but for a change within the clock's same tick."""
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


class Count(Record, frozen=True):
    """How many rows there are of a kind, the line of the last one and what it says."""

    rows: int = 0
    line: int = 0
    said: str = ""

    def and_one(self, line: int, said: str = "") -> Count:
        """With one more row."""
        if line < self.line:
            return Count(rows=self.rows + 1, line=self.line, said=self.said)
        return Count(rows=self.rows + 1, line=line, said=said)

    def with_others(self, old: Count, new: Count) -> Count | None:
        """With other last rows; None where the last of all would be one before them."""
        rows = self.rows - old.rows + new.rows
        if new.rows or not rows:
            return Count(rows=rows, line=new.line, said=new.said)
        return None if old.rows else self


class Past(Stored, frozen=True, tag="past"):
    """What a trade history was when it was read last.

    ``stamp`` is the file's then; ``settled`` says that it had not changed for a while, so that another
    change cannot have got the same stamp. ``terms`` is the hash of all that its reading depends on beside
    its bytes. The last rows, from ``chunks`` of its image on, begin at byte ``start`` in ``line``.
    """

    stamp: Stamp
    settled: bool
    terms: str
    image: ImageId
    chunks: int
    start: int
    line: int
    transactions: ObjectId
    actionless: Count
    contractless: Count
    costs: tuple[Finding, ...]
