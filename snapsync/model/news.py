"""News: what of a run is worth telling, given what was told before. Each fact is told once.

Pure: who is told, and how, is not said here. What was told is a Memory; the one that goes with a piece of
news counts only once that news has arrived.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec.structs import replace

from snapsync.errors import Exit

from .canon import OperationId, Record, Stored
from .history import Operation
from .instant import Instant
from .plan import Plan

Kind = Literal["wrote", "drift", "blocked", "failed", "outage", "back", "resolved", "digest"]

CALLING: frozenset[Kind] = frozenset({"blocked", "failed"})
"""News that somebody has to act on."""
_PASSING = frozenset({Exit.LOCKED, Exit.STALE, Exit.UNSETTLED})
"""Troubles that the next run usually is rid of: told when they are met twice in a row."""
_ANSWERED = frozenset({Exit.CREDENTIALS, Exit.UNSETTLED})
"""Troubles of which we know from the broker itself."""


class Trouble(Record, frozen=True):
    """Why a run stopped: an error as a value."""

    exit: int
    summary: str
    detail: str = ""
    hint: str = ""

    @property
    def about(self) -> str:
        """What makes it the same trouble again; details hold times and line numbers that move."""
        return f"{self.exit} {self.summary}"


class Wrote(Record, frozen=True):
    """A write of the book that nobody was told of; ``earlier`` is how many more there were before it."""

    id: OperationId
    act: Operation
    plan: Plan | None
    earlier: int = 0


class Day(Record, frozen=True):
    """How a day went: the name of the day, how often was looked and written, the newest equity."""

    day: str
    looks: int
    writes: int
    changes: int
    equity: Decimal | None = None
    standing: str = ""


class Run(Record, frozen=True):
    """What one run has come to.

    ``plan`` is what it has made of both sides, ``trouble`` why it stopped, ``waits`` what keeps the plan
    from being applied until somebody acts. ``day`` is there when a digest is due.
    """

    at: Instant
    plan: Plan | None = None
    trouble: Trouble | None = None
    waits: tuple[str, ...] = ()
    wrote: Wrote | None = None
    day: Day | None = None


class Matter(Record, frozen=True):
    """Something that was told and is not over: what it is about, and since when."""

    kind: Kind
    about: str
    since: Instant


class Memory(Stored, frozen=True, tag="told"):
    """What was told.

    ``matter`` is not over yet; ``wrote`` is the newest write that was told of; ``digest`` the day of the
    last digest. ``outage`` says since when the broker is out of reach, ``told`` whether that was told.
    ``passing`` is the passing trouble of the last run. After ``failures`` in a row nothing is sent
    ``not_before`` a time.
    """

    matter: Matter | None = None
    wrote: OperationId | None = None
    outage: Instant | None = None
    told: bool = False
    passing: str = ""
    digest: str = ""
    failures: int = 0
    not_before: Instant | None = None


class News(Record, frozen=True):
    """One fact to tell, with the run that it comes from; ``since`` is when what is over now began."""

    kind: Kind
    run: Run
    since: Instant | None = None


Telling = tuple[News, Memory]
"""A piece of news, and what was told once it has arrived."""


def news(run: Run, told: Memory) -> tuple[Memory, tuple[Telling, ...]]:
    """What is new in a run.

    Returns:
        What there is to remember in any case, and the news in the order in which they are to be told.
    """
    seen = now = _observed(run, told)
    found: list[Telling] = []
    first_time = bool(seen.passing) and seen.passing != told.passing
    for part in (_wrote, _digest) if first_time else (_wrote, _outage, _matter, _digest):
        said, now = part(run, now)
        if said:
            found.append((said, now))
        elif not found:
            seen = now  # nobody need hear of it
    return seen, tuple(found)


def _observed(run: Run, told: Memory) -> Memory:
    """What a run leaves behind even if nothing can be told."""
    trouble = run.trouble
    passing = trouble.about if trouble and trouble.exit in _PASSING else ""
    out = bool(trouble and trouble.exit == Exit.UNREACHABLE)
    return replace(told, passing=passing, outage=told.outage or (run.at if out else None))


def _wrote(run: Run, now: Memory) -> tuple[News | None, Memory]:
    """A write settles what was told of before it."""
    if run.wrote is None:
        return None, now
    return News(kind="wrote", run=run), replace(now, wrote=run.wrote.id, matter=None)


def _outage(run: Run, now: Memory) -> tuple[News | None, Memory]:
    out = bool(run.trouble and run.trouble.exit == Exit.UNREACHABLE)
    if out:
        return (None if now.told else News(kind="outage", run=run)), replace(now, told=True)
    answered = run.plan is not None or (run.trouble is not None and run.trouble.exit in _ANSWERED)
    if now.outage is None or not answered:
        return None, now
    back = News(kind="back", run=run, since=now.outage) if now.told else None
    return back, replace(now, outage=None, told=False)


def _matter(run: Run, now: Memory) -> tuple[News | None, Memory]:
    """What waits for somebody, or what has ended."""
    found = _open_matter(run)
    if found is None:
        if now.matter is None or run.plan is None:
            return None, now
        over = News(kind="resolved", run=run, since=now.matter.since)
        return over, replace(now, matter=None)
    if now.matter and (now.matter.kind, now.matter.about) == (found.kind, found.about):
        return None, now
    return News(kind=found.kind, run=run), replace(now, matter=found)


def _open_matter(run: Run) -> Matter | None:
    trouble, plan = run.trouble, run.plan
    if trouble is None:
        settled = plan and run.wrote and run.wrote.act.plan == plan.id
        if plan is None or settled or not (run.waits or plan.drift):
            return None
        kind: Kind = "blocked" if run.waits else "drift"
        return Matter(kind=kind, about=plan.id, since=run.at)
    if trouble.exit == Exit.UNREACHABLE:
        return None
    return Matter(kind="failed", about=trouble.about, since=run.at)


def _digest(run: Run, now: Memory) -> tuple[News | None, Memory]:
    if run.day is None or run.day.day <= now.digest:
        return None, now
    return News(kind="digest", run=run), replace(now, digest=run.day.day)
