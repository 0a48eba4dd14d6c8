"""A file's very bytes as a two-level tree of line-aligned chunks.

The chunks end at the first line end after 64 KiB, counted from the chunk's start, so a row appended to
a long file changes its last chunk alone. A file that is not there is an image too.
"""

from __future__ import annotations

from collections.abc import Iterator

from .canon import ImageId, ObjectId, Stored, encode, identify
from .stored import stored
from .tree import Fetch

CHUNK = 64 * 1024
BRANCH = 64
_CHUNK_HEADER = b"snapsync chunk 1\n"


class Branch(Stored, frozen=True, tag="branch"):
    """Some consecutive chunks of a file."""

    chunks: tuple[ObjectId, ...]


class Image(Stored, frozen=True, tag="image"):
    """A whole file: its size in bytes and its branches in order; ``size`` is null where there is no file."""

    size: int | None
    branches: tuple[ObjectId, ...]


def image(data: bytes | None) -> tuple[ImageId, list[tuple[ObjectId, bytes]]]:
    """The id of a file's image, and the objects that it is made of, children first."""
    objects: list[tuple[ObjectId, bytes]] = []

    def put(encoded: bytes) -> ObjectId:
        id = identify(encoded)
        objects.append((id, encoded))
        return id

    chunks = [put(_CHUNK_HEADER + chunk) for chunk in _chunks(data or b"")]
    branches = [
        put(encode(Branch(chunks=tuple(chunks[start : start + BRANCH]))))
        for start in range(0, len(chunks), BRANCH)
    ]
    root = encode(Image(size=None if data is None else len(data), branches=tuple(branches)))
    return ImageId(put(root)), objects


def image_bytes(id: ImageId, fetch: Fetch) -> bytes | None:
    """The file that an image stands for; None where there was no file."""
    root = stored(fetch(id), Image, id)
    if root.size is None:
        return None
    return b"".join(
        fetch(chunk).removeprefix(_CHUNK_HEADER)
        for branch in root.branches
        for chunk in stored(fetch(branch), Branch, branch).chunks
    )


def _chunks(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        newline = data.find(b"\n", start + CHUNK - 1)
        end = len(data) if newline < 0 else newline + 1
        yield data[start:end]
        start = end


ABSENT: ImageId = image(None)[0]
"""The image of a file that is not there."""
