"""What is written where the bot, too, has written: late rows, closes that never were, rows of both."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from snapsync.model.change import Execution, PositionChange, TransactionChange
from snapsync.model.instant import Instant, instant, shift
from snapsync.model.match import together
from snapsync.model.state import Transaction

from .shelf import FILLED, QQQ, SPY, WHY, Shelf, holding, position, renamed, trade, trading

HEAD = (
    b"timestamp,symbol,action,quantity,price,total_cost,fees,alpaca_order_id,source,broker,environment,"
    b"sync_imported,note\n"
)
OLD = b"2025-08-20 09:30:00,SPY250822C00635000,BUY,3,2.10,630.00,0.65,x,main,alpaca,paper,,mine\n"
LATE = b"2025-08-21 09:45:20,SPY250822C00635000,BUY,1,2.40,240.00,0.65,,main,alpaca,paper,,late\n"


def withdrawing(row: Transaction) -> TransactionChange:
    """The bot's row is linked, ours goes."""
    return msgspec.structs.replace(trading(row, renamed(row, "order:abc")), withdraws=True)


def nameless(shelf: Shelf) -> Transaction:
    """The one row without an order's id."""
    (row,) = (each for each in shelf.traded().values() if not each.linked)
    return row


@pytest.mark.parametrize(
    "head", [None, HEAD + OLD, HEAD.replace(b"\n", b"\r\n"), b"timestamp,symbol,action,qty\n"]
)
def test_a_late_row_takes_the_place_of_ours(head: bytes | None) -> None:
    """What we wrote for an order is taken out to the byte when the bot has written its own row."""
    shelf = Shelf(history=head)
    shelf.change(trading(None, trade()))
    with_ours = shelf.data["history"] or b""
    bots = LATE if b"note" in with_ours else LATE.replace(b",late", b"")
    shelf.data["history"] = with_ours + bots
    assert shelf.read().annals.untouched("order:abc")

    new = shelf.change(withdrawing(nameless(shelf)))["history"]

    ours = next(line for line in with_ours.splitlines(keepends=True) if b",sync," in line)
    assert new == with_ours.replace(ours, b"") + bots.replace(b"0.65,,", b"0.65,abc,")
    assert {row.origin for row in shelf.traded().values()} == {None}


def test_a_late_row_with_the_orders_id_takes_the_place_of_ours_too() -> None:
    """A bot that names its orders writes late: the two rows are one order's, and ours goes."""
    shelf = Shelf(history=HEAD + OLD)
    with_ours = shelf.change(trading(None, trade()))["history"]
    bots = LATE.replace(b"0.65,,", b"0.65,abc,")
    shelf.data["history"] = with_ours + bots
    both = shelf.traded()["order:abc"]
    assert (both.qty, both.origin) == (Decimal(2), None)
    assert shelf.read().annals.untouched("order:abc")

    change = msgspec.structs.replace(trading(both, trade()), withdraws=True)
    assert shelf.change(change)["history"] == HEAD + OLD + bots


def test_of_an_edited_import_and_the_bots_row_the_import_is_corrected() -> None:
    """It is too many, but somebody's remark is in it: its quantity becomes nothing, the bot's row stays."""
    ours = b"2025-08-21 09:45:00,SPY250822C00635000,BUY,1,2.40,240.00,,abc,sync,alpaca,paper,True,why?\n"
    for bots in (
        LATE.replace(b"0.65,,", b"0.65,abc,"),
        LATE.replace(b"0.65,,", b"0.65,abc,").replace(b":20", b":00"),
    ):
        shelf = Shelf(history=HEAD + ours + bots)
        assert not shelf.read().annals.untouched("order:abc")
        both = shelf.traded()["order:abc"]
        assert (
            shelf.change(trading(both, trade()))["history"] == HEAD + ours.replace(b"BUY,1", b"BUY,0") + bots
        )


@pytest.mark.parametrize(
    "edit",
    [
        (b",2.40,", b",2.41,"),
        (b"True,", b"True,my own remark"),
        (b",240.00,", b",24.00,"),
        (b",sync,", b",sync of mine,"),
    ],
    ids=["price", "note", "cost", "source"],
)
def test_an_imported_row_that_somebody_edited_is_not_ours_to_take_out(edit: tuple[bytes, bytes]) -> None:
    """One cell that differs from what we wrote is enough."""
    shelf = Shelf(history=HEAD + OLD)
    appended = shelf.propose(trading(None, trade()))[0].appended or b""
    assert edit[0] in appended
    shelf.data["history"] = HEAD + OLD + appended.replace(*edit) + LATE
    assert not shelf.read().annals.untouched("order:abc")


def test_the_rows_of_one_order_all_get_its_id() -> None:
    """A bot that notes each fill: one change, every row linked, the average price as it is."""
    shelf = Shelf(history=HEAD + OLD + LATE + LATE.replace(b"BUY,1,2.40", b"BUY,2,2.46"))
    rows = tuple(row for row in shelf.traded().values() if not row.linked)
    whole = together(rows)
    assert whole.price == Decimal("2.44")

    new = shelf.change(trading(whole, renamed(whole, "order:abc")))["history"]

    assert new.count(b"0.65,abc,main") == 2
    assert (shelf.traded()["order:abc"].qty, shelf.traded()["order:abc"].price) == (whole.qty, whole.price)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (OLD.replace(b"630.00", b"6.30"), True),
        (OLD.replace(b"630.00", b"629.35"), False),
        (OLD.replace(b"630.00", b"-630.65"), False),
        (OLD.replace(b"630.00", b"n/a"), False),
        (OLD.replace(b"630.00", b""), False),
        (OLD.replace(b"630.00", b"6.30") + OLD, False),
    ],
    ids=["hundredth", "less fees", "signed", "no number", "blank", "put right since"],
)
def test_a_cost_that_cannot_be_is_noted(row: bytes, *, said: bool) -> None:
    """Old syncs forget the contract's hundred; the cell stays the bot's own."""
    notes = [each for each in Shelf(history=HEAD + row).read().observations if each.code == "cost-differs"]
    assert bool(notes) is said
    if said:
        assert "history.csv:2 says $6.30, it was $630.00" in notes[0].detail


# --- positions ------------------------------------------------------------------------------------

HOLDINGS = b"symbol,quantity,entry_price,entry_time,status,close_time,exit_price,source,note\n"
OPENED = FILLED
CLOSED = b"SPY250822C00635000,1,2.40,2025-08-21 09:45:10,closed,2025-08-21 15:00:00,3.10,main,mine\n"


def opening(at: Instant = OPENED, *, reopens: bool = False, qty: str = "1") -> PositionChange:
    """A holding that the book lacks, opened at a time that the fills tell."""
    execution = Execution(price=Decimal("2.4"), time=at, source="fills")
    change = holding(None, position(qty=qty), execution)
    return msgspec.structs.replace(change, reopens=reopens, why=WHY)


@pytest.mark.parametrize(
    "change",
    [opening(), opening(shift(OPENED, days=-3), reopens=True)],
    ids=["the same opening", "closed since the agreed point"],
)
def test_a_close_that_never_was_is_taken_back(change: PositionChange) -> None:
    """The row is opened again: its status, and nothing of the close stays; all else is as it was."""
    shelf = Shelf(positions=HOLDINGS + CLOSED)

    new = shelf.change(change)["positions"]

    assert new == HOLDINGS + b"SPY250822C00635000,1,2.40,2025-08-21 09:45:10,open,,,main,mine\n"
    assert shelf.held() == {SPY: 1}


@pytest.mark.parametrize(
    ("closed", "change"),
    [
        (CLOSED, opening(instant("2025-08-21T19:30:00Z"))),
        (CLOSED, opening(instant("2025-08-21T19:30:00Z"), reopens=True)),
        (CLOSED.replace(b" 15:00:00", b" 09:45:30"), opening(shift(OPENED, seconds=60))),
        (CLOSED, opening(qty="2")),
        (CLOSED.replace(b"SPY250822C", b"SPY250822P"), opening()),
        (CLOSED.replace(b",1,", b",?,"), opening()),
    ],
    ids=[
        "opened later",
        "opened later, and its row was deleted",
        "sold and bought again at once",
        "another quantity",
        "another contract",
        "unreadable",
    ],
)
def test_what_was_closed_and_opened_again_is_a_new_row(closed: bytes, change: PositionChange) -> None:
    """A closed row stays history, byte for byte."""
    shelf = Shelf(positions=HOLDINGS + closed)
    new = shelf.change(change)["positions"]
    assert new.startswith(HOLDINGS + closed)
    assert new.count(b"\n") == 3


def test_of_a_bots_row_and_ours_ours_is_the_one_too_many() -> None:
    """We added a holding, then the bot wrote its own row: the bot's stays open, whichever is newer."""
    for bots_time in (b"09:44:00", b"09:45:00", b"09:46:00"):
        ours = b"SPY250822C00635000,1,2.40,2025-08-21 09:45:00,open,,,sync,\n"
        bots = ours.replace(b"09:45:00", bots_time).replace(b"sync", b"main")
        shelf = Shelf(positions=HOLDINGS + ours + bots)
        assert shelf.held() == {SPY: 2}

        new = shelf.change(holding(position(qty="2"), position(qty="1")))["positions"]

        assert new.splitlines()[2] == bots.strip()
        assert b",closed," in new.splitlines()[1]
    assert QQQ not in shelf.held()
