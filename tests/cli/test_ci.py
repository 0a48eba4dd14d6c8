"""The whole loop in git: plan on the server, review in a pull request, check, approve, import, apply."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from snapsync import Env
from snapsync.config import load
from snapsync.errors import Exit, SnapsyncError
from snapsync.model.history import Actor
from snapsync.verbs.portable import approve_file, import_approval
from tests.conftest import Bot, Ran

from .test_approve import HAND, LATER, STRICT
from .test_bad_input import assert_clear

PLAN = "plans/paper.json"
CHECK = ("check", "--offline", "--plan", PLAN)
NO_PLANNER = STRICT + "ALPACA_SYNC_SELF_APPROVAL: false\n"


def git(folder: Path, *args: str) -> str:
    """One git command, by nobody in particular."""
    who = ["-c", "user.name=someone", "-c", "user.email=someone@example.invalid"]
    done = subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


class Repo:
    """A repository with a server's folder in it, and clones of it: a reviewer's, and the CI's."""

    def __init__(self, bot: Bot, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
        self.bot, self.run, self._monkeypatch = bot, run, monkeypatch
        self.origin = bot.folder.with_name(f"{bot.folder.name}-origin.git")
        git(bot.folder, "init", "-q", "--bare", "-b", "main", str(self.origin))
        git(bot.folder, "init", "-q", "-b", "main")
        git(bot.folder, "remote", "add", "origin", str(self.origin))
        (bot.folder / ".gitignore").write_text("state/\nlogs/\n*.csv\nbankroll*\n.env\n")
        self.push("config.yaml", ".gitignore")

    def push(self, *paths: str) -> None:
        """The server commits and pushes."""
        git(self.bot.folder, "add", *paths)
        git(self.bot.folder, "commit", "-q", "-m", "more")
        git(self.bot.folder, "push", "-q", "origin", "HEAD:main")

    def plan(self) -> None:
        """The server plans, and puts the plan up for review."""
        assert self.bot.run("plan", "--out", PLAN).code == 0
        self.push("plans")

    def clone(self, name: str) -> Path:
        """Somebody's fresh clone."""
        folder = self.bot.folder / "state" / name
        git(self.bot.folder, "clone", "-q", str(self.origin), str(folder))
        return folder

    def ci(self) -> Ran:
        """The check as a CI runs it: a fresh clone, no keys, no store, no book."""
        number = len(list((self.bot.folder / "state").glob("ci-*")))
        folder = self.clone(f"ci-{number}")
        with self._monkeypatch.context() as patch:
            for name in ("ALPACA_PAPER_API_KEY", "ALPACA_PAPER_SECRET_KEY", "ALPACA_PAPER_BASE_URL"):
                patch.delenv(name)
            patch.chdir(folder)
            ran = self.run(*CHECK)
        assert not git(folder, "status", "--porcelain"), "a check writes nothing"
        return ran

    def approve(self) -> None:
        """A reviewer clones, approves, and pushes the approval."""
        folder = self.clone("reviewer")
        config = load({}, folder)
        env = Env(config, actor=Actor(user="ann", host="laptop"))
        approve_file(env, folder / PLAN, by="Ann", reason="looks right", lasting=timedelta(days=7))
        git(folder, "add", "plans")
        git(folder, "commit", "-q", "-m", "approve")
        git(folder, "push", "-q", "origin", "HEAD:main")

    def pull(self) -> Path:
        """The server pulls; the approval that came."""
        git(self.bot.folder, "pull", "-q", "--rebase", "origin", "main")
        [path] = (self.bot.folder / "plans").glob("*.approval.json")
        return path


@pytest.fixture
def repo(bot: Bot, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A bot whose folder is in git, and whose planner may not approve."""
    bot.configure(NO_PLANNER)
    return Repo(bot, run, monkeypatch)


def test_the_whole_loop(repo: Repo) -> None:
    """Red while nobody has approved, green when somebody has, imported on the server, applied, in step."""
    repo.plan()
    red = repo.ci()
    assert red.code == 2
    assert "No approval was given." in red.out

    repo.approve()
    green = repo.ci()
    assert green.code == 0
    assert "Approved drift" in green.out
    assert "by Ann" in green.out

    before = repo.bot.book
    assert_clear(repo.bot.run("apply", "--yes"), 21, "No approval covers")
    assert repo.bot.book == before
    imported = repo.bot.run("approve", "--import", repo.pull())
    assert imported.code == 0, imported.err
    assert repo.bot.run("apply", "--yes").code == 0
    assert repo.bot.run("check").out.splitlines()[-1].startswith("In step")


def test_a_tick_inside_keeps_it_green_and_one_outside_turns_it_red(repo: Repo) -> None:
    """A plan made again after a small tick is still approved, one after a leap is not."""
    repo.plan()
    repo.approve()
    git(repo.bot.folder, "pull", "-q", "--rebase", "origin", "main")
    repo.bot.sandbox.do({"do": "price", "symbol": "SPY250822C00635000", "price": "2.60"})
    repo.plan()
    assert repo.ci().code == 0

    repo.bot.sandbox.do({"do": "price", "symbol": "SPY250822C00635000", "price": "99"})
    repo.plan()
    red = repo.ci()
    assert red.code == 2
    assert "reading-moved" in red.out


def test_a_manual_trade_after_the_approval_turns_it_red(repo: Repo) -> None:
    """What somebody traded since is no part of what was approved; the server does not apply it either."""
    repo.plan()
    repo.approve()
    approval = repo.pull()
    repo.bot.sandbox.do(HAND, LATER)
    repo.plan()

    red = repo.ci()
    assert red.code == 2
    assert "uncovered-change: the position IWM250829C00230000" in red.out
    repo.bot.run("approve", "--import", approval)
    assert_clear(repo.bot.run("apply", "--yes"), 21, "uncovered-change", "IWM250829C00230000")


def test_an_approval_is_good_for_one_apply(repo: Repo) -> None:
    """The file cannot be imported a second time, nor after the plan was applied by another way."""
    repo.plan()
    repo.approve()
    approval = repo.pull()
    assert repo.bot.run("approve", "--import", approval).code == 0
    assert_clear(repo.bot.run("approve", "--import", approval), 64, "imported already", "live")
    assert repo.bot.run("apply", "--yes").code == 0

    assert_clear(repo.bot.run("approve", "--import", approval), 64, "imported already", "used")


def test_an_approval_that_comes_too_late(repo: Repo) -> None:
    """Where the plan was applied after the approval was given, but without it, the approval is used up."""
    repo.plan()
    repo.approve()
    approval = repo.pull()
    repo.bot.configure()
    assert repo.bot.run("apply", "--yes").code == 0

    assert_clear(repo.bot.run("approve", "--import", approval), 20, "used up")


@pytest.fixture
def filed(bot: Bot) -> Path:
    """A plan file, and the approval that was given to it, in the bot's folder."""
    assert bot.run("plan", "--out", "plan.json").code == 0
    ran = bot.run("approve", "plan.json", "--reason", "fine", "--json")
    assert ran.code == 0, ran.out
    return Path(ran.json["file"])


def test_show_and_approve_a_file(bot: Bot, filed: Path) -> None:
    """A plan file is shown as the plan is, and the approval lies beside it."""
    shown = bot.run("show", "plan.json", "--json").json
    plan = bot.run("show", "--json").json

    assert shown == plan
    assert filed.name.startswith("plan.")
    assert filed.name.endswith(".approval.json")
    assert "••• → •••" in bot.run("show", "plan.json", "--redact").out
    assert bot.run("check", "--offline", "--plan", "plan.json").code == 0
    assert bot.run("check", "--offline", "--plan", "plan.json", "--approvals", "logs").code == 2
    other = bot.run("approve", "plan.json", "--out", "logs/yes.approval.json")
    assert other.code == 0
    assert bot.run("check", "--offline", "--plan", "plan.json", "--approvals", "logs").code == 0


def test_a_plan_file_holds_no_secret(bot: Bot, filed: Path) -> None:
    """Neither file has a key in it, and both are their owner's alone."""
    for path in (Path("plan.json"), filed):
        assert bot.sandbox.secret not in path.read_text()
        assert bot.sandbox.key not in path.read_text()
        assert path.stat().st_mode & 0o077 == 0


def edited(path: Path, change: Callable[[Any], object]) -> None:
    """A file whose JSON was edited."""
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document, indent=4))


def test_white_space_is_no_edit(bot: Bot, filed: Path) -> None:
    """Git's line ends and an editor's indent do not break a file: the checksum is over what it says."""
    for path in (Path("plan.json"), filed):
        edited(path, len)
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert bot.run("check", "--offline", "--plan", "plan.json").code == 0
    assert bot.run("approve", "--import", filed).code == 0


EDITS: dict[str, Callable[[Any], object]] = {
    "reason": lambda document: document["content"]["approval"].update(reason="forged"),
    "until": lambda document: document["content"]["approval"].update(until="2099-01-01T00:00:00.000000000Z"),
    "unknown": lambda document: document["content"].update(more=1),
    "nothing left": lambda document: document.clear(),
}


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
def test_an_edited_approval(bot: Bot, filed: Path, change: Callable[[Any], object]) -> None:
    """An approval file that was edited is damaged, wherever it is used."""
    edited(filed, change)

    assert_clear(bot.run("approve", "--import", filed), 30, "damaged, or was edited", filed.name)
    assert_clear(bot.run("check", "--offline", "--plan", "plan.json"), 30, filed.name)


def test_an_edited_plan(bot: Bot, filed: Path) -> None:
    """A plan file that was edited is damaged, also where its checksum was made anew."""
    del filed

    def tamper(document: Any) -> None:  # noqa: ANN401 - JSON
        document["content"]["plan"]["changes"].pop()

    edited(Path("plan.json"), tamper)
    for args in (
        ["show", "plan.json"],
        ["approve", "plan.json"],
        ["check", "--offline", "--plan", "plan.json"],
    ):
        assert_clear(bot.run(*args), 30, "damaged, or was edited")

    from snapsync.model.canon import encode, identify  # noqa: PLC0415 - here alone

    edited(
        Path("plan.json"),
        lambda document: document.update(sha256=identify(encode(document["content"]))),
    )
    assert_clear(bot.run("show", "plan.json"), 30, "not of one plan")


def test_a_newer_file(bot: Bot, filed: Path) -> None:
    """A file of a newer version says so, and how to go on."""

    def newer(document: Any) -> None:  # noqa: ANN401 - JSON
        document["content"] |= {"format": 2, "more": True}

    for path in (Path("plan.json"), filed):
        edited(path, newer)

    assert_clear(bot.run("show", "plan.json"), 10, "newer snapsync", "pip install")
    assert_clear(bot.run("approve", "--import", filed), 10, "newer snapsync")


def test_another_file(bot: Bot, filed: Path) -> None:
    """The one kind of file is not the other, and what is not there is not there."""
    assert_clear(bot.run("show", filed), 64, "no plan file")
    assert_clear(bot.run("approve", "--import", "plan.json"), 64, "no approval file")
    assert_clear(bot.run("show", "nothing.json"), 64, "no such file")
    assert_clear(bot.run("approve", "--import", "nothing.json"), 64, "no such file")
    Path("junk.json").write_bytes(b"\xff\xfe{")
    assert_clear(bot.run("show", "junk.json"), 30, "junk.json")


@pytest.mark.parametrize("taken", ["bankroll_alpaca_paper.json", "config.yaml", "an approval file"])
def test_no_other_file_is_written_over(bot: Bot, filed: Path, taken: str) -> None:
    """A plan file takes the place of an older plan file, and of nothing else; nothing is stored either."""
    path = filed if taken == "an approval file" else Path(taken)
    path.touch()
    before, looks = path.read_bytes(), bot.run("log", "--all").out

    assert_clear(bot.run("plan", "--out", path), 64, "stays", path.name)
    assert_clear(bot.run("approve", "plan.json", "--out", "config.yaml"), 64, "stays", "config.yaml")

    assert path.read_bytes() == before
    assert bot.run("log", "--all").out == looks
    assert bot.run("plan", "--out", "plan.json").code == 0


def test_a_plan_file_in_a_new_folder(bot: Bot) -> None:
    """The folders that a plan file's name wants are made."""
    assert bot.run("plan", "--out", "reviews/today/p.json").code == 0
    assert (bot.folder / "reviews" / "today" / "p.json").is_file()


def test_another_store(bot: Bot, filed: Path) -> None:
    """An approval counts in the store that its plan was made in, and in no other."""
    import shutil  # noqa: PLC0415 - here alone

    shutil.rmtree(bot.folder / "state")
    assert bot.run("plan", "--out", "new.json").code == 0

    assert_clear(bot.run("approve", "--import", filed), 10, "another store")
    assert_clear(bot.run("check", "--offline", "--plan", "new.json"), 10, "another store", filed.name)


def test_another_env(bot: Bot, filed: Path) -> None:
    """A file of one env is not used in another."""
    assert_clear(bot.run("show", "plan.json", "--env", "live"), 64, "another env", "--env paper")
    assert_clear(bot.run("approve", "--import", filed, "--env", "live"), 10, "Nothing is stored")


def test_other_rules(bot: Bot, filed: Path) -> None:
    """A plan file made under other rules is stale."""
    del filed
    bot.configure("ALPACA_SYNC_GRACE_SECONDS: 5\n")

    for args in (["approve", "plan.json"], ["check", "--offline", "--plan", "plan.json"]):
        assert_clear(bot.run(*args), 20, "other rules")


def test_an_old_plan_file(bot: Bot, filed: Path) -> None:
    """A plan that was made too long ago proves nothing."""
    del filed

    ran = bot.run("check", "--offline", "--plan", "plan.json", "--max-age", "0s")

    assert_clear(ran, 20, "too old")


def test_an_expired_approval_file(bot: Bot) -> None:
    """An approval that has run out turns the check red, and is not imported."""
    assert bot.run("plan", "--out", "plan.json").code == 0
    config = load({}, bot.folder)
    past = Env(config, clock=lambda: datetime.now(UTC) - timedelta(hours=2))
    filed = approve_file(past, Path("plan.json"), lasting=timedelta(hours=1))

    ran = bot.run("check", "--offline", "--plan", "plan.json")
    assert ran.code == 2
    assert "expired" in ran.out
    assert_clear(bot.run("approve", "--import", filed.path), 21, "expired")


def test_an_approval_of_what_this_store_never_planned(bot: Bot, filed: Path) -> None:
    """A file for a plan that the store does not know is refused: who made that plan?"""
    shown = json.loads(Path("plan.json").read_text())["content"]
    details = bot.run("show", shown["operation"], "--json").json
    objects = bot.folder / "state" / "paper" / "objects"
    approval = json.loads(filed.read_text())["content"]["approval"]
    (objects / approval["details"][:2] / approval["details"][2:]).unlink()

    assert details["plan"] == shown["id"]
    assert_clear(bot.run("approve", "--import", filed), 20, "never made the plan")


def test_a_rejected_plan_takes_no_approval(bot: Bot, filed: Path) -> None:
    """What was rejected on the server is not approved by a file."""
    bot.run("revoke", bot.run("show", "--json").json["id"])

    assert_clear(bot.run("approve", "--import", filed), 21, "rejected")


def test_the_planners_own_file(bot: Bot, filed: Path) -> None:
    """Where the planner may not approve, neither a file is written nor taken."""
    bot.configure("ALPACA_SYNC_SELF_APPROVAL: false\n")

    assert_clear(bot.run("approve", "plan.json"), 22, "may not approve")
    assert_clear(bot.run("approve", "--import", filed), 22, "may not approve")
    ran = bot.run("check", "--offline", "--plan", "plan.json")
    assert ran.code == 2
    assert "self-approved" in ran.out


def test_of_another_account(bot: Bot, filed: Path) -> None:
    """After a rebind, an approval for the old account is refused."""
    bot.sandbox.do({"do": "reset"})
    assert bot.run("rebind").code == 0

    with pytest.raises(SnapsyncError, match="another account") as raised:
        import_approval(bot.env(), filed)
    assert raised.value.exit == Exit.CREDENTIALS


@pytest.mark.parametrize(
    "args",
    [
        ("approve", "--out", "x.json"),
        ("approve", "--import", "x.json", "--out", "y.json"),
        ("approve", "abcd", "--import", "x.json"),
        ("check", "--plan", "plan.json"),
        ("check", "--offline", "--approvals", "."),
        ("plan", "--replay", "logs", "--out", "x.json"),
    ],
)
def test_options_that_do_not_go_together(bot: Bot, args: tuple[str, ...]) -> None:
    """Contradictions are told before anything is done."""
    assert_clear(bot.run(*args), 64)
    assert not (bot.folder / "x.json").exists()


def test_a_folder_that_is_not_there(bot: Bot, filed: Path) -> None:
    """A mistyped folder of approvals is an error, not an empty one."""
    del filed

    ran = bot.run("check", "--offline", "--plan", "plan.json", "--approvals", "nowhere")

    assert_clear(ran, 64, "nowhere")
