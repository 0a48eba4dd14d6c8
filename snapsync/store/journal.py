"""The intent of an apply under way: which files go from which image to which, and what is then done.

It is durable before the first byte of the book changes and gone after the commit point. Recovery looks
at each file: as after, done; as before, finish it; neither, a person decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ImageId, Record, Stored, encode, identify
from snapsync.model.history import Operation
from snapsync.model.stored import stored

from . import files, reads


class Write(Record, frozen=True):
    """One file's way: the images of its bytes before and after."""

    role: Literal["bankroll", "positions", "history"]
    path: str
    before: ImageId
    after: ImageId


class Journal(Stored, frozen=True, tag="journal"):
    """An apply under way.

    ``draft`` is the Operation that it will be, but for what only the finished files can tell (its
    book Snapshot and agreed pair).
    """

    draft: Operation
    writes: tuple[Write, ...]


class _Sealed(Record, frozen=True):
    # the very bytes: a later version would write the same intent with more fields
    journal: msgspec.Raw
    sha256: str


def open_journal(folder: Path) -> Journal | None:
    """The journal of an interrupted apply; None when there is none.

    Raises:
        StoreError: it is there but damaged (exit 30), or a newer version wrote it (10).
    """
    path = folder / "journal.json"
    data = reads.read(path)
    if data is None:
        return None
    try:
        sealed = msgspec.json.decode(data, type=_Sealed)
        if identify(bytes(sealed.journal)) != sealed.sha256:
            raise _damaged(folder)
        return stored(bytes(sealed.journal), Journal, str(path), "The journal of an interrupted apply")
    except reads.GARBLED as error:
        raise _damaged(folder) from error


def write_journal(folder: Path, journal: Journal) -> None:
    """Make the intent durable."""
    data = encode(journal)
    sealed = encode(_Sealed(journal=msgspec.Raw(data), sha256=identify(data)))
    files.write(folder / "journal.json", sealed)


def close_journal(folder: Path) -> None:
    """The act is history: its intent may go."""
    files.remove(folder / "journal.json")


def _damaged(folder: Path) -> StoreError:
    return StoreError(
        "The journal of an interrupted apply is damaged.",
        detail=f"{folder / 'journal.json'} does not have the checksum that it carries",
        hint="Nothing was touched. Move the file away, and the book counts as it is now: the next plan shows"
        " what differs from the broker. What the apply was writing is in the store: snapsync show",
        exit=Exit.INTEGRITY,
    )
