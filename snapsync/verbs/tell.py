"""Tell Slack what is new of an env. Whatever happens here, the run that it tells of stands as it is.

Several processes may run on one env: what was told is remembered in the store, and one tells at a time.
Writes are found in the log, so a message that could not be sent is not lost, and what a person has applied
on a terminal is told by the next run of a program.
"""

from __future__ import annotations

import time
from itertools import islice, takewhile

from msgspec.structs import replace

from snapsync.config import SlackWay, credentials, slack_way
from snapsync.ends.slack import Line, Unsent
from snapsync.errors import Exit, SnapsyncError, StoreError
from snapsync.model.canon import OperationId
from snapsync.model.history import WRITES, Operation
from snapsync.model.instant import Instant, seconds_between, shift, to_datetime
from snapsync.model.news import Day, Memory, Run, Trouble, Wrote, news
from snapsync.model.plan import Plan
from snapsync.store.store import Store
from snapsync.store.told import read_told, telling, write_told
from snapsync.views.slack import EASTERN, Place, message
from snapsync.views.times import local

from .audit import note_failure
from .check import verdict
from .env import Env

SECONDS = 10.0
"""How long telling may take in all."""
_MOST_WRITES = 100
"""So many writes are looked at for those that were not told of; a store may be an old one put back."""
_FIRST_PAUSE, _LONGEST_PAUSE = 300.0, 3600.0
_GATES = frozenset({Exit.UNAPPROVED, Exit.REFUSED})


def tell(
    env: Env,
    *,
    plan: Plan | None = None,
    wrote: OperationId | None = None,
    stopped: SnapsyncError | None = None,
    within: float = SECONDS,
) -> None:
    """Tell Slack of a run, if there is anything new in it; never raises for Slack's sake.

    Args:
        env: the env; what goes wrong here is told to its ``warn``.
        plan: what the run has made of both sides, if it came so far.
        wrote: the act by which it has written the book.
        stopped: why it stopped.
        within: how many seconds this may take.
    """
    if not env.config.slack_alerts:
        return
    try:
        way = slack_way(env.config)
        if way is None:
            return
        with telling(env.config.state):
            _tell(env, way, _run(env, plan, stopped), wrote, time.monotonic() + within)
    except SnapsyncError as trouble:
        if trouble.exit != Exit.LOCKED:  # then another process is telling, of the same env
            env.warn(f"Slack was not told. {trouble.summary} {trouble.detail}")


def _run(env: Env, plan: Plan | None, stopped: SnapsyncError | None) -> Run:
    gated = stopped is not None and plan is not None and stopped.exit in _GATES
    waits = _waits(env, plan) if plan else ()
    trouble = None
    if stopped and gated:
        waits = waits or (f"{stopped.summary} {stopped.detail}".strip(),)
    elif stopped:
        trouble = Trouble(
            exit=int(stopped.exit), summary=stopped.summary, detail=stopped.detail, hint=stopped.hint
        )
    return Run(at=env.now(), plan=plan, trouble=trouble, waits=waits)


def _waits(env: Env, plan: Plan) -> tuple[str, ...]:
    """What keeps a plan from being applied by a program."""
    if plan.refused:
        return tuple(f"{each.summary} {each.detail}".strip() for each in plan.refused)
    if not plan.drift:
        return ()
    found = verdict(env, plan, None)
    if found.rejection:
        return ("Somebody has rejected this plan.",)
    if found.standing == "approved":
        return ()
    asking = tuple(f"{each.summary} {each.detail}".strip() for each in plan.asking)
    if env.name in env.config.require_approval:
        return (*asking, "This env wants an approval (ALPACA_SYNC_REQUIRE_APPROVAL).")
    return asking


def _tell(env: Env, way: SlackWay, run: Run, wrote: OperationId | None, until: float) -> None:
    known = _known(env)
    try:
        store = env.find_store()
        told, run = _facts(env, store, known, run, wrote)
    except StoreError:  # it cannot be used: the run says so, and that is what there is to tell
        store, told = None, known or Memory()
    seen, fresh = news(run, told)
    if not fresh:
        if seen != known:
            write_told(env.config.state, seen)
        return
    if told.not_before and 0 < seconds_between(run.at, told.not_before) <= _LONGEST_PAUSE:
        env.say(f"Slack is told later, not before {local(told.not_before, env.config.timezone)}.")
        write_told(env.config.state, seen)
        return
    place, line = _place(env, store, way), Line(way.url, way.token, way.channel)
    for each, then in fresh:
        failed = _send(line, message(each, place), until)
        if failed:
            _tell_failed(env, f"{failed.why}{_perhaps(failed)}")
            seen = _later(seen, run.at, failed)
            break
        seen = replace(then, failures=0, not_before=None)
    write_told(env.config.state, seen)


def _tell_failed(env: Env, why: str) -> None:
    """What Slack does not hear the log has, and whoever runs this."""
    env.warn(f"Slack was not told: {why}. It is tried again.")
    note_failure(env, "slack", SnapsyncError("Slack was not told.", detail=why))


def _send(line: Line, text: str, until: float) -> Unsent | None:
    left = until - time.monotonic()
    return line.send(text, left) if left >= 1 else Unsent(why="its time is up")


def _perhaps(failed: Unsent) -> str:
    return "; perhaps it came all the same" if failed.perhaps else ""


def _later(seen: Memory, now: Instant, failed: Unsent) -> Memory:
    """After a failure Slack is left alone for a while, longer each time."""
    pause = min(_LONGEST_PAUSE, max(failed.wait or 0.0, _FIRST_PAUSE * 2 ** min(seen.failures, 8)))
    return replace(seen, failures=seen.failures + 1, not_before=shift(now, seconds=pause))


def _facts(
    env: Env, store: Store | None, known: Memory | None, run: Run, wrote: OperationId | None
) -> tuple[Memory, Run]:
    """What was told, and the run with what the log says."""
    told = known or Memory(wrote=_before(store, wrote))
    run = replace(run, wrote=_untold(store, told.wrote, wrote))
    return told, replace(run, day=_day(env, store, told, run))


def _known(env: Env) -> Memory | None:
    try:
        return read_told(env.config.state)
    except StoreError as damaged:
        env.warn(str(damaged))
        return None


def _before(store: Store | None, wrote: OperationId | None) -> OperationId | None:
    """The newest write before this run's own: in the beginning what was before is no news."""
    return next((id for id, _ in store.writes() if id != wrote), None) if store else None


def _untold(store: Store | None, told: OperationId | None, wrote: OperationId | None) -> Wrote | None:
    """The newest write that nobody was told of, and how many there were before it."""
    if store is None:
        return None
    recent = list(islice(store.writes(), _MOST_WRITES))
    fresh = list(takewhile(lambda pair: pair[0] != told, recent))
    if told and len(fresh) == len(recent):  # what was told of is in another history
        fresh = [pair for pair in recent if pair[0] == wrote]
    if not fresh:
        return None
    id, act = fresh[0]
    details = store.get(act.details, Plan) if act.details else None
    return Wrote(id=id, act=act, plan=details, earlier=len(fresh) - 1)


def _day(env: Env, store: Store | None, told: Memory, run: Run) -> Day | None:
    """How the last day went, once its time has come."""
    if not env.config.slack_digest or store is None:
        return None
    now = to_datetime(run.at).astimezone(EASTERN)
    day = f"{now:%Y-%m-%d}"
    if f"{now:%H:%M}" < env.config.slack_digest or told.digest >= day:
        return None
    since = shift(run.at, days=-1)
    acts = [act for _, act in takewhile(lambda pair: pair[1].time >= since, store.log())]
    return Day(
        day=day,
        looks=sum(act.verb == "plan" for act in acts),
        writes=sum(act.verb in WRITES for act in acts),
        changes=sum(_count(act) for act in acts if act.verb in WRITES),
        equity=next((act.reading.equity for act in acts if act.reading), None),
        standing=_standing(run),
    )


def _count(act: Operation) -> int:
    counts = act.tally
    return counts.add + counts.update + counts.close if counts else len(act.files)


def _standing(run: Run) -> str:
    if run.trouble:
        return run.trouble.summary.rstrip(".").lower()
    if run.waits:
        return "blocked until someone acts"
    settled = run.plan and run.wrote and run.wrote.act.plan == run.plan.id
    return "in step" if settled or not (run.plan and run.plan.drift) else "drift"


def _place(env: Env, store: Store | None, way: SlackWay) -> Place:
    latest = store.latest() if store else None
    return Place(
        env=env.name,
        host=env.actor.host,
        head=latest[0] if latest else None,
        components=env.config.components,
        calls=env.config.slack_mention,
        hidden=_hidden(env, store, way),
    )


def _hidden(env: Env, store: Store | None, way: SlackWay) -> tuple[str, ...]:
    """What no message may hold, whatever text it was made of."""
    secret = [way.token or way.url, store.identity.account if store else None]
    try:
        keys = credentials(env.config)
    except SnapsyncError:  # there are none: nothing to hide
        return tuple(filter(None, secret))
    return tuple(filter(None, (*secret, keys.key, keys.secret)))
