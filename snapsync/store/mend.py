"""What a file should hold after an interrupted apply: decided from bytes alone, pure.

A file is found as before, as after, or as one of them with whole rows that the bot has added since; or
with a part of our own append (a full disk; a power cut, which may leave zeros in its place). Anything else,
and whatever could be two of these, is for a person to decide.
"""

from __future__ import annotations

from typing import NamedTuple


class Mended(NamedTuple):
    """What a file should hold (None: be absent); ``certain`` says whether that needs no person."""

    data: bytes | None
    certain: bool


def added(now: bytes | None, base: bytes | None) -> bytes | None:
    """What was added at the end of a file since it was ``base``; None where anything else became of it."""
    if now == base:
        return b""
    if now is None or base is None or not now.startswith(base):
        return None
    return now[len(base) :]


def finished(before: bytes | None, after: bytes | None, now: bytes | None) -> Mended:
    """The file as the interrupted apply would have left it, with the rows that the bot has added."""
    now = _swept(before, after, now)
    if now == after:
        return Mended(now, certain=True)
    if now == before:
        return Mended(after, certain=True)
    ours = added(after, before)
    if ours:
        return _append_finished(before, ours, now)
    rows = _rows(now, before)
    since = _rows(now, after)
    if since is not None and (rows is None or len(since) < len(rows)):
        return Mended(now, certain=True)
    if rows is not None and after is not None:
        return Mended(after + rows, certain=True)
    return Mended(after, certain=False)


def _append_finished(before: bytes | None, ours: bytes, now: bytes | None) -> Mended:
    base = before or b""
    theirs = added(now, before)
    if theirs is None:
        return Mended(base + ours, certain=False)
    if ours.startswith(theirs):  # torn
        return Mended(base + ours, certain=True)
    if ours in theirs and _whole(now, before):  # the bot's rows stand before it, or after it, or both
        return Mended(now, certain=True)
    # The bot's rows alone, or a torn part of ours and then the bot's rows: these look alike.
    return Mended(base + ours + theirs, certain=False)


def taken_back(before: bytes | None, after: bytes | None, now: bytes | None) -> bytes | None:
    """The file as it was before the interrupted apply, with the rows that the bot has added."""
    now = _swept(before, after, now)
    ours, theirs = added(after, before), added(now, before)
    if ours and theirs is not None:
        if ours.startswith(theirs):
            return before
        return (before or b"") + theirs.replace(ours, b"", 1)
    if theirs is not None:
        return now
    since = added(now, after)
    return before if before is None or since is None else before + since


def carried(data: bytes | None, base: bytes | None, late: bytes) -> bytes | None:
    """A file that was ``base`` when it was published, with rows that the old file had got meanwhile."""
    since = added(data, base)
    if not late or data is None or since is None or since.startswith(late):
        return data
    return data + late if not late.startswith(since) else data[: len(data) - len(since)] + late


def _swept(before: bytes | None, after: bytes | None, now: bytes | None) -> bytes | None:
    """A file without the zeros at its end that a power cut leaves where bytes were being written."""
    return now if now is None or now in (before, after) else now.rstrip(b"\0")


def _rows(now: bytes | None, base: bytes | None) -> bytes | None:
    """The whole rows that were added since ``base``; None where it is anything else."""
    rows = added(now, base)
    return rows if rows and _whole(now, base) else None


def _whole(now: bytes | None, base: bytes | None) -> bool:
    # A bot whose file never ended in a line end writes rows without one.
    return bool(now and (now.endswith((b"\n", b"\r")) or not (base or b"\n").endswith((b"\n", b"\r"))))
