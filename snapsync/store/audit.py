"""The audit log's file: opened anew for each write, so that it may be rotated at any time.

It need not be durable: what a crash takes from its end is written again, from the history.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from snapsync.model.audit import Trace
from snapsync.model.canon import ObjectId, OperationId

from . import files, reads

_TAIL_BYTES = 1 << 18
_OURS = b'{"timestamp":'


def last(path: Path, env: str) -> OperationId | None:
    """The act whose line is the last one in the file; lines that are not ours are passed over."""
    for each in reversed(_tail(path).split(b"\n")):
        trace = _trace(each)
        if trace and trace.environment == env and trace.operation:
            return OperationId(ObjectId(trace.operation))
    return None


def add(path: Path, lines: str) -> None:
    """Add lines to the file's end, and make it if it is not there.

    Raises:
        StoreError: that cannot be done.
    """
    if not path.parent.is_dir():
        files.make_folder(path.parent)
    files.add_lines(path, lines.encode())


def known(path: Path, env: str) -> Iterator[tuple[int, OperationId | None, bytes]]:
    """Every line of an act of this env: its number, the act, the line with its end.

    A line that begins as ours do and cannot be read is of no act: None. Other programs' are passed over.
    """
    if not path.is_file():
        return
    with path.open("rb") as file:
        for number, each in enumerate(file, 1):
            trace = _trace(each)
            if trace is None and each.startswith(_OURS):
                yield number, None, each
            elif trace and trace.environment == env and trace.operation:
                yield number, OperationId(ObjectId(trace.operation)), each


def _trace(data: bytes) -> Trace | None:
    if not data.startswith(b"{"):
        return None
    try:
        return msgspec.json.decode(data, type=Trace)
    except reads.GARBLED:
        return None


def _tail(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        return file.read()
