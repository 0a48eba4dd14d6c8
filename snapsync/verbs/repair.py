"""Plan to put right what an older sync, or a crash, has left in the book's files."""

from __future__ import annotations

from snapsync.ends.book import Fix, read_files, repair
from snapsync.model.plan import FileStep

from .choose import Chosen
from .env import Env
from .recover import settle, settle_locked
from .rewriting import keep


def plan_repair(env: Env) -> Chosen:
    """Plan the repair of all damage that can be put right without guessing.

    It needs neither a broker nor an earlier look; it is carried out, and taken back, as any other plan.

    Raises:
        BookError: with all of that the book could still not be read; nothing is planned.
    """
    env.make_store()
    settle(env)
    with env.lock("repair"):
        settle_locked(env)
        data = read_files(env.book_files)
        steps: list[FileStep] = []
        notes: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        for each in repair(data, env.book_files):
            before, after = env.store.put_image(each.before), env.store.put_image(each.after)
            if before != after:
                steps.append(FileStep(role=each.role, before=before, after=after))
            notes[each.role] = (_told(each.fixes), _told(each.left))
        return keep(env, "repair", steps, notes=notes)


def _told(fixes: tuple[Fix, ...]) -> tuple[str, ...]:
    return tuple(f"line {fix.line}: {fix.wrong} {fix.becomes}" for fix in fixes)
