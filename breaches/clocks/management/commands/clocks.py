"""`manage.py clocks run`: what beat starts every minute, by hand and once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from breaches.clocks import runner
from portal.base import clock


class Command(BaseCommand):
    help = "Tells of clocks that are half over, end within a day or are overdue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["run"], help="look at every running clock once; safe to run twice at the same time")

    def handle(self, *_args: Any, **_options: Any) -> None:
        count = runner.run(at=clock.now())
        self.stdout.write(f"{count} {'clock was' if count == 1 else 'clocks were'} told of.")
