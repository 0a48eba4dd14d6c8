"""Scenario files: the shipped ones play, and a mistake is named by file, step and field."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from snapsync.errors import UsageError
from snapsync.sandbox import load_scenario, scenario_names
from snapsync.sandbox.clock import duration, parse_instant, resolve, utc_text
from snapsync.sandbox.scenario import begin
from snapsync.sandbox.steps import VOCABULARY, expand
from snapsync.sandbox.symbols import contract

HEAD = "about: x\nstart: {clock: 2025-08-20 10:00, cash: 100}\nstages:\n  one:\n"
WEEK = 604_800_000_000_000


def test_the_shipped_scenarios_are_named() -> None:
    """The documentation names these."""
    assert scenario_names() == ("busy", "empty", "guide", "odd", "quiet")


@pytest.mark.parametrize("name", scenario_names())
@pytest.mark.parametrize("day", range(8))
def test_every_shipped_scenario_plays_on_every_day_of_the_week(name: str, day: int) -> None:
    """Relative times and expiry days fit whenever it is loaded."""
    now = 1_790_000_000_000_000_000 + day * WEEK // 7
    world = begin(load_scenario(name, now)).world
    with world.held():
        assert world.equity > 0


def test_quiet_shows_25000_in_cash_and_two_options_of_the_bot() -> None:
    """Its clock is the present."""
    world = begin(load_scenario("quiet", WEEK * 2900)).world
    assert world.cash == 25_000
    assert sorted(row.qty for row in world.positions.values()) == [2, 3]
    assert all(row.client_order_id.startswith("bot-") for row in world.orders.values())
    assert 0 <= world.now() - WEEK * 2900 < 5_000_000_000


def test_busy_uses_nearly_every_word() -> None:
    """What it leaves out is in the other scenarios."""
    used = {
        type(step)
        for name in scenario_names()
        for steps in load_scenario(name).stages.values()
        for step in steps
    }
    unused = {word for word, kind in VOCABULARY.items() if kind not in used}
    assert unused == {"bust", "reset"}


@pytest.mark.parametrize(
    ("step", "field", "hint"),
    [
        ("{do: by, symbol: SPY}", "field do: found 'by'", "did you mean buy?"),
        ("{symbol: SPY}", "field do: is missing", "allowed: accrue, activity"),
        ("{do: buy, simbol: SPY}", "field simbol", "did you mean symbol?"),
        ("{do: buy, symbol: SPY, qty: many}", "field qty", "buy takes"),
        ("{do: buy, symbol: SPY, qty: -1}", "field qty: must be more than 0", ""),
        ("{do: buy, symbol: SPY, qty: NaN}", "field qty: must be a number", ""),
        ("{do: buy, symbol: SPY, qty: 1e15}", "field qty: must be a number below", ""),
        ("{do: buy, symbol: SPY, qty: 0.0000000001}", "more than 9 decimals", ""),
        ("{do: buy, symbol: SPY, qty: 1, price: 1, fills: [2]}", "More is filled", ""),
        ("{do: buy, symbol: SPY, qty: 1, price: 1, fills: [{qty: 0}]}", "more than 0", ""),
        ("{do: deposit}", "amount", "deposit takes amount"),
        ("just text", "a step is a mapping", ""),
        ("{do: clock, by: soon}", "soon", ""),
    ],
)
def test_a_wrong_step_is_named_by_file_number_and_field(
    tmp_path: Path, step: str, field: str, hint: str
) -> None:
    """One clear sentence, and what was probably meant."""
    path = tmp_path / "mine.yaml"
    path.write_text(f"{HEAD}    - {{do: deposit, amount: 1}}\n    - {step}\n", "utf-8")
    with pytest.raises(UsageError) as caught:
        begin(load_scenario(path))
    text = str(caught.value)
    assert "mine.yaml, stage one, step 2" in text
    assert field in text
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "about: x\n",
        "[]",
        "{",
        "about: x\nstart: {cash: lots}\nstages: {}\n",
        "about: x\nstart: {cahs: 1}\nstages: {}\n",
        "about: x\nstart: {env: moon}\nstages: {}\n",
    ],
)
def test_a_file_that_is_no_scenario_is_refused(tmp_path: Path, text: str) -> None:
    """The error names the file."""
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"mine\.yaml"):
        begin(load_scenario(path))


def test_an_unknown_scenario_is_answered_with_the_known_ones() -> None:
    """So that nobody has to look them up."""
    with pytest.raises(UsageError, match="busy, empty, guide, odd, quiet"):
        load_scenario("giude")


def test_stages_play_once_and_in_order() -> None:
    """A stage that is over, unknown or not next is refused."""
    player = begin(load_scenario("guide"), until="before")
    player.stage("after")
    for name in ("after", "later"):
        with pytest.raises(UsageError):
            player.stage(name)
    with pytest.raises(UsageError, match="still to come: before, after"):
        begin(load_scenario("guide"), until="never")


def test_times_are_eastern_unless_they_say() -> None:
    """Summer and winter, absolute and relative."""
    assert utc_text(resolve("2025-08-20 10:02", 0)) == "2025-08-20T14:02:00Z"
    assert utc_text(resolve("2025-01-20 10:02", 0)) == "2025-01-20T15:02:00Z"
    assert utc_text(resolve("2025-08-21T00:17:05.5Z", 0)) == "2025-08-21T00:17:05.5Z"
    assert resolve("-2h", 10**13) == 10**13 - 7200 * 10**9
    assert resolve("+1d12h", 0) == 36 * 3600 * 10**9
    assert duration("2 hours") is None


def test_nanoseconds_survive() -> None:
    """The digits that datetime would drop."""
    text = "2026-01-02T03:04:05.123456789Z"
    instant = parse_instant(text, ZoneInfo("UTC"))
    assert instant is not None
    assert utc_text(instant) == text


def test_symbols_get_the_friday_that_fits() -> None:
    """Forwards the next one, backwards the last one; a Friday is its own."""
    wednesday = resolve("2025-08-20 10:00", 0)
    assert expand("SPY{+1d}C00640000", wednesday) == "SPY250822C00640000"
    assert expand("SPY{+2d}C00640000", wednesday) == "SPY250822C00640000"
    assert expand("SPY{-1d}C00640000", wednesday) == "SPY250815C00640000"
    assert expand("SPY{-5d}C00640000", wednesday) == "SPY250815C00640000"


def test_occ_symbols_are_read_from_the_right() -> None:
    """Roots may end in digits, and an impossible date is no option."""
    found = contract("SPXW1250822P05432500")
    assert found is not None
    assert (found.root, found.underlying, str(found.strike)) == ("SPXW1", "SPXW", "5432.500")
    assert contract("SPY251332C00640000") is None
