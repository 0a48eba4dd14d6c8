"""What ``undo`` and ``restore`` share: show the plan, ask, carry it out, say what was done."""

from __future__ import annotations

from collections.abc import Iterable

from snapsync.errors import Exit
from snapsync.verbs.apply import apply
from snapsync.verbs.choose import Chosen
from snapsync.verbs.env import Env
from snapsync.views import json, text

from .talk import Talk, agreed_to

EXITS = (
    Exit.FAILED,
    Exit.STORE,
    Exit.LOCKED,
    Exit.STALE,
    Exit.UNAPPROVED,
    Exit.INTEGRITY,
    Exit.INTERRUPTED,
)


def go_back(
    talk: Talk, env: Env, chosen: Chosen, *, yes: bool, dry_run: bool, more: Iterable[str] = ()
) -> int:
    """Carry out a plan that was just made, if the answer is yes; ``more`` are lines for the header."""
    talk.header(env, *more)
    plan = chosen.plan
    if dry_run or not plan.drift:
        talk.result(
            lambda: json.plan(plan, chosen.operation),
            lambda: text.plan(plan, talk.zone(env), talk.paint, verbose=talk.verbose),
        )
        return Exit.OK
    if not talk.as_json:
        talk.say(text.plan(plan, talk.zone(env), talk.paint, verbose=talk.verbose) + "\n")
    if not yes:
        agreed_to(
            talk, f"Do it to the {env.name} book?", f"snapsync apply {plan.id[:12]} --env {env.name} --yes"
        )
    done = apply(env, chosen, confirmed=not yes)
    talk.carried(done.carried)
    names = [edit.path.name for edit in done.edits]
    talk.result(
        lambda: json.applied(done.operation, plan, (), names, (), done.approval),
        lambda: text.rewritten(done.operation, plan, names, env.name, talk.paint),
    )
    return Exit.OK
