"""The system's own time zone, by name where it has one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from snapsync.config.found import quoted
from snapsync.errors import ConfigError

IN_ZONEINFO = re.compile(r"zoneinfo[^/]*/(.+)$")


def system_zone(environ: Mapping[str, str], etc: Path = Path("/etc")) -> ZoneInfo:
    """The zone that the C library would use: ``TZ``, else /etc/localtime, else UTC.

    Raises:
        ConfigError: ``TZ`` holds something else than a zone's name. A guess would shift every
            time in the book.
    """
    if (name := environ.get("TZ")) is not None:
        return _from_variable(name.removeprefix(":"))
    localtime = etc / "localtime"
    try:
        if localtime.is_symlink() and (zone := IN_ZONEINFO.search(str(localtime.readlink()))):
            return ZoneInfo(zone[1])
        with localtime.open("rb") as stream:
            return ZoneInfo.from_file(stream, key="localtime")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _from_variable(name: str) -> ZoneInfo:
    inside = IN_ZONEINFO.search(name)
    try:
        return ZoneInfo(inside[1] if inside else name or "UTC")
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            "The system's time zone has no IANA name.",
            detail=f"environment: TZ is {quoted(name)}",
            hint="Set ALPACA_SYNC_BOOK_TIMEZONE and ALPACA_SYNC_TIMEZONE to IANA names such as "
            "America/New_York.",
        ) from error
