"""The bot's three files beside an account: true to it, but for the trades that were made by hand."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from .trades import NEW_YORK, Holding, Trade

SETTINGS = """
ALPACA_SYNC_BOT_ORDER_PREFIX: bot-
ALPACA_SYNC_BOOK_TIMEZONE: America/New_York
ALPACA_SYNC_TIMEZONE: America/New_York
ALPACA_SYNC_GRACE_SECONDS: 0
"""
BANKROLL = "bankroll_alpaca_paper.json"
POSITIONS = "positions_alpaca_paper.csv"
HISTORY = "logs/trade_history_alpaca_paper.csv"
HISTORY_HEAD = (
    "timestamp,symbol,action,quantity,price,total_cost,fees,reason,alpaca_order_id,source,broker,"
    "environment,sync_imported\n"
)
POSITIONS_HEAD = (
    "symbol", "occ_symbol", "strike", "option_type", "expiry", "quantity", "contracts", "entry_price",
    "current_price", "market_value", "pnl_amount", "entry_time", "status", "close_time", "exit_price",
    "source", "strategy",
)  # fmt: skip
_REASONS = ("breakout", "mean reversion", "stop", "target", "time exit")


def write_bankroll(folder: Path, dollars: str) -> None:
    """What the bot thinks that it owns."""
    text = (
        f'{{\n  "start_capital": 10000000.00,\n  "current_bankroll": {dollars},\n  "balance": {dollars},\n'
        f'  "peak_bankroll": {dollars},\n  "strategy_note": "mine"\n}}\n'
    )
    (folder / BANKROLL).write_text(text)


def write_positions(path: Path, held: Iterable[Holding], since: datetime) -> None:
    """The open positions."""
    entered = f"{(since - timedelta(days=1)).astimezone(NEW_YORK):%Y-%m-%d 10:02:00}"
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(POSITIONS_HEAD)
        rows.writerows(_position(each, entered) for each in held)


def write_history(path: Path, made: Iterable[Trade]) -> None:
    """A row for each of these trades, as the bot has appended them."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        file.write(HISTORY_HEAD)
        file.writelines(_rows(made))


def _rows(made: Iterable[Trade]) -> Iterator[str]:
    for number, each in enumerate(made):
        at = each.stamp
        total = each.qty * each.cents
        yield (
            f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[8:10]}:{at[10:12]}:{at[12:14]},{each.symbol},"
            f"{each.side.upper()},{each.qty},{each.cents // 100}.{each.cents % 100:02},{total}.00,,"
            f"{_REASONS[number % len(_REASONS)]},{each.order},bot,alpaca,paper,False\n"
        )


def _position(held: Holding, entered: str) -> tuple[object, ...]:
    symbol, price = held.symbol, f"{held.cents // 100}.{held.cents % 100:02}"
    root, rest = symbol[:-15], symbol[-15:]
    expiry = f"20{rest[:2]}-{rest[2:4]}-{rest[4:6]}"
    kind = "call" if rest[6] == "C" else "put"
    value = f"{held.qty * held.cents}.00"
    strike = f"{int(rest[7:]) / 1000:g}"
    return (
        root, symbol, strike, kind, expiry, held.qty, held.qty, price,
        price, value, "0.00", entered, "open", "", "", "bot", "leaps",
    )  # fmt: skip
