"""What people read in a terminal: a header that says whose money this is, lines, one summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from snapsync.errors import SnapsyncError
from snapsync.model.canon import OperationId, short
from snapsync.model.change import Change, sign
from snapsync.model.history import REVIEWS, Operation, Tally, tally
from snapsync.model.image import ABSENT
from snapsync.model.money import dollars, masked
from snapsync.model.plan import Plan
from snapsync.model.policy import Finding
from snapsync.model.status import Status

from . import explain
from .amounts import SHOWN, Amounts
from .brief import brief, few
from .differing import differing
from .files import files
from .lines import lines
from .neutral import terminal
from .paint import Paint, plain
from .plural import plural
from .times import age, local
from .width import width
from .wrap import columns, wrapped

_LONG = 100
"""So many changes are still shown one by one."""


def header(env: str, why: str, account: str | None, folder: str, paint: Paint) -> str:
    """The first line of everything: which env and why, which account (masked), which folder."""
    whose = f" · account {masked(account)}" if account else ""
    return paint(f"{env} ({why}){whose} · {folder}", "bold")


def plan(made: Plan, zone: ZoneInfo, paint: Paint, *, verbose: bool = False, amounts: Amounts = SHOWN) -> str:
    """A plan's changes, findings and summary; a very long one in brief, unless all is wanted."""
    said = contents(made, zone, paint, verbose=verbose, amounts=amounts)
    return said + "\n".join([*explained(made, zone, amounts), *_summary(made, paint)])


def contents(
    made: Plan, zone: ZoneInfo, paint: Paint, *, verbose: bool = False, amounts: Amounts = SHOWN
) -> str:
    """A plan's changes and findings, with an empty line after each block."""
    findings: Sequence[Finding] = made.findings
    more: list[str] = []
    if made.files:
        body = files(made, paint, verbose=verbose, hidden=amounts.hidden)
    elif len(made.changes) > _LONG and not verbose:
        body = [*brief(made.changes, zone, paint, amounts), paint("    (-v shows them all)", "dim")]
        findings, more = few(findings)
    else:
        body = lines(made.changes, zone, paint, verbose=verbose, amounts=amounts)
    notes = [*_findings(findings, paint, verbose=verbose, hidden=amounts.hidden)]
    notes += [paint(f"  … and {each}", "dim") for each in more]
    return "".join("\n".join(part) + "\n\n" for part in (body, notes) if part)


def explained(made: Plan, zone: ZoneInfo, amounts: Amounts = SHOWN) -> list[str]:
    """What the account did since the agreed point, in one sentence; first contact has a finding for it."""
    if amounts.hidden or made.explanation is None or not explain.worth_telling(made.explanation):
        return []
    return wrapped(explain.brief(made.explanation, zone), "")


def plan_in_brief(made: Plan, zone: ZoneInfo, paint: Paint) -> str:
    """A plan, of a long one only the first few changes and findings of each kind."""
    shown, more = few(made.findings)
    notes = [*_findings(shown, paint, verbose=False), *(paint(f"  … and {each}", "dim") for each in more)]
    parts = [brief(made.changes, zone, paint), notes, _summary(made, paint)]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _findings(
    findings: Iterable[Finding], paint: Paint, *, verbose: bool, hidden: bool = False
) -> Iterable[str]:
    before = None
    for each in findings:
        what = "dim" if each.severity == "note" else "warn"
        same = before is not None and (each.code, each.summary) == (before.code, before.summary)
        before = each
        said = [] if same else [*wrapped(f"{each.severity}: {terminal(each.summary)}")]
        if not hidden:  # a summary has no data of the user's, a detail has
            said += [part for line in each.detail.splitlines() for part in wrapped(terminal(line), "    ")]
        if verbose:
            said.append(f"    code: {each.code}, about: {terminal(each.key)}")
        yield from (paint(line, what) for line in said)


def summary(made: Plan, paint: Paint) -> str:
    """A plan in one sentence: whether it changes something, how much, and its id."""
    if made.refused:
        return paint(f"Refused: plan {short(made.id)} cannot be applied.", "-")
    if not made.drift:
        waiting = f" ({len(made.waiting)} left open)" if made.waiting else ""
        said = paint(f"In step{waiting}: nothing to change{partly(made)}.", "+")
        return f"{said} Plan {short(made.id)}."
    return f"{paint('Plan:', 'bold')} {extent(made)}. Id {short(made.id)}."


def _summary(made: Plan, paint: Paint) -> list[str]:
    """The same, in as many lines as it takes."""
    if not made.drift or width(summary(made, plain)) <= columns():
        return [summary(made, paint)]
    said = wrapped(f"Plan: {extent(made)}.", "")
    said[0] = paint("Plan:", "bold") + said[0].removeprefix("Plan:")
    return [*said, f"Id {short(made.id)}."]


def extent(made: Plan) -> str:
    """How much a plan does, in a few words."""
    if made.files:
        places = sum(each.count for each in made.files)
        return f"{plural(places, 'place')} in {plural(len(made.files), 'file')}"
    return counted(tally([sign(change) for change in made.changes])) + partly(made)


def partly(made: Plan) -> str:
    """Which part of the whole a plan is, as the end of a sentence; nothing where it is the whole."""
    if made.part is None:
        return ""
    only = f" only {', '.join(map(terminal, made.part.only))}" if made.part.only else ""
    leave = f" all but {', '.join(map(terminal, made.part.leave))}" if made.part.leave else ""
    return f" (a part:{only}{' and' if only and leave else ''}{leave})"


def counted(counts: Tally) -> str:
    """Counts of what is to come: ``2 to add, 3 to change, 1 to close``; without the zeros."""
    parts = ((counts.add, "add"), (counts.update, "change"), (counts.close, "close"))
    return ", ".join(f"{count} to {word}" for count, word in parts if count) or "nothing to do"


def done(counts: Tally) -> str:
    """Counts of what was done: ``2 added, 3 changed, 1 closed``; without the zeros."""
    parts = ((counts.add, "added"), (counts.update, "changed"), (counts.close, "closed"))
    return ", ".join(f"{count} {word}" for count, word in parts if count) or "nothing done"


def applied(
    operation: OperationId | None,
    plan: Plan,
    changes: Sequence[Change],
    files: Sequence[str],
    left: Sequence[str],
    paint: Paint,
) -> str:
    """What an apply did."""
    if operation is None:
        return paint(f"In step: nothing to apply{partly(plan)}.", "+")
    counts = done(tally([sign(change) for change in changes]))
    text = [f"{paint('Applied:', '+')} {counts}. Operation {short(operation)}."]
    text += [f"  wrote {terminal(file)}" for file in files]
    if left:
        text += wrapped(f"still different: {differing(left)} (plan again)", "  ")
    return "\n".join(text)


def rewritten(operation: OperationId | None, plan: Plan, names: Sequence[str], env: str, paint: Paint) -> str:
    """What an undo, a restore or a repair did to the files of these names."""
    if operation is None:
        return paint("Nothing to do.", "+")
    word = {"undo": "Undone", "restore": "Restored", "repair": "Repaired"}[plan.origin]
    text = [f"{paint(f'{word}:', '+')} {plural(len(names), 'file')}. Operation {short(operation)}."]
    gone = {each.name for each in plan.files if each.whole and each.after == ABSENT}
    text += [f"  {'removed' if name in gone else 'wrote'} {terminal(name)}" for name in names]
    text.append(f"Take it back with: snapsync undo {short(operation)} --env {env}")
    return "\n".join(text)


def entry(
    id: OperationId, operation: Operation, zone: ZoneInfo, paint: Paint, *, verbose: bool, more: str = ""
) -> str:
    """An operation as a line of the log; with ``verbose`` also who and from where."""
    when = f"  {local(operation.time, zone)}  {operation.verb:<7}  "
    about = _about(operation)
    text = f"{paint(short(id), '~')}{when}{about}"
    if more and len(short(id)) + len(when) + width(f"{about}, {more}") <= columns():
        text += f", {more}"
    elif more:
        text = "\n".join([text, *wrapped(more, " " * len(f"{short(id)}  "))])
    if verbose:
        plan_id = f", plan {short(operation.plan)}" if operation.plan else ""
        text += "\n    " + paint(f"{_who(operation)}, snapsync {operation.version}{plan_id}", "dim")
    return text


def _who(operation: Operation) -> str:
    return f"{terminal(operation.actor.user)}@{terminal(operation.actor.host)}"


def _about(operation: Operation) -> str:
    counts = operation.tally
    if operation.verb == "rebind":
        return f"to account {masked(operation.account or '')}"
    if operation.verb in REVIEWS:
        return f"plan {short(operation.plan or '')}"
    if operation.origin != "sync":
        about = f" of {short(operation.target)}" if operation.target else ""
        wrote = plural(len(operation.files), "file") + about
        return f"{operation.origin}{about}" if operation.verb == "plan" else wrote
    if counts is None:
        return "decided by hand"
    if not (counts.add or counts.update or counts.close):
        return "in step"
    words = done(counts) if operation.verb == "apply" else counted(counts)
    extra = " (recovered)" if operation.recovered else " (refused)" if operation.refused else ""
    return f"{words}{extra}"


def operation(id: OperationId, act: Operation, zone: ZoneInfo, paint: Paint) -> str:
    """One operation's facts."""
    rows = [
        ("operation", f"{id}"),
        ("verb", f"{act.verb}: {_about(act)}"),
        ("when", local(act.time, zone)),
        ("who", f"{_who(act)}, snapsync {act.version}"),
        ("plan", act.plan or "-"),
        ("book", act.book or "-"),
        ("broker", act.broker or "-"),
        ("parents", " ".join(short(parent) for parent in act.parents) or "none: the first"),
    ]
    if act.reading:
        rows.append(("equity", dollars(act.reading.equity)))
    return "\n".join(f"{paint(f'{name:<10}', 'dim')} {value}" for name, value in rows)


def status(now: Status, zone: ZoneInfo, paint: Paint) -> str:
    """Where an env stands."""
    text = [_standing(now, zone, paint)]
    if now.edited:
        text.append(f"Edited since: {', '.join(map(terminal, now.edited))}.")
    if now.open:
        text += wrapped(f"Left different: {differing(now.open)}.", "")
    if now.held:
        text += wrapped(f"On hold: {', '.join(map(terminal, now.held))}.", "")
    if now.standing == "interrupted":
        text.append(
            paint(
                "An apply was interrupted; nothing is lost. The next plan or apply finishes it, or asks.",
                "warn",
            )
        )
    text.append(f"Next: {now.next}")
    return "\n".join(text)


def _standing(now: Status, zone: ZoneInfo, paint: Paint) -> str:
    if now.last is None or now.operation is None:
        return "Never looked."
    when = f"as of {local(now.last.time, zone)} ({age(now.age or 0)} ago)"
    tail = f", {when}: {_about(now.last)}"
    words = {
        "in step": paint("In step", "+"),
        "drift": paint("Drift", "~"),
        "applied": paint("Applied", "+"),
        "undone": paint("Undone", "+"),
        "restored": paint("Restored", "+"),
        "repaired": paint("Repaired", "+"),
        "recovered": paint("Recovered", "+"),
        "rebound": paint("Bound", "~"),
        "interrupted": paint("Interrupted", "-"),
        "never looked": "Never looked",
    }
    plan_id = f"Plan {short(now.last.plan)}. " if now.standing == "drift" and now.last.plan else ""
    return f"{words[now.standing]}{tail}.\n{plan_id}Operation {short(now.operation)}."


def error(trouble: SnapsyncError, paint: Paint) -> str:
    """One clear error: what, where, what to do."""
    text = [paint("Error: ", "-") + trouble.summary]
    text += [part for line in trouble.detail.splitlines() for part in wrapped(terminal(line))]
    if trouble.hint:
        text += ["", *(part for line in trouble.hint.splitlines() for part in wrapped(line))]
    return "\n".join(text)
