"""``snapsync doctor --book --repair``: a plan like any other, shown, gated, undoable."""

from __future__ import annotations

import pytest

from snapsync.errors import Exit
from tests.conftest import Bot

from .test_doctor import DAMAGED, damage, offline

NAMES = [path.name for path in sorted(DAMAGED.iterdir()) if not path.name.startswith(".")]


@pytest.mark.parametrize("name", NAMES)
def test_each_known_damage_is_repaired_and_undone(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Offline and without a store: then it can be read, and an undo brings back the very bytes."""
    offline(bot, monkeypatch)
    damage(bot, name)
    broken = bot.book

    shown = bot.run("doctor", "--book", "--repair", "--dry-run")
    assert shown.code == 0
    assert "Repair of the book:" in shown.out
    assert "line " in shown.out
    assert bot.book == broken

    done = bot.run("doctor", "--book", "--repair", "--yes")
    assert done.code == 0, done.err
    assert "Repaired: 1 file." in done.out
    assert not bot.run("doctor", "--book", "--repair", "--dry-run", "--json").json["drift"]
    assert bot.run("plan", "--env", "paper").code != Exit.FAILED  # it can be read

    undone = bot.run("undo", "--yes")
    if undone.code == Exit.UNAPPROVED:  # bytes that cannot be read come back only with a person's yes
        assert "unreadable-after" in undone.err
        from snapsync import apply, plan_undo  # noqa: PLC0415 - here alone

        env = bot.env()
        apply(env, plan_undo(env), confirmed=True)
    assert bot.book == broken


def test_a_repaired_book_is_planned_from(bot: Bot) -> None:
    """After the repair the first plan reads the book and applies."""
    damage(bot, "shifted-columns.positions.csv")
    assert bot.run("plan").code == Exit.FAILED

    assert bot.run("doctor", "--book", "--repair", "--yes").code == 0
    assert bot.run("plan").code == 0
    assert bot.run("apply", "--yes").code == 0
    assert bot.run("plan", "--detailed-exitcode").code == 0


def test_a_sound_book_needs_no_repair(bot: Bot) -> None:
    """Nothing is written where nothing is damaged."""
    before = bot.book

    ran = bot.run("doctor", "--book", "--repair", "--yes")

    assert ran.code == 0
    assert "nothing to change" in ran.out
    assert bot.book == before


def test_damage_that_would_have_to_be_guessed_is_refused(bot: Bot) -> None:
    """Where the book could not be read even then, nothing is planned and nothing is written."""
    bot.positions.write_bytes(b"symbol,quantity\nSPY250822C00635000,many\n")
    before = bot.book

    ran = bot.run("doctor", "--book", "--repair", "--yes")

    assert ran.code == Exit.FAILED
    assert "positions_alpaca_paper.csv:2" in ran.err
    assert bot.book == before


def test_a_repair_is_gated_like_any_plan(bot: Bot) -> None:
    """Where the env wants an approval a repair wants one too."""
    bot.configure("\nALPACA_SYNC_REQUIRE_APPROVAL: [paper]\n")
    damage(bot, "duplicate-imports.history.csv")
    before = bot.book

    planned = bot.run("doctor", "--book", "--repair", "--dry-run", "--json").json
    assert bot.run("doctor", "--book", "--repair", "--yes").code == Exit.UNAPPROVED
    assert bot.book == before
    assert bot.run("approve", planned["id"], "--yes").code == 0
    assert bot.run("apply", planned["id"], "--yes").code == 0
    assert not bot.run("doctor", "--book", "--repair", "--dry-run", "--json").json["drift"]
