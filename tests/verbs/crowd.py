"""One of many processes that plan, apply and read one env at once: ``crowd ENV TIMES SEED``.

It prints one JSON line for each thing that it did: the verb, and the operation or why there is none.
"""

from __future__ import annotations

import json
import random
import sys
from itertools import islice

from snapsync import Env, apply, log, plan
from snapsync.errors import Exit, SnapsyncError

LOCK_SECONDS = 100.0


def act(env: Env, verb: str) -> str | None:
    """Do one thing; the operation that it made, if any."""
    match verb:
        case "plan":
            return plan(env).operation
        case "apply":
            return apply(env, confirmed=True).operation
        case _:
            newest = list(islice(log(env), 10))
            assert all(operation.env == env.name for _, operation in newest)
            return None


def main(name: str, count: int, seed: int) -> None:
    """Act so many times.

    What a crowd must expect is no failure: nothing is there yet, another was faster, the account moves.
    """
    chance = random.Random(seed)  # noqa: S311 - any mixture will do
    for _ in range(count):
        verb = chance.choice(["plan", "plan", "apply", "log"])
        env = Env.open(name)
        env.lock_timeout = LOCK_SECONDS
        told = {"verb": verb, "operation": None, "error": None}
        try:
            told["operation"] = act(env, verb)
        except SnapsyncError as error:
            expected = {Exit.STALE, Exit.UNSETTLED, Exit.STORE}
            told["error"] = None if error.exit in expected else f"{type(error).__name__}: {error}"
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
