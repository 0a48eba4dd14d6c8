"""``snapsync doctor --book``: where files break, what can be read, what would put it right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.conftest import Bot

DAMAGED = Path(__file__).parent.parent / "book" / "damaged"


def damage(bot: Bot, *names: str) -> None:
    """Put damaged files in the place of the book's."""
    for name in names:
        place = {"bankroll": bot.bankroll, "positions": bot.positions, "history": bot.history}
        shutil.copy(DAMAGED / name, place[name.split(".")[1]])


def offline(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """No keys, and a host that does not answer."""
    monkeypatch.setenv("ALPACA_PAPER_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("ALPACA_PAPER_API_KEY")
    monkeypatch.delenv("ALPACA_PAPER_SECRET_KEY")
    shutil.rmtree(bot.folder / "state", ignore_errors=True)


def test_a_sound_book_is_sound(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line per file, exit 0; neither broker nor store is needed, and none is made."""
    offline(bot, monkeypatch)
    bot.history.unlink()

    ran = bot.run("doctor", "--book")

    assert ran.code == 0
    assert [line.split(": ")[1] for line in ran.out.splitlines()[1:]] == [
        "sound, 5 keys",
        "sound, 1 row",
        "not there, which is an empty book",
    ]
    assert bot.run("doctor", "--book", "-q") == (0, "", "")
    assert not (bot.folder / "state").exists()


@pytest.mark.parametrize(
    "names",
    [
        ("not-closed.bankroll.json", "shifted-columns.positions.csv", "duplicate-imports.history.csv"),
        ("breaks-off.positions.csv", "two-schemas.history.csv"),
        ("joined.positions.csv", "canceled-at-0.history.csv"),
    ],
    ids=lambda names: names[0],
)
def test_damage_reads_well(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], snapshot: SnapshotAssertion
) -> None:
    """In 80 columns: where each file breaks, what of it can be read, and what would put it right; exit 1."""
    offline(bot, monkeypatch)
    damage(bot, *names)
    before = bot.book

    ran = bot.run("doctor", "--book")

    assert ran.code == 1
    assert max(map(len, ran.out.splitlines()[1:])) <= 80
    assert ran.out.partition("\n")[2] == snapshot
    assert bot.book == before
    assert len(bot.run("doctor", "--book", "-v").out) >= len(ran.out)


def test_what_cannot_be_mended_says_what_to_do(bot: Bot) -> None:
    """Each wrong row is named with its place, and cells cannot steer the terminal."""
    bot.positions.write_bytes(b"symbol,quantity\nSPY250822C00635000,\x1b[2J\nQQQ250822P00480000,1\nIWM,x\n")

    ran = bot.run("doctor", "--book")

    words = " ".join(ran.out.split())
    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert "positions_alpaca_paper.csv:2, column quantity" in words
    assert "positions_alpaca_paper.csv:4, column quantity" in words
    assert "1 row can be read, 2 cannot." in words
    assert "Put the file right, or put back a good copy; nothing was changed." in words


def test_the_same_as_json(bot: Bot) -> None:
    """Health, counts, fixes with their lines, and what remains, for scripts."""
    damage(bot, "canceled-at-0.history.csv")
    bot.bankroll.write_text('{"balance": 1, "cash": NaN}')

    ran = bot.run("doctor", "--book", "--json")

    bankroll, positions, history = ran.json["book"]
    assert (ran.code, ran.json["kind"], ran.json["format"]) == (1, "doctor", "1.0")
    assert (bankroll["health"], bankroll["readable"], bankroll["fixes"]) == ("damaged", 1, [])
    assert bankroll["remains"] == bankroll["error"]["detail"]
    assert (positions["health"], positions["readable"], positions["error"]) == ("sound", 1, None)
    assert (history["health"], history["error"], history["remains"]) == ("damaged", None, None)
    assert [fix["line"] for fix in history["fixes"]] == [3, 4]


def test_repair_goes_with_book(bot: Bot) -> None:
    """A repair without saying of what is no guess of ours."""
    ran = bot.run("doctor", "--repair")

    assert ran.code == 64
    assert "snapsync doctor --book --repair" in ran.err
