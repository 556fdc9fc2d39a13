"""`manage.py trail`: how the trail is, room for it, sealing and verifying, and the export that the page gives."""

import argparse
import dataclasses
import datetime as dt
import ipaddress
import json
import re
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from governance.audit import queries
from governance.audit.questions import Question
from governance.checkpoints import commands as declaring
from governance.exports import files, proofs, reports, spreadsheets, tables, words
from governance.trail import context, health
from governance.trail.seals import commands as seals
from governance.trail.seals import queries as sealed
from governance.vocabulary import Event, Permission, Role
from portal.base import clock

_SEALING = ("seal", "verify")


class Command(BaseCommand):
    help = "The trail: status, partitions, export, seal, verify, restore, key."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(
            dest="what", required=True, metavar="status|partitions|export|" + "|".join((*_SEALING, *declaring.COMMANDS))
        )
        status = commands.add_parser("status", help="How many entries there are, from when to when, and how many months have room.")
        status.add_argument("--json", action="store_true")
        commands.add_parser("partitions", help="Make room for three years ahead; needs the owner's login.")
        self._add_export(
            commands.add_parser("export", help="Write what fits as a file: one row for each entry and student. The export is recorded.")
        )
        seals.add(commands)
        declaring.add(commands)

    def _add_export(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=_day, metavar="DAY", help="the first day, 2026-11-01; the district's calendar")
        parser.add_argument("--to", dest="last", type=_day, metavar="DAY", help="the last day, included")
        parser.add_argument("--format", choices=sorted(words.FORMS), default="csv", dest="form")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to (default: standard output)")
        parser.add_argument(
            "--proof", action="store_true", help="also FILE.proof.json, for docs/verify/verify_trail.py: then the file holds what is sealed"
        )
        parser.add_argument("--language", choices=sorted(reports.LANGUAGES), default="en", help="of a PDF report")
        parser.add_argument("--reason", choices=sorted(words.PURPOSES), default="review", help="why; recorded (default: review)")
        parser.add_argument(
            "--by", metavar="E-MAIL", help="the compliance officer who takes it; without it the entry says: at the server's command line"
        )
        parser.add_argument("--person", action="append", default=[], metavar="E-MAIL", help="what this account did; may be given again")
        parser.add_argument("--student", type=_uuid, metavar="ID", help="the student's id, as it stands in addresses")
        parser.add_argument(
            "--event", choices=[str(event) for event in Event], metavar="EVENT", dest="kind", help="such as records.student.opened"
        )
        parser.add_argument("--purpose", default="")
        parser.add_argument("--basis", default="")
        parser.add_argument("--element", default="")
        parser.add_argument("--decision", type=_decision, metavar="R-2041", help="the number of the data request")
        parser.add_argument("--address", type=_network, default="", metavar="IP", help="an IP address or a network")
        parser.add_argument(
            "--reference", default="", metavar="ID", help="the opaque id of a tool, an agreement or anything else that entries name"
        )
        parser.add_argument("--request", default="", dest="request_id", metavar="ID", help="everything of one request")

    def handle(self, *_args: Any, what: str, **options: Any) -> None:
        if what in _SEALING:
            seals.run(what, options, self.stdout)
        elif what in declaring.COMMANDS:
            declaring.run(what, options, self.stdout)
        else:
            {"status": self._status, "partitions": self._partitions, "export": self._export}[what](options)

    def _status(self, options: dict[str, Any]) -> None:
        found, entries = health.health(), health.count()
        if options["json"]:
            told = {**dataclasses.asdict(found), "entries": entries, "is_well": found.is_well}
            self.stdout.write(json.dumps(told, default=lambda value: value.isoformat()))
            return
        self.stdout.write(
            f"{entries:,} entries" + (f", {found.oldest:%Y-%m-%d %H:%M} to {found.newest:%Y-%m-%d %H:%M} UTC." if found.oldest else ".")
        )
        self.stdout.write(found.words)
        if not found.is_well:
            sys.exit(1)

    def _partitions(self, _options: dict[str, Any]) -> None:
        if "owner" not in connections:
            raise CommandError("PORTAL_OWNER_DATABASE_URL is not set: give the address of the login that owns the database.")
        made = health.top_up()
        self.stdout.write(f"{made} months added." if made else "Nothing to do: there is room for three years.")

    def _export(self, options: dict[str, Any]) -> None:
        people = self._people(options["person"])
        names = {field.name for field in dataclasses.fields(Question)} - {"people"}
        question = Question(people=tuple(people), **{name: options[name] for name in names if name in options})
        filters = queries.filters_of(question)
        if filters is None:
            raise CommandError("There is no student with this id, or no request with this number.")
        by = self._officer(options["by"])
        output, form = options["output"], options["form"]
        if options["proof"] and output is None:
            raise CommandError("A proof lies beside its file: say with -o where to.")
        checkpoint = sealed.latest_checkpoint() if options["proof"] else None
        if options["proof"] and (checkpoint is None or not checkpoint.size):
            raise CommandError("Nothing is sealed yet: run `manage.py trail seal` first.")
        wanted = files.Wanted(
            by=by, hat=Role.COMPLIANCE_OFFICER if by else None, filters=filters, form=form, purpose=options["reason"],
            name=output.name if output else tables.file_name(filters, form), checkpoint=checkpoint, language=options["language"],
        )  # fmt: skip
        with context.acting(actor_id=by.pk if by else None):
            try:
                if output is None:
                    files.write(wanted, files.Plain(sys.stdout.buffer))
                    return
                _write_whole(wanted, output)
            except (reports.TooLong, spreadsheets.TooManyRows) as error:
                raise CommandError(f"There are too many entries for a file of this kind ({form}). Choose csv, or fewer days.") from error
            except proofs.NotAsSealed as error:
                raise CommandError("The entries are not as they were sealed. Run `manage.py trail verify`. Nothing was written.") from error
            except (OSError, DatabaseError) as error:
                raise CommandError(
                    f"The export was not finished: {type(error).__name__}. Nothing was written as {output or 'a whole file'}."
                ) from error
        self.stderr.write(f"Written: {options['output']}. The export is recorded in the trail.")

    def _people(self, emails: list[str]) -> list[UUID]:
        found = []
        for email in emails:
            person = next((each for each in queries.people_named(email) if each.email.lower() == email.lower()), None)
            if person is None:
                raise CommandError("There is no account with this e-mail.")
            found.append(person.public_id)
        return found

    def _officer(self, email: str | None) -> Any:
        if email is None:
            return None
        from governance.people import permissions
        from governance.people import queries as people

        person = next((each for each in queries.people_named(email) if each.email.lower() == email.lower()), None)
        if person is None or not permissions.holds(people.roles_of(person, on=clock.today()), Permission.SEARCH_TRAIL):
            raise CommandError("--by must name somebody who may search the trail: a compliance officer.")
        return person


def _write_whole(wanted: files.Wanted, output: Path) -> None:
    """Whole or not at all: a file that ends in the middle must not bear the name that was asked for. The proof is there before its file."""
    companion = output.with_name(output.name + proofs.SUFFIX)
    unfinished = {path: path.with_name(f".{path.name}.unfinished") for path in (companion, output)}
    try:
        with unfinished[output].open("wb") as file, unfinished[companion].open("wb") as proof:
            files.write(wanted, files.Plain(file), proof if wanted.checkpoint else None)
        for path in (companion, output) if wanted.checkpoint else (output,):
            unfinished[path].replace(path)
    finally:
        for path in unfinished.values():
            path.unlink(missing_ok=True)


def _day(text: str) -> dt.date:
    day = dt.date.fromisoformat(text)
    if not 1970 <= day.year < 9999:
        raise ValueError(text)
    return day


def _uuid(text: str) -> UUID:
    return UUID(text)


def _decision(text: str) -> int:
    found = re.fullmatch(r"(?:R-?)?(\d{1,9})", text, re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError("write it as R-2041")
    return int(found.group(1))


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text, strict=False)) if text else ""
