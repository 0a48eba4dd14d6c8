"""One of many processes that plan, apply, undo, approve and read one env at once: ``crowd ENV TIMES SEED``.

It prints one JSON line for each thing that it did: the verb, and the operations or why there is none.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from itertools import islice

from snapsync import Env, apply, approve, log, plan, plan_undo
from snapsync.errors import Exit, SnapsyncError
from snapsync.model.canon import OperationId

LOCK_SECONDS = 100.0


MOST_TRIES = 20
"""How often one thing is tried before the next; a crowd may keep one process from its turn."""


def act(env: Env, verb: str) -> None:
    """Do one thing."""
    match verb:
        case "plan":
            plan(env)
        case "apply":
            apply(env, confirmed=True)
        case "undo":
            apply(env, plan_undo(env), confirmed=True)
        case "approve":
            approve(env)
        case _:
            newest = list(islice(log(env), 10))
            assert all(operation.env == env.name for _, operation in newest)


def noting(made: list[str], heard: Callable[[OperationId], None]) -> Callable[[OperationId], None]:
    """Note each act that becomes history, and let the audit log hear of it too."""

    def hear(id: OperationId) -> None:
        made.append(id)
        heard(id)

    return hear


def expected(verb: str, error: SnapsyncError, *, new: bool) -> bool:
    """Whether a crowd must expect it: nothing is there yet, another was faster, the account moves."""
    if error.exit == Exit.STORE:
        return new
    if error.exit == Exit.USAGE:  # the newest plan changes nothing by now
        return verb == "approve"
    if error.exit == Exit.UNAPPROVED:  # what was undone is on hold
        return verb in ("apply", "approve")
    return error.exit in (Exit.STALE, Exit.UNSETTLED)


def main(name: str, count: int, seed: int) -> None:
    """Do so many things; each is tried again where another was faster."""
    chance = random.Random(seed)  # noqa: S311 - any mixture will do
    for _ in range(count):
        verb = chance.choice(["plan", "plan", "plan", "apply", "apply", "undo", "approve", "log"])
        for _ in range(MOST_TRIES):
            env = Env.open(name)
            env.lock_timeout = LOCK_SECONDS
            made: list[str] = []
            store = env.make_store()
            store.heard = noting(made, store.heard)
            new = not store.heads()
            told = {"verb": verb, "operations": made, "error": None}
            try:
                act(env, verb)
            except SnapsyncError as error:
                known = expected(verb, error, new=new)
                told["error"] = None if known else f"{verb}: {type(error).__name__}: {error}"
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
            if made or verb == "log":
                break


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
