"""A watch's looks: one line each for people, one line of JSON each for scripts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from snapsync.errors import SnapsyncError
from snapsync.model.beat import Beat, Stepped
from snapsync.model.canon import encode, short
from snapsync.model.change import sign
from snapsync.model.history import tally

from . import json
from .neutral import json_text, terminal
from .paint import Paint
from .text import counted, done
from .times import local

_COLOURS = {"in step": "+", "synced": "+", "drift": "~", "blocked": "warn", "failed": "-"}


def line(
    beat: Beat,
    stepped: Stepped | None,
    trouble: SnapsyncError | None,
    zone: ZoneInfo,
    paint: Paint,
    *,
    verbose: bool = False,
) -> str:
    """One look in one line; with ``verbose`` what went wrong in all its lines."""
    word = paint(f"{beat.standing:<8}", _COLOURS.get(beat.standing, "dim"))
    about = terminal(trouble.summary) if trouble else _about(beat, stepped, zone)
    lines = [f"{local(beat.at, zone)}  {word}  {about}".rstrip()]
    if trouble and verbose:
        lines += [f"  {terminal(each)}" for each in f"{trouble.detail}\n{trouble.hint}".splitlines()]
    return "\n".join(lines)


def _about(beat: Beat, stepped: Stepped | None, zone: ZoneInfo) -> str:
    if stepped is None:
        return f"the market; next look {local(beat.next, zone)}" if beat.next else ""
    plan = stepped.plan
    counts = tally([sign(change) for change in plan.changes])
    if stepped.wrote:
        return f"{done(counts)}. Operation {short(stepped.wrote)}."
    if stepped.blocked:
        first = next(iter((*plan.refused, *plan.asking)), None)
        why = f" {terminal(first.summary)}" if first else " It waits for an approval."
        return f"plan {short(plan.id)}: {counted(counts)}.{why}"
    return f"plan {short(plan.id)}" + (f": {counted(counts)}." if plan.drift else "")


def document(beat: Beat, stepped: Stepped | None, trouble: SnapsyncError | None) -> str:
    """The same as one line of JSON."""
    made = json.kind(
        "watch",
        beat=beat,
        operation=stepped and stepped.wrote,
        plan=stepped and json.plan(stepped.plan, None),
        error=trouble and json.error(trouble),
    )
    return json_text(encode(made).decode())
