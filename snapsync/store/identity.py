"""``store.json``: which store this is, of which env, of which format, and the account it is bound to."""

from __future__ import annotations

from pathlib import Path

import msgspec

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import Record, Stored, encode, identify
from snapsync.model.stored import refuse_newer

from . import files, reads

_NAME = "store.json"


class Identity(Stored, frozen=True, tag="store"):
    """``store.json``: which store this is, of which env, and the account it is pinned to."""

    store: str
    env: str
    account: str | None = None


class _Sealed(Record, frozen=True):
    store: Identity
    sha256: str


def read_identity(folder: Path, env: str) -> Identity | None:
    """A store's identity; None where there is no store.

    Raises:
        StoreError: it was written by a newer version (exit 10), is damaged (30), or is another env's.
    """
    data = reads.read(folder / _NAME)
    return None if data is None else _identity(folder / _NAME, data, env)


def write_identity(folder: Path, identity: Identity) -> None:
    """Make an identity durable."""
    files.write(folder / _NAME, encode(_Sealed(store=identity, sha256=identify(encode(identity)))))


class _Raw(msgspec.Struct):
    store: msgspec.Raw


def _identity(path: Path, data: bytes, env: str) -> Identity:
    try:
        refuse_newer(bytes(msgspec.json.decode(data, type=_Raw).store), str(path), "The store")
        sealed = msgspec.json.decode(data, type=_Sealed)
    except reads.GARBLED as error:
        raise _damaged(path, str(error)) from error
    if identify(encode(sealed.store)) != sealed.sha256:
        raise _damaged(path, "it does not have the checksum that it carries")
    if sealed.store.env != env:
        raise StoreError(
            "This store belongs to another env.",
            detail=f"{path}: env {sealed.store.env}, asked for {env}",
            hint="Give each env a state folder of its own.",
        )
    return sealed.store


def _damaged(path: Path, detail: str) -> StoreError:
    return StoreError(
        "The store's identity file is damaged.",
        detail=f"{path}: {detail}",
        hint="Put store.json back from a backup of the state folder.",
        exit=Exit.INTEGRITY,
    )
