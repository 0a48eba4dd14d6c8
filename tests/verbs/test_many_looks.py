"""A year of looks in step takes little room, in few files."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from snapsync import Env
from snapsync.ends.alpaca import BrokerReading
from snapsync.ends.book import read
from snapsync.model.instant import from_datetime
from snapsync.store import reads, store
from snapsync.verbs.look import Seen, recall, seen, store_broker
from snapsync.verbs.plan import keep
from tests.conftest import Bot

LOOKS = 300
A_YEAR = 35_000


def wobbled(account: BrokerReading, now: datetime, chance: random.Random) -> BrokerReading:
    """The same account later: every price has moved, nothing else has."""

    def cents(low: int, high: int) -> Decimal:
        return Decimal(chance.randrange(low, high)) / 100

    marks = account.marks
    by = cents(-40_000, 40_000)
    prices = {
        key: msgspec.structs.replace(each, price=cents(100, 900), market_value=cents(10_000, 90_000))
        for key, each in marks.positions.items()
    }
    return msgspec.structs.replace(
        account,
        at=from_datetime(now),
        marks=msgspec.structs.replace(marks, equity=marks.equity + by, buying_power=by, positions=prices),
        manifest=msgspec.structs.replace(account.manifest, since=from_datetime(now)),
    )


def test_looks_in_step_stay_small(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the room that a few hundred looks take, 35,000 stay under 50 MB; files are few."""
    bot.run("plan")
    bot.run("apply", "--yes")
    bot.run("plan")
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(store, "LOOSE", 256)
    now, chance = [datetime.now(UTC)], random.Random(1)  # noqa: S311 - prices, not a secret
    env = Env.open("paper", config=bot.folder / "config.yaml", clock=lambda: now[0])
    book, latest = read(env.book_files), env.store.latest()
    assert latest
    assert latest[1].broker
    account, before, most = recall(env, latest[1].broker), packed(env.store.folder), 0
    for number in range(LOOKS):
        now[0] += timedelta(minutes=15)
        look = wobbled(account, now[0], chance)
        made = keep(env, Seen(reading=book, look=seen(env, book, look, store_broker(env.store, look))))
        assert not made.plan.drift
        if number % 25 == 0:
            most = max(most, reads.room(env.store.folder)[0])
    env.store.place.pack()

    each = (packed(env.store.folder) - before) / LOOKS
    assert each * A_YEAR < 50_000_000
    assert most < 2 * 256
    assert len(list((env.store.folder / "packs").iterdir())) <= 6
    assert len(list(env.store.log())) == LOOKS + 3


def packed(folder: Path) -> int:
    """The bytes of all packs."""
    return sum(path.stat().st_size for path in folder.glob("packs/*"))
