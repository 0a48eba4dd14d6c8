"""``gc``: what is to be kept is whole, what goes is written down, and nobody at work loses anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from snapsync import Env, apply, plan
from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ImageId, identify
from snapsync.model.history import BookSnapshot
from snapsync.model.image import image_bytes
from snapsync.model.instant import midnight
from snapsync.model.kept import Keep
from snapsync.model.state import stored_state
from snapsync.store.journal import Journal, Write, write_journal
from snapsync.verbs.gc import gc
from snapsync.verbs.look import look
from snapsync.verbs.plan import keep
from snapsync.verbs.verify import verify
from tests.conftest import Bot

DAYS = 5


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the folder of the old bot is kept, once it is made."""
    return tmp_path_factory.mktemp("kept") / "old"


def env_at(bot: Bot, days_ago: float) -> Env:
    """The env as it was opened so many days ago."""
    now = datetime.now(UTC) - timedelta(days=days_ago)
    return Env.open("paper", config=bot.folder / "config.yaml", clock=lambda: now)


@pytest.fixture
def old(bot: Bot, made_once: Path) -> Bot:
    """A bot that has planned each day, with an apply on the first, and has changed its files each day."""
    if not made_once.exists():
        _live(bot)
        shutil.copytree(bot.folder, made_once)
    shutil.copytree(made_once, bot.folder, dirs_exist_ok=True)
    age(bot, hours=3)
    return bot


def _live(bot: Bot) -> None:
    for day in range(DAYS, 0, -1):
        plan(env_at(bot, day))
        if day == DAYS:
            apply(env_at(bot, day))
        with bot.positions.open("a") as file:
            file.write(f"DIA,DIA250829C0045{day}000,1,1,2.10,2025-08-21 11:31:00,open,day {day}\n")


def age(bot: Bot, hours: float) -> None:
    """Make everything that is stored so much older."""
    then = time.time() - hours * 3600
    for path in (bot.folder / "state").rglob("*"):
        os.utime(path, (then, then))


def state(bot: Bot) -> Path:
    """The store's folder."""
    return bot.folder / "state" / "paper"


def books(bot: Bot) -> list[bool]:
    """Of each act, newest first, whether its book's files and its states are all there."""
    store = bot.env().store

    def whole(id: str) -> bool:
        try:
            snapshot = store.get(id, BookSnapshot)  # type: ignore[arg-type]
            for image in snapshot.images.values():
                image_bytes(ImageId(image), store.place.get)
            list(stored_state(snapshot.state, store.place.get).transactions)
        except StoreError as error:
            return (error.summary, error.exit) != ("This was collected by gc.", Exit.STORE)
        return True

    return [whole(str(act.book)) for _, act in store.log()]


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_policy_that_keeps_nothing_is_refused(old: Bot, options: tuple[str, ...]) -> None:
    """Without a word on what to keep nothing goes."""
    ran = old.run("gc", *options)

    assert ran.code == Exit.USAGE
    assert "what to keep" in ran.err
    assert all(books(old))


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5"])
@pytest.mark.parametrize("option", ["--keep-last", "--keep-days"])
def test_a_policy_is_a_count(old: Bot, option: str, value: str) -> None:
    """None at all, or less, is no policy."""
    assert old.run("gc", option, value).code == Exit.USAGE


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (("--keep-last", "1"), [True, False, False, False, True, False]),
        (("--keep-last", "3"), [True, True, True, False, True, False]),
        (("--keep-days", "2"), [True, False, False, False, True, False]),
        (("--keep-days", "3"), [True, True, False, False, True, False]),
        (("--keep-last", "2", "--keep-days", "4"), [True, True, True, False, True, False]),
        (("--keep-last", "1000"), [True] * 6),
    ],
    ids=str,
)
def test_what_either_option_keeps_is_kept(old: Bot, policy: tuple[str, ...], kept: list[bool]) -> None:
    """The newest acts, those of the last days, the head and its agreed point (the apply) are whole."""
    log = old.run("log", "-v").out
    would = old.run("gc", *policy, "--dry-run", "--json").json
    assert all(books(old))
    did = old.run("gc", *policy, "--json").json

    assert books(old) == kept
    assert (would["removed"], would["removable"]) == ([], did["removed"])
    assert bool(did["removed"]) is not all(kept)
    assert old.run("log", "-v").out == log
    assert old.run("verify").code == 0
    assert old.run("plan").code == 0
    assert old.run("verify").code == 0


def test_a_dry_run_changes_nothing(old: Bot) -> None:
    """It says with numbers and reasons what would go; not a byte of the store is touched."""
    before = {path: path.stat().st_mtime_ns for path in state(old).rglob("*")}
    ran = old.run("gc", "--keep-last", "1", "--dry-run")

    assert ran.code == 0
    assert "would go: only in" in " ".join(ran.out.split())
    assert "always kept" in ran.out
    assert max(map(len, ran.out.splitlines()[1:])) <= 80
    assert {path: path.stat().st_mtime_ns for path in state(old).rglob("*")} == before


def test_everything_is_packed_afterwards(old: Bot) -> None:
    """What is left lies in one pack, and takes less room."""
    ran = old.run("gc", "--keep-last", "1", "--json")

    assert ran.json["files"]["after"] < ran.json["files"]["before"]
    assert ran.json["bytes"]["after"] < ran.json["bytes"]["before"]
    assert len(list((state(old) / "packs").iterdir())) == 1
    assert not [path for path in (state(old) / "objects").rglob("*") if path.is_file()]


def test_packed_objects_are_collected_too(old: Bot) -> None:
    """A pack that holds what goes is made anew without it."""
    old.env().store.place.pack()
    age(old, hours=3)
    before = old.run("gc", "--keep-last", "1", "--dry-run", "--json").json["removable"]
    old.run("gc", "--keep-last", "1")

    assert before
    assert not {*before} & {*old.env().store.place.ids()}
    assert books(old) == [True, False, False, False, True, False]


def test_collected_twice_is_collected_once(old: Bot) -> None:
    """The second gc has nothing to do and leaves no record; a stricter one has another."""
    old.run("gc", "--keep-last", "3")
    age(old, hours=3)
    again = old.run("gc", "--keep-last", "3", "--json").json
    assert (again["removed"], again["record"]) == ([], None)

    assert old.run("gc", "--keep-last", "1", "--json").json["removed"]
    assert len(list((state(old) / "collected").iterdir())) == 2
    assert old.run("verify").code == 0


def test_what_was_collected_is_not_what_was_lost(old: Bot) -> None:
    """After a gc a loss is still a loss."""
    old.run("gc", "--keep-last", "1")
    [pack] = (state(old) / "packs").iterdir()
    pack.unlink()

    assert old.run("verify").code == Exit.INTEGRITY


def test_what_is_young_stays(old: Bot) -> None:
    """Nothing that was stored within the hour goes, nor what was the head within the hour."""
    age(old, hours=0.5)

    assert old.run("gc", "--keep-last", "1", "--json").json["removed"] == []
    assert all(books(old))


def test_what_failed_acts_left_goes(old: Bot) -> None:
    """Objects that no act leads to are collected as well; an act that no head leads to stays whole."""
    store = old.env().store
    chunk = b"snapsync chunk 1\nleft over\n"
    store.place.put(identify(chunk), chunk)
    age(old, hours=3)

    assert identify(chunk) in old.run("gc", "--keep-last", "1", "--json").json["removed"]


def test_a_damaged_store_is_not_tidied(old: Bot) -> None:
    """Where something cannot be read, nothing is taken away."""
    id = min(old.env().store.place.ids())
    path = state(old) / "objects" / id[:2] / id[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-2])
    ran = old.run("gc", "--keep-last", "1")

    assert ran.code == Exit.INTEGRITY
    assert "verify" in ran.err
    assert not (state(old) / "collected").exists()


def test_a_collected_image_can_come_back(old: Bot) -> None:
    """A book that becomes again what it was once is stored again, though it was collected."""
    first = old.env().store
    oldest = list(first.log())[-1][1]
    assert oldest.book
    files = first.get(oldest.book, BookSnapshot).images
    data = image_bytes(ImageId(files["positions"]), first.place.get)
    old.run("gc", "--keep-last", "1")
    assert not old.env().store.place.has(files["positions"])

    old.positions.write_bytes(data or b"")
    assert old.run("plan").code == 0

    assert old.env().store.place.has(files["positions"])
    assert old.run("verify").code == 0


def test_what_came_back_and_is_lost_then_is_lost(old: Bot) -> None:
    """What gc took once excuses nothing that the newest act needs: verify says so, and by whom."""
    store = old.env().store
    oldest = list(store.log())[-1][1]
    assert oldest.book
    image_ = ImageId(store.get(oldest.book, BookSnapshot).images["positions"])
    data = image_bytes(image_, store.place.get)
    old.run("gc", "--keep-last", "1")
    old.positions.write_bytes(data or b"")
    assert old.run("plan").code == 0

    path = state(old) / "objects" / image_[:2] / image_[2:]
    path.unlink()

    found = verify(old.env())
    assert [each.ids for each in found.damage] == [(image_,)]
    assert "missing" in found.damage[0].summary
    assert old.env().store.heads()[0] in found.damage[0].needed
    assert old.run("verify").code == Exit.INTEGRITY


def test_what_a_crash_left_in_the_store_is_swept(old: Bot) -> None:
    """Temporaries of ours that no living process can mean go with gc, wherever in the store they lie."""
    left = [state(old) / each / f".snapsync-{'0' * 16}" for each in (".", "objects/ab", "heads", "packs")]
    for path in left:
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(b"half of some object")
    young = state(old) / "heads" / f".snapsync-{'1' * 16}"
    age(old, hours=2)
    young.write_bytes(b"somebody is at work")

    assert old.run("gc", "--keep-last", "5").code == 0

    assert not any(path.exists() for path in left)
    assert young.exists()


def test_what_a_planner_relied_on_is_stored_again(old: Bot) -> None:
    """A planner that found an object there, which is collected before its commit, does not lose it."""
    store = old.env().store
    oldest = list(store.log())[-1][1]
    assert oldest.book
    files = store.get(oldest.book, BookSnapshot).images
    old.positions.write_bytes(image_bytes(ImageId(files["positions"]), store.place.get) or b"")
    planner = old.env()
    seen = look(planner)

    gc(old.env(), Keep(last=1))
    assert not old.env().store.place.has(files["positions"])
    made = keep(planner, seen)

    assert old.env().store.heads() == (made.operation,)
    assert old.env().store.place.has(files["positions"])
    found = verify(old.env())
    assert found.good, found.damage


def test_gc_beside_planners(old: Bot) -> None:
    """Two gcs again and again beside six planners: nobody fails, and nothing that is needed goes."""

    def start(*args: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "snapsync", *args]
        return subprocess.Popen(command, cwd=old.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    workers = [start("plan", "-q") for _ in range(6)] + [start("gc", "--keep-last", "1") for _ in range(2)]
    said = [worker.communicate(timeout=100) for worker in workers]

    assert [worker.returncode for worker in workers] == [0] * 8, said
    found = verify(old.env())
    assert found.good, found.damage
    assert found.operations == 6 + 6


def test_an_interrupted_apply_comes_first(old: Bot) -> None:
    """With a journal that only a person can decide on, nothing is collected."""
    store = old.env().store
    latest = store.latest()
    assert latest
    assert latest[1].book
    images = store.get(latest[1].book, BookSnapshot).images
    apply_ = next(act for _, act in store.log() if act.verb == "apply")
    assert apply_.book
    before = store.get(apply_.book, BookSnapshot).images
    draft = msgspec.structs.replace(latest[1], time=midnight("2025-01-01"), parents=(latest[0],))
    write = Write(
        role="positions", path=str(old.positions), before=images["positions"], after=before["history"]
    )
    write_journal(state(old), Journal(draft=draft, writes=(write,)))
    old.positions.write_text("something else\n")

    assert old.run("gc", "--keep-last", "1").code == Exit.INTERRUPTED
    assert not (state(old) / "collected").exists()


def test_the_lock_is_respected(old: Bot) -> None:
    """While another writes, gc waits, and then says who it is; a dry run needs no lock."""
    with old.env().store.place.lock("a test"):
        assert old.run("gc", "--keep-last", "1", "--lock-timeout", "0.1").code == Exit.LOCKED
        assert old.run("gc", "--keep-last", "1", "--dry-run").code == 0


def test_migrate_says_the_format(old: Bot) -> None:
    """Format 1 is what this version writes: nothing is to be done, and nothing is."""
    before = {path: path.stat().st_mtime_ns for path in state(old).rglob("*")}
    for options in ((), ("--dry-run",)):
        ran = old.run("migrate", *options)
        assert ran.code == 0
        assert "format 1" in ran.out
        assert "Nothing to do" in ran.out
    assert old.run("migrate", "--json").json["steps"] == []
    assert {path: path.stat().st_mtime_ns for path in state(old).rglob("*")} == before


def test_migrate_refuses_a_newer_store(old: Bot) -> None:
    """A store of a format that this version does not know is not touched."""
    path = state(old) / "store.json"
    path.write_bytes(path.read_bytes().replace(b'"format":1', b'"format":2'))

    assert old.run("migrate").code == Exit.STORE
    assert old.run("verify").code == Exit.STORE
    assert old.run("gc", "--keep-last", "1").code == Exit.STORE
