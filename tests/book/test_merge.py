"""Steps back in a file: byte for byte where nobody has touched it, else place by place."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from snapsync.ends.book import BookFiles, Merged, merge

FILES = BookFiles(bankroll=Path("b.json"), positions=Path("p.csv"), history=Path("h.csv"))
HEAD = ["symbol", "quantity", "note", "status"]
cells = st.text(st.sampled_from('ab,"\n é'), max_size=4)


class Step(NamedTuple):
    """A table before and after some act, and which of its first rows the act did not touch."""

    before: list[list[str]]
    after: list[list[str]]
    untouched: list[int]


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Cells set, rows taken out, and rows added at the end; each row is another one."""
    before = [[f"S{at}", str(at), draw(cells), "open"] for at in range(draw(st.integers(1, 8)))]
    after, untouched = [], []
    for at, row in enumerate(before):
        match draw(st.sampled_from(["keep", "keep", "set", "out"])):
            case "keep":
                after.append(row)
                untouched.append(at)
            case "set":
                after.append([row[0], str(at + 100), row[2], "closed"])
    after += [[f"N{at}", "1", draw(cells), "open"] for at in range(draw(st.integers(0, 3)))]
    return Step(before, after, untouched)


def table(rows: list[list[str]], head: list[str] = HEAD, newline: str = "\n") -> bytes:
    """A CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator=newline).writerows([head, *rows])
    return out.getvalue().encode()


def rows_of(data: bytes | None) -> list[list[str]]:
    """The rows of a CSV file, by the standard library."""
    assert data is not None
    return list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]


def step(before: bytes | None, after: bytes | None, now: bytes | None) -> Merged:
    """A step of the history."""
    return merge("history", FILES, before, after, now)


@given(steps())
def test_a_file_that_nobody_touched_gets_the_very_bytes(made: Step) -> None:
    """Whatever differs, the file becomes the end of the step byte for byte, there and back."""
    before, after = table(made.before), table(made.after, newline="\r\n")

    assert step(before, after, before).data == after
    assert step(after, before, after).data == before
    assert step(before, after, before).whole


@given(steps(), st.lists(st.lists(cells, min_size=4, max_size=4), max_size=3))
def test_rows_that_a_bot_has_added_since_stay(made: Step, added: list[list[str]]) -> None:
    """The step is taken in full, and the bot's rows stand behind it."""
    new = [[f"B{at}", *row[1:]] for at, row in enumerate(added)]

    there = step(table(made.before), table(made.after), table([*made.before, *new]))
    back = step(table(made.after), table(made.before), table([*made.after, *new]))

    assert rows_of(there.data) == [*made.after, *new]
    assert rows_of(back.data) == [*made.before, *new]
    assert not there.left
    assert not back.left


@given(steps(), st.data())
def test_a_row_that_the_step_does_not_touch_stays_as_it_is_now(made: Step, data: st.DataObject) -> None:
    """A bot's change elsewhere is kept, and the step is taken all the same."""
    rows = [list(row) for row in made.before]
    wanted = [list(row) for row in made.after]
    for at in made.untouched:
        if data.draw(st.booleans()):
            rows[at][2] = "the bot's"
            wanted[wanted.index(made.before[at])][2] = "the bot's"

    found = step(table(made.before), table(made.after), table(rows))

    assert rows_of(found.data) == wanted
    assert not found.left


def test_a_cell_that_was_changed_since_is_left_and_told() -> None:
    """Of a row, the cells that still hold what the act wrote go back; the changed one stays."""
    wrote, was = table([["SPY", "6", "x", "closed"]]), table([["SPY", "10", "x", "open"]])

    found = step(wrote, was, table([["SPY", "7", "mine", "closed"]]))

    assert rows_of(found.data) == [["SPY", "7", "mine", "open"]]
    assert [(each.line, each.field, each.before, each.after) for each in found.left] == [
        (2, "quantity", "7", "10")
    ]
    assert [each.field for each in found.spots] == ["status"]


def test_a_row_that_was_added_and_then_changed_stays() -> None:
    """A row of the act's that somebody has worked on since is not taken out."""
    was = table([["QQQ", "1", "", "open"]])
    wrote = table([["QQQ", "1", "", "open"], ["SPY", "6", "", "open"]])
    now = table([["QQQ", "1", "", "open"], ["SPY", "6", "", "closed"]])

    found = step(wrote, was, now)

    assert found.data == now
    assert len(found.left) == 1


def test_columns_that_the_act_added_stay_where_rows_were_written_since() -> None:
    """Rows of the new width must not lose their columns; what the act wrote into them goes."""
    was = b"symbol,quantity\nSPY,1\n"
    wrote = b"symbol,quantity,order_id\nSPY,1,abc\n"
    now = wrote + b"QQQ,2,\n"

    found = step(wrote, was, now)

    assert found.data == b"symbol,quantity,order_id\nSPY,1,\nQQQ,2,\n"


def test_columns_that_the_act_added_come_again() -> None:
    """Taking an undo back widens the header; rows that were written in between stay narrow."""
    was = b"symbol,quantity\nSPY,1\n"
    wrote = b"symbol,quantity,order_id\nSPY,1,abc\n"

    found = step(was, wrote, was + b"QQQ,2\n")

    assert found.data == wrote + b"QQQ,2\n"


def test_other_columns_are_never_mixed_up() -> None:
    """Where the columns stand in another order, nothing of the file is set, and the whole is told."""
    now = b"quantity,symbol\n1,SPY\n2,QQQ\n"

    found = step(b"symbol,quantity\nSPY,1\n", b"symbol,quantity\nSPY,5\n", now)

    assert found.data == now
    assert len(found.left) == 1


def test_a_file_that_the_act_made_goes_unless_a_bot_writes_to_it() -> None:
    """Undoing a creation removes the file; with rows of a bot's in it the header and those rows stay."""
    made = table([["SPY", "6", "", "open"]])

    assert step(made, None, made).data is None
    assert step(None, made, None).data == made
    kept = step(made, None, made + b"QQQ,1,,open\n")
    assert rows_of(kept.data) == [["QQQ", "1", "", "open"]]


def test_a_broken_file_is_left() -> None:
    """What cannot be taken apart cannot be set place by place; it is put back only as a whole."""
    broken = b'symbol,quantity\n"SPY,1\n'
    sound = b"symbol,quantity\nSPY,1\n"

    assert step(broken, sound, broken).data == sound
    left = step(sound, b"symbol,quantity\nSPY,2\n", broken)
    assert left.data == broken
    assert left.left


def test_blank_lines_and_the_mark_stay() -> None:
    """What is no row is kept where it is."""
    now = b"\xef\xbb\xbfsymbol,quantity\r\n\r\nSPY,1\r\n\r\nQQQ,2\r\n\r\n"

    found = step(b"symbol,quantity\nSPY,1\n", b"symbol,quantity\nSPY,9\n", now)

    assert found.data == now.replace(b"SPY,1", b"SPY,9")


objects = st.dictionaries(
    st.sampled_from("abcdef"), st.one_of(st.integers(0, 9), st.text("xyz", max_size=3), st.none()), max_size=6
)


@given(objects, objects, st.dictionaries(st.sampled_from("mno"), st.integers(0, 9), min_size=1, max_size=3))
def test_members_of_a_bots_stay(before: dict[str, Any], after: dict[str, Any], own: dict[str, Any]) -> None:
    """The step is taken in full, and members that it does not know stay as they are."""
    found = merge(
        "bankroll",
        FILES,
        json.dumps(before).encode(),
        json.dumps(after, indent=2).encode(),
        json.dumps({**before, **own}, indent=4).encode(),
    )

    assert found.data is not None
    assert json.loads(found.data) == {**after, **own}
    assert not found.left


@given(objects, objects)
def test_a_member_that_was_changed_since_is_left(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Each member is set where it still holds what it held, and only there."""
    now = {key: f"changed {value}" for key, value in before.items()}

    found = merge("bankroll", FILES, *(json.dumps(each, indent=1).encode() for each in (before, after, now)))

    assert found.data is not None
    wanted = {**now, **{key: value for key, value in after.items() if key not in before}}
    assert json.loads(found.data) == wanted or now == before
