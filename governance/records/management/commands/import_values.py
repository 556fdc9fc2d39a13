"""`manage.py import_values FILE --map COLUMN=MEANING …`: import element values or limits with the keeper's login."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from governance.records import intake
from governance.records.roster import present
from governance.records.values import mapping, runs
from portal.base import clock

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Imports element values of students from a CSV, or the limits that court orders put on guardians. Ends with 0 when it was applied "
        "(or, with --dry-run, would be), with 2 when it was refused; then every fault is listed and nothing was changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV, in UTF-8, with a header row")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=MEANING",
            help=(
                f"what a column means: the student's key ({', '.join(mapping.KEYS)}), the short name of an element that is held as a value, item, date, "
                f"or a part of a limit ({', '.join(mapping.LIMIT_PARTS)}); once for each column"
            ),
        )
        parser.add_argument("--source", default="", help="the system that the values come from")
        parser.add_argument("--dry-run", action="store_true", help="check it and say what would change")
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def handle(self, *_args: Any, file: Path, dry_run: bool, **options: Any) -> None:
        if intake.KEEPER not in connections:
            raise CommandError("PORTAL_KEEPER_DATABASE_URL is not set: give the address of the login portal_keeper.")
        pairs = [(column.strip(), meaning.strip()) for column, _, meaning in (given.rpartition("=") for given in options["map"])]
        try:
            mapped = mapping.make(pairs, source=options["source"])
            report, run = runs.import_file(file, mapped, dry_run=dry_run, at=clock.now())
        except mapping.WrongMapping as refusal:
            raise CommandError(refusal.what_to_do) from None
        except (DatabaseError, psycopg2.Error) as error:
            code = getattr(error.__cause__ or error, "pgcode", None) or type(error).__name__
            raise CommandError(f"The database refused it ({code}). Nothing was changed.") from None  # its own words may hold a value
        except intake.Busy:
            raise CommandError("Another import is running. Try again when it has ended.") from None
        state = "refused" if report.refused else "would_apply" if dry_run else "waiting" if report.lifts_limits else "applied"
        if options["json"]:
            self.stdout.write(json.dumps({"state": state, "run": str(run.public_id) if run else None, **report.told()}, ensure_ascii=False))
        else:
            for line in present.lines(report, dry_run=dry_run, run=run):
                self.stdout.write(line)
        if report.refused:
            sys.exit(REFUSED)
