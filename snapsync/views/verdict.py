"""A Verdict as people read it in a terminal, and as scripts do."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from snapsync.model.approval import Approval, Cover
from snapsync.model.canon import short
from snapsync.model.verdict import Verdict

from . import approval, json, text
from .amounts import SHOWN, Amounts
from .neutral import terminal
from .paint import Paint

_COLOURS = {"in step": "+", "approved": "+", "unapproved": "~", "refused": "-"}


def words(
    found: Verdict, zone: ZoneInfo, paint: Paint, *, verbose: bool = False, amounts: Amounts = SHOWN
) -> str:
    """The plan, why an approval does not cover it, and the verdict."""
    body = text.contents(found.plan, zone, paint, verbose=verbose, amounts=amounts)
    why = [paint(f"  {line}", "warn") for line in reasons(found, amounts)]
    parts = (
        why,
        [*text.explained(found.plan, zone, amounts), paint(headline(found), _COLOURS[found.standing])],
    )
    return body + "\n\n".join("\n".join(part) for part in parts if part)


def headline(found: Verdict) -> str:
    """The verdict in one sentence; the same in every form."""
    plan = short(found.plan.id)
    match found.standing:
        case "in step":
            return f"In step: nothing to change{text.partly(found.plan)}. Plan {plan}."
        case "approved":
            return f"Approved drift: {text.extent(found.plan)}. Plan {plan}, {_by(found.cover)}."
        case "unapproved":
            return f"Unapproved drift: {text.extent(found.plan)}. Plan {plan}."
        case "refused":
            return f"Refused: plan {plan} cannot be applied."


def reasons(found: Verdict, amounts: Amounts = SHOWN) -> list[str]:
    """Why the drift is not approved, in lines; none where it is, or where there is none."""
    if found.standing != "unapproved":
        return []
    said = [_rejected(found.rejection, amounts)] if found.rejection else []
    if found.cover is None:
        return [*said, "No approval was given."]
    if found.cover.whole:
        return said
    lines = [f"{hole.code}: {hole.key}" for hole in found.cover.holes]
    if not amounts.hidden:
        lines = approval.holes(found.cover)
    return [*said, f"Approval {short(found.cover.id)} does not cover it:", *(f"  {line}" for line in lines)]


def document(found: Verdict, *, redact: bool = False) -> json.Document:
    """The verdict for scripts: what it is, its exit code, the plan, and how far an approval covers it."""
    made = json.kind(
        "check",
        standing=found.standing,
        exit=int(found.exit),
        passed=found.passed,
        summary=headline(found),
        plan=json.plan(found.plan, found.operation, redact=redact),
        approval=found.cover and approval.document(found.cover.id, found.cover.approval),
        holes=found.cover.holes if found.cover else (),
        rejection=found.rejection and approval.document(None, found.rejection),
    )
    return json.redacted(made) if redact else made


def _by(cover: Cover | None) -> str:
    return f"approval {short(cover.id)} by {_name(cover.approval)}" if cover else ""


def _rejected(word: Approval, amounts: Amounts) -> str:
    why = f": {terminal(word.reason)}" if word.reason and not amounts.hidden else ""
    return f"It was rejected by {_name(word)}{why}."


def _name(word: Approval) -> str:
    return terminal(word.by or word.actor.user)
