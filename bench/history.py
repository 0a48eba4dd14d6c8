"""Does a long history cost anything? ``log``, ``plan`` and ``apply`` at 100 and at 10,000 operations."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from snapsync import Env, apply, plan
from snapsync.config import template
from snapsync.model.canon import SnapshotId
from snapsync.model.history import BrokerSnapshot
from snapsync.model.instant import from_datetime

from .measure import Cost, run

BANKROLL = '{{"current_bankroll": {amount}, "balance": {amount}, "peak_bankroll": {amount}}}\n'
EVERY = timedelta(minutes=1)
"""How far the looks of a history lie apart: as ``watch`` or cron make them."""


def grow(folder: Path, operations: int) -> None:
    """Make a bot's folder whose env has so many operations: a plan, an apply, and looks ever since.

    The looks are what a look in step stores (a Snapshot, a plan, an Operation), with a time of their own.
    """
    folder.mkdir()
    (folder / "config.yaml").write_text(template())
    _book(folder, 90_000)
    env = Env.open("paper", config=folder / "config.yaml")
    with _unsynced():
        plan(env)
        apply(env)
        in_step = plan(env)
        store = env.store
        like = store.operation(in_step.operation)
        snapshot = store.get(in_step.seen.look.broker_snapshot, BrokerSnapshot)
        now = datetime.now(UTC)
        for ago in range(operations - 3, 0, -1):
            at = from_datetime(now - ago * EVERY)
            broker = SnapshotId(store.put(msgspec.structs.replace(snapshot, at=at)))
            details = store.put(msgspec.structs.replace(in_step.plan, at=at, broker=broker))
            look = msgspec.structs.replace(
                like, time=at, parents=store.heads(), broker=broker, details=details
            )
            store.commit(look)


def step(folder: Path) -> Callable[[int], Sequence[tuple[str, Cost]]]:
    """One round in a folder: the book drifts, is planned, put right, and the log is read."""

    def once(number: int) -> Sequence[tuple[str, Cost]]:
        in_step = run(folder, "plan")
        _book(folder, 90_000 + 10 * number)  # so near that no rule asks for a yes
        return [
            ("plan, in step", in_step),
            ("plan, with a change", run(folder, "plan")),
            ("apply", run(folder, "apply", "--yes")),
            ("log -n 20", run(folder, "log", "-n", "20")),
        ]

    return once


def _book(folder: Path, amount: int) -> None:
    (folder / "bankroll_alpaca_paper.json").write_text(BANKROLL.format(amount=amount))


def _nothing(fd: object) -> None:
    del fd


@contextmanager
def _unsynced() -> Iterator[None]:
    """Let nothing wait for the disk while a history is made up."""
    true = os.fsync
    os.fsync = _nothing
    try:
        yield
    finally:
        os.fsync = true
