"""What was said of a plan, and how far it covers one: for people and for scripts."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

from snapsync.model.approval import Approval, Cover
from snapsync.model.canon import ObjectId, short
from snapsync.model.money import masked

from .json import Document
from .neutral import terminal
from .paint import Paint
from .times import local


def words(id: ObjectId, said: Approval, zone: ZoneInfo, paint: Paint, *, hidden: bool = False) -> str:
    """One word on a plan, fact by fact; the reason may be ``hidden``, for there may be amounts in it."""
    rows = [
        (said.word, f"plan {said.plan}"),
        ("approval", id),
        ("by", terminal(said.by) or "-"),
        ("reason", "(hidden)" if said.reason and hidden else terminal(said.reason) or "-"),
        ("when", local(said.at, zone)),
        ("who", who(said)),
        ("planner", f"{terminal(said.planner.user)}@{terminal(said.planner.host)}"),
    ]
    if said.word == "approved":
        rows.append(("until", local(said.until, zone)))
    if said.revokes:
        rows.append(("revokes", said.revokes))
    return "\n".join(f"{paint(f'{name:<10}', 'dim')} {value}" for name, value in rows)


def brief(said: Approval) -> str:
    """By whom and why, in a few words; by the user where no other name was given."""
    why = f": {terminal(said.reason)}" if said.reason else ""
    return f"by {terminal(said.by or said.actor.user)}{why}"


def who(said: Approval) -> str:
    """Who ran the command, as the machine and its CI system know them."""
    actor = f"{terminal(said.actor.user)}@{terminal(said.actor.host)}"
    if said.job is None:
        return actor
    run = f" run {terminal(said.job.run)}" if said.job.run else ""
    whose = f" for {terminal(said.job.actor)}" if said.job.actor else ""
    return f"{actor}, in {terminal(said.job.system)}{run}{whose}"


def done(id: ObjectId, said: Approval, zone: ZoneInfo, paint: Paint) -> str:
    """That a word was said."""
    match said.word:
        case "approved":
            text = f"{paint('Approved:', '+')} plan {short(said.plan)}, until {local(said.until, zone)}."
        case "rejected":
            text = f"{paint('Rejected:', '-')} plan {short(said.plan)}."
        case "revoked":
            text = f"{paint('Taken back:', '~')} what was said of plan {short(said.plan)}."
    return f"{text} Approval {short(id)}."


def holes(cover: Cover) -> list[str]:
    """Why an approval does not cover a plan, a line each; what is alike is said once."""
    said = Counter(f"{hole.code}: {terminal(hole.detail)}" for hole in cover.holes)
    return [line if count == 1 else f"{line} ({count} times)" for line, count in said.items()]


def document(id: ObjectId | None, said: Approval) -> Document:
    """The same for scripts."""
    return {
        "id": id,
        "word": said.word,
        "plan": said.plan,
        "account": masked(said.account),
        "actor": said.actor,
        "planner": said.planner,
        "job": said.job,
        "by": said.by,
        "reason": said.reason,
        "at": said.at,
        "until": said.until,
        "reading": said.reading,
        "revokes": said.revokes,
    }
