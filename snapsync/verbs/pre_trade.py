"""Ask before a trade whether the book is true. The book is not touched, and no doubt is a yes."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from snapsync.errors import SnapsyncError
from snapsync.model.canon import short
from snapsync.model.clearance import Clearance, Intent
from snapsync.model.history import REVIEWS, Operation
from snapsync.model.instant import seconds_between, shift
from snapsync.model.stretch import in_step
from snapsync.store.journal import open_journal
from snapsync.views import sync_log

from .audit import audited, in_a_line
from .check import check
from .env import Env
from .offline import looked_at

HOOK_OFF = "the call before a trade is off (ALPACA_AUTO_SYNC_BEFORE_TRADE)"
OFF = "automatic syncing is off (ALPACA_SYNC_ENABLED)"

_log = logging.getLogger("snapsync")


def switched_off(env: Env) -> str | None:
    """Why a call before a trade has nothing to do; None where it has."""
    if not env.config.enabled:
        return OFF
    return None if env.config.auto_sync_before_trade else HOOK_OFF


def pre_trade(
    env: str | Env | None = None,
    intent: Intent = "open",
    *,
    max_age: float = 60,
    timeout: float = 10,
    config: str | Path | None = None,
) -> Clearance:
    """Say whether the book may be traded on.

    A look that found both sides in step is good for ``max_age`` seconds, for every process of this env, so
    that ten trades in a minute cost one reading of the broker. Never gate on it what only reduces risk:
    with ``intent="close"`` nobody is asked, nothing is waited for, and the answer is always a yes.

    Args:
        env: the env, by name or opened.
        intent: ``open`` for a trade that takes risk, ``close`` for one that only reduces it.
        max_age: how old, in seconds, the knowledge may be.
        timeout: how many seconds the whole call may take.
        config: the path of config.yaml, as for ``Env.open``.

    Returns:
        The Clearance. Nothing is raised: what keeps us from knowing is its ``reason``, and is logged.
    """
    until = time.monotonic() + timeout
    try:
        opened = env if isinstance(env, Env) else Env.open(env, config=config)
        found = _clearance(opened, intent, max_age, until)
    except SnapsyncError as error:
        found = Clearance(standing="unknown", intent=intent, reason=in_a_line(error))
    if found.standing != "ok":
        _log.log(
            logging.INFO if found else logging.WARNING,
            sync_log.line(f"Before a trade: {found.standing} - {found.reason}"),
        )
    return found


def _clearance(env: Env, intent: Intent, max_age: float, until: float) -> Clearance:
    off = switched_off(env)
    if off:
        return Clearance(standing="unknown", intent=intent, reason=off, off=True)
    known = _lease(env, intent, max_age)
    if known:
        return known
    if intent == "close":
        reason = "nothing is asked before a trade that only reduces risk"
        return Clearance(standing="unknown", intent=intent, reason=reason)
    before, env.deadline = env.deadline, until
    try:
        with audited(env, "pre-trade"):
            found = check(env)
    finally:
        env.deadline = before
    plan = found.plan
    if plan.refused:
        reason = plan.refused[0].summary
        return Clearance(standing="unknown", intent=intent, reason=reason, plan=plan.id, age=0.0)
    if plan.drift:
        reason = f"the book differs from the account: plan {short(plan.id)}"
        return Clearance(standing="drift", intent=intent, reason=reason, plan=plan.id, age=0.0)
    return _lease(env, intent, max_age) or Clearance(
        standing="ok", intent=intent, reason="book and account are in step", plan=plan.id, age=0.0
    )


def _lease(env: Env, intent: Intent, max_age: float) -> Clearance | None:
    """What the last act still tells: None where it is too old, or found anything else than both in step."""
    store = env.find_store()
    if store is None or open_journal(store.folder):
        return None
    last = next(((id, act) for id, act in store.log() if act.verb not in REVIEWS), None)
    if last is None or not _agrees(env, last[1]) or last[1].broker is None:
        return None
    at = looked_at(env, last[1].broker)
    age = seconds_between(at, env.now())
    if not 0 <= age < max_age:
        return None
    return Clearance(
        standing="ok",
        intent=intent,
        reason="book and account are in step",
        plan=last[1].plan,
        age=age,
        good_until=shift(at, seconds=max_age),
    )


def _agrees(env: Env, act: Operation) -> bool:
    """Whether book and account were wholly in step after an act, by the rules of today."""
    agreed = act.agreed
    if agreed is None or (agreed.book, agreed.broker) != (act.book, act.broker):
        return False
    whole = in_step(act) or (act.verb == "apply" and not agreed.open)
    return whole and (agreed.rules, agreed.scope) == (env.rules.id, env.scope)
