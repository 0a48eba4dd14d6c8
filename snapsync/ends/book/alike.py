"""Which of a bot's columns are likely one of ours under another name: proposed to a person, never assumed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from .sheet import Names

_NO_LETTER = re.compile(r"[^a-z0-9]+")
_SLIP = 0.85
"""How alike a misspelled name must be, of 1."""

_CALLED: Mapping[str, tuple[str, ...]] = {
    "symbol": ("sym", "instrument", "contract", "asset", "stock", "security"),
    "occ_symbol": ("occ", "occsym", "optioncontract", "contractid"),
    "underlying": ("root", "rootsymbol"),
    "strike": ("k", "strikepx"),
    "option_type": ("cp", "callput", "putcall", "optiontype", "callorput"),
    "expiry": ("exp", "expires", "expdate", "maturity"),
    "quantity": ("shares", "size", "units", "lots", "filledqty", "positionsize", "numcontracts"),
    "entry_price": (
        "avgcost",
        "averagecost",
        "avgprice",
        "averageprice",
        "buyprice",
        "openprice",
        "purchaseprice",
        "costpershare",
        "fillprice",
    ),
    "entry_time": ("entrydate", "opendate", "opened", "dateopened", "timeopened", "boughtat"),
    "close_time": ("exittime", "exitdate", "closedate", "closedat"),
    "current_price": ("last", "lastprice", "mark", "markprice", "marketprice"),
    "close_reason": ("exitreason",),
    "status": ("state",),
    "timestamp": (
        "tradetime",
        "tradedate",
        "filltime",
        "filledat",
        "executedat",
        "executiontime",
        "transactiontime",
        "createdat",
        "when",
        "ts",
    ),
    "action": ("direction", "orderside", "buysell", "tradetype", "transactiontype", "bs"),
    "price": (
        "avgprice",
        "avgcost",
        "averagecost",
        "averageprice",
        "avgfillprice",
        "filledavgprice",
        "executionprice",
        "tradeprice",
        "fillpx",
        "px",
    ),
    "alpaca_order_id": ("orderid", "alpacaid", "brokerorderid", "orderuuid"),
    "current_bankroll": (
        "bankroll",
        "currentbalance",
        "accountbalance",
        "capital",
        "currentcapital",
        "equity",
    ),
    "peak_bankroll": ("peak", "peakbalance", "highwatermark"),
    "start_capital": ("initialcapital", "startingcapital", "startbalance", "initialbalance"),
}
"""What else our columns are called; without capitals and all that is no letter or digit."""

_TOGETHER = (
    frozenset({"quantity", "contracts"}),
    frozenset({"price", "fill_price", "premium"}),
    frozenset({"action", "decision"}),
    frozenset({"entry_time", "timestamp"}),
    frozenset({"current_bankroll", "balance"}),
)
"""Where a file has one of these, none of the others is looked for."""
_ANY_SYMBOL = frozenset({"symbol", "occ_symbol", "underlying"})


def alike(foreign: Iterable[str], names: Names, have: Collection[str]) -> dict[str, str]:
    """Which of these columns are likely one of ours that the file lacks.

    Args:
        foreign: columns that are not understood, as the file calls them.
        names: our columns.
        have: those of ours that the file has.

    Returns:
        The file's name → ours; each of ours once at most.
    """
    lacking = [name for name in names if name not in _settled(have)]
    found: dict[str, str] = {}
    for head in foreign:
        free = [name for name in lacking if name not in _settled(found.values())]
        ours = _meant(head, names, free)
        if ours:
            found[head] = ours
    return found


def _settled(have: Collection[str]) -> set[str]:
    """What need not be looked for where a file has these."""
    there = set(have)
    there |= {name for group in _TOGETHER if group & there for name in group}
    return there | ({"symbol", "underlying"} if _ANY_SYMBOL & there else set())


def _meant(head: str, names: Names, lacking: list[str]) -> str | None:
    word = _bare(head)
    if not word:
        return None
    spelled = {_bare(each): name for name in lacking for each in (name, *names[name])}
    if word in spelled:
        return spelled[word]
    called = next((name for name in lacking if word in _CALLED.get(name, ())), None)
    if called:
        return called
    from difflib import get_close_matches  # noqa: PLC0415 - only for init

    close = get_close_matches(word, spelled, n=1, cutoff=_SLIP)
    return spelled[close[0]] if close else None


def _bare(name: str) -> str:
    return _NO_LETTER.sub("", name.lower())
