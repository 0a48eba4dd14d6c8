"""The journal: it comes back as written, or it is an integrity failure."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import identify
from snapsync.model.history import Actor, Operation
from snapsync.model.image import ABSENT, image
from snapsync.model.instant import midnight
from snapsync.store.journal import Journal, Write, close_journal, open_journal, write_journal

JOURNAL = Journal(
    draft=Operation(
        verb="apply",
        time=midnight("2025-08-21"),
        parents=(),
        env="paper",
        account="account",
        actor=Actor(user="me", host="hére"),
        version="1",
    ),
    writes=(
        Write(role="bankroll", path="/bot/bankroll.json", before=ABSENT, after=image(b"{}\n")[0]),
        Write(role="history", path='/bot/"odd"\n.csv', before=image(b"a\n")[0], after=image(b"a\nb\n")[0]),
    ),
)


def test_a_journal_comes_back(tmp_path: Path) -> None:
    """What was written is read; once closed it is gone, and closing again is no error."""
    assert open_journal(tmp_path) is None

    write_journal(tmp_path, JOURNAL)
    assert open_journal(tmp_path) == JOURNAL

    close_journal(tmp_path)
    assert open_journal(tmp_path) is None
    close_journal(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_last_intent_counts(tmp_path: Path) -> None:
    """A journal written over another one replaces it whole."""
    write_journal(tmp_path, JOURNAL)
    write_journal(tmp_path, Journal(draft=JOURNAL.draft, writes=()))

    assert open_journal(tmp_path) == Journal(draft=JOURNAL.draft, writes=())


@pytest.mark.parametrize("data", [b"", b"{}", b"null", b"\x00" * 600, b'{"journal":{},"sha256":""}'])
def test_a_file_that_is_no_journal_is_refused(tmp_path: Path, data: bytes) -> None:
    """An intent that cannot be read is neither finished nor forgotten."""
    (tmp_path / "journal.json").write_bytes(data)

    with pytest.raises(StoreError, match=r"journal\.json") as raised:
        open_journal(tmp_path)

    assert raised.value.exit == Exit.INTEGRITY


def test_a_torn_journal_is_refused(tmp_path: Path) -> None:
    """No beginning of a journal passes for a journal."""
    write_journal(tmp_path, JOURNAL)
    whole = (tmp_path / "journal.json").read_bytes()

    for length in range(len(whole)):
        (tmp_path / "journal.json").write_bytes(whole[:length])
        with pytest.raises(StoreError):
            open_journal(tmp_path)


def test_a_journal_of_a_newer_version_is_not_guessed_at(tmp_path: Path) -> None:
    """What a later version meant to do is neither finished nor forgotten: it says which version to get."""
    raw = msgspec.to_builtins(JOURNAL) | {"format": 2, "something": "new"}
    data = msgspec.json.encode(raw)
    sealed = b'{"journal":' + data + b',"sha256":"' + identify(data).encode() + b'"}'
    (tmp_path / "journal.json").write_bytes(sealed)

    with pytest.raises(StoreError, match="newer snapsync") as raised:
        open_journal(tmp_path)

    assert raised.value.exit == Exit.STORE
