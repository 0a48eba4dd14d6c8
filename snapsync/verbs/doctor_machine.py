"""The check-up's look at this machine: versions, who may read the secrets, and the file system."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from snapsync.model.health import Check, fail, ok, warn
from snapsync.store.mounts import network_type
from snapsync.version import __version__

from .env import Env

_PACKAGES = ("alpaca-py", "slack-sdk", "msgspec")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LEAST_BYTES = 200 << 20
_GIT_SECONDS = 5.0


def versions(env: Env) -> Iterator[Check]:
    """What runs here."""
    del env
    python = ".".join(map(str, sys.version_info[:3]))
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    yield ok("versions", f"snapsync {__version__}, Python {python}, {packages}")


def dotenv(env: Env) -> Iterator[Check]:
    """The file of secrets: that nobody else may read it, and that git does not take it."""
    path = env.config.root / ".env"
    if not path.is_file():
        yield ok(".env", "not there: the environment has the keys")
        return
    mode = path.stat().st_mode
    if mode & _OTHERS:
        yield fail(
            ".env",
            f"Others on this machine may read it (mode {stat.S_IMODE(mode):04o}).",
            remedy="  chmod 600 .env",
        )
    if _git(env.config.root, "ls-files", "--error-unmatch", "--", path.name):
        yield fail(
            ".env",
            "It is in git: whoever has the repository has the keys.",
            remedy="Take it out, and make new keys at Alpaca's:\n  git rm --cached .env",
        )
    elif _git(env.config.root, "rev-parse") and not _git(env.config.root, "check-ignore", "--", path.name):
        yield warn(
            ".env",
            "git does not ignore it: the next commit may take it.",
            remedy="  echo .env >> .gitignore",
        )
    elif not mode & _OTHERS:
        yield ok(".env", "yours alone, and not in git")


def _git(folder: Path, *words: str) -> bool:
    """Whether git says yes; where there is no git, or no repository, it does not."""
    # a hook of somebody's repository must not be run by looking
    command = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *words]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0


def file_system(env: Env) -> Iterator[Check]:
    """Where the store and the book lie: on this machine, writable, with room, and nobody else's to read."""
    state = env.config.state
    there = _nearest(state)
    kind = network_type(there)
    if kind:
        yield fail(
            "file system",
            f"The state folder is on a network disk ({kind}), whose locks cannot be trusted.",
            remedy="Put it on a disk of this machine: ALPACA_SYNC_STATE",
        )
    folders = (
        there,
        *(_nearest(env.book_path(role).parent) for role in ("bankroll", "positions", "history")),
    )
    closed = sorted({str(each) for each in folders if not os.access(each, os.W_OK | os.X_OK)})
    if closed:
        yield fail(
            "file system",
            f"Not writable for {env.actor.user}: {', '.join(closed)}",
            remedy="Check who owns the folders.",
        )
    free = shutil.disk_usage(there).free
    if free < _LEAST_BYTES:
        said = f"Only {free >> 20} MB are free where the state folder lies."
        yield warn("file system", said, remedy="Make room.")
    if state.is_dir() and state.stat().st_mode & _OTHERS:
        yield warn(
            "file system",
            "Others on this machine may read the state folder, which shows balances.",
            remedy=f"  chmod -R go= {state}",
        )
    elif not kind and not closed and free >= _LEAST_BYTES:
        yield ok("file system", f"local, writable, {free >> 30} GB free")


def _nearest(folder: Path) -> Path:
    """The folder, or what of its path is there already."""
    return next(each for each in (folder, *folder.parents) if each.exists())
