"""Which kind of file system a folder is on, as the system's own table of mounts says."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

TABLE = Path("/proc/self/mountinfo")
_NETWORK = re.compile(
    r"9p|afpfs|afs|beegfs|ceph|cifs|coda|davfs|gfs2|glusterfs|gpfs|lustre|ncpfs|nfs4?|ocfs2|orangefs|pvfs2"
    r"|smb[23]|smbfs|webdav"
)
_OVER_FUSE = re.compile(
    r"(fuse|macfuse|osxfuse)\.?(sshfs|s3fs|rclone|glusterfs|ceph|davfs|gcsfuse|goofys|curlftpfs|beegfs|mount\.s3)",
    re.IGNORECASE,
)
_DARWIN_LINE = re.compile(r".* on (?P<point>/.*) \((?P<type>[^,)]+)[^)]*\)")


def network_type(folder: Path) -> str | None:
    """The type of the network file system that a folder is on; None where it is on none, or unknown."""
    return network_type_in(_mounts(sys.platform), folder.resolve())


def network_type_in(mounts: Iterator[tuple[str, str]], folder: Path) -> str | None:
    """As ``network_type``, by a table of points and types."""
    kind = _type_of(folder, mounts)
    return kind if kind and (_NETWORK.fullmatch(kind) or _OVER_FUSE.match(kind)) else None


def _type_of(folder: Path, mounts: Iterator[tuple[str, str]]) -> str | None:
    """The type of what is mounted nearest above a folder; of two at one point the later counts."""
    nearest, kind = -1, None
    for point, its in mounts:
        if folder.is_relative_to(point) and len(point) >= nearest:
            nearest, kind = len(point), its
    return kind


def linux_mounts(table: str) -> Iterator[tuple[str, str]]:
    """Points and types from the lines of ``/proc/self/mountinfo``."""
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) > 4 and after:  # noqa: PLR2004 - the fifth is the point
            yield _unescaped(fields[4]), after.split(" ", 1)[0]


def darwin_mounts(table: str) -> Iterator[tuple[str, str]]:
    """Points and types from what ``mount`` prints on macOS."""
    for line in table.splitlines():
        found = _DARWIN_LINE.fullmatch(line)
        if found:
            yield found["point"], found["type"]


def _mounts(platform: str) -> Iterator[tuple[str, str]]:
    if platform != "darwin":
        try:
            return linux_mounts(TABLE.read_text("utf-8", "surrogateescape"))
        except OSError:  # no such table here: nothing is known
            return iter(())
    import subprocess  # noqa: PLC0415 - not on Linux

    try:
        ran = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return iter(())
    return darwin_mounts(ran.stdout)


def _unescaped(point: str) -> str:
    """A mount point as the kernel writes it: blanks and the like are octal."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), point)
