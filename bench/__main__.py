"""``make bench``: measure, keep the numbers in bench/results.json, and rewrite the tables that show them.

::

    python -m bench                                 # every case; takes some two hours
    python -m bench --only steady first             # some of them
    python -m bench --sizes 1000 10000 --rounds 5
    python -m bench --report                        # only the tables and the chart, from what is known
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from . import report
from .cases.first import first
from .cases.growth import growth
from .cases.history import long_history
from .cases.looks import looks
from .cases.small import small
from .cases.steady import steady, whole
from .results import Case, load

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 5
CASES: dict[str, Callable[[Sequence[int], int], Case]] = {
    "small": small,
    "history": long_history,
    "first": first,
    "steady": steady,
    "whole": whole,
    "growth": growth,
    "looks": looks,
}


def main(args: Sequence[str] | None = None) -> int:
    """Measure what is asked for; what ends is kept at once."""
    parser = argparse.ArgumentParser("python -m bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), help="these cases")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="numbers of transactions")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="the medians are of so many")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    asked = parser.parse_args(args)
    for name in () if asked.report else asked.only:
        print(f"{name}: {(CASES[name].__doc__ or '').splitlines()[0]}", file=sys.stderr)
        started = time.monotonic()
        CASES[name](sorted(asked.sizes), asked.rounds)
        print(f"  took {time.monotonic() - started:.0f} s", file=sys.stderr)
        report.write(load())
    report.write(load())
    print(report.text(load()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
