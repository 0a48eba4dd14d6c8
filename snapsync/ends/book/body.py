"""A file's content of which a beginning may lie in the store: chunks that nobody has to read again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from snapsync.model.canon import ImageId, ObjectId
from snapsync.model.image import ABSENT, chunk_id, chunks, content, ends, image_objects, image_of_chunks
from snapsync.model.tree import Fetch

LAST = 4
"""So many chunks at a long file's end are at hand as rows: new ones come there, and look like those."""


class Cut:
    """Where the last rows of a file begin: after so many chunks, at this byte, in this line."""

    __slots__ = ("chunks", "line", "start")

    def __init__(self, chunks: int = 0, start: int = 0, line: int = 1) -> None:
        self.chunks, self.start, self.line = chunks, start, line


class Body:
    """The bytes of one file; ``rest`` are those from the cut on, None where there is no file."""

    def __init__(
        self,
        rest: bytes | None,
        before: tuple[ObjectId, ...] = (),
        cut: Cut | None = None,
        fetch: Fetch | None = None,
        like: Body | None = None,
    ) -> None:
        self.rest, self.before, self.cut, self._fetch = rest, before, cut or Cut(), fetch
        self._like = like
        """One with the same beginning, of which not all need be in the store."""

    def whole(self) -> bytes | None:
        """All of it."""
        return None if self.rest is None else self._beginning() + self.rest

    def first(self) -> bytes:
        """Some of its first bytes, the first line among them."""
        if self._like:
            return self._like.first()
        return content(self._fetch(self.before[0])) if self.before and self._fetch else self.rest or b""

    def _beginning(self) -> bytes:
        """What lies before the cut."""
        if self._like:
            return (self._like.whole() or b"")[: self.cut.start]
        return b"".join(content(self._fetch(id)) for id in self.before) if self._fetch else b""

    def with_rest(self, rest: bytes | None) -> Body:
        """With other bytes behind the cut."""
        return Body(rest, self.before, self.cut, like=self)

    def wider(self) -> Body | None:
        """The same content, cut one chunk earlier; None where what lies there is not at hand as a chunk.

        Raises:
            StoreError: the chunk is not in the store.
        """
        if self._fetch is None or not self.before:
            return None
        chunk = content(self._fetch(self.before[-1]))
        cut = Cut(self.cut.chunks - 1, self.cut.start - len(chunk), self.cut.line - lines(chunk))
        return Body(chunk + (self.rest or b""), self.before[:-1], cut, self._fetch)

    @cached_property
    def image(self) -> ImageId:
        """The id of the file's image."""
        if self.rest is None:
            return ABSENT
        return image_of_chunks((*self.before, *self._ids), self.cut.start + len(self.rest))

    def objects(self) -> Iterator[tuple[ObjectId, bytes]]:
        """What its image is made of, without that which lies before the cut; the image comes last."""
        return image_objects(self.rest, self.before, self.cut.start, self._ids)

    @cached_property
    def _ids(self) -> list[ObjectId]:
        """The chunks behind the cut."""
        return list(map(chunk_id, chunks((self.rest or b"",))))

    def cut_again(self) -> Body:
        """The same content, cut where its last rows begin now; not cut where it is not long."""
        rest = self.rest or b""
        starts = [0, *ends(rest)]
        skipped = len(starts) - 1 - LAST
        if skipped < (LAST if self.cut.chunks else 1):
            return self
        start = starts[skipped]
        line = self.cut.line + lines(rest[:start])
        ids = self._ids[:skipped]
        cut = Cut(self.cut.chunks + skipped, self.cut.start + start, line)
        return Body(rest[start:], (*self.before, *ids), cut, like=self)


def lines(data: bytes) -> int:
    """How many lines end in some bytes."""
    count = data.count(b"\n")
    return count + data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else count
