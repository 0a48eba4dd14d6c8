"""``watch.json``: the last heartbeat of a watch, for monitors. Nothing depends on it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from snapsync.model.beat import Beat
from snapsync.model.canon import decode, encode

from . import files, reads

NAME = "watch.json"


def write_beat(folder: Path, beat: Beat) -> None:
    """Leave a heartbeat; of two watches the later one stands."""
    files.make_folder(folder)
    files.write(folder / NAME, encode(beat))


def read_beat(folder: Path) -> Beat | None:
    """The last heartbeat; None where there is none that can be read."""
    data = reads.read(folder / NAME)
    try:
        return None if data is None else decode(data, Beat)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
