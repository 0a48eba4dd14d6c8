"""A large account and the bot's book beside it: to measure with, and to profile by hand.

::

    python -m bench.world --size 1000000 --folder /tmp/w1m --serve   # makes both, serves the account, waits
    cd /tmp/w1m && snapsync plan                                     # .env there points at it
    python -m bench.world --folder /tmp/w1m --fill                   # one new trade, made by hand

Serving a folder again makes the same account anew. Trades that were added since are forgotten: start with
``--fresh`` then.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import msgspec

from snapsync.config import template
from snapsync.sandbox import Sandbox, World, bulk
from snapsync.sandbox.activities import Fill
from snapsync.sandbox.orders import Order, Ticket
from snapsync.sandbox.positions import Position
from snapsync.sandbox.symbols import instrument

from . import book
from .trades import SECOND, Trade, holdings, sessions, trades

_MADE = "bench.json"
_CASH = Decimal(10_000_000)


class Made(msgspec.Struct, frozen=True):
    """What a folder was made from: all else follows."""

    size: int
    now: datetime


def make(folder: Path, size: int, now: datetime | None = None) -> Made:
    """Write the book and the settings of a bot with so many trades; the account is made when it is served."""
    made = Made(size, now or datetime.now(UTC).replace(microsecond=0))
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(template() + book.SETTINGS)
    since = datetime.combine(sessions(made.now)[0], datetime.min.time(), UTC)
    book.write_positions(folder / book.POSITIONS, holdings(made.now), since)
    known = (each for each in trades(size, made.now) if not each.by_hand)
    book.write_history(folder / book.HISTORY, known)
    (folder / _MADE).write_bytes(msgspec.json.encode(made))
    return made


def made_from(folder: Path) -> Made:
    """What a folder was made from."""
    return msgspec.json.decode((folder / _MADE).read_bytes(), type=Made)


def account(made: Made) -> World:
    """The account beside the book; its clock stands at the end of the last session."""
    first = datetime.combine(sessions(made.now)[0], datetime.min.time(), UTC) - timedelta(days=30)
    world = World(now=int(first.timestamp()) * SECOND, cash=_CASH, seed="bench")
    past = list(trades(made.size, made.now))
    held = (
        Position(
            instrument=instrument(each.symbol), qty=Decimal(each.qty), avg_entry_price=_dollars(each.cents)
        )
        for each in holdings(made.now)
    )
    bulk.load(world, [_order(each) for each in past], [_fill(each) for each in past], held)
    return world


def serve(folder: Path) -> int:
    """Serve the account of a folder until a signal, with the address and the keys in the folder's .env."""
    gc.disable()
    world = account(made_from(folder))
    gc.freeze()
    gc.enable()
    with world.held():
        world.advance_to(int(datetime.now(UTC).timestamp()) * SECOND)
        world.clock.start()
        if not (folder / book.BANKROLL).exists():
            book.write_bankroll(folder, f"{world.equity:.2f}")
    with Sandbox(world, rate_limit=10**9) as box:
        (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in box.variables.items()))
        print("\n".join(f"export {name}={value}" for name, value in box.variables.items()), flush=True)
        print("ready", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


class Door:
    """The control door of the account that serves a folder."""

    def __init__(self, folder: Path) -> None:
        lines = (line.partition("=") for line in (folder / ".env").read_text().splitlines())
        self.variables = {name: value for name, _, value in lines}
        self._url = f"{self.variables['ALPACA_PAPER_BASE_URL']}/control"
        self._keys = {
            "APCA-API-KEY-ID": self.variables["ALPACA_PAPER_API_KEY"],
            "APCA-API-SECRET-KEY": self.variables["ALPACA_PAPER_SECRET_KEY"],
        }

    def requests(self) -> int:
        """How many requests the account has answered."""
        return int(self._ask("/world")["requests"])

    def fill(self) -> None:
        """One new trade by hand: something is bought, or what was bought last is sold again.

        The account's clock moves on by a second before and after it: a trade of the very second of an earlier
        look may have been told there already, one of the very second of a later look is left to the bot.
        """
        number = int(self._ask("/world")["orders"])
        expiry = datetime.now(UTC) + timedelta(days=40)
        symbol = f"SPY{expiry:%y%m%d}C{600_000 + 1_000 * (number // 2 % 1000):08}"
        step = {"do": "sell" if number % 2 else "buy", "symbol": symbol, "qty": 1, "price": "2.40"}
        later = {"do": "clock", "by": "1s"}
        self._ask("", json.dumps([later, step, later]).encode())

    def _ask(self, path: str, body: bytes | None = None) -> dict[str, int]:
        request = urllib.request.Request(self._url + path, body, self._keys)  # noqa: S310 - loopback
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
            return msgspec.json.decode(answer.read(), type=dict)


class Served:
    """The account of a folder, served by a process of its own inside the ``with`` block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Door:
        words = [sys.executable, "-m", "bench.world", "--folder", str(self.folder), "--serve"]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        for line in self._process.stdout or ():
            if line == "ready\n":
                return Door(self.folder)
        raise RuntimeError("the account is not served")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def main(args: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser("python -m bench.world", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--size", type=int, default=1_000, help="how many trades (an even number)")
    parser.add_argument("--fresh", action="store_true", help="begin anew, whatever the folder holds")
    parser.add_argument("--serve", action="store_true", help="serve the account until Ctrl-C")
    parser.add_argument(
        "--fill", action="store_true", help="make one new trade in the account that is served"
    )
    asked = parser.parse_args(args)
    if asked.fill:
        Door(asked.folder).fill()
        return 0
    if asked.fresh and (asked.folder / _MADE).exists():
        shutil.rmtree(asked.folder)
    if not (asked.folder / _MADE).exists():
        make(asked.folder, asked.size)
    return serve(asked.folder) if asked.serve else 0


def _order(trade: Trade) -> Order:
    sent = trade.at - SECOND
    qty, price = Decimal(trade.qty), _dollars(trade.cents)
    return Order(
        id=trade.order,
        client_order_id=trade.client,
        ticket=Ticket(symbol=trade.symbol, side=trade.side, qty=qty, type="limit", limit=price),
        submitted=sent,
        created=sent + 400_000,
        updated=trade.at + 300_000,
        expires=trade.at,
        status="filled",
        filled_qty=qty,
        value=qty * price,
        filled_at=trade.at,
    )


def _fill(trade: Trade) -> Fill:
    qty = Decimal(trade.qty)
    return Fill(
        id=trade.fill,
        time=trade.at,
        order_id=trade.order,
        symbol=trade.symbol,
        side=trade.side,
        qty=qty,
        price=_dollars(trade.cents),
        cum_qty=qty,
        leaves_qty=Decimal(0),
    )


@cache
def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


if __name__ == "__main__":
    raise SystemExit(main())
