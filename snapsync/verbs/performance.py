"""What the account earned, from the looks that are stored: no network, no lock."""

from __future__ import annotations

from collections.abc import Iterator

from snapsync.errors import PlanError
from snapsync.model.explain import Terms
from snapsync.model.history import BrokerSnapshot
from snapsync.model.performance import By, Performance
from snapsync.model.performance import performance as measured
from snapsync.model.trading_days import market_day
from snapsync.model.worth import TradedSizes

from . import at
from .env import Env
from .explain import looks, proven
from .timings import timed


@timed("diff")
def performance(env: Env, *, since: str | None = None, by: By = "day") -> Performance:
    """Measure the account by the last look of each market day.

    Args:
        env: the env.
        since: begin with the last look before this time; None: with the first look.
        by: the length of a period.

    Raises:
        UsageError: no such time (exit 64).
        StoreError: nothing is stored yet (10), or an object is damaged (30).
        PlanError: there are not two looks of different times (exit 20).
    """
    kept = list(_last_of_days(env))[::-1]
    if since:
        begin = at.since(env, since)
        earlier = [each for each in kept if each.at < begin]
        kept = [*earlier[-1:], *(each for each in kept if each.at >= begin)]
    if len(kept) < 2:  # noqa: PLR2004 - two make a difference
        raise PlanError(
            "There are not two looks at the account to measure between.",
            detail=f"stored: {len(kept)}",
            hint=f"snapsync plan --env {env.name}",
        )
    newest = kept[-1]
    terms = Terms(habit=newest.habit, multipliers=TradedSizes(proven(env, newest).state.transactions))
    return measured([proven(env, each) for each in kept], by, terms)


def _last_of_days(env: Env) -> Iterator[BrokerSnapshot]:
    """The last look of each market day at the account of now, newest first; and the very first look."""
    account, day, last, seen = None, None, None, None
    for act in looks(env):
        if act.broker is None or act.broker == seen:
            continue
        seen = act.broker
        look = env.store.get(act.broker, BrokerSnapshot)
        account = account or look.account
        if look.account != account:
            break
        if market_day(look.at) != day:
            day = market_day(look.at)
            yield look
            last = None
        else:
            last = look
    if last is not None:
        yield last
