"""A reader of stores made from docs/format.md alone, with the standard library alone.

``python -I -S reader.py STORE`` prints what the store holds as one JSON document, or fails at the first
byte that is not as the page says.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ID = re.compile(r"[0-9a-f]{64}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")
DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d*[1-9])?")
CHUNK = b"snapsync chunk 1\n"
COMPARED = {"positions": ("qty",), "transactions": ("symbol", "action", "qty", "price")}


class DamagedError(Exception):
    """Something is not as the page says."""


def insist(*, that: bool, on: str) -> None:
    """Fail unless something is so."""
    if not that:
        raise DamagedError(on)


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """The one byte form of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data: bytes) -> str:
    """An id."""
    return hashlib.sha256(data).hexdigest()


PACK = b"snapsync pack 1\n"
PLACE = struct.Struct(">III")
BLOCK = struct.Struct(">QI")
TAIL = struct.Struct(">QII32s")


def unpack(path: Path) -> dict[str, bytes]:
    """All that a pack holds."""
    data = path.read_bytes()
    insist(that=path.name == sha256(data) + ".pack", on=f"{path.name} is its hash")
    insist(that=data.startswith(PACK), on=f"{path.name} is a pack")
    begin, objects, blocks, checksum = TAIL.unpack(data[-TAIL.size :])
    index = data[begin : -TAIL.size]
    insist(that=hashlib.sha256(index).digest() == checksum, on=f"{path.name}'s index")
    insist(
        that=len(index) == objects * (32 + PLACE.size) + blocks * BLOCK.size,
        on=f"{path.name}'s index is as long as it says",
    )
    names = [index[at : at + 32].hex() for at in range(0, 32 * objects, 32)]
    insist(that=names == sorted(set(names)), on=f"{path.name}'s ids are sorted")
    places = PLACE.iter_unpack(index[32 * objects : (32 + PLACE.size) * objects])
    table = list(BLOCK.iter_unpack(index[(32 + PLACE.size) * objects :]))
    insist(that=table[0][0] == len(PACK), on=f"{path.name}'s blocks begin")
    ends = [start + length for start, length in table]
    insist(that=ends == [*(start for start, _ in table[1:]), begin], on=f"{path.name}'s blocks follow")
    contents = [inflated(data[start : start + length]) for start, length in table]
    return {
        name: contents[block][start : start + length]
        for name, (block, start, length) in zip(names, places, strict=True)
    }


def inflated(stored: bytes) -> bytes:
    """What one zlib stream holds, and nothing after it."""
    stream = zlib.decompressobj()
    data = stream.decompress(stored)
    insist(that=stream.eof and not stream.unused_data, on="this is one stream")
    return data


class Store:
    """A store's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packed: dict[str, bytes] = {}
        for path in sorted((folder / "packs").glob("*.pack")):
            self.packed |= unpack(path)
        self.identity = self.sealed("store.json", "store")
        insist(that=self.identity["format"] == 1, on="format")

    def sealed(self, name: str, member: str) -> dict[str, Any]:
        """A file that carries its own checksum."""
        data = (self.folder / name).read_bytes()
        document = json.loads(data)
        insist(that=canonical(document) == data, on=f"{name} is canonical")
        insist(that=set(document) == {member, "sha256"}, on=f"{name} has its two members")
        insist(that=sha256(canonical(document[member])) == document["sha256"], on=f"{name}'s checksum")
        found: dict[str, Any] = document[member]
        insist(that=found["kind"] == member, on=f"{name}'s kind")
        return found

    def content(self, id: str) -> bytes:
        """An object's content, proven."""
        path = self.folder / "objects" / id[:2] / id[2:]
        data = inflated(path.read_bytes()) if path.exists() or id not in self.packed else self.packed[id]
        insist(that=sha256(data) == id, on=f"{id} is its hash")
        return data

    def get(self, id: str, kind: str) -> dict[str, Any]:
        """An object that is no chunk."""
        data = self.content(id)
        value: dict[str, Any] = json.loads(data)
        insist(that=canonical(value) == data, on=f"{id} is canonical")
        insist(that=value["kind"] == kind and value["format"] == 1, on=f"{id} is a {kind} of format 1")
        return value

    def ids(self) -> list[str]:
        """Every object's id."""
        names = (path.parent.name + path.name for path in (self.folder / "objects").glob("*/*"))
        return sorted({*self.packed, *(name for name in names if ID.fullmatch(name))})

    def names(self, folder: str) -> list[str]:
        """The ids that the empty files of a folder are named by."""
        paths = [each for each in (self.folder / folder).glob("*") if ID.fullmatch(each.name)]
        insist(that=all(each.stat().st_size == 0 for each in paths), on=f"{folder} has only empty files")
        return sorted(each.name for each in paths)

    def collected(self) -> set[str]:
        """The ids of all that gc has taken away."""
        return {each for id in self.names("collected") for each in self.get(id, "collection")["ids"]}

    def heads(self) -> list[str]:
        """The newest operations, without those that are ancestors of others."""
        names = sorted({*self.names("heads"), *self.names("witness")})
        older = {each for name in names for each in self.ancestors(name)}
        return [name for name in names if name not in older]

    def ancestors(self, id: str) -> set[str]:
        """All operations before one."""
        found: set[str] = set()
        waiting = [id]
        while waiting:
            for parent in self.get(waiting.pop(), "operation")["parents"]:
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return found

    def file(self, id: str) -> bytes | None:
        """A file by its image."""
        image = self.get(id, "image")
        if image["size"] is None:
            insist(that=image["branches"] == [], on=f"{id} is absent")
            return None
        branches = [self.get(branch, "branch")["chunks"] for branch in image["branches"]]
        insist(that=all(len(chunks) == 64 for chunks in branches[:-1]), on=f"{id}'s branches are full")
        chunks = [self.content(chunk) for chunks in branches for chunk in chunks]
        insist(that=all(chunk.startswith(CHUNK) for chunk in chunks), on=f"{id}'s chunks are chunks")
        parts = [chunk.removeprefix(CHUNK) for chunk in chunks]
        for part in parts:
            line = part.find(b"\n", 65_536 - 1)
            ends = len(part) if line < 0 else line + 1
            insist(that=0 < len(part) == ends, on=f"{id} is cut at the right lines")
        insist(that=all(part.endswith(b"\n") for part in parts[:-1]), on=f"{id} is cut at lines")
        data = b"".join(parts)
        insist(that=len(data) == image["size"], on=f"{id}'s size")
        return data

    def rows(self, root: str, sort: str) -> list[dict[str, Any]]:
        """All rows of a tree; ``sort`` is what they are."""
        found: list[dict[str, Any]] = []
        for bucket, part in self.buckets(root):
            rows = sorted(self.part(part, sort, 1), key=lambda row: key_of(row, sort))
            insist(that={bucket_of(row, sort) for row in rows} == {bucket}, on=f"{part}'s bucket")
            found += rows
        return found

    def part(self, id: str, sort: str, depth: int) -> list[dict[str, Any]]:
        """The rows of a page, or of a node in its place."""
        if json.loads(self.content(id))["kind"] == "page":
            rows: list[dict[str, Any]] = self.get(id, "page")["rows"]
            keys = [key_of(row, sort) for row in rows]
            insist(that=0 < len(keys) <= 128 and keys == sorted(set(keys)), on=f"{id}'s keys")
            return rows
        node, found = self.get(id, "node"), []
        for name, child in sorted(node["children"].items()):
            rows = self.part(child, sort, depth + 1)
            insist(that={sha256(key_of(row, sort).encode())[depth] for row in rows} == {name}, on=f"{child}")
            found += rows
        insist(that=node["leaf"] and len(found) > 128, on=f"{id} is split for a reason")
        return found

    def buckets(self, root: str) -> Iterator[tuple[str, str]]:
        """Each bucket with its part, in order."""
        node = self.get(root, "node")
        for name, child in sorted(node["children"].items()):
            if node["leaf"]:
                yield name, child
                continue
            days = self.get(child, "node")
            insist(that=days["leaf"] and bool(days["children"]), on=f"{child} is a month")
            insist(that=all(day[:7] == name for day in days["children"]), on=f"{child} is {name}")
            yield from sorted(days["children"].items())

    def state(self, id: str) -> dict[str, Any]:
        """One side, with its rows."""
        root = self.get(id, "state")
        return root | {sort: self.rows(root[sort], sort) for sort in ("positions", "transactions")}

    def operation(self, id: str) -> dict[str, Any]:
        """One act, with all that it leads to."""
        act = self.get(id, "operation")
        gone = self.collected()
        insist(that=bool(INSTANT.fullmatch(act["time"])), on=f"{id}'s time")
        found: dict[str, Any] = {
            "id": id,
            "verb": act["verb"],
            "time": act["time"],
            "parents": act["parents"],
        }
        if act["book"] and self.get(act["book"], "book-snapshot")["state"] not in gone:
            book = self.get(act["book"], "book-snapshot")
            files = {role: self.file(image) for role, image in book["images"].items()}
            found["files"] = {role: data and data.decode() for role, data in files.items()}
            found["book"] = self.state(book["state"])
        if act["broker"]:
            broker = self.get(act["broker"], "broker-snapshot")
            found["broker"] = self.state(broker["state"]) if broker["state"] not in gone else None
            found["ledger"] = self.rows(broker["ledger"], "activities")
        if act["agreed"]:
            self.get(act["agreed"]["book"], "book-snapshot")
            self.get(act["agreed"]["broker"], "broker-snapshot")
        if act["plan"]:
            details = self.get(act["details"], "plan-details")
            insist(that=sha256(canonical(body(details))) == act["plan"], on=f"{id}'s plan follows")
            insist(
                that=self.get(act["plan"], body(details)["kind"]) == body(details),
                on=f"{id}'s plan is stored",
            )
            self.get(details["rules"], "rules")
            found["plan"] = act["plan"]
        return found


def key_of(row: dict[str, Any], sort: str) -> str:
    """What a row is known by."""
    key: str = f"{row['type']}:{row['id']}:{row['symbol']}" if sort == "activities" else row["key"]
    return key


def bucket_of(row: dict[str, Any], sort: str) -> str:
    """Which page a row lies in."""
    if sort == "positions":
        return sha256(row["key"].encode())[:1]
    insist(that=bool(INSTANT.fullmatch(row["time"])), on=f"{row['time']} is an instant")
    insist(that=row["qty"] is None or bool(DECIMAL.fullmatch(row["qty"])), on=f"{row['qty']} is plain")
    day: str = row["time"][:10]
    return day


def body(details: dict[str, Any]) -> dict[str, Any]:
    """The body of a plan, worked out from its details."""
    same = {name: details[name] for name in ("account", "origin")} | {
        "format": 1,
        "findings": [
            {name: finding[name] for name in ("code", "severity", "key")}
            for finding in details["findings"]
            if finding["severity"] != "note"
        ],
    }
    if details["origin"] != "sync":
        files = [{name: file[name] for name in ("role", "before", "after")} for file in details["files"]]
        return same | {"kind": "file-plan", "files": files}
    return same | {
        "kind": "plan",
        "scope": details["scope"],
        "rules": details["rules"],
        "part": details["part"],
        "changes": [step(change) for change in details["changes"]],
    }


def step(change: dict[str, Any]) -> dict[str, Any]:
    """What of a change is part of a plan's id."""
    component = change["component"]
    if component == "bankroll":
        before = None if change["before"] is None else {"bankroll": change["before"]}
        after: dict[str, Any] | None = {"bankroll": change["basis"]}
        return {"component": component, "key": "bankroll", "before": before, "after": after}
    fields = ("key", *COMPARED[component])
    before, after = (
        None if record is None else {name: record[name] for name in fields}
        for record in (change["before"], change["after"])
    )
    key = (after or before or {})["key"]
    return {"component": component, "key": key, "before": before, "after": after}


def main(folder: str) -> None:
    """Print what a store holds, newest act first."""
    store = Store(Path(folder))
    heads = store.heads()
    ids = {each for head in heads for each in (head, *store.ancestors(head))}
    acts = sorted((store.operation(id) for id in ids), key=lambda act: act["time"], reverse=True)
    for id in store.ids():
        if store.content(id).startswith(b"{"):
            store.get(id, json.loads(store.content(id))["kind"])
    found = {"store": store.identity, "heads": heads, "log": acts, "objects": store.ids()}
    found["collected"] = sorted(store.collected())
    if (store.folder / "journal.json").exists():
        found["journal"] = store.sealed("journal.json", "journal")
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
