"""Carry plans and approvals between machines as files: out of a store, through a review, and back into it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec

from snapsync.errors import Exit, PlanError, StoreError, UsageError
from snapsync.model.approval import Approval, Given
from snapsync.model.canon import ObjectId, encode, identify, short
from snapsync.model.instant import readable
from snapsync.model.money import masked
from snapsync.model.plan import Plan
from snapsync.model.portable import ApprovalFile, PlanFile
from snapsync.model.register import Act, Register
from snapsync.model.verdict import Verdict
from snapsync.store.portable import read_approval, read_plan, write_approval, write_plan

from .approvals import acts, nearest, terms
from .approve import DAY, Said, commit_word, not_own, word_on, worth_approving
from .env import Env
from .gate import not_rejected
from .offline import young_enough
from .plan import Planned

SUFFIX = ".approval.json"
"""How the names of approval files end."""


class Filed(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An approval that was written into a file."""

    id: ObjectId
    approval: Approval
    path: Path
    plan: Plan


def export_plan(env: Env, made: Planned, path: Path) -> None:
    """Write a plan that was just made into a file of its own."""
    act = env.store.operation(made.operation)
    write_plan(
        path,
        PlanFile(
            store=env.store.identity.store,
            env=env.name,
            id=made.plan.id,
            operation=made.operation,
            made=act.time,
            planner=act.actor,
            version=act.version,
            rules=env.rules,
            body=made.plan.body,
            plan=made.plan,
        ),
    )


def open_plan(env: Env, path: Path) -> PlanFile:
    """A plan file of this env, made by the rules that are configured here.

    Raises:
        UsageError: it is of another env, or no plan file (exit 64).
        PlanError: it was made under other rules (20).
        StoreError: it was written by a newer version (10), or was edited (30).
    """
    found = read_plan(path)
    _same_env(env, found.env, path)
    if found.plan.rules != env.rules.id or found.plan.scope != env.scope:
        raise PlanError(
            "The plan is stale: it was made under other rules.",
            detail=f"{path}: config.yaml or the environment has changed since, or differs here",
            hint=f"snapsync plan --env {env.name} --out {path}",
        )
    return found


def approve_file(
    env: Env,
    path: Path,
    out: Path | None = None,
    *,
    by: str = "",
    reason: str = "",
    lasting: timedelta = DAY,
) -> Filed:
    """Say yes to the plan of a file, in a file beside it. No store is needed, and none is touched.

    Raises:
        SnapsyncError: as ``open_plan`` and ``approve``.
    """
    found = open_plan(env, path)
    worth_approving(found.plan)
    said = word_on(env, "approved", found.plan, found.planner, by=by, reason=reason, lasting=lasting)
    id = ObjectId(identify(encode(said)))
    out = out or path.with_name(f"{path.stem}.{short(id)}{SUFFIX}")
    write_approval(out, ApprovalFile(store=found.store, env=found.env, id=id, approval=said, plan=found.plan))
    return Filed(id=id, approval=said, path=out, plan=found.plan)


def import_approval(env: Env, path: Path) -> Said:
    """Take an approval from a file into the store that its plan was made in.

    Raises:
        UsageError: it is of another env, no approval file, or is here already (exit 64).
        StoreError: it is for another store, or from a newer version (10), or was edited (30).
        PlanError: it is for another account (12); this store never made its plan, or it was used up (20);
            it has expired, was taken back or overruled (21); or is the planner's own (22).
    """
    found = read_approval(path)
    said, store = found.approval, env.store
    _same_env(env, found.env, path)
    _same_store(found.store, store.identity.store, path)
    if said.account != store.identity.account:
        raise PlanError(
            "The approval is for another account than this env's.",
            detail=f"{path}: {masked(said.account)}, the env's is {masked(store.identity.account or '')}",
            exit=Exit.CREDENTIALS,
        )
    if not store.place.has(said.details):
        raise PlanError(
            "This store never made the plan that the approval is for.",
            detail=f"{path}: plan {short(said.plan)}",
            hint=f"snapsync plan --env {env.name} --out FILE",
        )
    _still_good(env, found, path)
    return commit_word(env, "approve", said, found.plan)


def check_files(env: Env, path: Path, folder: Path | None, max_age: timedelta) -> Verdict:
    """The verdict on a plan file, by the approval files of a folder; without one, of the plan's own.

    Raises:
        SnapsyncError: as ``open_plan``; or an approval file is damaged (exit 30) or for another store (10).
        PlanError: the plan was made longer ago than ``max_age`` (20).
    """
    found = open_plan(env, path)
    young_enough(env, found.made, max_age)
    given = _approvals(folder or path.parent, found)
    known = Register(
        Act(time=each.approval.at, id=each.id, word=each.approval)
        for each in sorted(given, key=lambda each: each.approval.at)
    )
    held = [
        Given(id=each.id, approval=each.approval, plan=each.plan, fate=known.fate(each.id)) for each in given
    ]
    cover = nearest(held, found.plan, terms(env)) if found.plan.drift else None
    return Verdict(plan=found.plan, operation=found.operation, cover=cover)


def _approvals(folder: Path, plan: PlanFile) -> list[ApprovalFile]:
    """The approval files of a folder that are of a plan's env."""
    if not folder.is_dir():
        raise UsageError("There is no such folder.", detail=str(folder))
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        each = read_approval(path)
        if each.env == plan.env:
            _same_store(each.store, plan.store, path)
            found.append(each)
    return found


def _still_good(env: Env, found: ApprovalFile, path: Path) -> None:
    """Importing the approval would mean something."""
    said = found.approval
    before = acts(env, said)
    known = Register(before)
    if found.id in known.approvals:
        raise UsageError(
            "This approval was imported already.",
            detail=f"{path}: approval {short(found.id)}: {known.fate(found.id)}",
        )
    not_own(env, said.planner, said.actor)
    if env.now() > said.until:
        raise PlanError(
            "The approval has expired.",
            detail=f"{path}: it was good until {readable(said.until)}",
            exit=Exit.UNAPPROVED,
        )
    not_rejected(env, found.plan, known)
    after = Register([*before, Act(time=env.now(), id=found.id, word=said)])
    if after.fate(found.id) == "used":
        raise PlanError(
            "The plan was applied after this approval was given: it is used up.",
            detail=f"{path}: plan {short(said.plan)}",
            hint=f"snapsync plan --env {env.name}",
        )


def _same_env(env: Env, theirs: str, path: Path) -> None:
    if theirs != env.name:
        raise UsageError(
            "The file is of another env.",
            detail=f"{path}: env {theirs}, asked for {env.name} ({env.config.env_source})",
            hint=f"Name it: --env {theirs}",
        )


def _same_store(theirs: str, ours: str, path: Path) -> None:
    if theirs != ours:
        raise StoreError(
            "The file is of another store.",
            detail=f"{path}: made in store {short(theirs)}, not in {short(ours)}",
            hint="A plan is approved for the store that it was made in. Plan here.",
        )
