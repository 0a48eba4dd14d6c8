"""What the broker's and the book's text can do to a terminal: nothing."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from snapsync.model.blame import Blame, Step
from snapsync.model.brief import Brief
from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.change import Cause
from snapsync.model.difference import differences
from snapsync.model.explanation import Explanation, Part, Sums, Unexplained
from snapsync.model.history import Actor, Operation, Tally
from snapsync.model.instant import instant
from snapsync.model.ledger import Activity
from snapsync.model.pages import Pages
from snapsync.model.shown import Shown
from snapsync.model.side import Compared, Diff, Side, Sides
from snapsync.model.state import Position, State, Transaction
from snapsync.model.stretch import Listing
from snapsync.views import blame, difference, explain, history, shown
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
ID = ObjectId("0" * 64)
ACT = Operation(
    verb="apply",
    time=AT,
    parents=(),
    env="paper",
    account=None,
    actor=Actor(user=f"u{BAD}", host=f"h{BAD}"),
    version="1",
    tally=Tally(add=1),
)
EVENT = Activity(type=f"E{BAD}", id=f"e{BAD}", symbol=f"F{BAD}", time=AT, qty=Decimal(1))


def harmless(text: str, times: int) -> None:
    """Every foreign word is there, written out."""
    assert text.count(WRITTEN) == times
    assert not set(BAD[:1] + BAD[-2:]) & set(text)


def test_the_story_of_a_quantity() -> None:
    """Symbol, order ids, client order ids, activity types, and who did it."""
    entry = OperationId(ID), ACT
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


def test_an_explanation() -> None:
    """Symbols, what activities are called, rules and keys; as text, as tables, and in one sentence."""
    part = Part(
        cause=Cause.FEE,
        what=f"w{BAD}",
        symbol=f"S{BAD}",
        cash=Decimal(1),
        qty=Decimal(1),
        equity=Decimal(1),
        evidence=(f"e{BAD}",),
        rule=f"r{BAD}",
    )
    nothing = Sums(before=Decimal(0), after=Decimal(0))
    missing = Unexplained(cash=Decimal(1), quantities={f"Q{BAD}": Decimal(1)})
    found = Explanation(since=AT, until=AT, cash=nothing, equity=nothing, parts=(part,), unexplained=missing)
    total = Brief(since=AT, until=AT, equity=Decimal(1), cash=Decimal(1), sums=(), unexplained=missing)

    said = explain.explanation(found, ZONE, plain, verbose=True)
    harmless("".join(said.split()), 2 * 4 + 2 + 2)
    harmless(explain.markdown(found, ZONE), 3)
    harmless(explain.brief(total, ZONE), 1)


def test_the_log() -> None:
    """Who did it, and where."""
    act = msgspec.structs.replace(ACT, target=OperationId(ID))
    found = Listing(lines=((OperationId(ID), act),), more=False)

    harmless(history.words(found, ZONE, plain, verbose=True), 2)


def test_a_comparison() -> None:
    """Keys, symbols, actions and files of what differs."""
    state = State(positions=Pages.of(Position, [HELD]), transactions=Pages.of(Transaction, [TRADE]))
    empty = State(positions=Pages.of(Position, []), transactions=Pages.of(Transaction, []))
    sides = Side(state=empty), Side(state=state)
    found = Compared(
        names=("book", "book"), before=sides[0], after=sides[1], differences=differences(empty, state)
    )
    named = Sides(words="a"), Sides(words="b")

    harmless(difference.diff(Diff(a=named[0], b=named[1], parts=(found,)), ZONE, plain, verbose=True), 1 + 3)


def test_both_sides_beside_each_other() -> None:
    """The keys of positions."""
    state = State(positions=Pages.of(Position, [HELD]), transactions=Pages.of(Transaction, []))

    harmless("\n".join(both_sides(state, state, plain)), 1)
