"""Make the state folder fit for git: what is one machine's is ignored, what is stored is never merged."""

from __future__ import annotations

from pathlib import Path

from snapsync.store import files

from .env import Env

_FILES = {
    ".gitignore": """\
# Written by `snapsync init --git`. What belongs to one machine or to one moment stays out of git.
*/lock
*/lock.writing
*/journal.json
*/cache/
.snapsync-*
""",
    ".gitattributes": """\
# Written by `snapsync init --git`. Stored files are proven by their hash: no line ends are changed in
# them, and no two versions of one are ever merged. Operations of two branches are files of other names.
** -text -diff -merge
.gitignore text diff merge
.gitattributes text diff merge
""",
}


def prepare_git(env: Env) -> tuple[Path, ...]:
    """Write what git should know into the state folder; what is there already is left alone.

    Returns:
        The files that were written.
    """
    folder = env.config.state.parent
    files.make_folder(folder)
    written = []
    for name, text in _FILES.items():
        if not (folder / name).exists():
            files.write(folder / name, text.encode(), mode=0o644)
            written.append(folder / name)
    return tuple(written)
