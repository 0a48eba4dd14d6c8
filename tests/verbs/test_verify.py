"""``verify``: a sound store is said to be sound; of a damaged one it says what, where, and who needs it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from snapsync.errors import Exit
from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.history import Actor, BookSnapshot
from snapsync.model.instant import midnight
from snapsync.store.journal import write_journal
from snapsync.verbs.verify import verify
from tests.conftest import Bot
from tests.store.test_journal import JOURNAL


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the folder of the used bot is kept, once it is made."""
    return tmp_path_factory.mktemp("kept") / "used"


@pytest.fixture
def used(bot: Bot, made_once: Path) -> Bot:
    """A bot that has planned, applied and planned again."""
    if not made_once.exists():
        bot.run("plan")
        bot.run("apply", "--yes")
        bot.run("plan")
        shutil.copytree(bot.folder, made_once)
    shutil.copytree(made_once, bot.folder, dirs_exist_ok=True)
    return bot


def state(bot: Bot) -> Path:
    """The store's folder."""
    return bot.folder / "state" / "paper"


def object_file(bot: Bot, id: str) -> Path:
    """The file of a loose object."""
    return state(bot) / "objects" / id[:2] / id[2:]


def overwrite(path: Path, data: bytes) -> None:
    """Put other bytes into a file that is read-only."""
    path.chmod(0o600)
    path.write_bytes(data)


def one_line(text: str) -> str:
    """What was said, without the line ends of an 80 column terminal."""
    return " ".join(text.split())


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_a_sound_store_is_sound(used: Bot, *, packed: bool) -> None:
    """Every object, every plan and the whole chain are looked at, loose or packed, and nothing is written."""
    if packed:
        used.env().store.place.pack()
    before = {path: path.stat().st_mtime_ns for path in state(used).rglob("*")}
    ran = used.run("verify", "--json")

    assert ran.code == 0, ran.out
    assert ran.json["good"] is ran.json["sound"] is True
    assert ran.json["operations"] == 3
    assert ran.json["replanned"] == 2
    assert ran.json["objects"] == len(list(used.env().store.place.ids()))
    assert (ran.json["damage"], ran.json["notes"]) == ([], [])
    assert {path: path.stat().st_mtime_ns for path in state(used).rglob("*")} == before


def test_in_words(used: Bot) -> None:
    """One line says what was looked at; with -q a sound store is silence."""
    assert "3 operations in one chain, 2 plans made again." in used.run("verify").out
    assert used.run("verify", "-q").out == ""


def test_an_edited_book_is_no_damage(used: Bot) -> None:
    """The bot's files may change: that is said, and it is not damage."""
    with used.positions.open("a") as file:
        file.write("DIA,DIA250829C00450000,1,1,2.10,2025-08-21 11:31:00,open,\n")
    ran = used.run("verify")

    assert ran.code == 0
    assert "Edited since the last act: positions_alpaca_paper.csv." in ran.out


def test_without_a_store_there_is_nothing_to_verify(bot: Bot) -> None:
    """Before the first look it is said that nothing is stored."""
    assert bot.run("verify").code == Exit.STORE


@pytest.mark.parametrize("damage", ["flipped", "truncated", "missing", "empty"])
def test_a_damaged_object_is_named_with_those_who_need_it(used: Bot, damage: str) -> None:
    """The file, what it is, and the operations that lead to it; the others are said to be sound."""
    acts = used.run("log", "--json").json["operations"]
    store = used.env().store
    first = store.operation(OperationId(ObjectId(acts[-1]["id"])))
    assert first.book
    id = store.get(first.book, BookSnapshot).images["history"]
    path = object_file(used, id)
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        made = {"flipped": data[:9] + bytes([data[9] ^ 1]) + data[10:], "truncated": data[:-3], "empty": b""}
        overwrite(path, made[damage])

    ran = used.run("verify", "--json")

    assert ran.code == Exit.INTEGRITY
    [found] = ran.json["damage"]
    assert str(path) in found["detail"]
    assert found["ids"] == [id]
    assert "book-snapshot" in found["kind"]
    assert acts[-1]["id"] in found["needed"]
    assert acts[0]["id"] not in found["needed"]
    assert ran.json["newest_sound"] == acts[0]["id"]
    said = used.run("verify")
    assert said.code == Exit.INTEGRITY
    assert "can be trusted" in said.out
    assert max(len(line) for line in said.out.splitlines()[1:] if str(path) not in line) <= 80


def test_a_damaged_operation_breaks_the_chain(used: Bot) -> None:
    """An operation that cannot be read is named; what follows upon it needs it."""
    acts = used.run("log", "--json").json["operations"]
    path = object_file(used, acts[1]["id"])
    overwrite(path, path.read_bytes()[:-2])

    [found] = used.run("verify", "--json").json["damage"]

    assert (found["kind"], found["ids"]) == ("operation", [acts[1]["id"]])
    assert acts[0]["id"] in found["needed"]


def test_an_edited_history_is_found(used: Bot) -> None:
    """Who edits an act, and hashes it anew, is found by an id that was noted elsewhere."""
    acts = used.run("log", "--json").json["operations"]
    store = used.env().store
    act = store.operation(OperationId(ObjectId(acts[0]["id"])))
    assert used.run("verify", "--head", acts[0]["id"]).code == 0

    id = OperationId(store.put(msgspec.structs.replace(act, actor=Actor(user="nobody", host="here"))))
    store.place.advance(store.place.heads(), id)
    ran = used.run("verify", "--head", acts[0]["id"][:12])

    assert ran.code == Exit.INTEGRITY
    assert "not proven" in ran.out
    assert used.run("verify", "--head", id[:12]).code == 0
    assert used.run("verify", "--head", acts[1]["id"][:12].upper()).code == 0


@pytest.mark.parametrize(
    ("head", "code"), [("abc", 64), ("abcdef012345", 30), ("nonsense at all", 30), ("", 64)]
)
def test_a_proof_needs_an_id(used: Bot, head: str, code: int) -> None:
    """Too little of an id proves nothing, and what is no id is in no history."""
    assert used.run("verify", "--head", head).code == code


@pytest.mark.parametrize("share", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/3/5"])
def test_a_share_that_is_none_is_refused(bot: Bot, share: str) -> None:
    """The n-th of t: both are counted from one."""
    assert bot.run("verify", "--subset", share).code == 64


def test_all_shares_together_are_the_whole(used: Bot) -> None:
    """Every object is in just one of the shares, and what is damaged is found in its own."""
    ids = sorted(used.env().store.place.ids())
    shares = [used.run("verify", "--subset", f"{n}/3", "--json").json for n in (1, 2, 3)]
    assert sum(each["objects"] for each in shares) == len(ids)
    assert sum(each["replanned"] for each in shares) == 2

    path = object_file(used, ids[0])
    overwrite(path, path.read_bytes()[:-2])
    codes = [used.run("verify", "--subset", f"{n}/3").code for n in (1, 2, 3)]
    assert codes[int(ids[0][:8], 16) % 3] == Exit.INTEGRITY


def test_a_plan_that_does_not_follow_is_found(used: Bot) -> None:
    """An operation that says another plan than its facts make is damage, though every hash is right."""
    store = used.env().store
    latest = store.latest()
    assert latest
    head, act = latest
    forged = msgspec.structs.replace(act, plan=store.operation(act.parents[0]).plan)
    store.place.advance((head,), OperationId(store.put(forged)))

    [found] = used.run("verify", "--json").json["damage"]

    assert found["summary"] == "A plan does not follow from what was seen."


def test_a_deleted_head_is_told_and_changes_nothing(used: Bot) -> None:
    """The witness has kept its name: the log goes on, and verify says what is gone."""
    [head] = (state(used) / "heads").iterdir()
    log = used.run("log").out
    head.unlink()

    assert used.run("log").out == log
    ran = used.run("verify", "--json")
    assert ran.code == Exit.INTEGRITY
    assert str(head) in ran.json["damage"][0]["detail"]
    assert used.run("plan").code == 0
    assert used.run("verify").code == 0


def test_a_head_that_was_put_back_is_told_and_changes_nothing(used: Bot) -> None:
    """An older head in the newest one's place is seen through, and nothing is planned from the past."""
    [head] = (state(used) / "heads").iterdir()
    acts = used.run("log", "--json").json["operations"]
    head.rename(head.with_name(acts[1]["id"]))

    assert used.run("log", "--json").json["operations"] == acts
    assert used.run("verify").code == Exit.INTEGRITY


@pytest.mark.parametrize("command", ["plan", "apply", "log", "status", "show", "gc --keep-last 1"])
def test_a_store_that_has_lost_all_heads_is_not_a_new_one(used: Bot, command: str) -> None:
    """Neither head nor witness: no command takes the store for empty, and verify says how to mend it."""
    acts = used.run("log", "--json").json["operations"]
    book = used.book
    for name in ("heads", "witness"):
        shutil.rmtree(state(used) / name)
    ran = used.run(*command.split())
    assert ran.code == Exit.INTEGRITY
    assert "head is gone" in ran.err
    assert used.book == book

    [found] = used.run("verify", "--json").json["damage"]
    assert found["ids"] == [acts[0]["id"]]
    (state(used) / "heads").mkdir(exist_ok=True)
    Path(found["detail"].splitlines()[-1]).touch()
    assert used.run("verify").code == 0
    assert used.run("log", "--json").json["operations"] == acts


def test_an_act_that_was_cut_off_is_no_damage(used: Bot) -> None:
    """An operation that was stored just before a crash is told of, and that is all."""
    store = used.env().store
    latest = store.latest()
    assert latest
    store.put(msgspec.structs.replace(latest[1], parents=(latest[0],)))
    ran = used.run("verify")

    assert ran.code == 0
    assert "1 act never became history" in ran.out


def test_a_clock_that_was_put_back_is_a_note(used: Bot) -> None:
    """Times that run backwards are told; a clock may be wrong, so they are no damage."""
    store = used.env().store
    latest = store.latest()
    assert latest
    store.commit(msgspec.structs.replace(latest[1], parents=store.heads(), time=midnight("2025-01-01")))

    assert "a clock was put back" in one_line(used.run("verify").out)


def test_a_damaged_journal_is_told(used: Bot) -> None:
    """A journal that is not what it says is damage; a sound one is a note."""
    write_journal(state(used), JOURNAL)
    assert "An apply was interrupted" in used.run("verify").out
    path = state(used) / "journal.json"
    path.write_bytes(path.read_bytes()[:-9])

    ran = used.run("verify", "--json")
    assert ran.code == Exit.INTEGRITY
    assert str(path) in ran.json["damage"][0]["detail"]


def test_a_folder_in_the_way_is_one_clear_error(used: Bot) -> None:
    """What cannot be read at all is named: no trace, no wrong answer."""
    packs = state(used) / "packs"
    packs.write_bytes(b"no folder")

    for command in ("verify", "plan", "gc --keep-last 1"):
        ran = used.run(*command.split())
        assert ran.code == Exit.STORE
        assert str(packs) in ran.err


def test_planners_beside_it_are_no_damage(used: Bot) -> None:
    """While others plan, and pack, a check that runs again and again finds nothing wrong."""
    command = [sys.executable, "-m", "snapsync", "plan", "-q"]
    planners = [subprocess.Popen(command, cwd=used.folder) for _ in range(3)]
    checked = 0
    while checked < 3 or any(planner.poll() is None for planner in planners):
        found = verify(used.env())
        assert found.good, found.damage
        with used.env().store.place.lock("a test", 10):
            used.env().store.place.pack()
        checked += 1

    assert [planner.wait() for planner in planners] == [0, 0, 0]
