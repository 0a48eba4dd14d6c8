"""What a sync did, part by part, as people read it in a terminal or a mail, and as scripts do."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec

from snapsync.model.canon import short
from snapsync.model.change import BankrollChange
from snapsync.model.history import Tally
from snapsync.model.money import dollars
from snapsync.model.synced import Left, Outcome, Synced, Word

from . import json, text
from .lines import lines
from .neutral import terminal
from .paint import Paint
from .wrap import wrapped

_COLOURS: dict[Word, str] = {
    "in step": "+",
    "synced": "+",
    "drift": "~",
    "pending": "dim",
    "held": "warn",
    "blocked": "-",
    "failed": "-",
    "off": "dim",
}
_FEW = 10


def words(done: Synced, zone: ZoneInfo, paint: Paint, *, verbose: bool = False) -> str:
    """A line for each part, what was left and why, and the result in one sentence."""
    said = [_part(each, paint) for each in done.outcomes]
    left = [one for each in done.outcomes for one in each.left]
    refused = bool(done.plan and done.plan.refused)
    if left and not refused:
        said += ["", *_left(left, zone, paint, verbose=verbose)]
    if done.plan and done.plan.refused:
        said += ["", *(part for each in done.plan.refused for part in _finding(each.summary, each.detail))]
    said += ["", headline(done, paint)]
    if left and not refused:
        said.append(f"{len(left)} left, waiting for a yes:")
    said += [f"  {each}" for each in advice(done)]
    return "\n".join(said)


def headline(done: Synced, paint: Paint) -> str:
    """The result in one sentence that names the env."""
    where = f"[{done.env.upper()}]"
    counts = _added(each.counts for each in done.outcomes)
    plan = f" Plan {short(done.plan.id)}." if done.plan else ""
    left = any(each.left for each in done.outcomes)
    if done.off:
        return paint(f"Off {where}: nothing was looked at.", "dim")
    if done.plan and done.plan.refused:
        return paint(f"Refused {where}: nothing was written.", "-") + plan
    if done.operation:
        word = "Partly synced" if left else "Synced"
        said = paint(f"{word} {where}:", "~" if left else "+")
        return f"{said} {text.done(counts)}. Operation {short(done.operation)}."
    if done.checked and not done:
        due = any(each.changes for each in done.outcomes)
        counted = f": {text.counted(counts)}." if due else "."
        return paint(f"Drift {where}", "~") + counted + plan
    if left:
        return paint(f"Not synced {where}.", "-") + plan
    return paint(f"In step {where}: nothing to change.", "+") + plan


def advice(done: Synced) -> list[str]:
    """The commands with which a person goes on, where one has to."""
    if done or done.plan is None:
        return []
    if done.plan.refused:
        return [f"snapsync plan --env {done.env}"]
    if done.checked and not any(each.left for each in done.outcomes):
        return [f"snapsync sync --env {done.env}"]
    return [f"snapsync plan --env {done.env}", f"snapsync approve --env {done.env}"]


def document(done: Synced) -> json.Document:
    """The same for scripts."""
    return json.kind(
        "sync",
        env=done.env,
        exit=int(done.exit),
        in_step=bool(done),
        checked=done.checked,
        plan=done.plan.id if done.plan else None,
        operation=done.operation,
        components={each.component: _document(each) for each in done.outcomes},
        refused=done.plan.refused if done.plan else (),
    )


def _document(outcome: Outcome) -> json.Document:
    return {
        "standing": outcome.standing,
        "in_step": bool(outcome),
        "changes": [json.change(each) for each in outcome.changes],
        "left": [{"change": json.change(each.change), "finding": each.finding} for each in outcome.left],
        "pending": outcome.pending,
        "reason": outcome.reason,
    }


def _part(outcome: Outcome, paint: Paint) -> str:
    name = f"{outcome.component:<12}"
    return (
        f"  {name}  {paint(f'{outcome.standing:<7}', _COLOURS[outcome.standing])}  {_about(outcome)}".rstrip()
    )


def _about(outcome: Outcome) -> str:
    """What was done to a part, or is to be done, in a few words."""
    if outcome.reason:
        return terminal(outcome.reason)
    said = []
    if len(outcome.changes) == 1 and isinstance(bankroll := outcome.changes[0], BankrollChange):
        before = "none" if bankroll.before is None else dollars(bankroll.before)
        said.append(f"{before} → {dollars(bankroll.amount)}")
    elif outcome.changes:
        count = text.counted if outcome.standing == "drift" else text.done
        said.append(count(outcome.counts))
    if outcome.left:
        said.append(f"{len(outcome.left)} not applied")
    if outcome.pending:
        said.append(f"{len(outcome.pending)} left to the bot for now")
    return ", ".join(said)


def _left(left: list[Left], zone: ZoneInfo, paint: Paint, *, verbose: bool) -> Iterable[str]:
    """What was not applied, and what stands in the way; a reason that several share is said once."""
    yield paint("Not applied:", "bold")
    shown = left if verbose else left[:_FEW]
    yield from lines([each.change for each in shown], zone, paint, verbose=verbose)
    if len(left) > len(shown):
        yield paint(f"    … and {len(left) - len(shown)} more (-v shows them all)", "dim")
    findings = [each.finding for each in shown if each.finding]
    for summary in dict.fromkeys(each.summary for each in findings):
        said = dict.fromkeys(each.detail for each in findings if each.summary == summary)
        yield from (paint(part, "warn") for part in _finding(summary, "\n".join(said)))
    if any(each.finding is None for each in shown):
        yield from (paint(part, "warn") for part in wrapped("No approval covers them."))


def _finding(summary: str, detail: str) -> Iterable[str]:
    yield from wrapped(terminal(summary))
    for each in detail.splitlines():
        yield from wrapped(terminal(each), "    ")


def _added(counts: Iterable[Tally]) -> Tally:
    total = Tally()
    for each in counts:
        total = msgspec.structs.replace(
            total, add=total.add + each.add, update=total.update + each.update, close=total.close + each.close
        )
    return total
