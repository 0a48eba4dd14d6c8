"""Start one process, and say what it took: ``launch.py FILE LIMIT COMMAND...``, as a process of its own.

A process's greatest memory, as the system tells it, includes that of the one which started it, up to the
start. So that is this one, which is small; it must import next to nothing.
"""

import os
import signal
import sys
import time


def main() -> None:
    """Write the exit status, the wall time, the time of the processor, and the greatest memory."""
    started = time.perf_counter()
    child = os.posix_spawnp(sys.argv[3], sys.argv[3:], os.environ)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(int(sys.argv[2]))
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - started
    took = (os.waitstatus_to_exitcode(status), wall, used.ru_utime + used.ru_stime, used.ru_maxrss)
    with open(sys.argv[1], "w") as file:  # noqa: PTH123 - pathlib is not next to nothing
        file.write(" ".join(map(str, took)))


if __name__ == "__main__":
    main()
