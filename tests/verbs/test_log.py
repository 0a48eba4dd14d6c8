"""The log is read as far as it is listed, however long it is."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from snapsync import Env, log, plan
from snapsync.model.canon import ObjectId
from snapsync.model.stretch import Stretch
from snapsync.store.local import LocalPlace
from snapsync.store.store import Store
from snapsync.verbs.log import lines
from tests.conftest import Bot

LOOKS = 300


class Counting(LocalPlace):
    """A place that counts what is read of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reads = 0

    def get(self, id: ObjectId) -> bytes:
        self.reads += 1
        return super().get(id)


@pytest.fixture
def long(bot: Bot) -> tuple[Env, Counting]:
    """An env whose first look found drift, and that has looked hundreds of times in step since."""
    env = bot.env()
    plan(env)
    bot.run("apply", "--yes")
    plan(env)
    latest = env.store.latest()
    assert latest is not None
    for _ in range(LOOKS - 1):
        env.store.commit(msgspec.structs.replace(latest[1], parents=env.store.heads()))
    place = Counting(env.store.folder)
    return env.over(Store(env.store.folder, place, env.store.identity)), place


def test_few_lines_read_little(long: tuple[Env, Counting]) -> None:
    """A long stretch is read ten operations a line, and told as one that goes on."""
    env, place = long

    found = lines(env, 3)

    assert place.reads <= 3 * 10 + 2
    (stretch,) = found.lines
    assert isinstance(stretch, Stretch)
    assert (stretch.count, stretch.whole, found.more) == (30, False, True)


def test_all_lines_read_all(long: tuple[Env, Counting]) -> None:
    """Without a bound, and where something is sought, a stretch is read to its end."""
    env, _ = long

    stretch, *rest = lines(env, None).lines
    (apply,) = lines(env, 1, verbs=("apply",)).lines

    assert isinstance(stretch, Stretch)
    assert (stretch.count, stretch.whole, len(rest)) == (LOOKS, True, 2)
    assert rest[0] == apply


def test_the_iterator_is_lazy(long: tuple[Env, Counting]) -> None:
    """The first operations are had without reading the others."""
    env, place = long

    entries = log(env)
    for _ in range(5):
        next(entries)

    assert place.reads <= 5 + 1


def test_a_symbol_is_found_in_what_put_whole_files_back(bot: Bot) -> None:
    """Of an act whose plan names no changes, what the book gained or lost by it tells the symbols."""
    env = bot.env()
    plan(env)
    bot.run("apply", "--yes")
    plan(env)
    (_, step), (_, applied), (_, planned) = log(env)
    back = msgspec.structs.replace(
        applied, verb="recover", parents=env.store.heads(), book=planned.book, details=step.details
    )
    id = env.store.commit(back)

    assert next(found for found, _ in log(env, symbol="SPY")) == id
    assert id not in [found for found, _ in log(env, symbol="TSLA")]
