"""Which machine this is: an id that stays, and that says nothing outside of one store."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys
from pathlib import Path

NAMED_BY = "SNAPSYNC_MACHINE"
"""The environment variable that names a machine whose own id does not stay: a container's."""
_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_SHOWN = 16


def machine(store: str) -> str:
    """The id of this machine in a store; empty where the system has none to go by.

    The host's name is not taken for one: containers and laptops change theirs. The system's own id is
    confidential (machine-id(5)), so it is only ever hashed, and with each store's id anew.
    """
    named = os.environ.get(NAMED_BY, "").strip() or _system()
    return hashlib.sha256(f"{store} {named}".encode()).hexdigest()[:_SHOWN] if named else ""


@functools.cache
def _system() -> str:
    """What the system is called by itself, from its installation on."""
    if _is_darwin(sys.platform):
        return _darwin()
    for path in _FILES:
        try:
            found = Path(path).read_text("ascii", "replace").strip()
        except OSError:
            continue
        if re.fullmatch("[0-9a-f]{32}", found):  # empty, or "uninitialized", in many images
            return found
    return ""


def _is_darwin(platform: str) -> bool:
    return platform == "darwin"


def _darwin() -> str:
    import subprocess  # noqa: PLC0415 - not on Linux

    command = ["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r'"IOPlatformUUID" = "([0-9A-Fa-f-]{36})"', ran.stdout)
    return found[1] if found else ""
