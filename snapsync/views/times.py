"""Times as people read them: local, with the zone named."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from snapsync.model.instant import Instant, to_datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def local(at: Instant, zone: ZoneInfo) -> str:
    """A local time with its zone: ``2025-08-21 10:05 EDT``."""
    return f"{to_datetime(at).astimezone(zone):%Y-%m-%d %H:%M %Z}"


def exact(at: Instant, zone: ZoneInfo) -> str:
    """As ``local``, to the last digit that is known: ``2025-08-21 10:05:00.25 EDT``."""
    moment = to_datetime(at).astimezone(zone)
    fraction = at[20:-1].rstrip("0")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction and '.' + fraction} {moment:%Z}"


def age(seconds: float) -> str:
    """``12 s``, ``5 min``, ``3 h``, ``2 days``: how long something is."""
    seconds = max(0.0, seconds)
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR:.0f} h"
    return f"{seconds // _DAY:.0f} days"
