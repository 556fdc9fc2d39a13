"""`manage.py migrate`, as the owner: the application's login may not change tables."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections

from portal.base import db_logins

# A migration that waits for a lock holds up everybody who comes after it, so it gives up first.
LOCK_TIMEOUT = "5s"


class Command(migrate.Command):
    help = f"{migrate.Command.help} Signs in as the owner where its address is known, and waits for a lock at most {LOCK_TIMEOUT}."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if "owner" in connections:
            parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
        super().handle(*args, **options)
        if connection.vendor == "postgresql" and options["database"] == "owner" and not options["check_unapplied"] and not options["plan"]:
            db_logins.protect_migration_record(connection.connection)
