"""A file's very bytes as a two-level tree of line-aligned chunks.

The chunks end at the first line end after 64 KiB, counted from the chunk's start, so a row appended to
a long file changes its last chunk alone. A file that is not there is an image too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

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


def image(
    data: bytes | None, before: Sequence[ObjectId] = (), start: int = 0
) -> tuple[ImageId, list[tuple[ObjectId, bytes]]]:
    """The id of a file's image, and the objects that it is made of; see ``image_objects``."""
    objects = list(image_objects(data, before, start))
    return ImageId(objects[-1][0]), objects


def image_of(objects: Iterable[tuple[ObjectId, bytes]]) -> ImageId:
    """The id of the image that objects are of; it is the last of them."""
    [(id, _)] = deque(objects, maxlen=1)
    return ImageId(id)


def image_objects(
    data: bytes | None,
    before: Sequence[ObjectId] = (),
    start: int = 0,
    known: Sequence[ObjectId] | None = None,
) -> Iterator[tuple[ObjectId, bytes]]:
    """The objects that a file's image is made of, children first.

    Args:
        data: the file's bytes, None where there is no file; or those behind some chunks.
        before: those chunks, which are in the store already, and so are the branches that they fill.
        start: how many bytes they are.
        known: the ids of the chunks of ``data``, if somebody has made them already.
    """
    ids = list(before)
    for number, chunk in enumerate(chunks((data or b"",))):
        encoded = _CHUNK_HEADER + chunk
        ids.append(known[number] if known else identify(encoded))
        yield ids[-1], encoded
    yield from _above(ids, len(before), None if data is None else start + len(data))


def image_of_chunks(ids: Sequence[ObjectId], size: int) -> ImageId:
    """The id of the image of a file with these chunks."""
    return image_of(_above(ids, 0, size))


def _above(ids: Sequence[ObjectId], before: int, size: int | None) -> Iterator[tuple[ObjectId, bytes]]:
    """What names a file's chunks, without the branches that so many of them fill; the image comes last."""
    branches = []
    for first in range(0, len(ids), BRANCH):
        encoded = encode(Branch(chunks=tuple(ids[first : first + BRANCH])))
        branches.append(identify(encoded))
        if first + BRANCH > before:
            yield branches[-1], encoded
    root = encode(Image(size=size, branches=tuple(branches)))
    yield identify(root), root


def image_chunks(id: ImageId, fetch: Fetch) -> tuple[ObjectId, ...]:
    """The chunks of an image, in order."""
    root = stored(fetch(id), Image, id)
    return tuple(chunk for branch in root.branches for chunk in stored(fetch(branch), Branch, branch).chunks)


def content(chunk: bytes) -> bytes:
    """The file's bytes that a chunk's object holds."""
    return chunk.removeprefix(_CHUNK_HEADER)


def chunk_id(chunk: bytes) -> ObjectId:
    """The id of the object that holds these bytes of a file."""
    return identify(_CHUNK_HEADER + chunk)


def ends(data: bytes) -> Iterator[int]:
    """Where in a file each of its chunks ends."""
    end = 0
    for chunk in chunks((data,)):
        end += len(chunk)
        yield end


def chunks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """A file's chunks; its bytes come in blocks of any size."""
    held, looked = b"", 0
    for block in blocks:
        held, start = held + block, 0
        while (newline := held.find(b"\n", max(start + CHUNK - 1, looked))) >= 0:
            yield held[start : newline + 1]
            start = newline + 1
        held = held[start:]
        looked = len(held) if len(held) >= CHUNK - 1 else 0
    if held:
        yield held


def image_bytes(id: ImageId, fetch: Fetch) -> bytes | None:
    """The file that an image stands for; None where there was no file."""
    root = stored(fetch(id), Image, id)
    if root.size is None:
        return None
    return b"".join(content(fetch(chunk)) for chunk in image_chunks(id, fetch))


ABSENT: ImageId = image(None)[0]
"""The image of a file that is not there."""
