"""A year of looks in step, every fifteen minutes: what the store takes, and of how many files it is."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from bench import disk
from bench.cases import history
from bench.measure import snapsync
from bench.results import Case, Row, keep
from snapsync.sandbox import Sandbox

LOOKS = 35_000
_EVERY = timedelta(minutes=15)


def looks(_sizes: Sequence[int], _rounds: int) -> Case:
    """Before and after gc."""
    with (
        tempfile.TemporaryDirectory(prefix="snapsync-bench-") as home,
        Sandbox("guide", rate_limit=10**9) as box,
    ):
        folder = Path(home) / "bot"
        history.grow(folder, box, LOOKS, _EVERY)
        before = disk.files(folder / "state")
        cost = snapsync(folder, "gc", "--keep-days", "90")
        after = disk.files(folder / "state")
        again = snapsync(folder, "plan")
    facts: dict[str, float] = {
        "looks": LOOKS,
        "store, bytes": disk.size(before),
        "store, files": len(before),
        "store after gc, bytes": disk.size(after),
        "store after gc, files": len(after),
    }
    measured = [Row(what="gc", size=LOOKS, cost=cost), Row(what="plan after gc", size=LOOKS, cost=again)]
    return keep("looks", measured, facts)
