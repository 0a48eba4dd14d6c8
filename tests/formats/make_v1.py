"""Make the stored sample ``v1/``: ``python -m tests.formats.make_v1``, from the project's folder.

The guide's evening and morning, planned and applied, then undone and done again, with fixed times, actor
and store id; the sandbox's ids follow from its seed. Once format 1 is released, the sample is never made
again: later code must read it as it is. It holds ``store/``, whose older half is packed, the ``book/``
before both of its applies and after the last, ``interrupted/``, a journal, and ``collected/``, the store
after a gc.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import msgspec

from snapsync import Env, apply, plan, plan_undo
from snapsync.ends.book import Role
from snapsync.model.history import Actor, BookSnapshot
from snapsync.model.kept import Keep
from snapsync.sandbox import Sandbox
from snapsync.store.journal import Journal, Write, write_journal
from snapsync.store.store import Store
from snapsync.verbs.gc import gc
from tests import machine

SAMPLE = Path(__file__).with_name("v1")
STORE_ID = "0123456789abcdef0123456789abcdef"
EVENING = datetime(2025, 8, 20, 20, 30, tzinfo=UTC)
MORNING = datetime(2025, 8, 21, 15, 30, tzinfo=UTC)
ACTOR = Actor(user="trader", host="bot-host", machine="0123456789abcdef")

FILES = {
    "bankroll": "bankroll_alpaca_paper.json",
    "positions": "positions_alpaca_paper.csv",
    "history": "logs/trade_history_alpaca_paper.csv",
}
CONFIG = """ALPACA_SYNC_BOT_ORDER_PREFIX: bot-
ALPACA_SYNC_BOOK_TIMEZONE: America/New_York
ALPACA_SYNC_TIMEZONE: America/New_York
"""
BOOK = {
    "bankroll": '{\r\n  "current_bankroll": 95000.00,\r\n  "balance": 95000.00,\r\n'
    '  "note": "\\u00fc ü"\r\n}\r\n',
    "positions": "symbol,occ_symbol,quantity,contracts,entry_price,entry_time,status,my_column\n"
    "QQQ,QQQ250822P00480000,2,2,1.85,2025-08-20 10:02:00,open,keep me\n",
    "history": "timestamp,symbol,action,quantity,price,total_cost,alpaca_order_id,reason\n"
    '2025-08-20 10:02:00,QQQ250822P00480000,BUY,2,1.85,370.00,,"break, out"\n',
}
POSITION = "IWM,IWM250829C00225000,10,10,1.10,2025-08-21 11:00:00,open,\n"
TRADE = "2025-08-21 11:00:00,IWM250829C00225000,BUY,10,1.10,1100.00,{order},breakout\n"


def make(folder: Path) -> None:
    """Make the sample in a folder that is empty."""
    with tempfile.TemporaryDirectory() as temporary:
        bot = Path(temporary) / "bot"
        _begin(bot)
        with (
            Sandbox("guide", until="before") as sandbox,
            sandbox.world.clock.stopped(),  # a slow machine must not make another second of it
            _variables(sandbox),
        ):
            sandbox.do({"do": "clock", "to": "2025-08-20 16:30"})
            _keep_book(bot, folder / "book" / "1-evening")
            _plan_and_apply(bot, EVENING)
            _env(bot, EVENING).store.place.pack()
            sandbox.stage("after")
            orders = sandbox.world.orders.values()
            order = next(each.id for each in orders if each.client_order_id == "bot-iwm-0821")
            _append(bot / FILES["positions"], POSITION)
            _append(bot / FILES["history"], TRADE.format(order=order))
            _keep_book(bot, folder / "book" / "2-morning")
            _plan_and_apply(bot, MORNING)
            _keep_book(bot, folder / "book" / "3-applied")
            plan(_env(bot, MORNING + timedelta(minutes=2)))
            for minutes in (3, 4):  # there and back
                env = _env(bot, MORNING + timedelta(minutes=minutes))
                back = plan_undo(env)
                apply(_env(bot, MORNING + timedelta(minutes=minutes, seconds=30)), back, confirmed=True)
        state = bot / "state" / "paper"
        for lock in state.glob("lock*"):
            lock.unlink()
        shutil.copytree(state, folder / "store", copy_function=shutil.copyfile)
        _interrupted(Store.open(state, "paper"), folder / "interrupted")
        _collected(bot, folder / "collected")


def _begin(bot: Path) -> None:
    (bot / "logs").mkdir(parents=True)
    (bot / "config.yaml").write_text(CONFIG)
    for role, name in FILES.items():
        (bot / name).write_bytes(BOOK[role].encode())
    store = Store.create(bot / "state" / "paper", "paper")
    store.identity = msgspec.structs.replace(store.identity, store=STORE_ID)
    store._write_identity()


def _env(bot: Path, now: datetime) -> Env:
    env = Env.open("paper", config=bot / "config.yaml", clock=lambda: now)
    env.actor = ACTOR
    return env


def _plan_and_apply(bot: Path, now: datetime) -> None:
    plan(_env(bot, now))
    apply(_env(bot, now + timedelta(minutes=1)))


def _interrupted(store: Store | None, folder: Path) -> None:
    """The journal of the last apply, as it stood while that wrote."""
    assert store is not None
    act = next(operation for _, operation in store.log() if operation.verb == "apply")
    made = next(each for _, each in store.log() if each.verb == "plan" and each.plan == act.plan)
    assert act.book
    assert made.book
    assert made.agreed
    assert act.agreed
    before = store.get(made.book, BookSnapshot).images
    after = store.get(act.book, BookSnapshot).images
    writes = tuple(
        Write(role=cast("Role", role), path=f"/bots/paper/{name}", before=before[role], after=after[role])
        for role, name in FILES.items()
    )
    agreed = msgspec.structs.replace(act.agreed, book=made.book)
    folder.mkdir()
    write_journal(
        folder, Journal(draft=msgspec.structs.replace(act, book=None, agreed=agreed), writes=writes)
    )


def _collected(bot: Path, folder: Path) -> None:
    """The store two days later, after a gc that has kept the newest act alone."""
    state = bot / "state" / "paper"
    for path in state.rglob("*"):
        os.utime(path, (EVENING.timestamp(), EVENING.timestamp()))
    gc(_env(bot, MORNING + timedelta(days=2)), Keep(last=1))
    for lock in state.glob("lock*"):
        lock.unlink()
    shutil.copytree(state, folder, copy_function=shutil.copyfile)
    for empty in (folder / "objects").iterdir():
        empty.rmdir()
    (folder / "objects").rmdir()


def _keep_book(bot: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for role, name in FILES.items():
        shutil.copyfile(bot / name, folder / role)


def _append(path: Path, row: str) -> None:
    with path.open("a") as file:
        file.write(row)


@contextmanager
def _variables(sandbox: Sandbox) -> Iterator[None]:
    before = dict(os.environ)
    for name in machine.variables():
        del os.environ[name]
    os.environ["ALPACA_PAPER_BASE_URL"] = sandbox.url
    os.environ["ALPACA_PAPER_API_KEY"] = sandbox.key
    os.environ["ALPACA_PAPER_SECRET_KEY"] = sandbox.secret
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    if SAMPLE.exists():
        shutil.rmtree(SAMPLE)
    make(SAMPLE)
    sys.stdout.write(f"{sum(1 for each in SAMPLE.rglob('*') if each.is_file())} files in {SAMPLE.name}\n")
