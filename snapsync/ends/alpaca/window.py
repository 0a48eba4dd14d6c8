"""From when on a reading asks for activities, and what it proves by that.

Activities are filtered by when they were created (alpaca-api.md, section 6). The broker's own clock says
when a reading was. Should that clock once have been wrong, and ahead, all that was made meanwhile would lie
before the next reading's window: so after a clock that ran back all is read anew, as at first contact.
"""

from __future__ import annotations

from snapsync.errors import UsageError
from snapsync.model.canon import Record
from snapsync.model.instant import Instant, readable, seconds_between, shift
from snapsync.model.state import Coverage

from .reading import Known, Reach

SHORT_OVERLAP_SECONDS = 15 * 60
PROOF_SECONDS = 24 * 60 * 60


class ClockRanBackError(Exception):
    """Nothing is proven after all; ``since`` is from when on all is to be read anew."""

    def __init__(self, since: Instant) -> None:
        super().__init__(since)
        self.since = since


class Window(Record, frozen=True):
    """Activities created after ``since`` are asked for; a ``proof`` re-reads days of overlap."""

    since: Instant
    proof: bool
    coverage: Coverage


def window(known: Known | None, reach: Reach, at: Instant) -> Window:
    """The window of a reading that begins at an instant.

    Raises:
        UsageError: the reach begins in the future (exit 64).
        ClockRanBackError: what is known was read at a later time than this.
    """
    if reach.since is not None and reach.since > at:
        raise UsageError(
            "--since lies in the future.",
            detail=f"{readable(reach.since)}; the broker's clock says {readable(at)}",
        )
    back = shift(at, days=-reach.lookback_days)
    if known is None:
        since = reach.since or back
        return Window(since=since, proof=True, coverage=Coverage(since=since))
    coverage = known.state.coverage or Coverage(since=back)
    if seconds_between(known.at, at) < -SHORT_OVERLAP_SECONDS:
        raise ClockRanBackError(min(coverage.since, back))
    # clocks of two of the broker's servers may differ by a second
    proof = not -SHORT_OVERLAP_SECONDS <= seconds_between(known.proven, at) < PROOF_SECONDS
    by = {"days": -reach.overlap_days} if proof else {"seconds": -SHORT_OVERLAP_SECONDS}
    return Window(since=shift(known.at, **by), proof=proof, coverage=coverage)
