"""A long history is written at its end alone, and comes out as if it had been drafted whole."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from snapsync.ends.book import BookFiles, Edit, Reading, foreseen, propose, read
from snapsync.model.change import TransactionChange
from snapsync.model.state import Transaction

from .long import HEAD, ROWS, Kept, data_of, lines, row, whole
from .shelf import WHY, WRITING, on_disk, trade

LATE, EARLY = ROWS - 3, 3


@pytest.fixture
def files(tmp_path: Path) -> BookFiles:
    """A book whose history is long; a late and an early row lack their id."""
    rows = lines()
    for number in (LATE, EARLY):
        rows[1 + number] = row(number, alpaca_order_id="")
    return on_disk(tmp_path, history=data_of(rows))


def change(before: Transaction | None, after: Transaction) -> TransactionChange:
    """What a history should gain or correct."""
    return TransactionChange(before=before, after=after, why=WHY, fields=("key",))


def nameless(reading: Reading, number: int) -> Transaction:
    """The trade of a row that lacks its id."""
    at = row(number).split(",")[0].replace(" ", "T")[5:]
    found = [each for each in reading.state.transactions if not each.linked]
    return min(found, key=lambda each: abs(int(each.time[5:7]) * 31 + int(each.time[8:10]) - _day(at)))


def _day(at: str) -> int:
    return int(at[:2]) * 31 + int(at[3:5])


def linked(row: Transaction) -> TransactionChange:
    """A row that gets the id of its order."""
    return change(row, msgspec.structs.replace(row, key="order:found"))


def applied(edits: tuple[Edit, ...], data: bytes) -> bytes:
    """The history's bytes after an edit."""
    [edit] = edits
    assert edit.after is not None
    assert data[edit.start :] == edit.before
    return data[: edit.start] + edit.after


@pytest.mark.parametrize("kind", ["new", "late", "early", "both"])
def test_an_edit_is_the_same_as_one_of_the_whole(files: BookFiles, kind: str) -> None:
    """Whatever is to be written, remembering what was there changes no byte of it."""
    data = files.history.read_bytes()
    all_of_it = whole(files, data)
    kept = Kept(read(files), files.history)
    reading = read(files, kept.remembered())
    changes = {
        "new": (change(None, trade("order:new")),),
        "late": (linked(nameless(reading, LATE)),),
        "early": (linked(nameless(reading, EARLY)),),
        "both": (change(None, trade("order:new")), linked(nameless(reading, LATE))),
    }[kind]

    made = propose(reading, changes, WRITING, files)

    assert applied(made, data) == applied(propose(all_of_it, changes, WRITING, files), data)
    assert (made[0].start > 0) == (kind != "early")


def test_columns_that_are_missing_are_added_in_every_row(tmp_path: Path) -> None:
    """A long history of a bot that knows no columns of ours gets them, in all its rows."""
    few = HEAD.split(",")[:6]
    rows = [",".join(line.rstrip("\n").split(",")[: len(few)]) + ",of the bot" * 4 + "\n" for line in lines()]
    rows[0] = ",".join([*few, "a", "b", "c", "d"]) + "\n"
    files = on_disk(tmp_path, history=data_of(rows))
    data = files.history.read_bytes()
    kept = Kept(read(files), files.history)
    changes = (change(None, trade("order:new")),)

    made = propose(read(files, kept.remembered()), changes, WRITING, files)

    assert applied(made, data) == applied(propose(whole(files, data), changes, WRITING, files), data)
    assert applied(made, data).count(b"alpaca_order_id") == 1


@pytest.mark.parametrize("number", [LATE, EARLY])
def test_what_is_foreseen_is_what_will_be(files: BookFiles, number: int) -> None:
    """The book as it will be is understood before it is written, as it will be read."""
    data = files.history.read_bytes()
    kept = Kept(read(files), files.history)
    reading = read(files, kept.remembered())
    edits = propose(reading, (linked(nameless(reading, number)),), WRITING, files)

    expected = foreseen(edits, files, reading, kept.remembered())

    after = whole(files, applied(edits, data))
    assert expected.state.id == after.state.id
    assert expected.image("history") == after.image("history")
