"""``told.json``: what of an env Slack was told, so that no process tells it again.

Nothing but messages depends on it, so it is no object and no operation: it is replaced with each message.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import Record, encode, identify
from snapsync.model.news import Memory
from snapsync.model.stored import stored

from . import files, reads
from .lock import aside

_NAME, _LOCK = "told.json", "told.lock"


class _Sealed(Record, frozen=True):
    told: msgspec.Raw
    sha256: str


@contextmanager
def telling(folder: Path) -> Iterator[None]:
    """Be the one process that tells of an env.

    Raises:
        StoreError: (exit 11) another one is telling just now.
    """
    files.make_folder(folder)
    with aside(folder / _LOCK, "tell"):
        yield


def read_told(folder: Path) -> Memory | None:
    """What was told; None where nothing was yet.

    Raises:
        StoreError: it is damaged (exit 30), or a newer version wrote it (10).
    """
    data = reads.read(folder / _NAME)
    if data is None:
        return None
    try:
        sealed = msgspec.json.decode(data, type=_Sealed)
        if identify(bytes(sealed.told)) != sealed.sha256:
            raise _damaged(folder, "it does not have the checksum that it carries")
        return stored(bytes(sealed.told), Memory, str(folder / _NAME), "What Slack was told")
    except reads.GARBLED as error:
        raise _damaged(folder, str(error)) from error


def write_told(folder: Path, told: Memory) -> None:
    """Remember what was told."""
    data = encode(told)
    files.write(folder / _NAME, encode(_Sealed(told=msgspec.Raw(data), sha256=identify(data))))


def _damaged(folder: Path, detail: str) -> StoreError:
    return StoreError(
        "What Slack was told cannot be read.",
        detail=f"{folder / _NAME}: {detail}",
        hint="Nothing but messages depends on it. It is begun anew; some news may come once more.",
        exit=Exit.INTEGRITY,
    )
