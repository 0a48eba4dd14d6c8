"""Look over all that an env needs: one Check for each thing, none of which stops the others.

Changes nothing. The network is used: the broker is asked for the account once, and Slack whether it would
take a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile

from snapsync.config import slack_way
from snapsync.ends.book import diagnose, synced_at
from snapsync.ends.slack import Line
from snapsync.errors import BookError, SnapsyncError, StoreError
from snapsync.model.canon import short
from snapsync.model.health import Check, fail, ok, warn
from snapsync.model.instant import readable, seconds_between, shift
from snapsync.model.plan import Plan
from snapsync.store.heartbeat import read_beat
from snapsync.store.journal import open_journal
from snapsync.store.told import read_told
from snapsync.views.times import age

from .doctor_broker import broker
from .doctor_machine import dotenv, file_system, versions
from .env import Env

_SLACK_SECONDS = 10.0
_UNDOING = frozenset({"undone-by-another", "undone-again"})
_LATE_SECONDS = 600.0
"""A look may take long; a reading alone may take a quarter of an hour on a bad day."""
_OUR_OWN_SECONDS = 60.0
"""The bankroll file is written a moment before the act is history."""


def doctor(env: Env) -> tuple[Check, ...]:
    """Look at everything; what cannot even be looked at is a failed check."""
    parts = (
        ("versions", versions),
        ("settings", _settings),
        (".env", dotenv),
        ("broker", broker),
        ("book", _book),
        ("other syncs", _others),
        ("store", _store),
        ("file system", file_system),
        ("slack", _slack),
        ("watch", _watch),
    )
    return tuple(check for name, look in parts for check in _looked(env, name, look))


def _looked(env: Env, name: str, look: Callable[[Env], Iterable[Check]]) -> Iterator[Check]:
    try:
        yield from look(env)
    except SnapsyncError as trouble:
        said = "\n".join(part for part in (trouble.summary, trouble.detail) if part)
        yield fail(name, said, remedy=trouble.hint)


def _settings(env: Env) -> Iterator[Check]:
    config = env.config
    if config.enabled:
        yield ok("settings", f"{config.path.name}, env {env.name} ({config.env_source})")
    else:
        yield warn(
            "settings",
            f"{config.path.name}: automatic syncs are off.",
            remedy="ALPACA_SYNC_ENABLED: true",
        )


def _book(env: Env) -> Iterator[Check]:
    with env.timed("book"):
        found = diagnose(env.book_files)
    damaged = [each.path.name for each in found if each.health == "damaged"]
    absent = [each.path.name for each in found if each.health == "absent"]
    if damaged:
        yield fail(
            "book",
            f"damaged: {', '.join(damaged)}",
            remedy=f"Where and how:\n  snapsync doctor --book --env {env.name}",
        )
    elif absent:
        yield warn(
            "book",
            f"not there, which counts as empty: {', '.join(absent)}",
            remedy="If your bot keeps them elsewhere, say where: ALPACA_SYNC_BOOK",
        )
    else:
        yield ok("book", f"{len(found)} files, sound")


def _others(env: Env) -> Iterator[Check]:
    """Whether somebody else still syncs the same files."""
    remedy = "Take its lines out of cron, and its calls out of the bot: docs/migrate.md"
    try:
        store = env.find_store()
    except StoreError:  # its own check says why
        return
    undone = sorted(_undone(env)) if store else []
    if undone:
        said = f"Another program undoes what snapsync writes: {', '.join(undone)}"
        yield warn("other syncs", said, remedy=remedy)
    try:
        at = synced_at(env.book_files)
    except BookError:  # the book's own check says why
        return
    last = next((act.time for _, act in store.writes()), None) if store else None
    since = shift(last, seconds=_OUR_OWN_SECONDS) if last else shift(env.now(), days=-1)
    if at and at > since:
        said = f"Another program says that it synced the bankroll file at {readable(at)}."
        yield warn("other syncs", said, remedy=remedy)
    elif not undone:
        yield ok("other syncs", "no sign of any")


def _undone(env: Env) -> set[str]:
    """What the plans of the last day say that somebody else has undone."""
    since = shift(env.now(), days=-1)
    acts = takewhile(lambda pair: pair[1].time >= since, env.store.log())
    plans = {act.details for _, act in acts if act.verb == "plan" and act.details}
    findings = (each for id in plans for each in env.store.get(id, Plan).findings)
    return {each.key for each in findings if each.code in _UNDOING}


def _store(env: Env) -> Iterator[Check]:
    store = env.find_store()
    if store is None:
        first = f"snapsync plan --env {env.name}"
        yield ok("store", f"none yet; the first plan makes it: {first}")
        return
    heads = store.heads()
    latest = store.latest()
    if open_journal(store.folder):
        yield fail(
            "store",
            "An apply was interrupted; nothing is lost.",
            remedy=f"The next plan or apply finishes it, or asks:\n  snapsync recover --env {env.name}",
        )
    elif len(heads) > 1:
        yield warn(
            "store",
            f"Two histories go on beside each other, with heads {', '.join(map(short, heads))}.",
            remedy=f"The next plan joins them:\n  snapsync plan --env {env.name}",
        )
    elif latest:
        when = f"{latest[1].verb} at {readable(latest[1].time)}"
        yield ok("store", f"head {short(latest[0])}, {when}")
    else:
        yield ok("store", "empty")


def _slack(env: Env) -> Iterator[Check]:
    if not env.config.slack_alerts:
        yield ok("slack", "off (ALPACA_SYNC_SLACK_ALERTS)")
        return
    way = slack_way(env.config)
    if way is None:
        yield ok("slack", "not set up: docs/slack.md")
        return
    failed = Line(way.url, way.token, way.channel).reach(_SLACK_SECONDS)
    if failed:
        yield fail(
            "slack",
            f"{way.source}: {failed.why}",
            remedy="Copy it again from your Slack app's page, or check the network.",
        )
        return
    try:
        told = read_told(env.config.state)
    except StoreError as damaged:
        yield warn("slack", f"{damaged.summary} {damaged.detail}", remedy=damaged.hint)
        return
    where = f" to {way.channel}" if way.channel else ""
    late = told.not_before if told and told.not_before and told.failures else None
    if late and seconds_between(env.now(), late) > 0:
        said = f"It answers now. {told.failures if told else 0} message(s) failed before."
        yield warn("slack", said, remedy=f"It is told again after {readable(late)}.")
    else:
        yield ok("slack", f"it would take a message{where}: {way.source}")


def _watch(env: Env) -> Iterator[Check]:
    """Where a watch was started, whether it still is at work."""
    beat = read_beat(env.config.state)
    if beat is None or beat.standing == "stopped" or beat.next is None:
        return
    late = seconds_between(beat.next, env.now())
    if late > _LATE_SECONDS:
        said = f"It was due {age(late)} ago: process {beat.pid} on {beat.host} is silent."
        yield warn("watch", said, remedy="Start it again: docs/watch.md")
    elif beat.failures:
        yield warn("watch", f"{beat.failures} look(s) in a row have failed: {beat.trouble}")
    else:
        yield ok("watch", f"{beat.standing} at {readable(beat.at)}, {beat.looks} look(s)")
