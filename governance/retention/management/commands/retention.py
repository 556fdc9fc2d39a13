"""`manage.py retention run`: what beat runs, by hand and once."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.retention import queries, runs
from governance.trail import context
from portal.base import clock


class Command(BaseCommand):
    help = "Retention: run lets go what is due; safe to run twice at the same time."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True, metavar="run|status")
        run = commands.add_parser("run", help="Let go what the adopted rules say, with an entry and a receipt each.")
        run.add_argument("--dry-run", action="store_true", help="say what would leave; nothing does")
        run.add_argument("--json", action="store_true")
        commands.add_parser("status", help="The rules that count, and the next month to leave.")

    def handle(self, *_args: Any, what: str, **options: Any) -> None:
        if what == "status":
            self._status()
            return
        try:
            with context.acting(actor_id=None):
                done = runs.run(now=clock.now(), dry=options["dry_run"])
        except LookupError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            told = {
                "dry_run": options["dry_run"],
                "months": {f"{month:%Y-%m}": count for month, count in done.months.items()},
                "students": done.students,
                "waiting": done.waiting,
            }
            self.stdout.write(json.dumps(told))
            return
        words = "would leave" if options["dry_run"] else "left"
        for month, count in done.months.items():
            self.stdout.write(f"{month:%Y-%m} {words}" + (f": {count:,} entries." if count is not None else "."))
        for subject, count in done.students.items():
            self.stdout.write(f"{subject}: values of {count:,} students {words}.")
        for waits in done.waiting:
            self.stdout.write(f"Waits: {waits}")
        if not done.months and not done.students and not done.waiting:
            self.stdout.write("Nothing is due.")

    def _status(self) -> None:
        rules = queries.in_force()
        for subject, rule in rules.items():
            self.stdout.write(f"{subject}: {rule.months} months, adopted {rule.adopted_at:%Y-%m-%d}.")
        if not rules:
            self.stdout.write("No rule is adopted: nothing leaves.")
        waiting = next((month for month in queries.months() if month.may_leave_at is not None), None)
        if waiting is not None:
            held = ", but a hold keeps it" if waiting.held else ""
            self.stdout.write(f"The next month is {waiting.month:%Y-%m}: it may leave on {waiting.may_leave_at:%Y-%m-%d}{held}.")
