"""Roster deliveries for the import benches, and the limit they are held against: a raw COPY of the same rows."""

import contextlib
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path

from governance.records.roster import runs
from governance.records.roster.delivery import Report
from portal.base import clock
from tests.bench import harness

PER_SCHOOL, CLASSES = 1_000, 60
FILES = ("users.csv", "enrollments.csv")
_USERS = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,"
    "agentSourcedIds,grades,password"
)
_ENROLLMENTS = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate"


def size(full: bool) -> int:
    """Students of the bench; each brings a guardian and five enrollments, so seven rows."""
    return 100_000 if full else 10_000


def bundle(path: Path, students: int, *, day: int = 1) -> Path:
    """A OneRoster 1.1 zip. `day` goes into dateLastModified: another day gives other bytes with the same facts."""
    stamp = f"2026-11-{day:02}T00:00:00Z"
    schools = (students - 1) // PER_SCHOOL + 1
    manifest = {"manifest.version": "1.0", "oneroster.version": "1.1", "source.systemName": "Bench", "source.systemCode": "b"}
    manifest |= {f"file.{name}": "bulk" for name in ("orgs", "academicSessions", "classes", "users", "enrollments")}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "manifest.csv", "propertyName,value", (f"{name},{value}" for name, value in manifest.items()))
        _write(archive, "orgs.csv", "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
               (f"sch-{school},active,{stamp},School {school},school,{school}," for school in range(schools)))  # fmt: skip
        _write(archive, "academicSessions.csv", "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
               [f"y,active,{stamp},2026-27,schoolYear,2026-09-01,2027-06-10,,2027"])  # fmt: skip
        _write(archive, "classes.csv", "sourcedId,status,dateLastModified,title,classType,schoolSourcedId,termSourcedIds,subjects",
               (f"sec-{school}-{number},active,{stamp},Class {number},scheduled,sch-{school},y,Reading" for school in range(schools) for number in range(CLASSES)))  # fmt: skip
        _write(archive, "users.csv", _USERS, _users(students, stamp))
        _write(archive, "enrollments.csv", _ENROLLMENTS, _enrollments(students, stamp))
    return path


def _write(archive: zipfile.ZipFile, name: str, header: str, rows: Iterable[str]) -> None:
    with archive.open(name, "w", force_zip64=True) as file:
        file.write(f"{header}\n".encode())
        for row in rows:
            file.write(f"{row}\n".encode())


def _users(students: int, stamp: str) -> Iterable[str]:
    for number in range(students):
        school, family = number // PER_SCHOOL, f"Family{number % 20_011}"
        yield (
            f"stu-{number},active,{stamp},true,sch-{school},student,s{number},,Given{number % 5_000},{family},,{number},s{number}@example.org,,555-{number % 10_000:04},"
            f"gua-{number},{number % 13},"
        )
        yield f"gua-{number},active,{stamp},true,sch-{school},parent,g{number},,Pat{number % 4_000},{family},,,g{number}@example.org,,555-{number % 10_000:04},,,"


def _enrollments(students: int, stamp: str) -> Iterable[str]:
    for number in range(students):
        school = number // PER_SCHOOL
        for place in range(5):
            section = f"sec-{school}-{(number * (2 * place + 1) * 7919 + place * 12) % CLASSES}"
            yield f"enr-{number}-{place},active,{stamp},{section},sch-{school},stu-{number},student,false,2026-09-01,"


def raw_copy(path: Path) -> float:
    """Seconds to COPY the users and enrollments of a bundle as they are into temporary tables without an index, and how long that took."""
    with contextlib.closing(harness.owner()) as owner, owner.cursor() as cursor, zipfile.ZipFile(path) as archive:
        owner.autocommit = False
        began = time.perf_counter()
        for name in FILES:
            with archive.open(name) as file:
                header = file.readline().decode().strip().split(",")
                table = f"raw_{name.removesuffix('.csv')}"
                columns = ", ".join(f'"{column}" text' for column in header)
                cursor.execute(f"CREATE TEMP TABLE {table} ({columns})")
                cursor.copy_expert(f"COPY {table} FROM STDIN WITH (FORMAT csv)", file, 2**20)
        owner.commit()
        return time.perf_counter() - began


def load(path: Path) -> tuple[float, Report]:
    """Import a bundle as the command does. Seconds, and the report."""
    began = time.perf_counter()
    report, _ = runs.import_path(path, dry_run=False, at=clock.now(), today=clock.today())
    return time.perf_counter() - began, report


def forget() -> None:
    """Empty the roster again, as only the owner can."""
    with contextlib.closing(harness.owner()) as owner, owner.cursor() as cursor:
        cursor.execute(
            "TRUNCATE records_student, records_enrollment, records_guardianship, records_teaching, records_staffmember, records_section, records_term, people_school,"
            " records_importrun, records.identity, records.guardian, records.value, records.roster_source CASCADE"
        )
        cursor.execute("CHECKPOINT")


def a_day_later() -> None:
    """What autovacuum has done by the next night."""
    with contextlib.closing(harness.owner()) as owner, owner.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")


def wal_position() -> int:
    """How many bytes of WAL the server has written."""
    with contextlib.closing(harness.owner()) as owner, owner.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'")
        return int(cursor.fetchone()[0])
