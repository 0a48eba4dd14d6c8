"""Files beside the config that look like the book under other names: to be proposed, never used.

A short look: this folder and a few usual ones in it, a bounded number of files, no links. A name makes a
file a candidate; its first bytes must bear that out.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from snapsync.errors import BookError
from snapsync.model.canon import Record

from .alike import alike
from .cells import number
from .sheet import Names, sheet
from .sheets import names_of
from .table import scan
from .values import ROLES, BookFiles, Role

FOLDERS = ("data", "logs")
FILES = 200
"""How many files are looked at, by name, at most."""
_HEAD = 1 << 16
_ENVS = ("paper", "live")

_NAMED: dict[Role, tuple[str, re.Pattern[str]]] = {
    "bankroll": (".json", re.compile(r"bankroll|balance|capital|equity")),
    "positions": (".csv", re.compile(r"position|holding|portfolio")),
    "history": (".csv", re.compile(r"trade|history|transaction|fills|executions")),
}
_NEEDED: dict[Role, tuple[frozenset[str], ...]] = {
    "positions": (
        frozenset({"symbol", "occ_symbol", "underlying"}),
        frozenset({"quantity", "contracts"}),
    ),
    "history": (
        frozenset({"symbol", "occ_symbol", "underlying"}),
        frozenset({"quantity", "contracts"}),
        frozenset({"timestamp"}),
        frozenset({"action", "decision"}),
    ),
}


class Nearby(Record, frozen=True):
    """A file that may be the book's; paths are seen from the config's folder.

    ``template`` is what to set as its path; ``rename`` the name that it must be given for that, because its
    own does not say the env and paper and live must not share a file.
    """

    role: Role
    path: str
    template: str
    rename: str | None = None


def nearby(root: Path, roles: Collection[Role], files: BookFiles) -> tuple[Nearby, ...]:
    """Look for the files of some roles; of each role the likeliest comes first."""
    taken = {files.path(role) for role in ROLES}
    found = []
    for path in _files(root, files.env):
        if path in taken:
            continue
        for role in roles:
            if _named(path.name, role) and _fits(path, role, files):
                found.append(_proposed(path.relative_to(root).as_posix(), role, files.env))
                break
    kept = [each for each in found if each is not None]
    return tuple(sorted(kept, key=lambda each: (ROLES.index(each.role), each.rename is not None)))


def _files(root: Path, env: str) -> Iterator[Path]:
    """Plain files of the folder and of the usual ones in it, nearest first, by name."""
    left = FILES
    for folder in (root, *(root / name for name in (*FOLDERS, env))):
        if folder != root and folder.is_symlink():
            continue
        try:
            with os.scandir(folder) as entries:
                names = sorted(each.name for each in entries if each.is_file(follow_symlinks=False))
        except OSError:
            continue
        yield from (folder / name for name in names[:left])
        left -= min(left, len(names))


def _named(name: str, role: Role) -> bool:
    suffix, words = _NAMED[role]
    stem, dot, ending = name.lower().rpartition(".")
    return dot + ending == suffix and bool(words.search(stem))


def _fits(path: Path, role: Role, files: BookFiles) -> bool:
    """Whether the beginning of a file is that of such a file."""
    data = _beginning(path)
    if role == "bankroll":
        return _holds_an_amount(data)
    line = data.decode("utf-8", "replace").lstrip("\ufeff").splitlines()[:1]
    try:
        read = sheet(scan(path.name, "\n".join(line)), names_of(role), {}, files.timezone)
    except BookError:
        return False
    heads = [
        head.strip() for at, head in enumerate(read.table.header.values) if at not in read.columns.values()
    ]
    known = {*read.columns, *alike(heads, names_of(role), read.columns).values()}
    return all(group & known for group in _NEEDED[role])


def _beginning(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return b""
    try:
        return os.read(handle, _HEAD) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(handle)


def _holds_an_amount(data: bytes) -> bool:
    names: Names = names_of("bankroll")
    try:
        members = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return False
    numbers = [key for key, value in members.items() if _is_number(bytes(value))]
    meant = {*numbers, *alike(numbers, names, ()).values()}
    return bool({"current_bankroll", "balance"} & meant)


def _is_number(value: bytes) -> bool:
    try:
        number(value.decode().strip().strip('"'))
    except (ValueError, UnicodeDecodeError):
        return False
    return True


def _proposed(path: str, role: Role, env: str) -> Nearby | None:
    """What to set for a file; None for one that is another env's."""
    said = {name for name in _ENVS if _word(name).search(path)}
    if env in said:
        return Nearby(role=role, path=path, template=_word(env).sub("{env}", path))
    if said:
        return None
    stem, _, ending = path.rpartition(".")
    return Nearby(role=role, path=path, template=f"{stem}_{{env}}.{ending}", rename=f"{stem}_{env}.{ending}")


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z]){name}(?![A-Za-z])")
