"""Bytes to text and back, without loss; and putting spans of new text in the place of old ones."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from .faults import ENCODING, HALF, fault

BOM = "\ufeff"
_RESAVE = "Save the file as UTF-8 text, then try again."

Splice = tuple[int, int, str]
"""(start, end, new text): what stands between start and end is replaced."""


def assure_text(name: str, data: bytes) -> None:
    """Refuse what ``decode`` refuses, for who wants no text of all of it; most files are quickly judged."""
    if not data.isascii() or data.isspace() or b"\0" in data:
        decode(name, data)


def decode(name: str, data: bytes) -> str:
    """The text of a file, its byte order mark included.

    Raises:
        BookError: it is empty, in another encoding, has two byte order marks, or holds a NUL.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise fault(ENCODING, f"{name}:1: begins as UTF-16 does; expected UTF-8", _RESAVE)
    nul = data.find(b"\0")
    if nul >= 0:
        raise fault(
            ENCODING,
            f"{name}:{_line(data, nul)}: a NUL byte at offset {nul}; expected text",
            "A crash while writing leaves such bytes. Put the line right, or put back a good copy.",
        )
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise fault(
            ENCODING,
            f"{name}:{_line(data, error.start)}: the byte 0x{data[error.start]:02x} at offset"
            f" {error.start} is not UTF-8",
            _RESAVE,
        ) from None
    if text.startswith(BOM + BOM):
        # a program that does not know the mark has read it, and one that writes it has written it again
        raise fault(ENCODING, f"{name}:1: begins with two byte order marks; expected one at most", _RESAVE)
    if not text.removeprefix(BOM).strip():
        raise fault(
            HALF,
            f"{name}: has no content; a file that does not exist is an empty book, an empty one is not",
            "If there was nothing in it, delete the file; else put back a good copy.",
        )
    return text


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """The text with every span replaced; all else stays as it is."""
    parts, done = [], 0
    for start, end, new in sorted(splices, key=lambda splice: splice[:2]):
        parts += [text[done:start], new]
        done = end
    return "".join([*parts, text[done:]])
