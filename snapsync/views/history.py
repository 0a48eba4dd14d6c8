"""The log: operations, and stretches of looks in step as one line each."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from snapsync.model.canon import short
from snapsync.model.instant import to_datetime
from snapsync.model.point import Point
from snapsync.model.stretch import Entry, Line, Listing, Stretch

from . import approval, json, text
from .paint import Paint
from .times import local

TO = "\u2013"
"""Between two times."""


def words(found: Listing, zone: ZoneInfo, paint: Paint, *, verbose: bool = False) -> str:
    """One line per operation or stretch, newest first; with ``verbose`` also who and from where."""
    if not found.lines:
        return "No operation matches."
    return "\n".join(_line(each, found, zone, paint, verbose=verbose) for each in found.lines)


def document(found: Listing, point: Point | None) -> json.Document:
    """The same for scripts."""
    return json.kind(
        "log",
        as_of=moment(point),
        operations=[_document(each, found) for each in found.lines],
        more=found.more,
    )


def as_of(point: Point | None, zone: ZoneInfo) -> list[str]:
    """The operation that an ID or TIME came to, for a line under the header; none where none was given."""
    if point is None:
        return []
    made = f"{point.act.verb}, {local(point.act.time, zone)}"
    if point.at == point.act.time:
        return [f"As of operation {short(point.operation)} ({made})."]
    return [f"As of {local(point.at, zone)}: operation {short(point.operation)} ({made})."]


def moment(point: Point | None) -> json.Document | None:
    """The same for scripts."""
    return None if point is None else {"at": point.at, "operation": point.operation}


def _line(line: Line, found: Listing, zone: ZoneInfo, paint: Paint, *, verbose: bool) -> str:
    if not isinstance(line, Stretch):
        said = found.said.get(line[0])
        return text.entry(*line, zone, paint, verbose=verbose, more=approval.brief(said) if said else "")
    id, act = line.last
    return f"{paint(short(id), '~')}  {local(act.time, zone)}  {act.verb:<7}  {_stretch(line, zone)}"


def _stretch(stretch: Stretch, zone: ZoneInfo) -> str:
    first, last = (to_datetime(act.time).astimezone(zone) for _, act in (stretch.first, stretch.last))
    begin = f"{first:%H:%M}" if first.date() == last.date() else f"{first:%Y-%m-%d %H:%M}"
    if not stretch.whole:
        return f"{stretch.count} looks in step and more, {begin} or before{TO}{last:%H:%M}"
    span = begin if begin == f"{last:%H:%M}" else f"{begin}{TO}{last:%H:%M}"
    return f"{stretch.count} looks in step, {span}"


def _document(line: Line, found: Listing) -> json.Document:
    if not isinstance(line, Stretch):
        return _entry(line, found)
    return {
        "folded": "in step",
        "count": line.count,
        "whole": line.whole,
        "first": _entry(line.first, found),
        "last": _entry(line.last, found),
    }


def _entry(entry: Entry, found: Listing) -> json.Document:
    id, act = entry
    said = found.said.get(id)
    return {**json.operation(id, act), "said": said and approval.document(act.approval, said)}
