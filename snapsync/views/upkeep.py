"""What people and scripts read of the commands that look after the store: verify, gc, migrate."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from snapsync.model.canon import short
from snapsync.model.kept import Swept
from snapsync.model.verified import Damage, Verified

from .json import Document, kind
from .neutral import terminal
from .paint import Paint
from .plural import plural
from .times import local
from .wrap import wrapped

_SHOWN = 3
"""So many operations are named where something is needed by many."""


def verified(now: Verified, zone: ZoneInfo, paint: Paint, *, verbose: bool = False) -> str:
    """The result of a check of the store."""
    said = [part for each in now.damage for part in _damage(each, paint, verbose=verbose)]
    said += [paint(line, "dim") for each in now.notes for line in wrapped(f"note: {terminal(each)}")]
    if now.proven:
        said.append(f"  Operation {short(now.proven)} is in this history, unchanged.")
    elif now.wanted:
        missing = (
            f"not proven: no operation of this history has the id {terminal(now.wanted)}. It was changed"
        )
        said += [
            paint(line, "-") for line in wrapped(f"{missing} since that was noted, or is another store's.")
        ]
    if said:
        said.append("")
    said += _verdict(now, zone, paint)
    return "\n".join(said)


def _damage(each: Damage, paint: Paint, *, verbose: bool) -> Iterator[str]:
    yield from (paint(line, "-") for line in wrapped(f"damaged: {each.summary}"))
    for line in each.detail.splitlines():
        yield from wrapped(terminal(line), "    ")
    if len(each.ids) > 1:
        yield from wrapped(f"It concerns {plural(len(each.ids), 'object')}.", "    ")
    elif each.kind:
        yield from wrapped(f"It is {_article(each.kind)}.", "    ")
    if each.needed:
        few = each.needed if verbose else each.needed[:_SHOWN]
        names = ", ".join(short(id) for id in few)
        more = f" and {len(each.needed) - len(few):,} more" if len(few) < len(each.needed) else ""
        yield from wrapped(f"Needed by {plural(len(each.needed), 'operation')}: {names}{more}.", "    ")


def _verdict(now: Verified, zone: ZoneInfo, paint: Paint) -> Iterator[str]:
    part = f" (part {now.subset[0]} of {now.subset[1]})" if now.subset else ""
    collected = f" {plural(now.collected, 'object')} collected by gc." if now.collected else ""
    read = (
        f"{plural(now.objects, 'object')}{part}, {plural(now.operations, 'operation')} in one chain,"
        f" {plural(now.replanned, 'plan')} made again.{collected}"
    )
    if not now.damage:
        head = f" Head {', '.join(short(id) for id in now.heads)}." if now.heads else ""
        yield from _begun("Sound:", f"{read}{head}", "+", paint)
        return
    yield from _begun("Damaged:", f"{plural(len(now.damage), 'finding')} in {read}", "-", paint)
    whole = now.operations - now.affected
    if now.sound and whole:
        id, act = now.sound
        yield from wrapped(
            f"{whole:,} of {plural(now.operations, 'operation')} lead to nothing damaged and can be trusted;"
            f" the newest is {short(id)} ({act.verb}, {local(act.time, zone)}).",
            "",
        )
    else:
        yield "No operation can be trusted whole."
    yield "Keep the folder as it is, and put back what is named above from a backup."


def _begun(word: str, rest: str, what: str, paint: Paint) -> Iterator[str]:
    """A sentence in lines, whose first word is painted."""
    first, *more = wrapped(f"{word} {rest}", "")
    yield paint(word, what) + first.removeprefix(word)
    yield from more


def verified_json(now: Verified) -> Document:
    """The same as one document."""
    return kind(
        "verify",
        env=now.env,
        sound=not now.damage,
        good=now.good,
        heads=now.heads,
        objects=now.objects,
        operations=now.operations,
        replanned=now.replanned,
        collected=now.collected,
        subset=f"{now.subset[0]}/{now.subset[1]}" if now.subset else None,
        wanted=now.wanted,
        proven=now.proven,
        damage=now.damage,
        notes=now.notes,
        affected=now.affected,
        newest_sound=now.sound[0] if now.sound else None,
    )


def swept(now: Swept, paint: Paint) -> str:
    """What gc took away, or would."""
    takes = "would go" if now.dry else "went"
    stays = "would stay" if now.dry else "stayed"
    width = max((len(f"{each.count:,}") for each in now.shares), default=1)
    said = []
    for each in now.shares:
        mark, word = ("-", takes) if each.goes else ("+", stays)
        line = f"{mark} {each.count:>{width},} {each.what} {word}: {each.why}"
        said += [paint(part, mark) if each.goes else part for part in wrapped(line, "  ", "    ")]
    files, room = now.after
    if now.dry:
        end = f"Nothing was changed. {plural(len(now.ids), 'object')} would go."
    else:
        end = (
            f"{plural(len(now.ids), 'object')} went, {now.packed:,} packed."
            f" The store takes {size(room)} in {plural(files, 'file')}; it was {size(now.before[1])} in"
            f" {now.before[0]:,}."
        )
    return "\n".join([*said, "", *wrapped(end, "")])


def swept_json(now: Swept) -> Document:
    """The same as one document."""
    return kind(
        "gc",
        dry_run=now.dry,
        shares=now.shares,
        removed=[] if now.dry else now.ids,
        removable=now.ids,
        packed=now.packed,
        acts_kept=now.acts,
        acts_older=now.older,
        record=now.record,
        files={"before": now.before[0], "after": now.after[0]},
        bytes={"before": now.before[1], "after": now.after[1]},
    )


def migrated(found: int, known: int, steps: tuple[str, ...]) -> str:
    """Which format a store has, and what brings it to ours."""
    if not steps:
        return f"The store has format {found}, the one that this version writes. Nothing to do."
    return "\n".join([f"Format {found} → {known}:", *(f"  {step}" for step in steps)])


def size(bytes: int) -> str:
    """Bytes as people read them: ``512 B``, ``3.4 kB``, ``12.0 MB``."""
    amount = float(bytes)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:  # noqa: PLR2004 - the step between two units
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def _article(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}" if not what.startswith("part") else what
