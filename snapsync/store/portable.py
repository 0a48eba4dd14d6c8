"""Plan files and approval files: JSON with their own checksum, which is over the canonical bytes.

So a file may be indented or have other line ends, but not another content.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from snapsync.errors import Exit, StoreError, UsageError
from snapsync.model.canon import FORMAT, ObjectId, Record, encode, identify
from snapsync.model.portable import ApprovalFile, PlanFile
from snapsync.model.stored import newer

from . import files, reads


class SealedPlan(Record, frozen=True):
    """What a plan file holds."""

    content: PlanFile
    sha256: str


class SealedApproval(Record, frozen=True):
    """What an approval file holds."""

    content: ApprovalFile
    sha256: str


class _Head(msgspec.Struct):
    kind: str
    format: int = 0


class _Beginning(msgspec.Struct):
    content: _Head


Sealed = TypeVar("Sealed", SealedPlan, SealedApproval)
Kind = Literal["plan-file", "approval-file"]
_CALLED: dict[Kind, str] = {"plan-file": "plan file", "approval-file": "approval file"}


def write_plan(path: Path, content: PlanFile) -> None:
    """Write a plan file, in place of one that may be there.

    Raises:
        UsageError: another file is there (exit 64).
    """
    _write(path, "plan-file", SealedPlan(content=content, sha256=identify(encode(content))))


def write_approval(path: Path, content: ApprovalFile) -> None:
    """Write an approval file; see ``write_plan``."""
    _write(path, "approval-file", SealedApproval(content=content, sha256=identify(encode(content))))


def read_plan(path: Path) -> PlanFile:
    """A plan file, proven whole.

    Raises:
        UsageError: there is no such file, or it is something else (exit 64).
        StoreError: it was written by a newer version (10), or is not what was written (30).
    """
    content = _read(path, SealedPlan, "plan-file").content
    if content.body != content.plan.body or identify(encode(content.body)) != content.id:
        raise _edited(path, "plan-file", "its parts are not of one plan")
    return content


def read_approval(path: Path) -> ApprovalFile:
    """An approval file, proven whole.

    Raises:
        UsageError: there is no such file, or it is something else (exit 64).
        StoreError: it was written by a newer version (10), or is not what was written (30).
    """
    content = _read(path, SealedApproval, "approval-file").content
    details = ObjectId(identify(encode(content.plan)))
    said = content.approval
    if said.word != "approved":
        raise _edited(path, "approval-file", f"it says {said.word}")
    if (identify(encode(said)), said.details, said.plan) != (content.id, details, content.plan.id):
        raise _edited(path, "approval-file", "its parts do not belong together")
    return content


def assure_free(path: Path, kind: Kind) -> None:
    """Nothing would be lost by writing a file of a kind: at most an older one of that kind.

    Raises:
        UsageError: another file is there (exit 64).
    """
    data = reads.read(path)
    if data is None:
        return
    try:
        same = msgspec.json.decode(data, type=_Beginning).content.kind == kind
    except reads.GARBLED:
        same = False
    if not same:
        raise UsageError(
            "Another file is at that place, and stays.",
            detail=f"{path}: it is no {_CALLED[kind]}",
            hint="Give the file a name that is not taken.",
        )


def _write(path: Path, kind: Kind, sealed: SealedPlan | SealedApproval) -> None:
    assure_free(path, kind)
    if not path.parent.is_dir():
        files.make_folder(path.parent)
    files.write(path, msgspec.json.format(encode(sealed), indent=2) + b"\n")


def _read(path: Path, type: type[Sealed], kind: Kind) -> Sealed:
    data = reads.read(path)
    if data is None:
        raise UsageError("There is no such file.", detail=str(path))
    try:
        head = msgspec.json.decode(data, type=_Beginning).content
        if head.kind != kind:
            raise UsageError(f"This is no {_CALLED[kind]}.", detail=f"{path}: it calls itself {head.kind}")
        if head.format > FORMAT:
            raise newer(str(path), head.format, f"The {_CALLED[kind]}")
        sealed = msgspec.json.decode(data, type=type)
    except reads.GARBLED as error:
        raise _edited(path, kind, str(error)) from error
    if identify(encode(sealed.content)) != sealed.sha256:
        raise _edited(path, kind, "it does not have the checksum that it carries")
    return sealed


def _edited(path: Path, kind: Kind, detail: str) -> StoreError:
    return StoreError(
        f"The {_CALLED[kind]} is damaged, or was edited.",
        detail=f"{path}: {detail}",
        hint="Take it from where it was made again; it cannot be corrected by hand.",
        exit=Exit.INTEGRITY,
    )
