"""Plan, then apply what policy allows, in one go: what cron, a bot and a monitor run."""

from __future__ import annotations

import logging
from collections.abc import Collection

from snapsync.errors import Exit, PlanError, SnapsyncError
from snapsync.model.change import COMPONENTS, Change, Component
from snapsync.model.partial import concerned, narrowed, part_of
from snapsync.model.plan import Part, Plan
from snapsync.model.synced import NOT_KEPT, Outcome, Synced, off, outcomes
from snapsync.views import sync_log

from .apply import Applied, apply
from .audit import audited
from .check import check, verdict
from .choose import choose
from .env import Env
from .look import recall
from .plan import Planned, keep, plan
from .tell import tell

TRIES = 3
"""So often it is planned anew where the bot writes its files between a plan and its apply."""
OFF = "automatic syncing is off (ALPACA_SYNC_ENABLED)"

_log = logging.getLogger("snapsync")


def sync(env: Env, components: Collection[Component] = COMPONENTS, *, check_only: bool = False) -> Synced:
    """Bring the book to the broker's truth as far as nobody has to be asked.

    A change that is on hold, or about which a rule asks, is left and listed; the rest is applied. With an
    approval that covers all of it, all of it is. Where ALPACA_SYNC_ENABLED is off nothing is done.

    Args:
        env: the env.
        components: which parts of the book.
        check_only: only look, and write nothing into the book.

    Raises:
        BrokerError: no credentials or another account (12), out of reach (13), moving (14).
        BookError: a file of the book cannot be read or written.
        PlanError: the facts moved again and again (20), or the plan was rejected (21).
        RecoveryError: an interrupted apply needs a decision (31).
    """
    wanted = tuple(each for each in COMPONENTS if each in components)
    if not env.config.enabled:
        _log.info(sync_log.line(OFF))
        return Synced(env=env.name, outcomes=off(wanted, OFF), checked=check_only)
    with audited(env, "sync"):
        done = _checked(env, wanted) if check_only else _synced(env, wanted)
    if _log.isEnabledFor(logging.INFO):
        for each in sync_log.lines(done, _holdings(env, done.plan)):
            _log.info(each)
    return done


def sync_and_tell(
    env: Env, components: Collection[Component] = COMPONENTS, *, check_only: bool = False
) -> Synced:
    """As ``sync``; and Slack is told what is new, whatever came of it."""
    try:
        done = sync(env, components, check_only=check_only)
    except SnapsyncError as trouble:
        tell(env, stopped=trouble)
        raise
    if done.plan is not None:
        tell(env, plan=done.plan, wrote=done.operation)
    return done


def _checked(env: Env, wanted: tuple[Component, ...]) -> Synced:
    plan = check(env).plan
    found = _outcomes(env, plan, wanted, checked=True)
    return Synced(env=env.name, outcomes=found, plan=plan, checked=True)


def _synced(env: Env, wanted: tuple[Component, ...]) -> Synced:
    for _ in range(TRIES - 1):
        try:
            return _once(env, wanted)
        except PlanError as error:
            if error.exit is not Exit.STALE:
                raise
    return _once(env, wanted)


def _once(env: Env, wanted: tuple[Component, ...]) -> Synced:
    made = plan(env)
    allowed = _allowed(env, _wanted(made.plan, wanted))
    done = _applied(env, made, allowed)
    return Synced(
        env=env.name,
        outcomes=_outcomes(env, made.plan, wanted, done.changes if done else ()),
        plan=made.plan,
        operation=done.operation if done else None,
        carried=done.carried if done else (),
        recovered=made.recovered or (done.recovered if done else None),
    )


def _outcomes(
    env: Env,
    whole: Plan,
    wanted: tuple[Component, ...],
    applied: tuple[Change, ...] = (),
    *,
    checked: bool = False,
) -> tuple[Outcome, ...]:
    kept = env.rules.components
    left_out = off((each for each in wanted if each not in kept), NOT_KEPT)
    return (*outcomes(whole, (each for each in wanted if each in kept), applied, checked=checked), *left_out)


def _wanted(whole: Plan, wanted: tuple[Component, ...]) -> Plan:
    return whole if wanted == COMPONENTS else part_of(whole, Part(only=wanted))


def _allowed(env: Env, asked: Plan) -> Plan:
    """The part of a plan that may be written though nobody is there to ask."""
    if verdict(env, asked, None).standing == "approved":
        return asked
    if asked.refused or env.name in env.config.require_approval:
        return narrowed(asked, lambda _: False)
    about = {each.key for each in asked.asking}

    def unasked(change: Change) -> bool:
        return not about & concerned(change)

    part = narrowed(asked, unasked)
    # what still asks is about the plan as a whole
    return narrowed(part, lambda _: False) if part.asking else part


def _applied(env: Env, made: Planned, allowed: Plan) -> Applied | None:
    """Apply what is allowed; a part of the plan becomes a plan of its own first."""
    if not allowed.drift:
        return None
    if allowed.part is not None:
        made = keep(env, made.seen, part=allowed.part)
    done = apply(env, choose(env, made.operation))
    lost = sorted({change.key for change in done.changes} & {*done.open})
    if lost:
        raise PlanError(
            "Another program changed the book while it was written.",
            detail=f"different again: {', '.join(lost)}",
            hint=f"snapsync sync --env {env.name}",
        )
    return done


def _holdings(env: Env, made: Plan | None) -> int | None:
    """How many positions of the account are compared."""
    if made is None or made.broker is None:
        return None
    positions = recall(env, made.broker).state.positions
    return sum(made.scope.covers(each.key, each.asset_class) for each in positions)
