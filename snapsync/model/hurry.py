"""Packing very much at once: with Intel's ISA-L where it is installed, in a fifth of zlib's time.

Both write streams that zlib reads.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache


def pack(data: bytes) -> bytes:
    """A zlib stream that is made quickly; one of level 6 would be a tenth smaller."""
    return _codec()[0](data, 1)


def unpack(stream: bytes) -> bytes:
    """What such a stream was made of."""
    return _codec()[1](stream)


@cache
def _codec() -> tuple[Callable[[bytes, int], bytes], Callable[[bytes], bytes]]:
    # imported where there is much to pack: most commands never come here
    try:
        from isal import isal_zlib  # noqa: PLC0415
    except ImportError:  # it is not made for every machine
        return zlib.compress, zlib.decompress
    return isal_zlib.compress, isal_zlib.decompress
