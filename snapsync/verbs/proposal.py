"""The lines of ALPACA_SYNC_BOOK that would make a book understood: proposed from what its files look like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from snapsync.ends.book import BookFiles, Layout, Nearby, Role, names_of, plain_name

Proposal = dict[str, str | dict[str, str]]
"""What to set under ALPACA_SYNC_BOOK; a mapping of columns holds the pairs that are set already too."""

_OWN: dict[Role, str] = {
    "bankroll": "bankroll_keys",
    "positions": "positions_columns",
    "history": "history_columns",
}


def proposal(described: Iterable[Layout], near: Iterable[Nearby], files: BookFiles) -> Proposal:
    """What to set, of what was found; empty where there is nothing to propose."""
    found: Proposal = {}
    for each in near:
        found.setdefault(each.role, each.template)
    layouts = {each.role: each for each in described}
    shared = dict(files.columns)
    own: dict[Role, dict[str, str]] = {role: dict(files.own_names(role)) for role in _OWN}
    for role, layout in layouts.items():
        for theirs, ours in layout.columns.alike:
            spoken_for = role == "bankroll" or ours in own[role].values()  # the file's own mapping wins
            if not spoken_for and _harmless(theirs, ours, shared, layouts[_other(role)]):
                shared[theirs] = ours
            else:
                # what was mapped to the same name of ours is not in this file, else it would be understood
                own[role] = {**{head: name for head, name in own[role].items() if name != ours}, theirs: ours}
    if shared != files.columns:
        found["columns"] = shared
    found |= {_OWN[role]: pairs for role, pairs in own.items() if pairs != files.own_names(role)}
    return found


def _other(role: Role) -> Role:
    return "history" if role == "positions" else "positions"


def _harmless(theirs: str, ours: str, shared: Mapping[str, str], other: Layout) -> bool:
    """Whether a pair may be set for both CSV files: it means nothing else in the other one."""
    for known, meant in shared.items():
        same = plain_name(known) == plain_name(theirs)
        if same != (meant == ours):
            return False
    meets = plain_name(theirs) in {plain_name(head) for head in other.columns.all}
    means_it = (theirs, ours) in other.columns.alike
    return means_it or not meets or ours not in names_of(other.role)
