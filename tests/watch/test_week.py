"""A trading week through ``watch --apply``: a bot, a person, faults; in the end all is in step, once."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from snapsync import Env, plan
from tests.conftest import Bot
from tests.slack.server import SlackServer
from tests.verbs.test_bot import HISTORY, POSITIONS, Trader

from .script import APPLY, Script, idle, standings, watched

LOOKS_A_DAY, DAYS = 8, 5
ANSWERS = ("429", "502", "html", "cut", "broken")
ENDPOINTS = ("account", "positions", "activities", "orders")


class Player(Trader):
    """The bot of the week, and all that happens around it."""

    contracts = ("SPY250919C00650000", "QQQ250919P00480000")

    def __init__(self, bot: Bot, seed: int) -> None:
        super().__init__(bot, seed)
        self.broken: bytes | None = None
        self.config = (bot.folder / "config.yaml").read_text()

    def between(self, script: Script) -> None:
        """What happens between two looks."""
        self.mend()
        self.folder.sandbox.clear_faults()
        for _ in range(self.dice.randint(0, 2)):
            self.step()
        happens = [self.person, self.money, self.fault, self.half_a_file, self.settings, idle]
        self.dice.choice(happens)(script)
        self.folder.sandbox.do({"do": "clock", "by": f"{24 * 60 // LOOKS_A_DAY}m"})

    def person(self, script: Script) -> None:
        """Somebody trades by hand, and the stream may tell of it."""
        self.folder.sandbox.do(
            {"do": "buy", "symbol": self.dice.choice(self.contracts), "qty": 1, "price": "2.60"}
        )
        if self.dice.random() < 0.5:
            script.hint()

    def money(self, script: Script) -> None:
        """A deposit or a withdrawal."""
        del script
        self.folder.sandbox.do({"do": self.dice.choice(["deposit", "withdrawal"]), "amount": "250"})

    def fault(self, script: Script) -> None:
        """The broker answers something else, once or all through a look."""
        del script
        answer, times = self.dice.choice(ANSWERS), self.dice.choice([1, 99])
        self.folder.sandbox.fault(self.dice.choice(ENDPOINTS), answer=answer, times=times)

    def half_a_file(self, script: Script) -> None:
        """The bot dies while it writes; it will write the whole when it is back."""
        del script
        path = self.folder.bankroll
        if path.exists():
            self.broken = path.read_bytes()
            path.write_bytes(self.broken[: len(self.broken) // 2])

    def settings(self, script: Script) -> None:
        """Somebody edits the settings, into nonsense or back."""
        config = self.folder.folder / "config.yaml"
        config.write_text(self.config + self.dice.choice(["", "ALPACA_SYNC_GRACE: 5\n"]))
        script.reload = True

    def mend(self) -> None:
        """The bot is back."""
        if self.broken:
            self.folder.bankroll.write_bytes(self.broken)
        self.broken = None


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.exhaustive) for n in range(1, 9))])
def test_a_week(bot_at: Callable[..., Bot], monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Nothing is lost, nothing is there twice, book and account are in step, and Slack was told so."""
    bot = bot_at("quiet")
    bot.history.parent.mkdir()
    bot.positions.write_text(POSITIONS)
    bot.history.write_text(HISTORY)
    sandbox, player = bot.sandbox, Player(bot, seed)
    assert sandbox._server
    sandbox._server._allowance.limit = 10_000  # the requests of a week come within a minute
    monkeypatch.setattr("snapsync.ends.alpaca.pace.FIRST_BACKOFF", 0.01)

    def opened() -> Env:
        def clock() -> datetime:
            return datetime.fromtimestamp(sandbox.world.now() / 10**9, UTC)

        return Env.open("paper", config=bot.folder / "config.yaml", clock=clock)

    def evening(script: Script) -> None:
        """The bot writes what it still owes; all is well at the broker's."""
        del script
        player.mend()
        sandbox.clear_faults()
        (bot.folder / "config.yaml").write_text(player.config)
        while player.unnoted:
            player.note()
        sandbox.do({"do": "clock", "by": "2h"})

    with SlackServer() as slack:
        for name, value in slack.webhook.items():
            monkeypatch.setenv(name, value)
        script = Script(*[player.between] * (LOOKS_A_DAY * DAYS), *[evening] * 3)
        seen, _ = watched(bot, script, APPLY, opened)

    assert len(seen) > LOOKS_A_DAY * DAYS / 2
    assert standings(seen)[-1] == "in step"
    assert {"synced", "failed", "in step"} <= set(standings(seen))
    player.assert_all_there()
    assert not plan(opened()).plan.drift
    with bot.history.open(newline="") as file:
        ids = Counter(row["alpaca_order_id"] for row in csv.DictReader(file) if row["alpaca_order_id"])
    filled = [each.id for each in sandbox.world.orders.values() if each.filled_qty]
    assert ids == dict.fromkeys(filled, 1)
    told = Counter(each.split()[3] for each in slack.messages)
    assert told["OUTAGE"] == told["BACK"]
    assert told["SUCCESS"] == standings(seen).count("synced")
    assert told["RESOLVED"] <= told["FAILED"] + told["BLOCKED"]
