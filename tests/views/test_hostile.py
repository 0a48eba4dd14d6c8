"""What the broker's and the book's text can do to a terminal: nothing."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

from snapsync.model.blame import Blame, Step
from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.change import Cause
from snapsync.model.history import Actor, Operation
from snapsync.model.instant import instant
from snapsync.model.ledger import Activity
from snapsync.model.pages import Pages
from snapsync.model.shown import Shown
from snapsync.model.state import Position, State, Transaction
from snapsync.views import blame, shown
from snapsync.views.holdings import both_sides
from snapsync.views.paint import plain

ZONE = ZoneInfo("America/New_York")
BAD = "\x1b]0;x\x07\u202e"
WRITTEN = "\\x1b]0;x\\x07\\u202e"
AT = instant("2025-08-21T15:00:00Z")

HELD = Position(key=f"P{BAD}", asset_class="us_equity", qty=Decimal(1), multiplier=Decimal(1))
TRADE = Transaction(
    key=f"order:{BAD}",
    symbol=f"T{BAD}",
    asset_class="us_equity",
    action=f"buy{BAD}",
    qty=Decimal(1),
    price=None,
    multiplier=Decimal(1),
    time=AT,
)
FILL = Activity(
    type="FILL",
    id=f"f{BAD}",
    symbol=f"F{BAD}",
    time=AT,
    side="buy",
    qty=Decimal(1),
    price=Decimal(2),
    order_id=f"o{BAD}",
    raw_symbol=f"A/{BAD}",
)
EVENT = Activity(type=f"E{BAD}", id=f"e{BAD}", symbol=f"F{BAD}", time=AT, qty=Decimal(1))


def harmless(text: str, times: int) -> None:
    """Every foreign word is there, written out."""
    assert text.count(WRITTEN) == times
    assert not set(BAD[:1] + BAD[-2:]) & set(text)


def test_the_story_of_a_quantity() -> None:
    """Symbol, order ids, client order ids, activity types, and who did it."""
    act = Operation(
        verb="apply",
        time=AT,
        parents=(),
        env="paper",
        account=None,
        actor=Actor(user=f"u{BAD}", host=f"h{BAD}"),
        version="1",
    )
    entry = OperationId(ObjectId("0" * 64)), act
    steps = [
        Step(
            at=AT,
            before=Decimal(number),
            after=Decimal(number + 1),
            how="activity",
            seen=entry,
            activity=row,
            cause=Cause.BOT,
            client_order_id=f"c{BAD}",
        )
        for number, row in enumerate((FILL, EVENT))
    ]

    said = blame.words(Blame(key=f"K{BAD}", broker=tuple(steps), book=()), ZONE, plain)

    harmless("".join(said.split()), 3 + 2 + 2 * 2 + 1)


def test_rows_of_a_page() -> None:
    """Symbols, actions and types in tables."""
    page = Shown(id=ObjectId("0" * 64), kind="page", raw={}, rows=(HELD, TRADE, FILL, EVENT))

    harmless(shown.words(page, ZONE, plain), 1 + 2 + 1 + 2)


def test_a_kind_that_nobody_knows() -> None:
    """Whatever is stored is shown field by field, names and values written out, the account masked."""
    raw = {
        "kind": f"new{BAD}",
        "account": "0123456789",
        f"name{BAD}": f"value{BAD}",
        "more": {"a": [f"{BAD}"]},
    }

    said = shown.words(Shown(id=ObjectId("0" * 64), kind=f"new{BAD}", raw=raw), ZONE, plain)

    assert "…6789" in said
    assert "0123456789" not in said
    assert said.count(WRITTEN) == 3
    assert not set(BAD[:1] + BAD[-2:]) & set(said)


def test_both_sides_beside_each_other() -> None:
    """The keys of positions."""
    state = State(positions=Pages.of(Position, [HELD]), transactions=Pages.of(Transaction, []))

    harmless("\n".join(both_sides(state, state, plain)), 1)
