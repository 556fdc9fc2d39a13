"""One delivery on its way into the staging tables: which files count, whole or as changes, and the report of it."""

import dataclasses
import hashlib
from typing import IO, Any

from governance.records.roster.bundle import Bundle, Refused, notices_of
from governance.records.roster.faults import MOST_SHOWN, Fault, Faults, Notice
from governance.records.roster.reading import MOST_NAMED, CsvFile, read_manifest
from governance.records.roster.standard import MANIFEST, TABLES, elements_of

VERSION = "1"  # of what the import makes of a file: a new one takes the same bytes up again
SHARE_OF_ENDS = 0.10
FEW_ENDS = 10
KINDS = ("schools", "terms", "sections", "staff", "students", "guardians", "links", "enrollments", "teachings")


@dataclasses.dataclass
class Report:
    """What a delivery holds and what it would change, or did; nothing in it is a value of a student."""

    version: str = ""
    source: str = ""
    files: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    elements: list[str] = dataclasses.field(default_factory=list)
    counts: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    faults: list[Fault] = dataclasses.field(default_factory=list)
    fault_count: int = 0
    notices: list[Notice] = dataclasses.field(default_factory=list)
    identical: bool = False

    @property
    def refused(self) -> bool:
        """True where a fault was found; then nothing was changed."""
        return self.fault_count > 0

    @property
    def unchanged(self) -> bool:
        """True where the portal holds all of it already."""
        return not self.refused and not any(self.changes_of(kind) for kind in self.counts)

    @property
    def ends_too_many(self) -> bool:
        """True where more than a tenth of the source's students (and more than ten) would end: then a second person is needed."""
        students = self.counts.get("students", {})
        ended = students.get("ended", 0)
        return ended > FEW_ENDS and ended > SHARE_OF_ENDS * students.get("before", 0)

    @property
    def lifts_limits(self) -> bool:
        """True where a limit on a guardian's access would end or become another one: then a second person is needed."""
        limits = self.counts.get("limits", {})
        return limits.get("ended", 0) + limits.get("changed", 0) > 0

    def changes_of(self, kind: str) -> int:
        """How many of a kind are added, changed, ended or back."""
        return sum(count for what, count in self.counts.get(kind, {}).items() if what != "before")

    def as_dict(self) -> dict[str, Any]:
        """For `ImportRun.report`."""
        return {
            **{
                name: getattr(self, name)
                for name in ("version", "source", "files", "elements", "counts", "fault_count", "identical", "unchanged", "ends_too_many")
            },
            "faults": [fault.as_dict() for fault in self.faults],
            "notices": [notice.as_dict() for notice in self.notices],
        }

    def told(self) -> dict[str, Any]:
        """For the command's JSON: with words beside the codes."""
        return {**self.as_dict(), "faults": [fault.told() for fault in self.faults], "notices": [notice.told() for notice in self.notices]}


@dataclasses.dataclass
class Delivery:
    """The files that count, each with its mode, before any of them is read."""

    bundle: Bundle
    faults: Faults
    notices: list[Notice]
    modes: dict[str, str]
    version: str
    source: str


def prepare(bundle: Bundle) -> Delivery:
    """Read the manifest and say which files count: `modes` maps a file's name in the standard to "bulk" or "delta"."""
    faults, notices = bundle.faults, notices_of(bundle)
    delivery = Delivery(bundle, faults, notices, {}, "", "")
    if faults:
        return delivery
    member = bundle.members.get(MANIFEST)
    if member is None:
        notices.insert(0, Notice("manifest.csv", 0, "", "no_manifest"))
        delivery.modes = dict.fromkeys((name for name in TABLES if name in bundle.members), "delta")
        delivery.version = "1.2" if "roles" in delivery.modes else "1.1"
        return delivery
    try:
        with member.open() as stream:
            manifest = read_manifest(stream, member.name, faults)
    except Refused as refusal:
        faults.add(refusal.file, 0, "", refusal.code)
        return delivery
    version, line = manifest.get("oneroster.version", ("", 1))
    delivery.version = version.strip().lower().removeprefix("v").replace("p", ".")[:3] or ("1.2" if "roles" in bundle.members else "1.1")
    if delivery.version not in {"1.1", "1.2"}:
        faults.add(member.name, line, "value", "version")
    said = [manifest.get(f"source.{name}", ("", 0))[0] for name in ("systemname", "systemcode")]
    delivery.source = " / ".join(word for word in said if word.lower() not in {"", "absent"})[:200]
    for name in TABLES:
        mode, line = manifest.get(f"file.{name}".lower(), ("", 0))
        _take(delivery, name, mode.strip().lower(), line, member.name)
    return delivery


def _take(delivery: Delivery, name: str, mode: str, line: int, manifest: str) -> None:
    there = delivery.bundle.members.get(name)
    if mode not in {"bulk", "delta", "absent", ""}:
        delivery.faults.add(manifest, line, "value", "mode")
    elif mode in {"bulk", "delta"} and there is None:
        delivery.faults.add(f"{name}.csv", 0, "", "not_delivered")
    elif mode == "absent" and there is not None:
        delivery.notices.append(Notice(there.name, 0, "", "said_absent"))
    elif there is not None:
        if not mode:
            delivery.notices.append(Notice(there.name, 0, "", "not_announced"))
        delivery.modes[name] = mode or "bulk"


class Staged:
    """The files of a delivery as they went into the staging tables, and how the server's answer is read back into lines and columns."""

    def __init__(self, delivery: Delivery, *, careful: bool = False):
        self.delivery = delivery
        self.careful = careful
        self.files: dict[str, CsvFile] = {}

    def open(self, name: str, stream: IO[bytes]) -> CsvFile:
        """One file, its header read and checked."""
        table, member = TABLES[name], self.delivery.bundle.members[name]
        file = CsvFile(member.name, stream, table.columns, faults=self.delivery.faults, careful=self.careful)
        required = list(table.required)
        # in 1.2 the roles stand in a file of their own; a change may leave them as they are
        if name == "users" and "roles" not in self.delivery.modes and self.delivery.modes["users"] == "bulk":
            required.append("role")
        file.require(required, table.title_of)
        self.files[name] = file
        return file

    def for_server(self) -> dict[str, Any]:
        """What was delivered, as the door's procedures take it."""
        return {name: {"mode": self.delivery.modes[name], "columns": file.columns} for name, file in self.files.items()} | (
            {"courses": {"mode": "bulk"}} if "courses" in self.delivery.bundle.members else {}
        )

    def report(self, answer: dict[str, Any] | None) -> Report:
        """The report, from what reading found and what the server answered (None: it was not asked)."""
        delivery = self.delivery
        report = Report(version=delivery.version, source=delivery.source)
        notices = list(delivery.notices)
        for name, file in self.files.items():
            used = [column for column in file.columns if column not in TABLES[name].passing]
            report.files.append(
                {"name": file.name, "kind": name, "mode": delivery.modes[name], "rows": file.rows, "left_out": file.left_out[:MOST_NAMED]}
            )
            if file.left_out:
                notices.append(Notice(file.name, 1, ", ".join(file.left_out[:5]), "columns_left_out", len(file.left_out)))
            if file.rows:
                report.elements = sorted({*report.elements, *elements_of({name: used})})
        faults = delivery.faults
        report.fault_count = faults.count
        found = faults.in_order()
        if answer is not None:
            report.counts = {kind: answer["counts"][kind] for kind in KINDS if kind in answer["counts"]}
            report.fault_count += answer["fault_count"]
            found += [self._fault(*fault) for fault in answer["faults"]]
            notices += [self._notice(*notice) for notice in answer["notices"]]
        # a repaired row may be told twice, once by each side
        report.faults = sorted(dict.fromkeys(found), key=lambda fault: (fault.file, fault.line, fault.column))[:MOST_SHOWN]
        report.fault_count = max(report.fault_count - (len(found) - len(dict.fromkeys(found))), len(report.faults))
        report.notices = sorted(notices, key=lambda notice: (notice.file, notice.line))
        return report

    def _fault(self, name: str, row: int | None, column: str, code: str, other: int | None) -> Fault:
        file = self.files[name]
        return Fault(file.name, file.lines.of(row) if row else 0, self._title(name, column), code, file.lines.of(other) if other else None)

    def _notice(self, name: str, row: int | None, column: str, code: str, count: int) -> Notice:
        file = self.files[name]
        return Notice(file.name, file.lines.of(row) if row else 0, self._title(name, column), code, count)

    def _title(self, name: str, column: str) -> str:
        return self.files[name].headers.get(column) or TABLES[name].title_of(column)


def digest_of(stream: IO[bytes]) -> str:
    """What tells two deliveries apart: the bytes as they came."""
    found = hashlib.sha256(VERSION.encode())
    while data := stream.read(2**20):
        found.update(data)
    return found.hexdigest()


def digest_of_bundle(bundle: Bundle) -> str:
    """The same for a folder: names and bytes of the files that may count. Raises Refused."""
    found = hashlib.sha256(f"{VERSION} folder".encode())
    for kind in sorted({MANIFEST, *TABLES} & set(bundle.members)):
        with bundle.members[kind].open() as stream:
            found.update(f"\0{kind}\0{digest_of(stream)}".encode())
    return found.hexdigest()
