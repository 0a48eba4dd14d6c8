"""What others do between our look and our lock: it is planned with, never undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from snapsync import Env, apply, log, plan, plan_undo, verify
from snapsync.ends.alpaca import BrokerReading
from snapsync.errors import Exit, StoreError
from snapsync.verbs.look import look, look_by
from snapsync.verbs.plan import keep
from snapsync.verbs.record import record
from tests.conftest import Bot


@pytest.fixture
def applied(bot: Bot) -> Bot:
    """A bot whose book is in step."""
    plan(bot.env())
    apply(bot.env(), confirmed=True)
    plan(bot.env())
    return bot


def test_an_undo_between_a_look_and_its_plan_stays_undone(applied: Bot) -> None:
    """A planner that looked before an undo plans with the undone book: what is on hold stays there."""
    slow = applied.env()
    seen = look(slow)
    apply(applied.env(), plan_undo(applied.env()), confirmed=True)
    undone = applied.env().store.latest()
    assert undone
    assert undone[1].holds

    made = keep(slow, seen)

    latest = applied.env().store.latest()
    assert latest
    assert latest[0] == made.operation
    assert latest[1].holds == undone[1].holds
    assert latest[1].agreed == undone[1].agreed
    assert made.plan.drift
    assert {each.code for each in made.plan.asking} >= {"held"}


def test_an_undo_while_a_recording_is_made_stays_undone(applied: Bot) -> None:
    """A look with a reading of its own, as ``plan --record`` makes one, is planned like any other."""
    slow = applied.env()

    def recorded() -> BrokerReading:
        apply(applied.env(), plan_undo(applied.env()), confirmed=True)
        return record(slow, applied.folder / "recording", redact=False, since=None)

    made = keep(slow, look_by(slow, recorded))

    store = applied.env().store
    act = store.operation(made.operation)
    [undone] = map(store.operation, act.parents)
    assert undone.verb == "undo"
    assert undone.holds
    assert act.holds == undone.holds
    assert act.agreed == undone.agreed


def test_a_slow_look_takes_nothing_back(bot: Bot) -> None:
    """A planner whose reading of the account is older than what was applied since finds the book in step."""
    slow = bot.env()
    plan(slow)
    seen = look(slow)
    bot.sandbox.do({"do": "buy", "symbol": "SPY250829C00640000", "qty": 1, "price": 2})
    plan(bot.env())
    apply(bot.env(), confirmed=True)
    book = bot.book

    made = keep(slow, seen)

    assert not made.plan.drift
    assert bot.book == book
    assert verify(bot.env()).good


def test_a_look_at_the_old_account_is_refused(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looked before the env was bound to another account plans nothing of the old one."""
    from snapsync.sandbox import Sandbox, World  # noqa: PLC0415 - here alone
    from snapsync.verbs.rebind import rebind  # noqa: PLC0415 - the same

    plan(bot.env())
    slow = bot.env()
    seen = look(slow)
    with Sandbox(World(env="paper", seed="another")) as other:
        for name, value in other.variables.items():
            monkeypatch.setenv(name, value)
        rebind(bot.env())

    with pytest.raises(StoreError, match="another account") as raised:
        keep(slow, seen)

    assert raised.value.exit == Exit.CREDENTIALS
    assert [act.verb for _, act in log(bot.env())] == ["rebind", "plan"]


def test_since_finds_what_a_clock_put_back_hides(bot: Bot) -> None:
    """Acts made after the clock was put back by an hour do not hide those before them."""
    now = datetime.now(UTC)

    def at(hours: float) -> Env:
        return Env.open(
            "paper", config=bot.folder / "config.yaml", clock=lambda: now + timedelta(hours=hours)
        )

    first = plan(at(-5)).operation
    second = plan(at(-2)).operation
    plan(at(-4))
    third = plan(at(-1)).operation

    since = bot.env().store.operation(second).time
    assert [id for id, _ in log(bot.env(), since=since)] == [third, second]
    assert first not in dict(log(bot.env(), since=since))
