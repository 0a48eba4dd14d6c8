"""A long history is read as far as it is new: that saves time, and never says anything else."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from snapsync.ends.book import BookFiles, read
from snapsync.ends.book import annals as annals_module
from snapsync.ends.book.history import trades
from snapsync.ends.book.one_pass import streamed
from snapsync.ends.book.sheets import opened
from snapsync.ends.book.stream import Stream
from snapsync.ends.book.summary import summary
from snapsync.errors import BookError
from snapsync.model.past import stamp

from .long import HEAD, ROWS, Kept, data_of, lines, row, whole
from .shelf import on_disk

Change = Callable[[list[str]], list[str]]

LAST = ROWS  # the line index of the last row
slow = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)


def appended(*rows: str) -> Change:
    """More rows at the end."""
    return lambda old: [*old, *rows]


def edited(at: int, text: str) -> Change:
    """Another row in the place of one."""
    return lambda old: [*old[:at], text, *old[at + 1 :]]


def without(at: int) -> Change:
    """One row fewer."""
    return lambda old: [*old[:at], *old[at + 1 :]]


CHANGES: dict[str, Change] = {
    "a row more": appended(row(ROWS)),
    "many rows more": appended(*(row(ROWS + more) for more in range(3_000))),
    "nothing": appended(),
    "a row without an id": appended(row(ROWS, alpaca_order_id="")),
    "two rows that say the same": appended(*2 * (row(ROWS, alpaca_order_id=""),)),
    "a row that says what an early one says": appended(row(7)),
    "one more fill of an early order": appended(row(7, timestamp="2025-12-01 10:00:00", quantity="2")),
    "another leg of an early order": appended(row(7, symbol="QQQ251219P00480000")),
    "one more fill of a late order": appended(row(LAST - 3, quantity="2")),
    "a row of an early time": appended(row(ROWS, timestamp="2024-03-01 10:00:00")),
    "a late row gets another id": edited(LAST - 2, row(LAST - 3, alpaca_order_id="mine-1")),
    "a late row is taken out": without(LAST - 5),
    "an early row is edited": edited(5, row(4, quantity="99")),
    "an early row is taken out": without(5),
    "a row that says neither buy nor sell": appended(row(ROWS, action="roll", alpaca_order_id="")),
    "a row without a contract": appended(row(ROWS, symbol="SPY", alpaca_order_id="")),
    "a row in quotes": appended(row(ROWS, source='"bot, the ""first"""')),
    "a row with a line end in quotes": appended(row(ROWS, source='"bot\nof mine"')),
    "a row that breaks off": appended("2025-12-01 10:00:00,SPY"),
    "a row with a wrong number": appended(row(ROWS, quantity="many")),
    "a row with too many cells": appended(row(ROWS)[:-1] + ",more\n", row(ROWS + 1)),
    "a NUL": appended(row(ROWS, source="b\0t")),
    "another header": edited(0, HEAD.replace("fees", "charge")),
    "only its beginning is left": lambda old: old[: ROWS // 2],
    "nothing is left": lambda _: [],
    "all is gone but the header": lambda old: old[:1],
    "another cost": appended(row(ROWS, total_cost="1.00")),
}


def outcome(files: BookFiles, kept: Kept | None, data: bytes) -> object:
    """All that a reading says; or why it says nothing."""
    try:
        reading = read(files, kept.remembered()) if kept else whole(files, data)
    except BookError as error:
        return error.summary, error.detail
    image = reading.image("history")
    assert image == whole(files, data).image("history")
    rows = sorted(reading.state.transactions.between(), key=lambda each: (each.time, each.key))
    late = [row.key for row in [*rows[:5], *rows[-40:]] if reading.annals.untouched(row.key)]
    return reading.state.id, reading.observations, late, image


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_what_is_remembered_says_what_reading_all_says(tmp_path: Path, change: Change, ends: str) -> None:
    """Whatever becomes of a long file, it is understood as if nothing were known of it."""
    before = data_of([line.replace("\n", ends) for line in lines()])
    files = on_disk(tmp_path, history=before)
    kept = Kept(read(files), files.history)
    after = "".join(line.replace("\n", ends) for line in change(lines())).encode()
    files.history.write_bytes(after)

    found = outcome(files, kept, after)

    if after:
        assert found == outcome(files, None, after)
    else:
        assert "no content" in str(found)


@pytest.mark.parametrize(
    "name", ["a row more", "a row without an id", "a late row gets another id", "a late row is taken out"]
)
def test_neither_an_append_nor_a_late_edit_has_all_of_it_read(tmp_path: Path, name: str) -> None:
    """A trade that is remembered of an early row, and is not in the file, is believed."""
    files = on_disk(tmp_path, history=data_of(lines()))
    kept = Kept(read(files), files.history)
    early = msgspec.structs.replace(min(kept.trades.values(), key=lambda each: each.time), key="order:mark")
    marked = read(files).state.transactions.merged([early])
    kept.objects |= dict(marked.objects())
    kept.past = msgspec.structs.replace(kept.past, transactions=marked.root)

    files.history.write_bytes("".join(CHANGES[name](lines())).encode())

    assert read(files, kept.remembered()).state.transactions.get(early.bucket, early.key) == early


@given(data=st.data())
@slow
def test_any_changes_one_after_the_other(tmp_path: Path, data: st.DataObject) -> None:
    """What was remembered of what was remembered says the same, however often."""
    now = lines()
    files = on_disk(tmp_path, history=data_of(now))
    kept = Kept(read(files), files.history)
    for number in range(data.draw(st.integers(1, 4), label="changes")):
        at = data.draw(st.integers(1, len(now) - 1) | st.integers(len(now) - 50, len(now) - 1), label="at")
        kind = data.draw(st.sampled_from(["add", "copy", "edit", "drop", "nameless"]), label="kind")
        fresh = row(ROWS + number)
        match kind:
            case "add":
                now = [*now, fresh]
            case "copy":
                now = [*now, now[at]]
            case "edit":
                now = [*now[:at], fresh, *now[at + 1 :]]
            case "drop":
                now = [*now[:at], *now[at + 1 :]]
            case _:
                now = [*now, row(at, alpaca_order_id="")]
        text = "".join(now).encode()
        files.history.write_bytes(text)
        reading = read(files, kept.remembered())
        assert reading.state.id == whole(files, text).state.id
        assert reading.observations == whole(files, text).observations
        for id, content in [
            *reading.annals.objects(),
            *reading.annals.summary.made.items(),
            *reading.state.objects(),
        ]:
            kept.objects[id] = content
        past = reading.annals.past(stamp(files.history.stat()), settled=True)
        if past is not None:
            kept.past, kept.trades = past, reading.state.transactions.by_key()


def test_a_change_that_left_no_trace_in_the_times_is_seen(tmp_path: Path) -> None:
    """Within a tick of the clock a file can change and keep its stamp: then its bytes are looked at."""
    files = on_disk(tmp_path, history=data_of(lines()))
    kept = Kept(read(files), files.history, settled=False)
    after = "".join(edited(LAST - 2, row(LAST - 3, quantity="9"))(lines())).encode()
    files.history.write_bytes(after)
    kept.past = msgspec.structs.replace(kept.past, stamp=stamp(files.history.stat()))

    assert read(files, kept.remembered()).state.id == whole(files, after).state.id


def test_a_file_is_settled_when_it_was_left_alone_before_it_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is when it was read, not when that is remembered: in between it may have changed again."""
    files = on_disk(tmp_path, history=data_of(lines()))

    assert not read(files).settled
    monkeypatch.setattr("snapsync.ends.book.raw.SETTLED_NS", 0)
    assert read(files).settled


def test_a_change_whose_time_was_put_back_is_seen(tmp_path: Path) -> None:
    """A program that sets the old time of last change again does not hide what it wrote."""
    files = on_disk(tmp_path, history=data_of(lines()))
    kept = Kept(read(files), files.history)
    old = files.history.stat()
    after = data_of(edited(LAST - 2, row(LAST - 3, price="9.99"))(lines()))
    with files.history.open("r+b") as file:
        file.write(after)
    os.utime(files.history, ns=(old.st_atime_ns, old.st_mtime_ns))

    assert read(files, kept.remembered()).state.id == whole(files, after).state.id


def test_other_settings_have_it_read_anew(tmp_path: Path) -> None:
    """What was understood in one time zone is not remembered in another."""
    files = on_disk(tmp_path, history=data_of(lines()))
    kept = Kept(read(files), files.history)
    renamed = msgspec.structs.replace(files, history_columns={"total_cost": "price", "price": "premium"})

    assert read(renamed, kept.remembered()).state.id == whole(renamed, data_of(lines())).state.id
    assert read(renamed, kept.remembered()).state.id != whole(files, data_of(lines())).state.id


def test_the_machines_zone_may_become_another(tmp_path: Path) -> None:
    """A machine whose zone has no name is moved: the same file then tells other times."""
    before, after = (_localtime(name) for name in ("America/New_York", "Europe/London"))
    files = msgspec.structs.replace(on_disk(tmp_path, history=data_of(lines())), timezone=before)
    kept = Kept(read(files), files.history)
    moved = msgspec.structs.replace(files, timezone=after)

    assert str(before) == str(after)
    assert read(moved, kept.remembered()).state.id == whole(moved, data_of(lines())).state.id
    assert read(moved, kept.remembered()).state.id != read(files, kept.remembered()).state.id


def _localtime(name: str) -> ZoneInfo:
    """A zone as a machine has it that does not know its name."""
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as stream:
        return ZoneInfo.from_file(stream, key="localtime")


def test_an_order_on_both_sides_of_the_cut_costs_no_whole_reading(tmp_path: Path) -> None:
    """Where the last rows begin in the middle of an order, they begin a little earlier."""
    files = on_disk(tmp_path, history=data_of(lines(6_000)))
    kept = Kept(read(files), files.history)
    cut = kept.past.line - 1  # the index of the first of the last rows
    rows = lines(6_000)
    rows[cut] = row(cut - 1, alpaca_order_id=rows[cut - 1].split(",")[7], quantity="2")
    rows[cut] = rows[cut - 1]
    files.history.write_bytes(data_of(rows))
    kept = Kept(read(files), files.history)
    assert kept.past.line - 1 == cut
    files.history.write_bytes(data_of([*rows, row(6_000)]))

    found = read(files, kept.remembered())

    assert found.state.id == whole(files, data_of([*rows, row(6_000)])).state.id
    assert found.annals.body.cut.chunks == kept.past.chunks - 1  # read whole it would be where it was


cells = st.fixed_dictionaries(
    {},
    optional={
        "alpaca_order_id": st.sampled_from(["", "a", "b", "c"]),
        "symbol": st.sampled_from(["SPY", "SPY251219C00600000", "QQQ251219P00480000"]),
        "action": st.sampled_from(["BUY", "SELL", "roll"]),
        "quantity": st.sampled_from(["", "0", "1", "2.5"]),
        "price": st.sampled_from(["", "1.25", "2"]),
        "timestamp": st.sampled_from(["2025-03-01 10:00:00", "2025-03-02 10:00:00", "2024-01-01 00:00:00"]),
        "sync_imported": st.sampled_from(["", "True"]),
    },
)


@given(said=st.lists(cells, min_size=1, max_size=40))
@example(said=[{"alpaca_order_id": "a"}, {}, {}, {}, {}, {"alpaca_order_id": "a"}, {"alpaca_order_id": "a"}])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_stream_says_what_all_rows_say(
    said: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Rows of one order that lie far apart, legs, and rows that say the same are added up as in memory."""
    monkeypatch.setattr("snapsync.ends.book.one_pass._WAITING", 3)
    monkeypatch.setattr("snapsync.model.collect._HELD", 3)
    monkeypatch.setattr("snapsync.ends.book.stream._BLOCK", 100)
    files = on_disk(tmp_path)
    data = (HEAD + "".join(row(number % 5, **each) for number, each in enumerate(said))).encode()

    found = streamed(Stream(data, files, "history"))

    expected = summary(trades(opened(data, files, "history")))
    assert found.pages.by_key() == expected.pages.by_key()
    assert found.pages.root == expected.pages.root
    assert (found.actionless, found.contractless) == (expected.actionless, expected.contractless)
    assert found.costs == expected.costs


def test_quotes_that_span_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell with line ends is taken for one, wherever a block of the stream ends."""
    monkeypatch.setattr("snapsync.ends.book.stream._BLOCK", 10)
    files = on_disk(tmp_path)
    long = '"bot' + "\n of mine" * 40 + '"'
    data = (HEAD + row(1) + row(2, source=long) + row(3)).encode()

    stream = Stream(data, files, "history")

    assert [row.line for block in stream for row in stream.rows(block)] == [2, 3, 44]


def test_rows_of_several_lines_come_in_blocks_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each row has line ends in quotes, a block ends behind one of them, and is not much longer."""
    monkeypatch.setattr("snapsync.ends.book.stream._BLOCK", 1000)
    files = on_disk(tmp_path)
    said = [row(number, source='"bot,\n\u00e4\r\nof mine"') for number in range(200)]
    data = (HEAD + "".join(said)).encode()

    stream = Stream(data, files, "history")

    blocks = list(stream)
    assert "".join(block.text for block in blocks) == "".join(said)
    assert max(len(block.text) for block in blocks) < 1000 + 2 * len(said[0])
    assert [found.line for block in blocks for found in stream.rows(block)] == list(range(2, 602, 3))


def test_a_history_beyond_all_bounds_is_refused(tmp_path: Path) -> None:
    """A file of a gigabyte is told of before a byte of it is read."""
    files = on_disk(tmp_path, history=HEAD.encode())
    with files.history.open("r+b") as file:
        file.truncate(2**30)

    with pytest.raises(BookError) as caught:
        read(files)

    assert caught.value.detail == "history.csv: 1024 MiB; expected at most 512"


def test_what_is_short_is_not_remembered(tmp_path: Path) -> None:
    """Of a history that is quickly read there is nothing to remember."""
    files = on_disk(tmp_path, history="".join(lines(100)).encode())

    assert read(files).annals.past(stamp(files.history.stat()), settled=True) is None
    assert annals_module.SHORT == 256 * 1024
