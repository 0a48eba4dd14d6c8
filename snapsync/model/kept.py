"""What gc keeps and what it takes away, with the reasons."""

from __future__ import annotations

import msgspec

from .canon import ObjectId


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be kept: the states and files of so many newest acts, and of those of so many days."""

    last: int | None = None
    days: int | None = None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Some objects and what becomes of them; ``what`` and ``why`` are words for people."""

    goes: bool
    count: int
    what: str
    why: str


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What a gc has done, or would do.

    ``acts`` are the operations whose states and files are kept whole, ``older`` those of which some goes.
    ``before`` and ``after`` are the store's files and the bytes of the disk that they take.
    """

    dry: bool
    shares: tuple[Share, ...]
    ids: tuple[ObjectId, ...]
    acts: int
    older: int
    packed: int
    before: tuple[int, int]
    after: tuple[int, int]
    record: ObjectId | None = None
