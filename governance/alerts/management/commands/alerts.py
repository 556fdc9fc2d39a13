"""`manage.py alerts run` and `manage.py alerts homes FILE`: with the keeper's login."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from governance.alerts import homes, runner


class Command(BaseCommand):
    help = "Looks for odd looks in what is new in the trail, or loads staff's home addresses for comparison."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("run", help="judge what is new since the last run; the worker does this by itself every 20 seconds")
        load = what.add_parser("homes", help="load a CSV with the columns staff and address in place of what was loaded before")
        load.add_argument("file", type=Path)

    def handle(self, *_args: Any, what: str, file: Path | None = None, **_options: Any) -> None:
        if runner.KEEPER not in connections:
            raise CommandError("PORTAL_KEEPER_DATABASE_URL is not set: give the address of the login portal_keeper.")
        if what == "run":
            done = runner.run()
            self.stdout.write("Another run is at work." if done is None else f"{done.judged} entries judged, {done.raised} alerts raised.")
        elif file is not None:
            self._homes(file)

    def _homes(self, file: Path) -> None:
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                known, given = homes.load(csv.DictReader(lines))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} could not be read: {type(error).__name__}.") from error
        except homes.CannotLoad as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{known} of {given} addresses belong to an account and are compared from now on. The file is not kept: delete it."
        )
