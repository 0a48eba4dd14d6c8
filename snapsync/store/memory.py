"""What is remembered beside the store to save time: nothing is lost with it, and nothing decided by it.

``memory/history.json`` tells what the trade history was when it was read last, ``memory/book.keys`` and
``memory/broker.keys`` on which days the trades of which keys lie. Each carries its own checksum.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from snapsync.errors import StoreError
from snapsync.model.canon import Record, encode, identify
from snapsync.model.past import Past
from snapsync.model.stored import stored

from . import files, reads


class _Sealed(Record, frozen=True):
    past: msgspec.Raw
    sha256: str


class FolderMemory:
    """The folder ``memory/`` of a store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def past(self) -> Past | None:
        """What the history was; None where that is not known."""
        data = self.read("history.json")
        if data is None:
            return None
        with suppress(*reads.GARBLED, StoreError):
            sealed = msgspec.json.decode(data, type=_Sealed)
            if identify(bytes(sealed.past)) == sealed.sha256:
                return stored(bytes(sealed.past), Past, "memory/history.json")
        return None

    def keep(self, past: Past | None) -> None:
        """Remember what the history is; None: nothing can be."""
        if past is None:
            self.forget("history.json")
            return
        data = encode(past)
        self.write("history.json", encode(_Sealed(past=msgspec.Raw(data), sha256=identify(data))))

    def read(self, name: str) -> bytes | None:
        """A file of the folder; None where it is not there or cannot be read."""
        with suppress(StoreError):
            return reads.read(self.folder / name)
        return None

    def part(self, name: str, start: int, size: int) -> bytes:
        """Some bytes of a file of the folder; fewer where there are no more, none where it cannot be read."""
        with suppress(OSError), (self.folder / name).open("rb") as file:
            file.seek(start)
            return file.read(size)
        return b""

    def size(self, name: str) -> int:
        """How many bytes a file of the folder has; -1 where there is none."""
        with suppress(OSError):
            return (self.folder / name).stat().st_size
        return -1

    def write(self, name: str, data: bytes) -> None:
        """Put a file into the folder; where that fails nothing is remembered, and nothing is lost."""
        with suppress(StoreError):
            files.make_folder(self.folder)
            files.leave(self.folder / name, data)

    def add(self, name: str, data: bytes) -> None:
        """Put more at the end of a file of the folder."""
        with suppress(StoreError):
            files.add(self.folder / name, data)

    def forget(self, name: str) -> None:
        """Take a file out of the folder."""
        with suppress(StoreError):
            files.discard((self.folder / name,))
