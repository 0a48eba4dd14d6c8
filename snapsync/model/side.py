"""What a comparison is between: one side at some time, or both sides after an operation."""

from __future__ import annotations

from typing import Literal

import msgspec

from .canon import ImageId, ObjectId, OperationId
from .difference import Difference
from .state import Marks, State

Name = Literal["book", "broker"]


class Side(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A State of a book or of a broker; ``snapshot`` is None for the book's files as they are now.

    ``images`` are those of a book's files by their role.
    """

    state: State
    snapshot: ObjectId | None = None
    images: dict[str, ImageId] | None = None
    marks: Marks | None = None


class Sides(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What a word, an id or a time names. ``words`` says it to people; ``operation`` is where it is from."""

    words: str
    book: Side | None = None
    broker: Side | None = None
    operation: OperationId | None = None


class Compared(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Two States and how the second differs; ``names`` are of which side each is.

    ``other_bytes`` are the files of a book that differ although no record does.
    """

    names: tuple[Name, Name]
    before: Side
    after: Side
    differences: tuple[Difference, ...]

    @property
    def other_bytes(self) -> tuple[str, ...]:
        if self.differences or not (self.before.images and self.after.images):
            return ()
        roles = self.before.images.keys() | self.after.images.keys()
        return tuple(
            sorted(each for each in roles if self.before.images.get(each) != self.after.images.get(each))
        )


class Diff(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Two things that were compared: side by side what both have, else the one with the other."""

    a: Sides
    b: Sides
    parts: tuple[Compared, ...]
