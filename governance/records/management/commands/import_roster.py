"""`manage.py import_roster PATH`: import a OneRoster delivery with the keeper's login."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from governance.records import intake
from governance.records.roster import present, runs
from portal.base import clock

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Imports a OneRoster 1.1 or 1.2 delivery (a folder of CSV files, or a zip). Ends with 0 when it was applied (or, with --dry-run, would be), "
        "with 2 when it was refused; then every fault is listed and nothing was changed."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the folder or the zip")
        parser.add_argument("--dry-run", action="store_true", help="check it and say what would change")
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def handle(self, *_args: Any, path: Path, dry_run: bool, **options: Any) -> None:
        if intake.KEEPER not in connections:
            raise CommandError("PORTAL_KEEPER_DATABASE_URL is not set: give the address of the login portal_keeper.")
        try:
            report, run = runs.import_path(path, dry_run=dry_run, at=clock.now(), today=clock.today())
        except (DatabaseError, psycopg2.Error) as error:
            code = getattr(error.__cause__ or error, "pgcode", None) or type(error).__name__
            raise CommandError(f"The database refused it ({code}). Nothing was changed.") from None  # its own words may hold a value
        except intake.Busy:
            raise CommandError("Another import is running. Try again when it has ended.", returncode=1) from None
        waits = report.ends_too_many and not dry_run
        state = "refused" if report.refused else "waiting" if waits else "would_apply" if dry_run else "applied"
        if options["json"]:
            self.stdout.write(json.dumps({"state": state, "run": str(run.public_id) if run else None, **report.told()}, ensure_ascii=False))
        else:
            for line in present.lines(report, dry_run=dry_run, run=run):
                self.stdout.write(line)
        if report.refused or waits:
            sys.exit(REFUSED)
