"""How long this process has run, its interpreter's start and all imports included."""

from __future__ import annotations

import os
import time
from pathlib import Path

BEGAN = time.monotonic() - time.process_time()
"""About when: what came before us was the interpreter's start, which leaves the processor no rest."""
_START_TICKS = 19
"""Where the process's start stands in its stat, after the name in brackets; proc(5) counts it as 22."""


def age() -> float:
    """Seconds since the process was started: Linux tells that in hundredths, elsewhere it is reckoned."""
    try:
        stat = Path("/proc/self/stat").read_text()
        start = int(stat.rpartition(")")[2].split()[_START_TICKS]) / os.sysconf("SC_CLK_TCK")
        told = time.clock_gettime(time.CLOCK_BOOTTIME) - start if start else 0.0
    except (OSError, ValueError, IndexError, AttributeError):  # no such file, no such clock: not Linux
        told = 0.0
    return told if told > 0 else time.monotonic() - BEGAN
