"""Does a long history cost anything? ``log``, ``plan`` and ``apply`` at 100 and at 10,000 operations."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from bench.library import unsynced
from bench.measure import Cost, interleaved, snapsync
from bench.results import Case, keep, rows
from snapsync import Env, apply, plan
from snapsync.config import template
from snapsync.model.canon import SnapshotId
from snapsync.model.history import BrokerSnapshot
from snapsync.model.instant import from_datetime
from snapsync.sandbox import Sandbox

OPERATIONS = (100, 10_000)
BANKROLL = '{{"current_bankroll": {amount}, "balance": {amount}, "peak_bankroll": {amount}}}\n'
EVERY = timedelta(minutes=1)
"""How far the looks of a history lie apart: as ``watch`` or cron make them."""


def long_history(_sizes: Sequence[int], rounds: int) -> Case:
    """A long history beside a short one."""
    with (
        tempfile.TemporaryDirectory(prefix="snapsync-bench-") as home,
        Sandbox("guide", rate_limit=10**9) as box,
    ):
        folders = {str(count): Path(home) / str(count) for count in OPERATIONS}
        for count in OPERATIONS:
            grow(folders[str(count)], box, count)
        amounts = iter(range(90_010, 91_000, 10))  # so near to each other that no rule asks for a yes
        costs = interleaved(
            rounds, {name: partial(_turn, folder, amounts) for name, folder in folders.items()}
        )
    return keep("history", rows(costs))


def grow(folder: Path, box: Sandbox, operations: int, every: timedelta = EVERY) -> None:
    """Make a bot's folder whose env has so many operations: a plan, an apply, and looks ever since.

    The looks are what a look in step stores (a Snapshot, a plan, an Operation), with a time of their own.
    """
    folder.mkdir()
    (folder / "config.yaml").write_text(template())
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in box.variables.items()))
    _book(folder, 90_000)
    env = Env.open("paper", config=folder / "config.yaml")
    with unsynced():
        plan(env)
        apply(env)
        in_step = plan(env)
        store = env.store
        like = store.operation(in_step.operation)
        snapshot = store.get(in_step.seen.look.broker_snapshot, BrokerSnapshot)
        now = datetime.now(UTC)
        for ago in range(operations - 3, 0, -1):
            at = from_datetime(now - ago * every)
            broker = SnapshotId(store.put(msgspec.structs.replace(snapshot, at=at)))
            details = store.put(msgspec.structs.replace(in_step.plan, at=at, broker=broker))
            look = msgspec.structs.replace(
                like, time=at, parents=store.heads(), broker=broker, details=details
            )
            store.commit(look)


def _turn(folder: Path, amounts: Iterator[int]) -> Iterator[tuple[str, Cost]]:
    """The book drifts, is planned, put right, and the log is read."""
    yield "plan, in step", snapsync(folder, "plan")
    _book(folder, next(amounts))
    yield "plan, with a change", snapsync(folder, "plan")
    yield "apply", snapsync(folder, "apply", "--yes")
    yield "log -n 20", snapsync(folder, "log", "-n", "20")


def _book(folder: Path, amount: int) -> None:
    (folder / "bankroll_alpaca_paper.json").write_text(BANKROLL.format(amount=amount))
