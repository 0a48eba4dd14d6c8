"""Where the time of one command went, as a small table."""

from __future__ import annotations

from snapsync.model.timing import Spending

from .plural import plural
from .table import table


def words(spending: Spending) -> str:
    """A line for each phase and for all of them, and what was done in that time."""
    whole = spending.wall
    rows = [("Timings", "seconds", "of CPU", "share")]
    for phase, wall, cpu in (
        *((each.phase, each.wall, each.cpu) for each in spending.phases),
        ("total", whole, spending.cpu),
    ):
        share = 100 * wall / whole if whole else 0
        rows.append((f"  {phase}", f"{wall:.3f}", f"{cpu:.3f}", f"{share:.0f} %"))
    done = (
        f"{plural(spending.requests, 'request')} to the broker",
        f"{plural(spending.got, 'object')} read from the store",
        f"{spending.put:,} written",
    )
    size = f"  {plural(spending.size, 'byte')} before compression"
    return "\n".join([*table(rows, right=(1, 2, 3)), f"  {', '.join(done)}", size])
