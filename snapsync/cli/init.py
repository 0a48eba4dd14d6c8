"""The command ``snapsync init``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import click

from snapsync.errors import Exit
from snapsync.model.money import dollars
from snapsync.verbs.env import Env
from snapsync.verbs.git import prepare_git
from snapsync.verbs.init import FAR_PCT, Account, Gap, Prepared, look_around, write_config
from snapsync.views import json, text
from snapsync.views.neutral import terminal
from snapsync.views.wrap import wrapped

from . import layouts, options
from .talk import Talk


@options.command("init", Exit.FAILED, Exit.STORE, Exit.INTEGRITY)
@click.option("--git", is_flag=True, help="Make the state folder fit to be committed.")
def command(talk: Talk, *, git: bool) -> int:
    """Write config.yaml if there is none, and look at account and book.

    Says what it takes each file of the book for, what to set where it does not
    understand one, and what the first plan would be. An existing config.yaml is
    never edited. Nothing but config.yaml is created; with --git also the files in
    the state folder that tell git what to leave out.
    """
    path = talk.config or Path(os.environ.get("SNAPSYNC_CONFIG") or "config.yaml")
    created = write_config(path)
    env = talk.open()
    written = prepare_git(env) if git else None
    found = look_around(env, created=created)
    talk.header(env)
    if written is not None:
        _git(talk, written)
    talk.result(lambda: _document(found), lambda: _words(talk, env, found))
    return Exit.FAILED if found.broken else Exit.OK


def _git(talk: Talk, written: Iterable[Path]) -> None:
    for path in written:
        talk.say(f"Wrote {terminal(str(path))}.")
    talk.say(
        "The state folder can be committed now. It holds balances, positions and trades\n"
        "for all time: keep it in a private repository, and keep .env out of it."
    )


def _document(found: Prepared) -> json.Document:
    account, trouble, gap = found.account, found.trouble, found.gap
    return json.kind(
        "init",
        config=str(found.config),
        created=found.created,
        env=found.env,
        host=found.host,
        account=account and account.number,
        asset_classes=account.classes if account else {},
        equity=account and account.equity,
        cash=account and account.cash,
        trouble=trouble and {"summary": trouble.summary, "detail": trouble.detail, "hint": trouble.hint},
        book=[layouts.document(each) for each in found.book],
        nearby=found.near,
        proposal={"ALPACA_SYNC_BOOK": found.proposal} if found.proposal else None,
        unused_columns=dict(found.unused),
        gap=gap,
        interrupted=found.interrupted,
        plan=json.plan(found.plan, None) if found.plan else None,
    )


def _words(talk: Talk, env: Env, found: Prepared) -> str:
    root, zone = env.config.root, talk.zone(env)
    book = [
        "The book:",
        *layouts.words(found.book, root, zone, verbose=talk.verbose),
        *layouts.timezone(found.book, env.config.book_timezone, assumed=_assumed(env)),
        *_unused(found),
    ]
    proposal = layouts.proposed(found.proposal, found.book, found.near, set_already=_book_is_set(env))
    parts = [
        _account(found, env.config.asset_classes),
        book,
        proposal,
        _gap(found.gap),
        _plan(talk, env, found),
    ]
    parts.append(_next(found))
    return "\n\n".join("\n".join(part) for part in parts if part)


def _account(found: Prepared, classes: tuple[str, ...]) -> list[str]:
    said = [f"{'Wrote' if found.created else 'Kept'} {terminal(found.config.name)}."]
    if found.account:
        account = found.account
        said.append(f"{found.host} answers for account {account.number} (id {account.id}).")
        said += _held(account, classes)
    elif found.trouble:
        trouble = found.trouble
        said += wrapped(f"The account was not read: {trouble.summary}", "")
        parts = [terminal(line) for line in trouble.detail.splitlines()] + trouble.hint.splitlines()
        said += [line for part in parts for line in wrapped(part)]
    return said


def _held(account: Account, classes: tuple[str, ...]) -> list[str]:
    cash = "" if account.cash is None else f", cash {dollars(account.cash)}"
    held = ", ".join(f"{count} {name}" for name, count in sorted(account.classes.items()))
    said = [f"Equity {dollars(account.equity)}{cash}; it holds {held or 'no positions'}."]
    missing = sorted(account.classes.keys() - set(classes))
    if missing:
        words = f"Compared are only {', '.join(classes)}. To compare all that it holds, set in config.yaml:"
        said += [
            *wrapped(words, ""),
            "",
            f"ALPACA_SYNC_ASSET_CLASSES: [{', '.join(sorted({*classes, *missing}))}]",
        ]
    return said


def _unused(found: Prepared) -> Iterable[str]:
    for theirs, ours in found.unused:
        yield from wrapped(
            f'Note: no file has the column "{terminal(theirs)}", which is mapped to {ours}.', ""
        )


def _assumed(env: Env) -> bool:
    return dict(env.config.sources)["ALPACA_SYNC_BOOK_TIMEZONE"] == "default"


def _book_is_set(env: Env) -> bool:
    return any(
        key.startswith("ALPACA_SYNC_BOOK.") and source != "default" for key, source in env.config.sources
    )


def _gap(gap: Gap | None) -> list[str]:
    if gap is None:
        return []
    reasons = [
        "these keys open another account than the one your bot trades, or another env's",
        "the book's number is a start capital, or was not updated after a deposit or a withdrawal",
    ]
    if gap.basis == "equity" and gap.cash is not None:
        reasons.append(f"your bot counts cash, which is {dollars(gap.cash)}: see ALPACA_SYNC_BANKROLL_BASIS")
    return [
        *wrapped(
            f"The bankroll is more than {FAR_PCT} % away from the account: the book says"
            f" {dollars(gap.bankroll)}, the account's {gap.basis} is {dollars(gap.amount)}. Likely reasons:",
            "",
        ),
        *(line for reason in reasons for line in wrapped(f"- {reason}", "  ", "  ")),
        "Find out which before the first apply.",
    ]


def _plan(talk: Talk, env: Env, found: Prepared) -> list[str]:
    if found.interrupted:
        return ["An apply was interrupted; nothing is lost. The next plan or apply finishes it, or asks."]
    if found.plan is None:
        return ["No plan can be made of a book that cannot be read."] if found.broken else []
    zone, paint = talk.zone(env), talk.paint
    if talk.verbose:
        shown = text.plan(found.plan, zone, paint, verbose=True)
    else:
        shown = text.plan_in_brief(found.plan, zone, paint)
    what = "the first plan would be:" if _first(found) else "a plan would be:"
    return [f"As it is set now, {what}" if found.proposal else what[:1].upper() + what[1:], shown]


def _first(found: Prepared) -> bool:
    return found.plan is not None and any(each.code == "baseline" for each in found.plan.findings)


def _next(found: Prepared) -> list[str]:
    again = f"  snapsync init --env {found.env}"
    if found.proposal:
        said = ["Next: set what is proposed above, if it is right, and look again:", again]
        return [*said, "Else:", f"  snapsync plan --env {found.env}"] if found.plan else said
    if found.broken:
        return ["Next: put right what cannot be read, and look again:", again]
    if found.trouble:
        return ["Next: see to the account, and look again:", again]
    return [f"Next: snapsync plan --env {found.env}"]
