"""``make bench``: measure, print a table, and keep the numbers in bench/results.json."""

from __future__ import annotations

import json
import os
import platform
import tempfile
import time
from pathlib import Path

from snapsync.sandbox import Sandbox

from . import history, startup
from .measure import Cost, interleaved, median

ROUNDS = 7
SIZES = (100, 10_000)
RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    """Everything that there is to measure."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else our modules would be compiled in every process
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    home = tempfile.TemporaryDirectory(prefix="snapsync-bench-")
    with home as name, Sandbox("guide", rate_limit=1_000_000) as box:
        os.environ |= {
            "ALPACA_PAPER_BASE_URL": box.url,
            "ALPACA_PAPER_API_KEY": box.key,
            "ALPACA_PAPER_SECRET_KEY": box.secret,
        }
        results = {"machine": _machine(), "history": _history(Path(name))}
        results["startup"] = _startup(Path(name) / str(SIZES[0]))
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\nKept in {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")


def _history(home: Path) -> dict[str, object]:
    """A long history beside a short one."""
    started = time.perf_counter()
    for size in SIZES:
        history.grow(home / str(size), size)
    print(f"Two histories made up in {time.perf_counter() - started:.0f} s.\n")
    measured = interleaved(ROUNDS, {str(size): history.step(home / str(size)) for size in SIZES})
    short, long = (measured[str(size)] for size in SIZES)
    print(f"Seconds (of the processor), median of {ROUNDS}:")
    print(f"  {'operations':<22} {SIZES[0]:>15,} {SIZES[1]:>17,}   ratio")
    rows = {}
    for what in short:
        few, many = median(short[what]), median(long[what])
        ratio = Cost(many.wall / few.wall, many.cpu / few.cpu)
        rows[what] = {"short": few._asdict(), "long": many._asdict(), "ratio": ratio._asdict()}
        print(f"  {what:<22} {_pair(few):>15} {_pair(many):>17}   {_pair(ratio)}")
    return {"operations": SIZES, "rounds": ROUNDS, "seconds": rows}


def _startup(folder: Path) -> dict[str, object]:
    """Commands where book and account are in step, beside what they stand on."""
    found = interleaved(ROUNDS, {"startup": startup.Startup(folder)})["startup"]
    costs = {what: median(each) for what, each in found.items()}
    print(f"\nSeconds (of the processor), median of {ROUNDS}, and the ratio to what it stands on:")
    rows: dict[str, object] = {}
    for what, cost in costs.items():
        base = costs[startup.BESIDE.get(what, what)]
        ratio = Cost(cost.wall / base.wall, cost.cpu / base.cpu)
        rows[what] = {"seconds": cost._asdict(), "ratio": ratio._asdict()}
        print(f"  {what:<22} {_pair(cost):>15}   {_pair(ratio)}")
    return {"rounds": ROUNDS, "seconds": rows}


def _pair(cost: Cost) -> str:
    return f"{cost.wall:.2f} ({cost.cpu:.2f})"


def _machine() -> dict[str, object]:
    return {"system": platform.system(), "python": platform.python_version(), "cpus": os.cpu_count()}


if __name__ == "__main__":
    main()
