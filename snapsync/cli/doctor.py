"""The command ``snapsync doctor``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import click

from snapsync.ends.book import Diagnosis, Fix, diagnose
from snapsync.errors import Exit, StoreError, UsageError
from snapsync.model.health import worst
from snapsync.verbs.doctor import doctor
from snapsync.verbs.env import Env
from snapsync.verbs.repair import plan_repair
from snapsync.views import health, json
from snapsync.views.neutral import terminal
from snapsync.views.wrap import wrapped

from . import options
from .back import EXITS, go_back
from .talk import Talk

_FEW = 3
_SURPLUS = "It can be read, but has rows that stand for no trade of their own."
_KINDS = {"bankroll": "key", "positions": "row", "history": "row"}


@options.command("doctor", *EXITS)
@click.option("--book", is_flag=True, help="Look at the book's files alone, and closely.")
@click.option("--repair", is_flag=True, help="With --book: put right what needs no guessing, by a plan.")
@options.yes
@options.dry_run
def command(talk: Talk, *, book: bool, repair: bool, yes: bool, dry_run: bool) -> int:
    """Say whether all that an env needs works, and if not, what to do.

    Keys and who may read them, broker, account, clock, book, other programs that sync,
    store, disk, Slack: a line each. The broker is asked for the account, and Slack
    whether it would take a message. Nothing is changed. Exits with 1 if something
    must be put right.

    With --book: where the book's files break, what of them can be read, which damage
    is known, and what would put it right without guessing; uses no network. --repair
    shows its plan, asks, and writes; undo takes it back.
    """
    if (repair or yes or dry_run) and not book:
        raise UsageError("--repair goes with --book.", hint="snapsync doctor --book --repair")
    if not book:
        return _look_over(talk, talk.open())
    env = talk.open()
    if repair:
        return go_back(talk, env, plan_repair(env), yes=yes, dry_run=dry_run)
    found = diagnose(env.book_files)
    damaged = [each for each in found if each.health == "damaged"]
    talk.header(env)
    if damaged or talk.as_json or not talk.quiet:
        talk.result(
            lambda: json.kind("doctor", env=env.name, book=[_document(each) for each in found]),
            lambda: "\n".join(_words(found, env, verbose=talk.verbose)),
        )
    return Exit.FAILED if damaged else Exit.OK


def _look_over(talk: Talk, env: Env) -> int:
    """All that an env needs."""
    checks = doctor(env)
    level = worst(checks)
    with suppress(StoreError):  # its own check says why
        talk.header(env)
    if level != "ok" or talk.as_json or not talk.quiet:
        talk.result(
            lambda: json.kind("doctor", env=env.name, level=level, checks=checks),
            lambda: health.words(checks, talk.paint, quiet=talk.quiet),
        )
    return Exit.FAILED if level == "fail" else Exit.OK


def _document(found: Diagnosis) -> json.Document:
    mended, error, remains = found.mended, found.error, found.remains
    return {
        "file": str(found.path),
        "role": found.role,
        "health": found.health,
        "error": error and {"summary": error.summary, "detail": error.detail, "hint": error.hint},
        "readable": found.readable,
        "unreadable": found.unreadable,
        "wrong": [each.detail for each in found.wrong],
        "fixes": mended.fixes if mended else (),
        "left": mended.left if mended else (),
        "remains": remains and remains.detail,
    }


def _words(found: Sequence[Diagnosis], env: Env, *, verbose: bool) -> Iterable[str]:
    for each in found:
        yield from _file(each, env.config.root, most=None if verbose else _FEW)
    damaged = [each for each in found if each.health == "damaged"]
    if damaged:
        yield ""
        files = "One file of the book is" if len(damaged) == 1 else f"{len(damaged)} files of the book are"
        yield f"{files} damaged. Nothing was changed."
        if any(each.mended and each.mended.fixes and not each.remains for each in damaged):
            yield f"\nPut right what can be: snapsync doctor --book --repair --env {env.name}"


def _file(found: Diagnosis, root: Path, most: int | None) -> Iterable[str]:
    name = terminal(
        found.path.relative_to(root).as_posix() if found.path.is_relative_to(root) else found.path.name
    )
    if found.health == "absent":
        yield f"{name}: not there, which is an empty book"
        return
    if found.health == "sound":
        yield f"{name}: sound, {_counted(found.readable, _KINDS[found.role])}"
        return
    error = found.error
    yield from wrapped(
        f"{name}: damaged. {error.summary if error else _SURPLUS}",
        "",
        "  ",
    )
    if error:
        wrong = [each.detail for each in found.wrong]
        wrong = wrong if error.detail in wrong else [error.detail, *wrong]
        for detail in wrong[:most]:
            yield from wrapped(terminal(detail), "  ", "  ")
        yield from _more(wrong, most)
        yield from wrapped(_readable(found), "  ", "  ")
    if found.mended:
        yield from _fixes("Can be put right without guessing:", found.mended.fixes, most)
        yield from _fixes("Only a person can put right:", found.mended.left, most)
    if error and found.remains:
        yield from wrapped(terminal(error.hint if not found.mended else found.remains.hint), "  ", "  ")


def _readable(found: Diagnosis) -> str:
    kind = _KINDS[found.role]
    if not found.readable:
        return f"Not one {kind} can be read."
    cannot = f", {found.unreadable} cannot" if found.unreadable else ""
    return f"{_counted(found.readable, kind)} can be read{cannot}."


def _fixes(title: str, fixes: Sequence[Fix], most: int | None) -> Iterable[str]:
    if not fixes:
        return
    yield f"  {title}"
    for fix in fixes[:most]:
        yield from wrapped(f"line {fix.line}: {terminal(fix.wrong)} {terminal(fix.becomes)}", "    ", "  ")
    yield from _more(fixes, most, "    ")


def _more(all_: Sequence[object], most: int | None, indent: str = "  ") -> Iterable[str]:
    if most is not None and len(all_) > most:
        yield f"{indent}… and {len(all_) - most} more (-v shows them)"


def _counted(count: int, word: str) -> str:
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"
