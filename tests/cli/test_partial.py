"""Parts of a plan: planned, approved and applied alone, and always marked."""

from __future__ import annotations

import pytest

from tests.conftest import Bot

from .test_approve import STRICT, approved, planned
from .test_bad_input import assert_clear


def keys(bot: Bot, *args: str) -> set[tuple[str, str]]:
    """(component, symbol) of the changes of a plan that is made now."""
    ran = bot.run("plan", *args, "--json")
    assert ran.code == 0, ran.out
    return {
        (each["component"], each["after"]["symbol"] if each["component"] == "transactions" else each["key"])
        for each in ran.json["changes"]
    }


def test_by_component_and_by_symbol(bot: Bot) -> None:
    """Components by name, symbols by pattern in any case; several add up, and --except takes away."""
    whole = keys(bot)
    symbols = {symbol[:3] for _, symbol in whole} - {"ban"}
    assert symbols == {"SPY", "QQQ", "IWM"}

    assert keys(bot, "--only", "positions") == {each for each in whole if each[0] == "positions"}
    assert keys(bot, "--only", "spy*") == {each for each in whole if each[1].startswith("SPY")}
    assert keys(bot, "--only", "SPY*", "--only", "bankroll") == {
        each for each in whole if each[1].startswith(("SPY", "bankroll"))
    }
    assert keys(bot, "--except", "bankroll", "--except", "QQQ*") == {
        each for each in whole if not each[1].startswith(("QQQ", "bankroll"))
    }
    assert keys(bot, "--only", "positions", "--except", "QQQ*") == {
        each for each in whole if each[0] == "positions" and not each[1].startswith("QQQ")
    }


def test_a_part_is_marked_and_has_an_id_of_its_own(bot: Bot) -> None:
    """Text and JSON say that it is a part and of what; a part with all changes is still not the whole."""
    whole = planned(bot)
    ran = bot.run("plan", "--except", "XYZ", "--json")

    assert ran.json["part"] == {"only": [], "leave": ["XYZ"]}
    assert ran.json["id"] != whole
    assert "(a part: all but XYZ)" in bot.run("plan", "--except", "XYZ").out
    assert (
        "(a part: only SPY* and all but positions)"
        in bot.run("plan", "--only", "SPY*", "--except", "positions").out
    )
    assert "In step: nothing to change (a part: only XYZ)." in bot.run("plan", "--only", "XYZ").out


def test_an_underlying_stands_for_its_options(bot: Bot) -> None:
    """As with log --symbol: SPY means the options on it too."""
    assert keys(bot, "--only", "spy") == keys(bot, "--only", "SPY*")
    assert not any(symbol.startswith("SPY") for _, symbol in keys(bot, "--except", "SPY"))


@pytest.mark.parametrize("option", ["--only", "--except"])
def test_a_misspelt_component(bot: Bot, option: str) -> None:
    """What is nearly a part of the book is no symbol: nothing is planned, and the right word is shown."""
    assert_clear(bot.run("plan", option, "bankrol"), 64, "bankrol", "Do you mean bankroll?")
    assert_clear(bot.run("plan", option, "Position"), 64, "Position", "Do you mean positions?")
    assert bot.run("log").code == 10


def test_a_pattern_that_means_nothing_is_told(bot: Bot) -> None:
    """A symbol that neither side has is no error, for a script asks the same each day; but it is said."""
    ran = bot.run("plan", "--only", "XYZ", "--except", "SPY", "-q")
    assert ran.code == 0
    assert ran.err == "Neither side has anything that XYZ means.\n"
    assert "(a part: only XYZ and all but SPY)" in bot.run("apply", "--yes").out


def test_applying_a_part_leaves_the_rest_open(bot: Bot) -> None:
    """What was left out is wanted by the next plan, unchanged; then all is in step."""
    whole = keys(bot)
    bankroll = bot.bankroll.read_bytes()
    part = keys(bot, "--only", "positions")
    assert bot.run("apply", "--yes").code == 0
    assert bot.bankroll.read_bytes() == bankroll

    assert keys(bot) == whole - part
    assert bot.run("apply", "--yes").code == 0
    assert keys(bot) == set()


def test_a_part_in_step_is_no_agreed_point(bot: Bot) -> None:
    """Looking at a part that needs nothing forgets nothing of the rest."""
    whole = planned(bot)
    assert keys(bot, "--only", "XYZ") == set()

    assert planned(bot) == whole


def test_two_approved_parts_do_not_make_the_whole(bot: Bot) -> None:
    """Two approvals that only together cover the plan do not cover it; each covers its own part."""
    bot.configure(STRICT)
    for option in ("--only", "--except"):
        bot.run("plan", option, "positions")
        approved(bot)
    planned(bot)

    assert_clear(bot.run("apply", "--yes"), 21, "uncovered-change")
    assert bot.run("check").code == 2
    bot.run("plan", "--only", "positions")
    assert bot.run("apply", "--yes").code == 0
    bot.run("plan", "--except", "positions")
    assert bot.run("apply", "--yes").code == 0


def test_an_approved_whole_covers_a_part(bot: Bot) -> None:
    """Who said yes to everything said yes to a part, once."""
    bot.configure(STRICT)
    planned(bot)
    approved(bot)
    bot.run("plan", "--only", "positions")
    assert bot.run("apply", "--yes").code == 0
    bot.run("plan")

    assert_clear(bot.run("apply", "--yes"), 21, "used-up")


def test_a_part_does_not_make_the_whole_stale(bot: Bot) -> None:
    """A whole plan can be approved though a part of it was planned since."""
    whole = planned(bot)
    bot.run("plan", "--only", "positions")

    assert bot.run("approve", whole).code == 0


@pytest.mark.parametrize("with_what", ["--record", "--replay"])
def test_recordings_are_of_the_whole(bot: Bot, with_what: str) -> None:
    """A recording is read whole."""
    assert_clear(bot.run("plan", "--only", "SPY*", with_what, "logs"), 64)
