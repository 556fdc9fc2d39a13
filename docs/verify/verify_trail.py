#!/usr/bin/env python3
"""Check files that a student data portal gave out, without the portal.

    python verify_trail.py FILE...              proof files, checkpoints, consistency files, export companions (.proof.json),
                                                and the file of declarations (/trail/declarations)
    python verify_trail.py FOLDER               all proof files in it and the checkpoint (a proof pack)
    python verify_trail.py --key KEY FILE...    and hold them to the public key that you know
    python verify_trail.py --kept OLD FILE...   and to a checkpoint that you kept earlier; where a restore from a backup was declared
                                                since, give the file of declarations as the first FILE

Needs Python 3.9 or later and the package `cryptography`. It shares no code with the portal: what it knows is in RFC 6962 (trees and
proofs), and in the C2SP documents signed-note, tlog-checkpoint, tlog-cosignature and tlog-proof. It is one file on purpose: it is
handed out alone, in every proof pack, and can be read whole by whoever is to trust it. Exit 0: everything holds. Exit 1:
something does not. Exit 2: a file could not be read.

What "holds" means: the entries are in the sealed record exactly as shown. It does not mean that the record is complete, or that a look
was right.
"""

import argparse
import base64
import csv
import hashlib
import json
import re
import struct
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from xml.etree import ElementTree

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTE_SIGNATURE, COSIGNATURE = 1, 4


class DoesNotHold(Exception):
    """A check failed; the text says which."""


class Unreadable(Exception):
    """The file is none of the kinds that this program knows, or is damaged."""


def sha256(data):
    return hashlib.sha256(data).digest()


def unbase64(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Unreadable("a line is not base64: " + text[:40]) from error


# -- signed notes ----------------------------------------------------------------------------------------------------


class Key:
    """A verifier key: name+hash+base64 of the algorithm and the key."""

    def __init__(self, line):
        parts = line.strip().split("+", 2)
        if len(parts) != 3:
            raise Unreadable("a key looks like name+hash+key")
        self.name, self.hash = parts[0], bytes.fromhex(parts[1])
        material = unbase64(parts[2])
        if material[:1] != bytes([NOTE_SIGNATURE]) or len(material) != 33:
            raise Unreadable("only Ed25519 keys are known here")
        self.raw = material[1:]
        if self.hash != self.id_of(NOTE_SIGNATURE):
            raise Unreadable("the key's hash does not fit its name")

    @classmethod
    def given(cls, text):
        """The key of an argument: the line itself, or a file whose first line it is."""
        file = Path(text)
        return cls((file.read_text(encoding="utf-8") if file.exists() else text).splitlines()[0])

    def id_of(self, algorithm):
        return sha256(self.name.encode() + b"\n" + bytes([algorithm]) + self.raw)[:4]


class Checkpoint:
    """Origin, size and root out of a signed note; `signatures` as (name, bytes)."""

    def __init__(self, note):
        self.note = note
        body, found, tail = note.partition("\n\n")
        lines = body.split("\n")
        if not found or len(lines) < 3 or not lines[1].isdigit():
            raise Unreadable("this is no checkpoint")
        self.body = body + "\n"
        self.origin, self.size, self.root = lines[0], int(lines[1]), unbase64(lines[2])
        self.signatures = []
        for line in tail.split("\n"):
            if line:
                dash, name, signature = ([*line.split(" "), "", ""])[:3]
                if dash != "\u2014":
                    raise Unreadable("a signature line is damaged")
                self.signatures.append((name, unbase64(signature)))

    def check(self, key):
        """Raises DoesNotHold unless signed with `key`; answers the time of the key's cosignature, if there is one."""
        public, signed, at = Ed25519PublicKey.from_public_bytes(key.raw), False, None
        for name, signature in self.signatures:
            if name != key.name:
                continue
            try:
                if signature[:4] == key.id_of(NOTE_SIGNATURE):
                    public.verify(signature[4:], self.body.encode())
                    signed = True
                elif signature[:4] == key.id_of(COSIGNATURE):
                    seconds = struct.unpack(">Q", signature[4:12])[0]
                    public.verify(signature[12:], f"cosignature/v1\ntime {seconds}\n{self.body}".encode())
                    at = datetime.fromtimestamp(seconds, timezone.utc)
            except InvalidSignature:
                raise DoesNotHold(f"the signature of {name} is false") from None
        if not signed:
            raise DoesNotHold("the checkpoint is not signed with the key " + key.name)
        return at


# -- trees -----------------------------------------------------------------------------------------------------------


def inner(left, right):
    return sha256(b"\x01" + left + right)


def split(count):
    """The largest power of two below `count` (RFC 6962 section 2.1)."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def root_by_path(leaf, index, size, path):
    """The root that a leaf and its audit path lead to. Walks down from the top, as the definition of the path does."""

    def climb(index, size, path):
        if size == 1:
            if path:
                raise DoesNotHold("the proof is too long")
            return leaf
        if not path:
            raise DoesNotHold("the proof is too short")
        half = split(size)
        if index < half:
            return inner(climb(index, half, path[:-1]), path[-1])
        return inner(path[-1], climb(index - half, size - half, path[:-1]))

    if not 0 <= index < size:
        raise DoesNotHold("the entry's place is outside of the tree")
    return climb(index, size, path)


def roots_by_consistency(old, new, old_root, proof):
    """(root of the old tree, root of the new one) as a consistency proof gives them (RFC 6962 section 2.1.2)."""

    def walk(old, size, whole):
        if old == size:
            if whole:
                return old_root, old_root
            if not proof:
                raise DoesNotHold("the proof is too short")
            last = proof.pop()
            return last, last
        if not proof:
            raise DoesNotHold("the proof is too short")
        half, other = split(size), proof.pop()
        if old <= half:
            before, after = walk(old, half, whole)
            return before, inner(after, other)
        before, after = walk(old - half, size - half, False)
        return inner(other, before), inner(other, after)

    proof = list(proof)
    before, after = walk(old, new, True)
    if proof:
        raise DoesNotHold("the proof is too long")
    return before, after


def root_by_cover(leaves, nodes, size):
    """The root of a tree of which some leaves are known and, of every part without one, the root.

    `leaves` maps place to leaf hash; `nodes` are used up from left to right.
    """
    places, rest = sorted(leaves), iter(nodes)

    def cover(low, high, first, last):
        if first == last:
            try:
                return next(rest)
            except StopIteration:
                raise DoesNotHold("the proof is too short") from None
        if high - low == 1:
            return leaves[places[first]]
        middle = low + split(high - low)
        between = first
        step = last - first
        while step:  # the first place that is not below the middle
            half = step // 2
            if places[between + half] < middle:
                between += half + 1
                step -= half + 1
            else:
                step = half
        return inner(cover(low, middle, first, between), cover(middle, high, between, last))

    if places and (places[0] < 0 or places[-1] >= size):
        raise DoesNotHold("an entry's place is outside of the tree")
    found = cover(0, size, 0, len(places))
    if next(rest, None) is not None:
        raise DoesNotHold("the proof is too long")
    return found


# -- declared restores -----------------------------------------------------------------------------------------------


class Restore:
    """A restore that two people of the district declared, out of a sealed entry: what was sealed after `first` up to `last` entries is lost."""

    KIND = "trail.restore.declared"

    def __init__(self, canonical):
        values = json.loads(canonical)
        try:
            data = values[21]
            self.at = datetime.fromtimestamp(values[2] / 1000000, timezone.utc)
            self.first, self.last, self.root = int(data["lost_from"]), int(data["lost_to"]), unbase64(data["root"])
            self.reason, self.backup_at = str(data["reason"]), str(data["backup_at"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Unreadable("the declaration of a restore is damaged") from error

    def excuses(self, kept, seen_at):
        """True where the checkpoint that you kept is of the lost part: signed before the declaration, and of a size in its range.

        `seen_at` is the time of the log's own cosignature under it; without one nothing is excused.
        """
        if seen_at is None or seen_at > self.at or not self.first < kept.size <= self.last:
            return False
        return kept.size < self.last or kept.root == self.root

    def words(self):
        lost = (
            f"what was sealed after {self.first} up to {self.last} entries is lost" if self.last > self.first else "nothing sealed is lost"
        )
        when = self.at.strftime("%Y-%m-%d %H:%M UTC")
        return f"declared restore of {when} ({self.reason}, backup of {self.backup_at}): {lost}"


def declarations(text):
    """The proof files in a file of declarations."""
    head, *parts = text.split("\n--\n")
    if head.rstrip("\n") != "trail-declarations/1":
        raise Unreadable("the file of declarations is damaged")
    return [part if part.endswith("\n") else part + "\n" for part in parts]


def proof_parts(text):
    """(the entry's bytes, its place, the way to the root, the checkpoint's note) of a proof file."""
    head, found, note = text.partition("\n\n")
    lines = head.split("\n")[1:]
    extra = unbase64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
    if not found or not lines or not lines[0].startswith("index ") or extra is None:
        raise Unreadable("the proof file is damaged")
    try:
        return extra, int(lines[0][6:]), [unbase64(line) for line in lines[1:]], note
    except ValueError as error:
        raise Unreadable("the proof file is damaged") from error


# -- files -----------------------------------------------------------------------------------------------------------


class Checker:
    """Checks one file after another against the same key and the same kept checkpoints."""

    def __init__(self, key, kept):
        self.key, self.kept, self.restores = key, kept, []

    def check(self, path):
        """A sentence on what holds. Raises DoesNotHold, Unreadable."""
        text = path.read_text(encoding="utf-8")
        if text.startswith("c2sp.org/tlog-proof@v1\n"):
            return self.proof(text)
        if text.startswith("trail-consistency/1\n"):
            return self.consistency(text)
        if text.startswith("trail-declarations/1\n"):
            return self.declared(text)
        if text.lstrip().startswith("{"):
            return self.export(path, text)
        return self.checkpoint(text)

    def signed(self, note):
        """The checkpoint of a note, with its signature checked where a key is known."""
        checkpoint = Checkpoint(note)
        if self.key:
            at = checkpoint.check(self.key)
            words = "signed with the key you gave" + (", on {}".format(at.strftime("%Y-%m-%d %H:%M:%S UTC")) if at else "")
        else:
            words = "SIGNATURE NOT CHECKED (give --key)"
        for kept in self.kept:
            if kept.origin == checkpoint.origin and kept.size == checkpoint.size and kept.root != checkpoint.root:
                excuse = [restore for restore in self.restores if self.key and restore.excuses(kept, kept.check(self.key))]
                if not excuse:
                    raise DoesNotHold("you kept another root for the same size: two stories were told")
                words += "; you kept another root for the same size, but: " + excuse[0].words()
        return checkpoint, words

    def declared(self, text):
        """Every declaration is in the sealed record; restores are then known to what is checked afterwards."""
        found = []
        for part in declarations(text):
            said = self.proof(part)
            extra = proof_parts(part)[0]
            if json.loads(extra)[7] == Restore.KIND:
                self.restores.append(Restore(extra))
                said = self.restores[-1].words() + "\n    " + said
            found.append(said)
        return "\n    ".join(found) or "nothing was declared"

    def checkpoint(self, note):
        checkpoint, words = self.signed(note)
        return f"checkpoint of {checkpoint.origin} over {checkpoint.size} entries, {words}"

    def proof(self, text):
        extra, index, path, note = proof_parts(text)
        checkpoint, words = self.signed(note)
        if root_by_path(sha256(b"\x00" + extra), index, checkpoint.size, path) != checkpoint.root:
            raise DoesNotHold("the entry is not in the sealed record as shown")
        return f"entry {entry_number(extra)} stands at place {index} of {checkpoint.size}, {words}\n    {describe(extra)}"

    def consistency(self, text):
        lines = text.split("\n")
        try:
            gap = lines.index("")
            proof = [unbase64(line) for line in lines[1:gap]]
            old_note, new_note = "\n".join(lines[gap + 1 :]).split("\n--\n")
        except ValueError as error:
            raise Unreadable("the consistency file is damaged") from error
        old, _ = self.signed(old_note + ("" if old_note.endswith("\n") else "\n"))
        new, words = self.signed(new_note)
        if old.origin != new.origin or old.size > new.size:
            raise DoesNotHold("these two do not belong together")
        if old.size == new.size:
            before = after = old.root
        elif old.size == 0:
            before, after = old.root, new.root
        else:
            before, after = roots_by_consistency(old.size, new.size, old.root, proof)
        if before != old.root or after != new.root:
            raise DoesNotHold("the newer record is not an extension of the older one")
        return f"the record of {new.size} entries only extends the one of {old.size}, {words}"

    def export(self, path, text):
        try:
            made = json.loads(text)
            checkpoint, words = self.signed(made["checkpoint"])
            canonical = {int(place): entry.encode() for place, entry in made["entries"]}
            nodes = [bytes.fromhex(node) for node in made["nodes"]]
            table = path.parent / made["file"]["name"]
            told, rows = made["file"]["sha256"], made["file"]["rows"]
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Unreadable("the companion file is damaged") from error
        leaves = {place: sha256(b"\x00" + entry) for place, entry in canonical.items()}
        if root_by_cover(leaves, nodes, checkpoint.size) != checkpoint.root:
            raise DoesNotHold("the entries are not in the sealed record as shown")
        if not table.exists():
            raise Unreadable(f"the table {table.name} must lie beside the companion file")
        if hashlib.sha256(table.read_bytes()).hexdigest() != told:
            raise DoesNotHold("the table was changed after the export")
        read = TABLES.get(table.suffix)
        if read is None:  # a report for people: its pages are not read, but it is the file that was made of these entries
            return f"{table.name} is the file that was made of {len(canonical)} entries, each in the sealed record, {words}"
        counted = check_table(read(table), canonical.values())
        if counted != rows:
            raise DoesNotHold(f"the table has {counted} rows, the export had {rows}")
        return f"{counted} rows of {len(canonical)} entries, each in the sealed record as shown, {words}"


def entry_number(canonical):
    return json.loads(canonical)[1]


def describe(canonical):
    values = json.loads(canonical)
    at = datetime.fromtimestamp(values[2] / 1000000, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    return "{}, {}, purpose {}, kinds of data: {}".format(at, values[7], values[22] or "none", ", ".join(values[26] or []) or "none")


def rows_of_csv(table):
    """Each row as {column: text}."""
    csv.field_size_limit(2**31 - 1)
    with table.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def rows_of_json_lines(table):
    """Each row as {column: value}."""
    with table.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DoesNotHold("a line of the table is no JSON") from error
            yield row


def rows_of_workbook(table):
    """Each row of each sheet as {column: text}; a sheet begins with its heading. Cells hold numbers or their own text."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(table) as book:
        sheets = sorted(
            (name for name in book.namelist() if re.fullmatch(r"xl/worksheets/sheet[0-9]+\.xml", name)),
            key=lambda name: int(re.findall("[0-9]+", name)[0]),
        )
        for sheet in sheets:
            heading = None
            with book.open(sheet) as file:
                for _, row in ElementTree.iterparse(file):
                    if row.tag != main + "row":
                        continue
                    cells = {re.sub("[0-9]", "", cell.get("r")): "".join(cell.itertext()) for cell in row.iter(main + "c")}
                    if heading is None:
                        heading = cells
                    else:
                        yield {title: cells.get(letter, "") for letter, title in heading.items()}
                    row.clear()


TABLES = {".csv": rows_of_csv, ".jsonl": rows_of_json_lines, ".xlsx": rows_of_workbook}
# Columns of a table that say the same as the sealed entry: where in its canonical form that stands.
SEALED = {"event": 7, "role": 17, "request": 18, "purpose": 22, "basis": 23, "rule": 25, "held": 29}


def plain(cell):
    """A cell as it was before it was made harmless for spreadsheets."""
    text = "" if cell is None else str(cell)
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\r\n") else text


def check_row(row, values):
    """Raises DoesNotHold where a cell says something else than the sealed entry."""
    for column, place in SEALED.items():
        if column in row and plain(row[column]) != (values[place] or ""):
            raise DoesNotHold(f"entry {values[1]} has another {column} in the table than in the sealed record")
    if "time" in row:
        at = datetime.fromtimestamp(values[2] // 1000000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{values[2] % 1000000:06d}Z"
        if row["time"] != at:
            raise DoesNotHold(f"entry {values[1]} has another time in the table than in the sealed record")
    if "elements" in row and plain(row["elements"]) != " ".join(values[26] or []):
        raise DoesNotHold(f"entry {values[1]} has other kinds of data in the table than in the sealed record")


def check_table(rows, entries):
    """How many rows there are. Raises DoesNotHold where a row is of no proven entry, says something else, or an entry has too few or too many."""
    expected, proven = {}, {}
    for entry in entries:
        values = json.loads(entry)
        proven[str(values[1])] = values
        expected[str(values[1])] = max(1, len(values[27] or []))
    count = 0
    for row in rows:
        count += 1
        number = str(row.get("entry"))
        if expected.get(number, 0) < 1:
            raise DoesNotHold(f"the table has a row of entry {number} that the proof does not know")
        expected[number] -= 1
        check_row(row, proven[number])
    missing = [number for number, left in expected.items() if left]
    if missing:
        raise DoesNotHold(f"the table lacks rows of entry {missing[0]}")
    return count


def within(given):
    """The files themselves; of a folder all proof files in it and the checkpoint."""
    for path in given:
        if path.is_dir():
            yield from sorted(path.rglob("*.tlog-proof"))
            yield from sorted(path.rglob("checkpoint"))
        else:
            yield path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--key", help="the public key as one line, or a file that holds it")
    parser.add_argument(
        "--kept", action="append", default=[], type=Path, metavar="OLD", help="a checkpoint that you kept; may be given again"
    )
    options = parser.parse_args()
    sys.setrecursionlimit(10000)
    try:
        key = Key.given(options.key) if options.key else None
        checker = Checker(key, [Checkpoint(path.read_text(encoding="utf-8")) for path in options.kept])
    except (Unreadable, OSError) as error:
        print(f"CANNOT READ the key or a kept checkpoint: {error}")
        return 2
    worst = 0
    for path in within(options.files):
        try:
            print(f"HOLDS   {path}: {checker.check(path)}")
        except DoesNotHold as error:
            print(f"FALSE   {path}: {error}")
            worst = max(worst, 1)
        except (Unreadable, OSError, UnicodeDecodeError) as error:
            print(f"CANNOT READ {path}: {error}")
            worst = 2
    return worst


if __name__ == "__main__":
    sys.exit(main())
