"""News as Slack messages: the guide's first line, then what changed, why, what waits, and one command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from snapsync.model.canon import OperationId, Record, short
from snapsync.model.change import BankrollChange, Change, component
from snapsync.model.instant import Instant, seconds_between
from snapsync.model.money import dollars, signed
from snapsync.model.news import CALLING, Day, Kind, News, Run
from snapsync.model.plan import Plan
from snapsync.model.policy import Finding

from . import explain
from .lines import line
from .neutral import slack
from .times import age, local

EASTERN = ZoneInfo("America/New_York")
_MOST, _LONGEST = 8, 2900
"""So many lines of a kind, and characters in all: a section of Slack's holds three thousand."""
_HEADS: dict[Kind, tuple[str, str]] = {
    "wrote": ("✅", "SUCCESS"),
    "drift": ("⚠️", "DRIFT"),
    "blocked": ("🛑", "BLOCKED"),
    "failed": ("❌", "FAILED"),
    "outage": ("🔌", "OUTAGE"),
    "back": ("✅", "BACK"),
    "resolved": ("✅", "RESOLVED"),
    "digest": ("📋", "DIGEST"),
}
_ACTS = {"apply": "applied", "undo": "undone", "restore": "restored", "repair": "repaired"}
_PARTS = {"bankroll": "Bankroll", "positions": "Positions", "transactions": "Transactions"}
_LEFT_OUT = "\N{HEAVY MINUS SIGN}"
_NUMBERS = re.compile(r"\bPA[0-9A-Z]{8,}\b|(?<![\w.,$-])\d{9}(?![\w.,-])")
"""What the numbers of Alpaca's accounts look like."""


class Place(Record, frozen=True):
    """Where news comes from, and what of it must not be said.

    ``calls`` is whom a message calls on which somebody has to act. ``hidden`` are texts that are secret.
    """

    env: str
    host: str
    head: OperationId | None
    components: tuple[str, ...]
    calls: str = ""
    hidden: tuple[str, ...] = ()


def message(news: News, place: Place) -> str:
    """One message in Slack's markup."""
    emoji, word = _HEADS[news.kind]
    if news.kind == "wrote" and news.run.wrote and news.run.wrote.act.verb != "apply":
        word = _ACTS.get(news.run.wrote.act.verb, "done").upper()
    head = [f"{emoji} Alpaca Sync {word} [{place.env.upper()}]", _parts(news, place.components)]
    body = [*_where(news, place), *_body(news)]
    foot = [*_ids(news, place), *_command(news, place), *_call(news.kind, place.calls)]
    return _safe("\n".join(_fitting(head, body, foot)), place.hidden)


def _parts(news: News, components: Sequence[str]) -> str:
    """The guide's second line: how each part of the book stands."""
    found = _marks(news)
    marks = {key: found.get(key, "✅") if key in components else _LEFT_OUT for key in _PARTS}
    return " | ".join(f"{name}: {marks[key]}" for key, name in _PARTS.items())


def _marks(news: News) -> dict[str, str]:
    match news.kind:
        case "back" if news.run.plan is None:
            return dict.fromkeys(_PARTS, "❔")
        case "drift" | "blocked" | "back":
            mark = "🛑" if news.kind == "blocked" else "⚠️"
            return {component(each): mark for each in (news.run.plan.changes if news.run.plan else ())}
        case "failed" | "outage":
            return dict.fromkeys(_PARTS, "❌" if news.kind == "failed" else "❔")
        case "digest":
            return {} if news.run.day and news.run.day.standing == "in step" else dict.fromkeys(_PARTS, "⚠️")
        case _:
            return {}


def _where(news: News, place: Place) -> Iterator[str]:
    run = news.run
    at, host, by = run.at, place.host, ""
    if news.kind == "wrote" and run.wrote:
        act = run.wrote.act
        at, host = act.time, act.actor.host
        by = f", {_ACTS.get(act.verb, act.verb)} by {slack(act.actor.user)}"
    yield f"{place.env} on {slack(host)}, {local(at, EASTERN)}{by}"


def _body(news: News) -> Iterator[str]:
    run = news.run
    match news.kind:
        case "wrote":
            yield from _wrote(run)
        case "drift" | "blocked":
            yield from _changes(run.plan)
            yield from _waits(run)
        case "failed" | "outage":
            yield from _trouble(run)
        case "back":
            yield f"The broker answers again, after {_long(news.since, run.at)}."
        case "resolved":
            yield f"Book and broker are in step again, after {_long(news.since, run.at)}."
        case "digest":
            yield from _day(run.day)


def _wrote(run: Run) -> Iterator[str]:
    wrote = run.wrote
    if wrote is None:
        return
    yield from _changes(wrote.plan)
    if wrote.plan:  # of what is not written yet they are told as what it waits for
        yield from _findings(each for each in wrote.plan.findings if each.severity != "note")
    if wrote.act.files and not (wrote.plan and wrote.plan.changes):
        yield f"• {len(wrote.act.files)} file(s) of the book"
    if wrote.earlier:
        yield f"Before it the book was written {wrote.earlier} more time(s) that nobody was told of."


def _changes(plan: Plan | None) -> Iterator[str]:
    if plan is None:
        return
    for change in plan.changes[:_MOST]:
        yield f"• {_change(change)}"
    if len(plan.changes) > _MOST:
        yield f"• … and {len(plan.changes) - _MOST} more"
    for each in plan.files:
        yield f"• {slack(each.name)}: {each.count} place(s)"
    if plan.explanation and explain.worth_telling(plan.explanation):
        yield slack(explain.brief(plan.explanation, EASTERN))


def _change(change: Change) -> str:
    sign, kind, what, how, why = line(change, EASTERN)
    if isinstance(change, BankrollChange):
        step = "none" if change.before is None else dollars(change.before)
        off = "" if change.before is None else f" ({_off(change.before, change.amount)})"
        return slack(f"{sign} {kind} {step} → {dollars(change.amount)}{off}: {why}")
    return slack(f"{sign} {kind} {what} {' '.join(how.split())}: {why}")


def _off(before: Decimal, after: Decimal) -> str:
    """A difference in dollars and percent."""
    if not before:
        return signed(after - before)
    share = (after - before) / abs(before) * 100
    return f"{signed(after - before)}, {share:+.2f} %"


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    shown = list(findings)
    for each in shown[:_MOST]:
        detail = each.detail.splitlines()[0] if each.detail else ""
        yield slack(f"why: {each.summary} {detail}".rstrip())
    if len(shown) > _MOST:
        yield f"why: … and {len(shown) - _MOST} more"


def _waits(run: Run) -> Iterator[str]:
    if run.waits:
        yield "*Blocked until someone acts:*"
        yield from (f"• {slack(each)}" for each in run.waits[:_MOST])


def _trouble(run: Run) -> Iterator[str]:
    if run.trouble:
        yield slack(run.trouble.summary)
        yield from (slack(part) for part in run.trouble.detail.splitlines()[:_MOST])
        yield "Until this is over nothing is compared and nothing is written."


def _day(day: Day | None) -> Iterator[str]:
    if day is None:
        return
    yield f"The day up to {day.day}: {day.looks} look(s), {day.writes} write(s) with {day.changes} change(s)."
    if day.equity is not None:
        yield f"Equity {dollars(day.equity)}. Now: {day.standing}."


def _ids(news: News, place: Place) -> Iterator[str]:
    run = news.run
    plan = run.wrote.act.plan if news.kind == "wrote" and run.wrote else run.plan and run.plan.id
    ids = [f"plan {short(plan)}"] if plan else []
    if place.head:
        ids.append(f"head {short(place.head)}")
    if ids:
        yield " · ".join(ids)


def _command(news: News, place: Place) -> Iterator[str]:
    """One command to copy."""
    yield f"`snapsync {_words(news, place)} --env {place.env}`"


def _words(news: News, place: Place) -> str:
    run = news.run
    head = short(place.head) if place.head else ""
    plan = short(run.plan.id) if run.plan else ""
    match news.kind:
        case "wrote" if run.wrote:
            return f"show {short(run.wrote.id)}"
        case "drift" if plan:
            return f"apply {plan}"
        case "blocked" if plan and run.plan and not run.plan.refused:
            return f"approve {plan}"
        case "blocked" | "back" | "resolved" | "digest" if head:
            return f"show {head}"
        case _:
            return "doctor"


def _call(kind: Kind, calls: str) -> Iterator[str]:
    if calls and kind in CALLING:
        yield (
            f"<!{calls}>" if calls.islower() else f"<!subteam^{calls}>" if calls[0] == "S" else f"<@{calls}>"
        )


def _long(since: Instant | None, now: Instant) -> str:
    return age(seconds_between(since, now)) if since else "some time"


def _fitting(head: list[str], body: list[str], foot: list[str]) -> list[str]:
    """All lines, or as many of the body as there is room for."""
    room = _LONGEST - sum(len(each) + 1 for each in (*head, *foot))
    kept: list[str] = []
    for each in body:
        room -= len(each) + 1
        if room < 0:
            return [*head, *kept, "…", *foot]
        kept.append(each)
    return [*head, *kept, *foot]


def _safe(text: str, hidden: Iterable[str]) -> str:
    """Without what is secret, wherever a sentence may have taken it from."""
    for each in hidden:
        text = text.replace(each, "…")
    return _NUMBERS.sub("…", text)
