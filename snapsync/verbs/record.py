"""Keep what the broker answered, scrubbed, and plan from it again without a network: for bug reports."""

from __future__ import annotations

import secrets
import tempfile
from decimal import Decimal
from functools import partial
from pathlib import Path

import msgspec

from snapsync.ends.alpaca import BrokerReading, Reach, read_broker
from snapsync.ends.alpaca.record import FORMAT, Recorder, Replay, Reply, scrubbed, since_of
from snapsync.errors import BrokerError, Exit, UsageError
from snapsync.model.canon import encode
from snapsync.model.instant import Instant, instant
from snapsync.store import files

from .env import Env
from .identity import right_account
from .look import known_by
from .session import session
from .timings import timed


def record(env: Env, folder: Path, *, redact: bool, since: Instant | None) -> BrokerReading:
    """Read the account whole, as at first contact, and keep the scrubbed replies in a folder.

    Args:
        env: whose account.
        folder: where to; it must be empty or not there.
        redact: whether all amounts are multiplied by a factor that nobody is told.
        since: from when on activities are read; None for the usual look-back.

    Raises:
        UsageError: the folder holds something already (exit 64).
        BrokerError: as for every reading; what was answered until then is kept.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError("The recording wants an empty folder.", detail=str(folder))
    reach = Reach(
        lookback_days=env.config.lookback_days,
        overlap_days=env.config.overlap_days,
        since=since,
        anew=True,
    )
    known = known_by(env)
    factor = Decimal(secrets.randbelow(900) + 100) / 100 if redact else None
    with session(env) as asks:
        recorder = Recorder(asks)
        try:
            reading = read_broker(
                recorder, env.scope, known, reach, env.progress, partial(right_account, env)
            )
        except BrokerError as error:
            if error.exit != Exit.CREDENTIALS:  # what is not understood is what a bug report is about
                _keep(folder, scrubbed(recorder.replies, factor))
            raise
    _keep(folder, scrubbed(recorder.replies, factor))
    return reading


def _keep(folder: Path, replies: tuple[Reply, ...]) -> None:
    files.make_folder(folder)
    for number, reply in enumerate(replies, 1):
        files.write(folder / f"{number:05}.json", encode(reply))


def replayed(folder: Path) -> tuple[Reply, ...]:
    """The replies of a recording, in their order.

    Raises:
        UsageError: there is none in this folder, or a file of it cannot be read (exit 64).
    """
    paths = sorted(folder.glob("[0-9]*.json")) if folder.is_dir() else []
    if not paths:
        raise UsageError("There is no recording here.", detail=str(folder), hint="snapsync plan --record DIR")
    return tuple(_reply(path) for path in paths)


def _reply(path: Path) -> Reply:
    try:
        reply = msgspec.json.decode(path.read_bytes(), type=Reply)
        if reply.at is not None:
            instant(reply.at)
    except (OSError, ValueError) as error:
        raise UsageError("A reply of the recording cannot be read.", detail=f"{path}: {error}") from error
    if reply.format > FORMAT:
        raise UsageError(
            "The recording was made by a newer snapsync.",
            detail=f"{path}: format {reply.format}",
            hint="pip install --upgrade snapsync",
        )
    return reply


@timed("broker")
def read_replay(env: Env, folder: Path) -> BrokerReading:
    """The account as a recording tells it."""
    replies = replayed(folder)
    try:
        since = since_of(replies)
    except ValueError as error:
        raise UsageError("The recording cannot be read.", detail=f"{folder}: {error}") from error
    reach = Reach(lookback_days=env.config.lookback_days, overlap_days=env.config.overlap_days, since=since)
    return read_broker(Replay(replies), env.scope, None, reach)


def elsewhere(env: Env) -> tuple[Env, tempfile.TemporaryDirectory[str]]:
    """The same env with a store of its own that goes when the folder is closed: a replay leaves no trace."""
    folder = tempfile.TemporaryDirectory(prefix="snapsync-replay-")
    place = Path(folder.name)
    book = msgspec.structs.replace(env.config.book, audit=place / "audit.log")
    config = msgspec.structs.replace(env.config, state=place / env.name, book=book)
    away = Env(config, actor=env.actor)
    away.timings = env.timings
    return away, folder
