"""Reading the book: the bytes of its three files as one State, with how they were understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from snapsync.model.canon import ImageId, ObjectId
from snapsync.model.image import image_bytes, image_objects, image_of
from snapsync.model.instant import Instant
from snapsync.model.pages import Pages
from snapsync.model.past import Stamp
from snapsync.model.policy import Finding
from snapsync.model.state import Position, State

from . import bankroll, positions
from .annals import Annals, annals, continued, recalled
from .body import Body
from .follow import Followed, follow
from .members import Members, members
from .positions import Holdings, holdings
from .raw import blocks, read_files, read_stamped
from .remembered import Remembered
from .sheets import opened
from .summary import observations
from .text import decode
from .values import ROLES, BookFiles, Edit, Role


class Reading(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One consistent reading of the book.

    ``files`` are the very bytes of the bankroll and the positions, None where there is no file; those of
    the history are its own. ``corrected`` is when we wrote the bankroll last, ``opened`` since when there is
    each holding. ``stamp`` is that of the history's file, and ``settled`` says that a later change has
    another. The last three are how the files were understood, for ``propose`` alone.
    """

    state: State
    files: dict[Role, bytes | None]
    observations: tuple[Finding, ...]
    corrected: Instant | None
    opened: dict[str, Instant]
    stamp: Stamp | None = None
    settled: bool = False
    members: Members | None
    holdings: Holdings
    annals: Annals

    def absent(self, role: Role) -> bool:
        """Whether there is no such file."""
        return self.annals.absent if role == "history" else self.files[role] is None

    def objects(self, role: Role) -> Iterator[tuple[ObjectId, bytes]]:
        """What a store may lack of a file's image."""
        return self.annals.objects() if role == "history" else image_objects(self.files[role])

    def image(self, role: Role) -> ImageId:
        """The id of a file's image."""
        return self.annals.image if role == "history" else image_of(self.objects(role))


def read(files: BookFiles, memory: Remembered | None = None, expected: Reading | None = None) -> Reading:
    """Read the book.

    Args:
        files: where it lies.
        memory: what is remembered of the history, so that it need not be read whole.
        expected: a reading of what the files are thought to hold: if they do, they are not understood anew.

    Raises:
        BookError: a file cannot be read or understood; a broken file is never an empty one.
    """

    def take(handle: int, now: Stamp, role: Role) -> Followed:
        if memory and role == "history":
            return follow(handle, now, memory)
        return b"".join(blocks(handle))

    got = read_stamped(files, ROLES, take)
    history, stamp, settled = got.pop("history")
    small = {role: _bytes(each.data) for role, each in got.items()}
    if expected and small == expected.files and _is(expected.annals, history, memory):
        return msgspec.structs.replace(expected, stamp=stamp, settled=settled)
    found = _reading(small, _annals(history, memory, files), files)
    return msgspec.structs.replace(found, stamp=stamp, settled=settled)


def _is(expected: Annals, found: Followed | None, memory: Remembered | None) -> bool:
    """Whether this is the history that was expected."""
    if found == "same" and memory:
        return memory.past.image == expected.image
    if isinstance(found, Body):
        return found.image == expected.image
    return _bytes(found) == expected.data()


def foreseen(
    edits: Iterable[Edit], files: BookFiles, before: Reading | None, memory: Remembered | None
) -> Reading:
    """The book as it will be.

    Args:
        edits: what is to be done to the files.
        files: where they lie.
        before: the book as it is; None where it cannot be understood.
        memory: what that reading knows of the history.

    Raises:
        BookError: it could not be understood.
    """
    if before is None:
        data = read_files(files) | {edit.role: edit.after for edit in edits}
        return understand(data, files)
    changed = {edit.role: edit for edit in edits}
    small = before.files | {role: each.after for role, each in changed.items() if role != "history"}
    history = changed.get("history")
    if history is None:
        return _reading(small, before.annals, files)
    return _reading(small, _edited(history, before.annals, files, memory), files)


def _edited(edit: Edit, before: Annals, files: BookFiles, memory: Remembered | None) -> Annals:
    if not edit.start:
        return annals(edit.after, files)
    now = before.body.with_rest(edit.after)
    return (continued(memory, now, files) if memory else None) or annals(now.whole(), files)


def _bytes(data: Followed | None) -> bytes | None:
    if data is None or isinstance(data, bytes):
        return data
    raise TypeError("only a history is remembered")


def _annals(data: Followed | None, memory: Remembered | None, files: BookFiles) -> Annals:
    if memory and data == "same":
        return recalled(memory, files) or annals(image_bytes(memory.past.image, memory.fetch), files)
    if isinstance(data, Body):
        return (continued(memory, data, files) if memory else None) or annals(data.whole(), files)
    return annals(_bytes(data), files)


def understand(data: dict[Role, bytes | None], files: BookFiles) -> Reading:
    """What these bytes say.

    Raises:
        BookError: they cannot be understood.
    """
    return _reading(data, annals(data["history"], files), files)


def _reading(data: dict[Role, bytes | None], told: Annals, files: BookFiles) -> Reading:
    object_ = members_of(data["bankroll"], files)
    held = holdings_of(data["positions"], files)
    return Reading(
        state=State(
            positions=Pages.of(Position, positions.positions(held)),
            transactions=told.summary.pages,
            bankroll=bankroll.bankroll(object_) if object_ else None,
        ),
        files={role: each for role, each in data.items() if role != "history"},
        observations=(
            *(bankroll.observations(object_) if object_ else ()),
            *positions.observations(held),
            *observations(files.history.name, told.summary),
        ),
        corrected=bankroll.corrected(object_) if object_ else None,
        opened=positions.opened(held),
        members=object_,
        holdings=held,
        annals=told,
    )


def members_of(data: bytes | None, files: BookFiles) -> Members | None:
    """The bankroll file's bytes taken apart."""
    name = files.bankroll.name
    return None if data is None else members(name, decode(name, data), files.renames("bankroll"))


def synced_at(files: BookFiles) -> Instant | None:
    """When any program last wrote into the bankroll file that it has synced it; None where none did.

    Raises:
        BookError: the file cannot be read.
    """
    found = members_of(read_files(files, ("bankroll",))["bankroll"], files)
    return None if found is None else bankroll.synced(found, files.timezone)


def holdings_of(data: bytes | None, files: BookFiles) -> Holdings:
    """What the positions file's bytes hold."""
    return holdings(opened(data, files, "positions"))
