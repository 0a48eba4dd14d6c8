"""A bot that trades, notes, is late, and edits its files while snapsync plans and applies: no row is lost."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from snapsync import apply, plan
from snapsync.errors import BookError, PlanError
from tests.conftest import Bot as Folder

CONTRACTS = ("SPY250822C00635000", "QQQ250822P00480000")
POSITIONS = "symbol,occ_symbol,quantity,contracts,entry_price,entry_time,status,my_column\n"
HISTORY = "timestamp,symbol,action,quantity,price,total_cost,alpaca_order_id,reason\n"


class Trader:
    """Writes as bots do: rows at the end, remarks into rows that are there, always its own columns alone."""

    contracts = CONTRACTS

    def __init__(self, folder: Folder, seed: int) -> None:
        self.folder = folder
        self.dice = random.Random(seed)  # noqa: S311 - a course of events, no secret
        self.remarks: dict[Path, dict[str, str]] = {folder.positions: {}, folder.history: {}}
        self.unnoted: list[str] = []
        self.count = 0

    def step(self) -> None:
        """One thing of those that a bot does."""
        self.dice.choice([self.trade, self.note, self.watch, self.remark, self.trade])()

    def trade(self) -> None:
        """Buy; the row may come at once, or late."""
        self.count += 1
        order = {"do": "buy", "symbol": self.dice.choice(self.contracts), "qty": self.dice.randint(1, 3)}
        self.folder.sandbox.do(
            order | {"price": "2.40", "client_order_id": f"bot-{self.count}"}, {"do": "clock", "by": "5m"}
        )
        self.unnoted.append(f"bot-{self.count}")
        if self.dice.random() < 0.5:
            self.note()

    def note(self) -> None:
        """Write the row of an order, with its id."""
        if self.unnoted:
            name = self.unnoted.pop(0)
            order = next(
                each for each in self.folder.sandbox.world.orders.values() if each.client_order_id == name
            )
            cells = f"2025-08-21 11:00:00,{order.ticket.symbol},BUY,{order.filled_qty},2.40,,{order.id}"
            self.append(self.folder.history, cells, name)

    def watch(self) -> None:
        """Write rows that are no holding and no trade, into both files."""
        self.count += 1
        self.append(self.folder.positions, "DIA,DIA250829C00450000,1,1,2.10,,closed", f"seen-{self.count}")
        self.append(self.folder.history, "2025-08-21 11:00:00,DIA,NO_TRADE,,,,", f"seen-{self.count}")

    def append(self, path: Path, cells: str, remark: str) -> None:
        """One row, in one write; the header may have grown."""
        self.remarks[path][remark] = remark
        with path.open("ab", buffering=0) as file:
            file.write(f"{cells},{remark}\n".encode())

    def remark(self) -> None:
        """Change a remark in a row of its own, as an editor does: another file under the same name."""
        path = self.dice.choice([self.folder.positions, self.folder.history])
        if self.remarks[path]:
            name = self.dice.choice([*self.remarks[path]])
            old, new = self.remarks[path][name], f"{name}/{self.dice.randint(0, 999)}"
            text = path.read_text()
            assert text.count(f",{old}\n") + text.count(f",{old},") == 1
            text = text.replace(f",{old}\n", f",{new}\n").replace(f",{old},", f",{new},")
            path.with_suffix(".tmp").write_text(text)
            path.with_suffix(".tmp").replace(path)
            self.remarks[path][name] = new

    def assert_all_there(self) -> None:
        """Every row that it ever wrote is there once, with its last remark."""
        for path, name in ((self.folder.positions, "my_column"), (self.folder.history, "reason")):
            with path.open(newline="") as file:
                found = Counter(row[name] for row in csv.DictReader(file))
            assert {each: found[each] for each in self.remarks[path].values()} == dict.fromkeys(
                self.remarks[path].values(), 1
            )


def sync(folder: Folder) -> None:
    """Plan and apply; the bot may be quicker, then nothing was written."""
    env = folder.env()
    # it may be that the files never rest, or that the plan no longer fits
    with suppress(BookError, PlanError):
        if plan(env).plan.drift:
            apply(env)


def _long_ago(count: int) -> str:
    """Rows of another year; so many that the history is not read whole each time."""
    row = "2024-01-02 10:00:00,SPY250117C00635000,BUY,1,2.40,240.00,,an old breakout"
    return "".join(f"{row} {number}\n" for number in range(count))


@pytest.mark.parametrize("old", [0, 5_000])
@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.exhaustive) for n in range(1, 9))])
def test_no_row_of_the_bots_is_lost(bot_at: Callable[..., Folder], seed: int, old: int) -> None:
    """Whatever it writes between look, plan and apply: its rows stay, and each order is there once."""
    folder = bot_at("quiet")
    folder.history.parent.mkdir()
    folder.positions.write_text(POSITIONS)
    folder.history.write_text(HISTORY + _long_ago(old))
    trader = Trader(folder, seed)
    env = folder.env()

    for _ in range(10):
        trader.step()
        made = plan(env).plan
        trader.step()
        if made.drift:
            with suppress(PlanError):  # it may no longer fit
                apply(env)
        trader.assert_all_there()
    while trader.unnoted:
        trader.note()
    for _ in range(3):
        sync(folder)

    trader.assert_all_there()
    assert not plan(env).plan.drift
    with folder.history.open(newline="") as file:
        ids = Counter(row["alpaca_order_id"] for row in csv.DictReader(file) if row["alpaca_order_id"])
    filled = [each.id for each in folder.sandbox.world.orders.values() if each.filled_qty]
    assert {order: ids[order] for order in filled} == dict.fromkeys(filled, 1)
    assert ids.keys() == {*filled}


@pytest.mark.parametrize("old", [0, 5_000])
def test_rows_added_all_the_while_are_kept(bot_at: Callable[..., Folder], old: int) -> None:
    """A bot that goes on appending, in a thread of its own: every row is there once in the end."""
    folder = bot_at("quiet")
    folder.history.parent.mkdir()
    folder.positions.write_text(POSITIONS)
    folder.history.write_text(HISTORY + _long_ago(old))
    trader, done = Trader(folder, 0), Event()

    def write() -> None:
        while not done.is_set():
            trader.watch()
            done.wait(0.2)  # files that never rest cannot be read, and then nothing is written

    thread = Thread(target=write)
    thread.start()
    try:
        for _ in range(4):
            trader.folder.sandbox.do(
                {"do": "buy", "symbol": CONTRACTS[0], "qty": 1, "price": "2.40"}, {"do": "clock", "by": "5m"}
            )
            sync(folder)
    finally:
        done.set()
        thread.join()

    trader.assert_all_there()
    sync(folder)
    trader.assert_all_there()
    assert not plan(folder.env()).plan.drift
