"""Small OneRoster deliveries, written by hand: a district of two schools, as a folder or a zip."""

import copy
import io
import zipfile
from pathlib import Path
from typing import Any

Row = dict[str, str]

_USERS = [
    "sourcedId",
    "status",
    "dateLastModified",
    "enabledUser",
    "orgSourcedIds",
    "role",
    "username",
    "userIds",
    "givenName",
    "familyName",
    "middleName",
    "identifier",
    "email",
    "sms",
    "phone",
    "agentSourcedIds",
    "grades",
    "password",
]
HEADERS = {
    "orgs": ["sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId"],
    "academicSessions": [
        "sourcedId",
        "status",
        "dateLastModified",
        "title",
        "type",
        "startDate",
        "endDate",
        "parentSourcedId",
        "schoolYear",
    ],
    "classes": ["sourcedId", "status", "dateLastModified", "title", "grades", "classType", "schoolSourcedId", "termSourcedIds", "subjects"],
    "users": _USERS,
    "enrollments": [
        "sourcedId",
        "status",
        "dateLastModified",
        "classSourcedId",
        "schoolSourcedId",
        "userSourcedId",
        "role",
        "primary",
        "beginDate",
        "endDate",
    ],
    "demographics": [
        "sourcedId",
        "status",
        "dateLastModified",
        "birthDate",
        "sex",
        "asian",
        "white",
        "hispanicOrLatinoEthnicity",
        "cityOfBirth",
    ],
    "roles": ["sourcedId", "status", "dateLastModified", "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId"],
}


class Bundle:
    """Rows by file; change them, then write them out."""

    def __init__(self, *, version: str = "1.1", source: str = "Test SIS") -> None:
        self.version = version
        self.source = source
        self.rows: dict[str, list[Row]] = {}
        self.modes: dict[str, str] = {}
        self.headers = copy.deepcopy(HEADERS)
        self.manifest: dict[str, str] = {}

    def add(self, file: str, **cells: str) -> Row:
        """One row; cells that are not named stay empty. Answers it, to be changed in place."""
        row = dict(cells)
        self.rows.setdefault(file, []).append(row)
        return row

    def row(self, file: str, sourced_id: str) -> Row:
        return next(row for row in self.rows[file] if row["sourcedId"] == sourced_id)

    def remove(self, file: str, sourced_id: str) -> None:
        self.rows[file] = [row for row in self.rows[file] if row["sourcedId"] != sourced_id]

    def texts(self) -> dict[str, str]:
        """The files as text, the manifest included."""
        found = {}
        for file, rows in self.rows.items():
            header = self.headers[file]
            found[f"{file}.csv"] = "".join(
                ",".join(_cell(cell) for cell in cells) + "\n"
                for cells in [header, *([row.get(name, "") for name in header] for row in rows)]
            )
        said = {"manifest.version": "1.0", "oneroster.version": self.version, "source.systemName": self.source, "source.systemCode": "t1"}
        for file in HEADERS:
            said[f"file.{file}"] = self.modes.get(file, "bulk" if file in self.rows else "absent")
        said |= self.manifest
        found["manifest.csv"] = "propertyName,value\n" + "".join(f"{name},{value}\n" for name, value in said.items())
        return found

    def folder(self, path: Path, **changes: str | bytes | None) -> Path:
        """Write it to a folder; `changes` replace files (None: leave it out), named without the ending."""
        path.mkdir(parents=True, exist_ok=True)
        for name, text in self._changed(changes).items():
            (path / name).write_bytes(text)
        return path

    def zip(self, **changes: str | bytes | None) -> bytes:
        """The same as a zip's bytes."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in self._changed(changes).items():
                archive.writestr(name, text)
        return file.getvalue()

    def _changed(self, changes: dict[str, Any]) -> dict[str, bytes]:
        files: dict[str, Any] = {**self.texts(), **{f"{name}.csv": text for name, text in changes.items()}}
        return {name: text.encode() if isinstance(text, str) else text for name, text in files.items() if text is not None}


def _cell(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in ',"\n') else cell


def small() -> Bundle:
    """Two schools, a term, three classes, two teachers, four students, two guardians."""
    bundle = Bundle()
    bundle.add("orgs", sourcedId="d", name="Test District", type="district")
    bundle.add("orgs", sourcedId="s1", name="North School", type="school", identifier="001", parentSourcedId="d")
    bundle.add("orgs", sourcedId="s2", name="South School", type="school", parentSourcedId="d")
    bundle.add("academicSessions", sourcedId="y", title="2026-27", type="schoolYear", startDate="2026-09-01", endDate="2027-06-10")
    for number, school in ((1, "s1"), (2, "s1"), (3, "s2")):
        bundle.add(
            "classes",
            sourcedId=f"c{number}",
            title=f"Class {number}",
            classType="scheduled",
            schoolSourcedId=school,
            termSourcedIds="y",
            subjects="Reading, Writing",
        )
    for number, school in ((1, "s1"), (2, "s2")):
        bundle.add(
            "users",
            sourcedId=f"t{number}",
            enabledUser="true",
            orgSourcedIds=school,
            role="teacher",
            givenName=f"Teacher{number}",
            familyName="Kim",
            email=f"t{number}@x.example",
        )
        bundle.add(
            "enrollments",
            sourcedId=f"et{number}",
            classSourcedId=f"c{2 * number - 1}",
            schoolSourcedId=school,
            userSourcedId=f"t{number}",
            role="teacher",
            primary="true",
            beginDate="2026-09-01",
        )
    for number in (1, 2, 3, 4):
        school = "s1" if number < 3 else "s2"
        bundle.add(
            "users", sourcedId=f"u{number}", status="active", enabledUser="true", orgSourcedIds=school, role="student", username=f"login{number}",
            userIds=f"{{LDAP:{number}}},{{StateID:99{number}}}", givenName=f"Given{number}", familyName=f"Family{number}", middleName="M", identifier=f"L{number}",
            email=f"u{number}@x.example", phone=f"555-000{number}", grades="04", password="Secret-pass-1", agentSourcedIds="g1" if number == 1 else "",
        )  # fmt: skip
        bundle.add(
            "enrollments", sourcedId=f"e{number}", classSourcedId="c1" if number < 3 else "c3", schoolSourcedId=school, userSourcedId=f"u{number}", role="student",
            beginDate="2026-09-01",
        )  # fmt: skip
    bundle.add(
        "users",
        sourcedId="g1",
        orgSourcedIds="s1",
        role="parent",
        givenName="Pat",
        familyName="Family1",
        email="g1@x.example",
        phone="555-1000",
    )
    bundle.add(
        "users", sourcedId="g2", orgSourcedIds="s1", role="relative", givenName="Robin", familyName="Family2", agentSourcedIds="u1,u2"
    )
    for number in (1, 2):
        bundle.add(
            "demographics",
            sourcedId=f"u{number}",
            birthDate=f"2016-03-0{number}",
            sex="female",
            asian="true",
            white="false",
            cityOfBirth="Ashland",
        )
    return bundle


def large(students: int, *, source: str = "Test SIS", prefix: str = "") -> Bundle:
    """One school with one class and many students."""
    bundle = Bundle(source=source)
    bundle.add("orgs", sourcedId=f"{prefix}s", name="Big School", type="school")
    bundle.add("classes", sourcedId=f"{prefix}c", title="Class", schoolSourcedId=f"{prefix}s")
    for number in range(1, students + 1):
        student = f"{prefix}u{number}"
        bundle.add(
            "users", sourcedId=student, orgSourcedIds=f"{prefix}s", role="student", givenName=f"Given{number}", familyName=f"Family{number}"
        )
        bundle.add("enrollments", sourcedId=f"{prefix}e{number}", classSourcedId=f"{prefix}c", userSourcedId=student, role="student")
    return bundle
