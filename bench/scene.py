"""What a case is measured on: for each size a bot's folder, its account, and both states as CSV files."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from . import book, disk
from .measure import Cost, snapsync
from .trades import trades
from .world import Door, Served, make


class Scene(NamedTuple):
    """One size's."""

    size: int
    folder: Path
    door: Door
    broker: Path
    """The account's trades as the book has them: what the peers compare the book with."""

    @property
    def history(self) -> Path:
        return self.folder / book.HISTORY

    def measured(self, *command: str) -> Cost:
        """What a snapsync command costs, with the requests that it made and the bytes that it wrote."""
        before, asked = disk.files(self.folder), self.door.requests()
        cost = snapsync(self.folder, *command)
        return Cost(
            wall=cost.wall,
            cpu=cost.cpu,
            peak=cost.peak,
            requests=self.door.requests() - asked,
            written=disk.written(before, disk.files(self.folder)),
        )


@contextmanager
def scenes(sizes: Sequence[int]) -> Iterator[list[Scene]]:
    """A scene for each size; nothing was looked at yet."""
    now = datetime.now(UTC).replace(microsecond=0)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="snapsync-bench-")))
        yield [_scene(home, size, now, stack) for size in sizes]


def _scene(home: Path, size: int, now: datetime, stack: ExitStack) -> Scene:
    print(f"  making an account of {size:,} trades", file=sys.stderr)
    folder, broker = home / str(size), home / f"broker-{size}.csv"
    make(folder, size, now)
    book.write_history(broker, trades(size, now))
    return Scene(size, folder, stack.enter_context(Served(folder)), broker)
