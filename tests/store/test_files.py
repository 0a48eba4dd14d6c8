"""The only module that writes: modes, what stands after a failure, and clear words for the system's no."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import identify
from snapsync.store import files, reads
from snapsync.store.local import LocalPlace
from snapsync.store.store import Store


def mode(path: Path) -> int:
    """A path's permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Another umask for a while."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_nobody_else_can_read_a_store(tmp_path: Path, mask: int) -> None:
    """Folders are 0700, files 0600, objects 0400, whatever the umask says."""
    folder = tmp_path / "state" / "paper"
    with umask(mask):
        store = Store.create(folder, "paper")
        store.pin("account")
        id = identify(b"one")
        store.place.put(id, b"one")
        store.place.advance((), id)  # type: ignore[arg-type]
        with store.place.lock("test"):
            pass

    assert mode(folder.parent) == mode(folder) == 0o700
    for each in folder.rglob("*"):
        if each.is_dir():
            assert mode(each) == 0o700, each
        elif "objects" in each.parts:
            assert mode(each) == 0o400, each
        else:
            assert mode(each) == 0o600, each


@pytest.mark.parametrize("wanted", [0o600, 0o640, 0o644, 0o664, 0o777])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, wanted: int) -> None:
    """What is staged like a file gets that file's mode, whatever the umask says."""
    target = tmp_path / "book.csv"
    target.write_bytes(b"old")
    target.chmod(wanted)

    with umask(0o077):
        files.publish(files.stage(target, b"new", like=target.stat()), target)

    assert target.read_bytes() == b"new"
    assert mode(target) == wanted


def test_nothing_is_seen_before_publish(tmp_path: Path) -> None:
    """A staged file lies beside its target under a name of ours; the target is as it was."""
    target = tmp_path / "book.csv"
    target.write_bytes(b"old")

    staged = files.stage(target, b"new")

    assert target.read_bytes() == b"old"
    assert staged.parent == target.parent
    assert staged.name.startswith(files.TEMPORARY)
    assert mode(staged) == 0o600


def test_held_room_is_that_of_the_rows_where_they_will_stand(tmp_path: Path) -> None:
    """A temporary as long as the file will be, of which only the end takes room; the target is as it was."""
    target = tmp_path / "book.csv"
    target.write_bytes(b"old\n")
    target.chmod(0o640)

    held = files.hold(target, b"row\n", at=1 << 24, like=target.stat())

    assert target.read_bytes() == b"old\n"
    assert held.parent == tmp_path
    assert held.name.startswith(files.TEMPORARY)
    assert mode(held) == 0o640
    assert held.read_bytes() == bytes(1 << 24) + b"row\n"
    if os.uname().sysname == "Linux":  # some file systems of others know no holes
        assert 0 < held.stat().st_blocks * 512 < 1 << 20


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """Making a folder that exists does not change its mode."""
    tmp_path.chmod(0o755)

    files.make_folder(tmp_path / "a" / "b")
    files.make_folder(tmp_path / "a" / "b")

    assert mode(tmp_path) == 0o755
    assert mode(tmp_path / "a" / "b") == 0o700


def test_an_append_adds_at_the_end(tmp_path: Path) -> None:
    """Rows come after what is there, also what somebody else has just added; nothing is created."""
    target = tmp_path / "book.csv"
    target.write_bytes(b"one\n")

    files.append(target, b"two\n")
    with target.open("ab") as bot:
        bot.write(b"three\n")
    files.append(target, b"four\n")

    assert target.read_bytes() == b"one\ntwo\nthree\nfour\n"
    with pytest.raises(StoreError):
        files.append(tmp_path / "missing.csv", b"row\n")
    assert not (tmp_path / "missing.csv").exists()


def test_removing_what_is_gone_is_no_error(tmp_path: Path) -> None:
    """A file may have been removed by the attempt before."""
    files.remove(tmp_path / "gone")
    (tmp_path / "here").touch()
    files.remove(tmp_path / "here")

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there_reads_as_none(tmp_path: Path) -> None:
    """Absent is an answer; unreadable is an error."""
    assert reads.read(tmp_path / "gone") is None
    with pytest.raises(StoreError, match="cannot be read"):
        reads.read(tmp_path)


WRITES: dict[str, Callable[[Path], object]] = {
    "write": lambda target: files.write(target, b"new"),
    "append": lambda target: files.append(target, b"new"),
    "hold": lambda target: files.remove(files.hold(target, b"new", at=3)),
    "folder": lambda target: files.make_folder(target.parent / "folder"),
    "touch": lambda target: files.touch(target.parent / "head"),
    "remove": files.remove,
}


@pytest.mark.parametrize("name", ["open", "write", "fsync", "replace", "mkdir", "unlink", "fchmod"])
@pytest.mark.parametrize("act", WRITES)
def test_a_full_disk_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str, name: str
) -> None:
    """Whatever call the system refuses: the error names the file and why, and leaves no temporary."""
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def full(*_: object, **__: object) -> object:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    said: list[StoreError] = []
    monkeypatch.setattr(os, name, full)
    try:
        WRITES[act](target)
    except StoreError as error:  # not every act makes every call
        said.append(error)
    monkeypatch.undo()

    for each in said:
        assert each.exit == Exit.FAILED
        assert str(tmp_path) in each.detail
        assert "No space left" in each.detail

    if name != "unlink":
        assert not list(tmp_path.glob(f"{files.TEMPORARY}*"))
    if act == "write" and name in {"open", "replace", "fchmod"}:
        assert target.read_bytes() == b"old"


def test_a_short_append_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that takes only a part is not taken for done."""
    target = tmp_path / "book.csv"
    target.write_bytes(b"one\n")
    true_write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: true_write(handle, data[:2]))

    with pytest.raises(StoreError, match="only 2 of 4"):
        files.append(target, b"two\n")


def test_a_lock_that_cannot_say_who_holds_it_still_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the holder's name cannot be written, and that is no reason to fail."""

    def full(*_: object) -> object:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    place = LocalPlace(tmp_path)
    monkeypatch.setattr(os, "pwrite", full)

    with place.lock("first"), pytest.raises(StoreError) as raised, place.lock("second"):
        pass
    assert raised.value.exit == Exit.LOCKED


def test_a_lock_in_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    """A state folder that cannot be used is told in words."""
    with pytest.raises(StoreError, match="lock"), LocalPlace(tmp_path / "gone").lock("test"):
        pass
