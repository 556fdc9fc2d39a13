"""`manage.py demo`: the demo district (docs/reference/contract.md)."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from portal import env
from portal.pages.demo import cast, load


class Command(BaseCommand):
    help = "Makes the demo district in an empty database: the same seed gives the same district. Run again it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--students", type=int, default=600, help="how many students, at least 40 (default 600)")
        parser.add_argument("--seed", type=int, default=1, help="which district of that size (default 1)")

    def handle(self, *_args: Any, students: int, seed: int, **_options: Any) -> None:
        given = env.text("PORTAL_DEMO_PASSWORD", "")
        password = given or secrets.token_urlsafe(12)
        try:
            made = load.make(students=students, seed=seed, password=password, say=self.stdout.write)
        except load.CannotMakeDemo as refusal:
            raise CommandError(str(refusal)) from refusal
        if not made:
            self.stdout.write("The demo district is there already. Nothing was changed.")
            return
        with connections[load.OWNER].cursor() as cursor:
            cursor.execute("SELECT door.fit_ceiling()")
        self.stdout.write(f"The demo district is ready: {', '.join(f'{persona}@riverbend.example' for persona in cast.PERSONAS)}.")
        if not given:
            self.stdout.write(f"Their password, shown this once: {password}")
