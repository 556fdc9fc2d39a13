"""`manage.py logins`: make the database logins and their rights (docs/adr/0002)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from portal.base import db_logins


class Command(BaseCommand):
    help = "Makes the database logins portal_app, portal_keeper, portal_sealer and portal_door and sets their rights. Can be run again."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default="owner", help="alias of the owner's login (default: owner)")

    def handle(self, *_args: Any, database: str, **_options: Any) -> None:
        if database not in connections:
            raise CommandError("PORTAL_OWNER_DATABASE_URL is not set: give the address of the login that owns the database.")
        owner = connections[database]
        passwords = {}
        for login in db_logins.LOGINS:
            if login.alias and login.alias in connections:
                given = connections[login.alias].settings_dict
                if given["USER"] != login.name:
                    raise CommandError(
                        f"The address of the database alias {login.alias} signs in as {given['USER'] or 'nobody'}; it must be {login.name}."
                    )
                passwords[login.name] = given["PASSWORD"]
        try:
            with owner.temporary_connection():
                db_logins.make_roles(owner.connection, passwords)
                db_logins.prepare_database(owner.connection, owner.settings_dict["NAME"])
                db_logins.prepare_schema(owner.connection)
        except db_logins.CannotMakeLogins as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"Logins are ready: {', '.join(login.name for login in db_logins.LOGINS)}.")
