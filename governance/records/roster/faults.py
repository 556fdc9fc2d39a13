"""What can be wrong with a delivery, where, and what to do about it. A fault never holds a value of the file."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOST_SHOWN = 1000


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that keeps a delivery from being applied. `line` counts from 1 with the header; 0 means the file as a whole."""

    file: str
    line: int
    column: str
    code: str
    other_line: int | None = None

    @property
    def what(self) -> str:
        """What is wrong, in words."""
        words = str(WORDS[self.code][0])
        return words % {"other": self.other_line} if self.other_line else words

    @property
    def what_to_do(self) -> str:
        """What to do about it, in words."""
        return str(WORDS[self.code][1])

    def as_dict(self) -> dict[str, Any]:
        """For `ImportRun.report`: codes, so that words come in the reader's language."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value not in (None, "")}

    def told(self) -> dict[str, Any]:
        """For the command's JSON: with the words."""
        return {**self.as_dict(), "what": self.what, "what_to_do": self.what_to_do}


@dataclasses.dataclass(frozen=True)
class Notice:
    """Something the portal can live with: how often, and on which line first."""

    file: str
    line: int
    column: str
    code: str
    count: int = 1

    @property
    def what(self) -> str:
        """What was seen and what the portal did with it, in words."""
        return str(NOTICES[self.code])

    def as_dict(self) -> dict[str, Any]:
        """For `ImportRun.report`."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value not in (None, "")}

    def told(self) -> dict[str, Any]:
        """For the command's JSON: with the words."""
        return {**self.as_dict(), "what": self.what}


class Faults:
    """Gathers faults: the first 1,000 of them, and how many there are."""

    def __init__(self) -> None:
        self.first: list[Fault] = []
        self.count = 0

    def add(self, file: str, line: int, column: str, code: str, other_line: int | None = None) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < MOST_SHOWN:
            self.first.append(Fault(file, line, column, code, other_line))

    def __bool__(self) -> bool:
        return self.count > 0

    def in_order(self) -> list[Fault]:
        """By file, line and column."""
        return sorted(self.first, key=lambda fault: (fault.file, fault.line, fault.column, fault.code))


Words = Mapping[str, tuple[str | Promise, str | Promise]]
WORDS: Words = {
    # the delivery as a whole
    "nothing": (_("There is no such file or folder."), _("Check the path.")),
    "not_zip": (_("This is not a zip file, or it is damaged."), _("Export the files again, or zip the CSV files of one folder.")),
    "too_large": (
        _("Unpacked, it is larger than 200 MB."),
        _("Leave out files that a roster does not need, or import the folder by the command on the server."),
    ),
    "too_many_files": (_("It holds more than 50 files."), _("Zip only the CSV files of the export.")),
    "ratio": (_("It unpacks to more than 100 times its size, as no roster does."), _("Make the zip again from the CSV files.")),
    "encrypted": (_("It is protected by a password."), _("Make the zip without a password; the upload itself is protected.")),
    "compression": (_("It is packed in a way that the portal does not read."), _("Make an ordinary zip (“deflate”).")),
    "link": (_("It is a link and not a file."), _("Put the file itself in its place.")),
    "bad_name": (_("Its place inside the zip is not allowed."), _("Put the CSV files at the top of the zip, or all in one folder.")),
    "two_files": (_("It is there twice."), _("Keep one of the two.")),
    "unreadable": (_("It cannot be read."), _("Check that the file is there, whole, and open to the portal.")),
    "no_files": (
        _("No file of a roster is in it."),
        _("Send at least users.csv, orgs.csv, classes.csv and enrollments.csv of the export."),
    ),
    "version": (_("The manifest names a version other than 1.1 and 1.2."), _("Export OneRoster CSV 1.1 or 1.2.")),
    "mode": (_("The manifest says neither bulk nor delta nor absent."), _("Write bulk (the whole), delta (changes only) or absent.")),
    "not_delivered": (_("The manifest announces this file, and it is not there."), _("Add the file, or set it to absent in manifest.csv.")),
    # a file
    "empty": (_("The file is empty: it has no header row."), _("Export it again; a file without rows still has its header.")),
    "no_column": (_("This column is not there."), _("Export the file with this column.")),
    "header_twice": (_("This column is there twice."), _("Keep one of the two.")),
    "separator": (_("The columns are not separated by commas."), _("Save the file as CSV with commas.")),
    "encoding": (_("This is not UTF-8 text."), _("Save the file as UTF-8.")),
    "nul": (_("There is a NUL character."), _("Export the file again; it is damaged.")),
    "quoting": (
        _("A quotation mark is not closed, or text stands beside it."),
        _("Write a quotation mark inside a cell twice, and close each cell that begins with one."),
    ),
    "too_few_cells": (_("The row has fewer cells than the header."), _("Give every column of the header a cell; the file may be cut off.")),
    "too_many_cells": (_("The row has more cells than the header."), _("Put cells that hold a comma in quotation marks.")),
    "cell_too_long": (_("The cell is longer than 10,000 bytes."), _("Check that the quotation marks are closed, and shorten the cell.")),
    # a row
    "missing": (_("The cell is empty."), _("Fill it; the portal cannot do without.")),
    "twice": (_("The same id stands on line %(other)s already."), _("Give every row an id of its own, or leave one of them out.")),
    "too_long": (_("The id is longer than 255 characters."), _("Use the id of the standard.")),
    "status": (_("The status is neither active nor tobedeleted."), _("Write active or tobedeleted, or leave it empty for active.")),
    "date": (_("This is not a date."), _("Write it as year, month, day: 2026-08-31.")),
    "role": (_("The standard knows no such role."), _("Use a role of the standard, such as student, teacher, guardian or administrator.")),
    "no_such_org": (_("There is no such school in orgs.csv."), _("Add the school to orgs.csv, or correct the id.")),
    "no_such_user": (_("There is no such person in users.csv."), _("Add the person to users.csv, or leave this row out.")),
    "no_such_class": (_("There is no such class in classes.csv."), _("Add the class to classes.csv, or leave this row out.")),
    # element values
    "no_student": (_("No student has this id."), _("Correct the id, or leave this row out.")),
    "several_students": (_("More than one student has this id."), _("Use the roster’s id as the key.")),
    "value_twice": (
        _("The same value of the same student stands on line %(other)s already."),
        _("Keep one row for each student and item."),
    ),
    "no_guardian": (_("No parent or guardian has this id."), _("Correct the id, or import the roster with its guardians first.")),
    "no_link": (_("This person is not a parent or guardian of this student."), _("Check both ids; the roster’s links decide.")),
    "limit": (_("The portal knows no such limit."), _("Write placement_denied, records_limited, no_contact or none.")),
    "no_element": (_("There is no such element."), _("Use the short names of elements, separated by semicolons.")),
    "limit_without_elements": (
        _("The order limits what may be shown, and names no element."),
        _("Name the elements that are kept back, separated by semicolons."),
    ),
}

NOTICES: Mapping[str, str | Promise] = {
    "no_manifest": _(
        "There is no manifest.csv, so the portal cannot tell whether the delivery is whole: it adds and changes, and ends nothing."
    ),
    "not_announced": _("The manifest does not say what this file is; it was taken as whole (bulk)."),
    "said_absent": _("The manifest says that this file is absent; it was not read."),
    "not_used": _("The portal does not use this file; it was not opened."),
    "unknown_file": _("The standard knows no such file; it was not opened."),
    "columns_left_out": _("Columns that no element names were left out."),
    "unknown_org": _("The school named here is not in the delivery and not in the portal."),
    "unknown_parent": _("The parent named here is not in the delivery; the portal does not need it."),
    "unknown_term": _("The term named here is not in the delivery and not in the portal; the class has no dates from it."),
    "unknown_course": _("The course named here was not delivered; the portal does not need it."),
    "no_dates": _("A term without dates was left out."),
    "ends_before": _("It ends before it begins."),
    "role_past": _("The role has ended by its date while its status says active; the status counts."),
    "role_alone": _("A role came without its person and was left out. Send the person’s row of users.csv with it."),
    "role_extension": _("A role of the exporting system’s own was left out."),
    "no_role": _("A person without any role was left out."),
    "no_name": _("A member of staff or guardian has no name."),
    "odd_birth_date": _("A birth date lies in the future or more than 100 years back."),
    "no_such_agent": _("The person named as agent is not in the delivery; no link was made."),
    "agent_no_guardian": _("The person named as agent has no role of parent, guardian or relative; no link was made."),
    "agent_no_student": _("The person named as agent of a guardian is not a student; no link was made."),
    "no_such_user": _("The person named here is not in users.csv; the row was left out."),
    "unknown_user": _("The person named here is not in the portal, and users.csv was not delivered; the row was left out."),
    "user_ended": _("The person named here is marked as deleted or has left; the row was left out."),
    "role_differs": _("The person’s role in the class does not fit the role in the district; the row was left out."),
    "unknown_class": _("The class named here is not in the portal, and classes.csv was not delivered; the row was left out."),
    "class_ended": _("The class named here is marked as deleted; the row was left out."),
    "role_without_access": _("Only the roles student and teacher count in a class; the row was left out."),
    "empty_cells": _("Empty cells change nothing."),
}
