"""What recovery makes of a file's bytes: laws over every way a file may be found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.store.mend import Mended, carried, finished, taken_back

HEAD = b"time,symbol\n"
rows = st.lists(st.sampled_from([b"1,SPY\n", b"2,QQQ\n", b"2,QQ\n", b"3,IWM\n", b"12,X\n"]), max_size=3).map(
    b"".join
)
some_rows = rows.filter(bool)


@st.composite
def ways(draw: st.DrawFn) -> tuple[bytes | None, bytes | None]:
    """A file before and after an apply: rows appended, rows replaced, a file made."""
    before = HEAD + draw(rows)
    after = draw(
        st.one_of(
            some_rows.map(lambda added: before + added),
            some_rows.map(lambda other: b"time,symbol,id\n" + other),
            st.just(HEAD),
        )
    )
    return (draw(st.sampled_from([before, before, None])), after)


@given(ways())
def test_before_becomes_after_and_after_stays(way: tuple[bytes | None, bytes | None]) -> None:
    """What is found as before is finished, what is found as after is done; and back again."""
    before, after = way

    assert finished(before, after, before) == Mended(after, certain=True)
    assert finished(before, after, after) == Mended(after, certain=True)
    assert taken_back(before, after, before) == before
    assert taken_back(before, after, after) == before


@given(rows, some_rows, st.data())
def test_zeros_in_the_place_of_an_append_are_finished(old: bytes, ours: bytes, data: st.DataObject) -> None:
    """A power cut leaves a file's new size with zeros for bytes, all of them or some at the end."""
    before, after = HEAD + old, HEAD + old + ours
    there = data.draw(st.integers(0, len(ours) - 1))
    torn = before + ours[:there] + bytes(len(ours) - there)

    assert finished(before, after, torn) == Mended(after, certain=True)
    assert taken_back(before, after, torn) == before


@given(ways(), some_rows)
def test_rows_added_to_the_finished_file_stay(way: tuple[bytes | None, bytes | None], added: bytes) -> None:
    """The bot's rows after ours are no reason to ask, and are never lost."""
    before, after = way
    assert after is not None

    if before is None or not before.startswith(after):
        assert finished(before, after, after + added) == Mended(after + added, certain=True)
    if before is not None and before != after:
        taken = taken_back(before, after, after + added)
        assert taken is not None
        assert taken.endswith(added)


@given(rows, some_rows, some_rows)
def test_rows_added_to_a_file_that_is_replaced_are_carried(old: bytes, new: bytes, added: bytes) -> None:
    """A file found as before with rows added since becomes the new one with those rows."""
    before, after = HEAD + old, b"time,symbol,id\n" + new

    assert finished(before, after, before + added) == Mended(after + added, certain=True)
    assert taken_back(before, after, before + added) == before + added


@given(rows, some_rows, st.data())
def test_a_torn_append_is_finished(old: bytes, new: bytes, data: st.DataObject) -> None:
    """Any part of our own append is made whole, or taken back."""
    before, after = HEAD + old, HEAD + old + new
    torn = after[: data.draw(st.integers(len(before), len(after)))]

    assert finished(before, after, torn) == Mended(after, certain=True)
    assert taken_back(before, after, torn) == before


def test_a_bots_row_where_ours_was_to_be_appended_is_for_a_person() -> None:
    """The bot's row alone looks like a torn part of ours with a row behind it: nobody guesses."""
    before, ours = HEAD, b"2025-08-21,SPY\n"
    bots = b"2025-08-21,QQQ\n"

    assert finished(before, before + ours, before + bots) == Mended(before + ours + bots, certain=False)
    assert finished(before, before + ours, before + ours[:6] + bots).certain is False
    assert taken_back(before, before + ours, before + bots) == before + bots


def test_a_bots_row_before_our_append_is_kept() -> None:
    """Both rows are there, in the order in which they came."""
    before, ours, bots = HEAD, b"1,SPY\n", b"2,QQQ\n"

    for now in (before + bots + ours, before + bots + ours + bots):
        assert finished(before, before + ours, now) == Mended(now, certain=True)
    assert taken_back(before, before + ours, before + bots + ours + bots) == before + bots + bots


@pytest.mark.parametrize("now", [None, b"", b"something else\n", HEAD[:-3], HEAD + b"1,SPY\n2,Q"])
def test_anything_else_is_for_a_person(now: bytes | None) -> None:
    """A file that is gone, rewritten, cut, or in the middle of a row is not guessed at."""
    before, after = HEAD + b"1,SPY\n", b"other,header\n1,SPY\n"

    assert finished(before, after, now) == Mended(after, certain=False)


def test_a_file_that_is_to_go_goes() -> None:
    """A roll-back of a file that the apply made ends with no file, however often it is begun."""
    assert finished(HEAD, None, HEAD) == Mended(None, certain=True)
    assert finished(HEAD, None, None) == Mended(None, certain=True)
    assert finished(HEAD, None, HEAD + b"1,SPY\n").certain is False


@given(rows, some_rows, st.data())
def test_rows_that_the_old_file_got_are_carried_once(since: bytes, late: bytes, data: st.DataObject) -> None:
    """Late rows are added, completed where they were torn, and not added again."""
    after = b"time,symbol,id\n"
    torn = late[: data.draw(st.integers(0, len(late)))]

    assert carried(after, after, b"") == after
    assert carried(after + torn, after, late) == after + late
    assert carried(after + late + since, after, late) == after + late + since
    if since and not late.startswith(since) and not since.startswith(late):
        assert carried(after + since, after, late) == after + since + late
