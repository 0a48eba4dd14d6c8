"""The Ledger: every account activity seen, of every type. It is the evidence that plans point to.

Fills come from here, not from order lists: an order list hides what happened to orders submitted long
ago, and never shows fees, expiries, assignments or deposits (alpaca-api.md, sections 5 to 7).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .canon import Record
from .instant import Instant, day_of
from .pages import Pages

FILL = "FILL"
CANCELED = "canceled"
"""The status of a non-trade activity that is recorded but void."""
BUSTED = "busted"
"""Our word for a fill that the broker has taken back: it is not shown any more, and its effects are gone."""

FLOWS = frozenset({"CSD", "CSW", "JNLC", "JNL", "ACATC", "TRANS", "MEM"})
"""Money that came in or went out: never trading result (Alpaca's activity types)."""

OPTION_EVENTS = {
    "OPEXP": "expired",
    "OPASN": "assigned",
    "OPEXC": "exercised",
    "OPXRC": "exercised",
}
"""Activity types that remove option contracts without a fill, and what they do."""

DELIVERY = "OPTRD"
"""The type of the shares' side of an assignment or exercise."""

POSITION_EVENTS = frozenset(
    {
        "CFEE",
        "OPTRD",
        "SPLIT",
        "SPIN",
        "NC",
        "MA",
        "REORG",
        "REO",
        "VOF",
        "OPCA",
        "ACATS",
        "JNLS",
        "FOPT",
        "OCT",
    }
    | {"SC", "SSO", "SSP"}
    | OPTION_EVENTS.keys()
)
"""Activity types whose ``qty`` is a signed change of the position; three are old names."""


KNOWN_TYPES = (
    frozenset(
        [
            "FILL",
            "MISC",
            "CGD",
            "DIV",
            "DIVCGL",
            "DIVCGS",
            "DIVFEE",
            "DIVFT",
            "DIVNRA",
            "DIVROC",
            "DIVTW",
            "DIVTXEX",
            "DIVWH",
            "EXTRD",
            "FEE",
            "FXTRD",
            "INT",
            "INTNRA",
            "INTPNL",
            "INTTW",
            "OPCSH",
            "PTC",
            "PTR",
            "SWP",
            "WH",
            "CIL",
        ]
    )
    | FLOWS
    | POSITION_EVENTS
)
"""Every activity type that alpaca-api.md section 8 names; any other is kept, and said."""


class Activity(Record, frozen=True):
    """One account activity as Alpaca reports it, numbers exact, symbol in canonical form.

    A fill has ``side``, ``qty`` (of this execution, not negative), ``price`` and ``order_id``; any
    other type has ``net_amount`` in dollars (signed) and, where it moves a position, ``qty`` (signed).
    ``time`` is a fill's transaction time, else midnight in New York of its date. ``raw_symbol``
    keeps what Alpaca wrote where the canonical form differs.
    """

    type: str
    id: str
    symbol: str
    time: Instant
    side: str | None = None
    qty: Decimal | None = None
    price: Decimal | None = None
    net_amount: Decimal | None = None
    order_id: str | None = None
    sub_type: str | None = None
    status: str | None = None
    group_id: str | None = None
    created_at: Instant | None = None
    description: str | None = None
    raw_symbol: str | None = None

    @property
    def key(self) -> str:
        """The id alone is no key: an exercise and its stock leg were published with one (alpaca-api.md)."""
        return f"{self.type}:{self.id}:{self.symbol}"

    @property
    def bucket(self) -> str:
        return day_of(self.time)

    @property
    def void(self) -> bool:
        return self.status in {CANCELED, BUSTED}


Ledger = Pages[Activity]


def ledger(rows: Iterable[Activity]) -> Ledger:
    """A Ledger of these rows."""
    return Pages.of(Activity, rows)


def moves_bankroll(key: str) -> bool:
    """Whether an activity of this key may be a reason to correct the bankroll."""
    return key.partition(":")[0] in FLOWS | {FILL}


def flows(rows: Iterable[Activity]) -> tuple[Activity, ...]:
    """The deposits and withdrawals among these activities."""
    return tuple(row for row in rows if row.type in FLOWS and not row.void and row.net_amount)
