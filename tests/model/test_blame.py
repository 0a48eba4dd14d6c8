from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import msgspec

from snapsync.model.blame import Glance, Step, quantity
from snapsync.model.blame_book import book_steps
from snapsync.model.blame_broker import broker_steps
from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.history import Actor, Operation, Verb
from snapsync.model.instant import Instant, instant
from snapsync.model.ledger import Activity, ledger
from snapsync.model.pages import Pages
from snapsync.model.state import Coverage, Position, State, Transaction

from .world import SINCE, SPY, event, fill, later, position, state

AAPL = "AAPL"
NOON = instant("2025-08-21T16:00:00Z")


def glance(  # noqa: PLR0913 - all that one may see
    number: int,
    held: str = "0",
    rows: tuple[Activity, ...] = (),
    *,
    book: State | None = None,
    key: str = SPY,
    since: Instant = SINCE,
    verb: Verb = "plan",
) -> Glance:
    """One operation that saw so much at the broker, and these activities so far."""
    at = later(NOON, number * 60)
    act = Operation(
        verb=verb,
        time=at,
        parents=(),
        env="paper",
        account="account",
        actor=Actor(user="u", host="h"),
        version="1",
    )
    broker = State(
        cash=Decimal(0),
        positions=Pages.of(Position, [position(key, held)] if held != "0" else []),
        transactions=Pages.of(Transaction, []),
        coverage=Coverage(since=since),
    )
    return Glance(
        id=OperationId(ObjectId(f"{number:064}")),
        act=act,
        at=at,
        book=book,
        broker=broker,
        ledger=ledger(rows),
    )


def told(steps: tuple[Step, ...]) -> list[tuple[str, str, str]]:
    """Each step in short; a chain has no gaps."""
    assert all(one.after == other.before for one, other in pairwise(steps))
    assert not steps or steps[0].before == 0
    return [(step.how, str(step.before), str(step.after)) for step in steps]


def test_what_no_activity_explains_is_a_step() -> None:
    """A quantity that moves without an activity is told, with the look that found it so."""
    bought = fill("1", qty="2")
    looks = [glance(1), glance(2, "2", (bought,)), glance(3, "5", (bought,)), glance(4, "5", (bought,))]

    steps = broker_steps(SPY, looks, "")

    assert told(steps) == [("activity", "0", "2"), ("unexplained", "2", "5")]
    assert steps[1].seen == (looks[2].id, looks[2].act)


def test_what_is_posted_late_explains_itself_in_the_end() -> None:
    """A position that goes before its expiry is posted was a riddle then, and is none any more."""
    bought, expired = fill("1", qty="2"), event("OPEXP", symbol=SPY, qty="-2")
    looks = [glance(1, "2", (bought,)), glance(2, "0", (bought,)), glance(3, "0", (bought, expired))]

    assert told(broker_steps(SPY, looks[:2], ""))[-1] == ("unexplained", "2", "0")
    steps = broker_steps(SPY, looks, "")
    assert told(steps) == [("activity", "0", "2"), ("activity", "2", "0")]
    assert steps[1].seen == (looks[2].id, looks[2].act)


def test_what_a_coin_is_paid_with_is_rounded() -> None:
    """The broker rounds the coins that another coin was paid with to nine decimals, and that is no riddle."""
    paid = msgspec.structs.replace(
        fill("1", symbol="ETHBTC", qty="0.333333333", price="0.041234567"), raw_symbol="ETH/BTC"
    )
    held = "-0.013744856"

    steps = broker_steps("BTCUSD", [glance(1, "0", key="BTCUSD"), glance(2, held, (paid,), key="BTCUSD")], "")

    assert [step.how for step in steps] == ["activity", "rounded"]
    assert steps[-1].after == Decimal(held)


def test_an_expiry_ends_its_day_and_a_split_begins_it() -> None:
    """What is dated by day alone stands where it happened among the fills of that day."""
    day = instant("2025-08-21T04:00:00Z")
    bought = fill("1", qty="2", at=instant("2025-08-21T15:00:00Z"))
    expired = msgspec.structs.replace(event("OPEXP", symbol=SPY, qty="-2"), time=day)
    assert told(broker_steps(SPY, [glance(1, "0", (bought, expired))], "")) == [
        ("activity", "0", "2"),
        ("activity", "2", "0"),
    ]

    before = fill("1", symbol=AAPL, qty="2", at=instant("2025-08-20T15:00:00Z"))
    split = msgspec.structs.replace(event("SPLIT", symbol=AAPL, qty="18"), time=day)
    sold = fill("2", symbol=AAPL, qty="20", side="sell", at=instant("2025-08-21T15:00:00Z"))
    assert told(broker_steps(AAPL, [glance(1, "0", (sold, split, before), key=AAPL)], "")) == [
        ("activity", "0", "2"),
        ("activity", "2", "20"),
        ("activity", "20", "0"),
    ]


def test_what_was_held_before_is_a_step_until_a_look_reaches_further_back() -> None:
    """Holdings from before the first look's reach come first; once their fills are known, these do."""
    old = fill("1", qty="3", at=instant("2025-08-01T15:00:00Z"))
    new = fill("2", qty="1", side="sell")
    near = glance(1, "2", (new,))
    far = glance(2, "2", (old, new), since=instant("2025-07-31T00:00:00Z"))

    assert told(broker_steps(SPY, [near], "")) == [("earlier", "0", "3"), ("activity", "3", "2")]
    assert told(broker_steps(SPY, [near, far], "")) == [("activity", "0", "3"), ("activity", "3", "2")]


def test_an_activity_that_was_canceled_is_no_step() -> None:
    """What the broker took back has not moved anything."""
    moved = event("ACATS", symbol=AAPL, qty="7")
    void = msgspec.structs.replace(moved, status="canceled")

    assert told(broker_steps(AAPL, [glance(1, "7", (moved,), key=AAPL)], "")) == [("activity", "0", "7")]
    assert (
        broker_steps(AAPL, [glance(1, "7", (moved,), key=AAPL), glance(2, "0", (void,), key=AAPL)], "") == ()
    )


def test_the_book_tells_edits_from_what_was_there() -> None:
    """The first look finds, later ones see edits, and the files as they are now may be ahead of both."""
    books = [state([position(SPY, qty)]) for qty in ("1", "1", "4")]
    looks = [glance(number, book=book) for number, book in enumerate(books)]

    assert told(book_steps(SPY, looks, (NOON, state()))) == [
        ("earlier", "0", "1"),
        ("edited", "1", "4"),
        ("edited", "4", "0"),
    ]
    assert told(book_steps(SPY, looks, None))[-1] == ("edited", "1", "4")
    assert quantity(books[2], SPY) == 4


def test_a_decision_after_an_interrupted_apply_is_ours() -> None:
    """What `recover` put back or kept was written by it, whatever the plan had wanted."""
    looks = [glance(1, book=state([position(SPY, "1")])), glance(2, book=state(), verb="recover")]

    assert told(book_steps(SPY, looks, None)) == [("earlier", "0", "1"), ("written", "1", "0")]
