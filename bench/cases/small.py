"""A small book in step: beside a script that only imports alpaca-py and makes the same requests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import parse_qs

from bench.cases import history
from bench.measure import Cost, interleaved, snapsync
from bench.peers.run import alpaca
from bench.results import Case, keep, rows
from snapsync.sandbox import Sandbox

IN_STEP, ALONE = "plan, nothing new, small book", "alpaca-py, the same requests"


def small(_sizes: Sequence[int], rounds: int) -> Case:
    """Both against the guide's account."""
    with (
        tempfile.TemporaryDirectory(prefix="snapsync-bench-") as home,
        Sandbox("guide", rate_limit=10**9) as box,
    ):
        folder = Path(home) / "bot"
        history.grow(folder, box, 100)
        asked = len(box.requests)
        snapsync(folder, "plan")
        requests = len(box.requests) - asked
        queries = (parse_qs(each.query) for each in box.requests[asked:] if each.endpoint == "activities")
        [since] = next(queries)["after"]

        def turn() -> Iterator[tuple[str, Cost]]:
            yield IN_STEP, snapsync(folder, "plan")
            yield ALONE, alpaca(folder, box, since)

        costs = interleaved(max(rounds, 9), {"100": turn})
    return keep("small", rows(costs), {"requests": requests})
