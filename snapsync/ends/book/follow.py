"""How far a long file is what it was: chunk by chunk, by their hashes; not at all where its stamp tells."""

from __future__ import annotations

import os
from typing import Literal

from snapsync.errors import StoreError
from snapsync.model.image import chunk_id, chunks, image_chunks
from snapsync.model.past import Stamp

from .body import Body, Cut, lines
from .raw import blocks
from .remembered import Remembered

_FARTHEST = 64
"""Chunks before the end of what is remembered; who edits still earlier rows has the file read whole."""

Followed = Literal["same"] | Body | bytes
"""``same`` is what is remembered; else the content, from where it may differ on or whole."""


def follow(handle: int, now: Stamp, memory: Remembered) -> Followed:
    """Read what is new in a file."""
    past = memory.past
    if past.settled and past.stamp == now:
        return "same"
    if memory.appended and memory.appended == past.stamp and now[:2] == past.stamp[:2]:
        return _behind(handle, memory)
    try:
        ids = image_chunks(past.image, memory.fetch)
    except StoreError:
        return b"".join(blocks(handle))  # a damaged store is for verify to tell of
    least = max(0, len(ids) - _FARTHEST)
    same, cut, rest = 0, Cut(), list[bytes]()
    for chunk in chunks(blocks(handle)):
        if not rest and same < past.chunks and chunk_id(chunk) == ids[same]:
            same += 1
            cut = Cut(same, cut.start + len(chunk), cut.line + lines(chunk))
        elif same < least and not rest:
            break
        else:
            rest.append(chunk)
    else:
        return Body(b"".join(rest), ids[:same], cut, memory.fetch)
    os.lseek(handle, 0, os.SEEK_SET)
    return b"".join(blocks(handle))


def _behind(handle: int, memory: Remembered) -> Body:
    """What stands behind the rows that were proven a moment ago, under the lock that is still held."""
    past = memory.past
    os.lseek(handle, past.start, os.SEEK_SET)
    ids = image_chunks(past.image, memory.fetch)
    cut = Cut(past.chunks, past.start, past.line)
    return Body(b"".join(blocks(handle)), ids[: past.chunks], cut, memory.fetch)
