from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.canon import ObjectId
from snapsync.model.change import Sign
from snapsync.model.difference import Difference, differences
from snapsync.model.instant import instant
from snapsync.model.pages import Pages
from snapsync.model.state import Coverage, Position, State, Transaction, stored_state
from snapsync.views.difference import difference_lines, summary
from snapsync.views.paint import plain

from .strategies import LAW, tables
from .world import IWM, OPTIONS, QQQ, SINCE, SPY, position, state, trade

NEW_YORK = ZoneInfo("America/New_York")

positions = st.lists(
    st.builds(position, st.sampled_from([SPY, QQQ, IWM]), st.sampled_from(["1", "-2"])),
    unique_by=lambda held: held.key,
)
states = st.builds(
    lambda held, rows, bankroll: state(held, rows.values(), bankroll),
    positions,
    tables(),
    st.sampled_from([None, "1000", "1000.50"]),
)


def broker(held: Iterable[Position] = (), trades: Iterable[Transaction] = ()) -> State:
    """The account."""
    return State(
        cash=Decimal(7),
        positions=Pages.of(Position, held),
        transactions=Pages.of(Transaction, trades),
        scope=OPTIONS,
        coverage=Coverage(since=SINCE),
    )


def replayed(before: State, found: Iterable[Difference]) -> State:
    """The first State with what the differences say put in."""
    held, rows = before.positions.by_key(), before.transactions.by_key()
    parts: dict[str, dict[str, Any]] = {"positions": held, "transactions": rows, "bankroll": {}}
    bankroll = before.bankroll
    for each in found:
        records = parts[each.component]
        if each.component == "bankroll":
            assert not isinstance(each.after, Position | Transaction)
            bankroll = each.after
        if isinstance(each.before, Position | Transaction):
            del records[each.before.key]
        if isinstance(each.after, Position | Transaction):
            records[each.after.key] = each.after
    return State(
        positions=Pages.of(Position, held.values()),
        transactions=Pages.of(Transaction, rows.values()),
        bankroll=bankroll,
    )


@LAW
@given(states, states)
def test_differences_lead_from_one_to_the_other(one: State, other: State) -> None:
    """All differences put into the first State make the second, and only equal States have none."""
    found = differences(one, other, all_fields=True)

    assert replayed(one, found).id == other.id
    assert (not found) == (one.id == other.id)


@LAW
@given(states, states)
def test_the_other_way_round_is_the_reverse(one: State, other: State) -> None:
    """Before and after change places, and nothing else does."""
    there, back = differences(one, other), differences(other, one)

    assert {(each.key, each.fields) for each in there} == {(each.key, each.fields) for each in back}
    assert {each.key: (each.before, each.after) for each in there} == {
        each.key: (each.after, each.before) for each in back
    }


def test_equal_pages_are_not_read() -> None:
    """Of two stored States only the day that differs is read; of one State with itself, nothing."""
    old = [trade(f"order:{day}", at=instant(f"2025-08-{day}T15:00:00Z")) for day in (18, 19, 20)]
    one, other = state([], old), state([], [*old[:2], msgspec.structs.replace(old[2], qty=Decimal(9))])
    held = dict(one.objects()) | dict(other.objects())
    read: list[str] = []

    def fetch(id: ObjectId) -> bytes:
        read.append(msgspec.json.decode(held[id])["kind"])
        return held[id]

    (found,) = differences(stored_state(one.id, fetch), stored_state(other.id, fetch))

    assert (found.key, found.fields, found.sign) == ("order:20", ("qty",), Sign.UPDATE)
    assert read.count("page") == 2
    read.clear()
    assert differences(stored_state(one.id, fetch), stored_state(one.id, fetch)) == ()
    assert "page" not in read


def test_companions_count_only_when_asked_for() -> None:
    """An entry price that differs is told with all fields, and alone is no difference without."""
    one, other = state([position(SPY, "1", "2.40")]), state([position(SPY, "1", "2.45")])

    assert differences(one, other) == ()
    assert [each.fields for each in differences(one, other, all_fields=True)] == [("entry_price",)]


@pytest.mark.parametrize("book_first", [True, False])
def test_a_book_beside_a_broker_is_compared_as_a_plan_does(book_first: bool) -> None:  # noqa: FBT001 - which is A
    """Out of scope, before coverage, a price rounded to cents, bankroll beside cash: no difference."""
    early = trade("order:0", at=instant("2025-08-01T15:00:00Z"))
    book = state(
        [position(SPY, "1"), position("AAPL", "5")],
        [early, trade("order:1", price="2.33"), trade("order:2")],
    )
    account = broker(
        [position(SPY, "1", "2.1"), position("MSFT", "7"), position(QQQ, "3")],
        [trade("order:1", price="2.333333333", client="bot-1"), trade("order:2", qty="3")],
    )

    found = differences(*((book, account) if book_first else (account, book)))

    sign = Sign.ADD if book_first else Sign.CLOSE
    assert [(each.key, each.sign, each.fields) for each in found] == [
        (QQQ, sign, ()),
        ("order:2", Sign.UPDATE, ("qty",)),
    ]


def test_a_row_and_the_order_that_it_stands_for_are_one_record() -> None:
    """Linking a row is one difference, in its key; what could be two orders stays apart."""
    row, order = trade("row:abc#1"), trade("order:1")

    (linked,) = differences(state([], [row]), state([], [order]))
    (unlinked,) = differences(state([], [order]), state([], [row]))
    doubtful = differences(state([], [row]), state([], [order, trade("order:2")]))

    assert (linked.key, linked.before, linked.after, linked.fields) == ("order:1", row, order, ("key",))
    assert (unlinked.before, unlinked.after) == (order, row)
    assert [each.sign for each in doubtful] == [Sign.ADD, Sign.ADD, Sign.CLOSE]


def test_foreign_text_cannot_steer_the_terminal() -> None:
    """Controls in symbols, actions and keys are written out."""
    bad = "\x1b]0;x\x07"
    one = state([position(f"A{bad}", "1")], [trade(f"order:{bad}", symbol=f"B{bad}", action=f"buy{bad}")])

    for found in (differences(one, state()), differences(state(), one)):
        said = "\n".join([*difference_lines(found, NEW_YORK, plain, verbose=True), summary(found)])
        assert said.count("\\x1b]0;x\\x07") == 4
        assert "\x1b" not in said
        assert "\x07" not in said
