"""`manage.py setup`: a district without demo data (docs/reference/contract.md).

Can be run again: it adds what is missing and changes nothing else.
"""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from governance.people import accounts, facts, invitations, queries, roles
from governance.people.models import RoleAssignment, User
from governance.vocabulary import Role
from portal.base import clock


class Command(BaseCommand):
    help = (
        "Sets up a district without demo data: its name, the first admin and the second key holder, each by a link that is printed once. "
        "Asks for what is not given. Run again it changes nothing that stands, and prints a new link for whoever has not used theirs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--district", help="the district's full name")
        parser.add_argument("--short-name", help="what people call it (default: the full name)")
        parser.add_argument("--admin-email", help="e-mail of the first district admin")
        parser.add_argument("--admin-name", help="their name")
        parser.add_argument("--second-email", help="e-mail of the second key holder: superintendent, business manager or another admin")
        parser.add_argument("--second-name", help="their name")
        parser.add_argument(
            "--second-role",
            choices=[Role.LEADER.value, Role.DISTRICT_ADMIN.value],
            default=Role.LEADER.value,
            help="their role (default: leader)",
        )
        parser.add_argument(
            "--no-input", action="store_true", help="ask nothing: fail where something is missing, leave the second key holder for later"
        )

    def handle(self, *_args: Any, **given: Any) -> None:
        self.ask_nothing = given["no_input"] or not sys.stdin.isatty()
        district = queries.district()
        if district is not None and district.demo:
            raise CommandError(
                "This database holds the demo district. A real district needs a database of its own: "
                "set PORTAL_VAR to a new folder, or DATABASE_URL."
            )
        with transaction.atomic():
            links = self._set_up(given)
        self.stdout.write("")
        for who, email, link in links:
            self.stdout.write(f"{who} ({email}): open this link within seven days. It works once and is shown this once:\n  {link}\n")
        if not links:
            self.stdout.write("Everybody has opened their link already. Nothing was changed.")
        self.stdout.write("Then sign in and go on at /setup/: it says tile by tile what is still to do. Families cannot sign in yet.")

    def _set_up(self, given: dict[str, Any]) -> list[tuple[str, str, str]]:
        now = clock.now()
        if queries.district() is None:
            name = self._ask(given["district"], "--district", "Name of the district")
            facts.change(by=None, at=now, name=name, short_name=given["short_name"] or name[:40], languages=["en"])
        links = []
        admin = self._person(Role.DISTRICT_ADMIN, given["admin_email"], given["admin_name"], "admin", "first district admin", needed=True)
        if admin is not None and not admin.has_usable_password():
            links.append(("First admin", admin.email, invitations.make(user=admin, by=None, at=now)))
        second = self._person(
            Role(given["second_role"]), given["second_email"], given["second_name"], "second", "second key holder", needed=False, but=admin
        )
        if second is not None and not second.has_usable_password():
            links.append(("Second key holder", second.email, invitations.make(user=second, by=None, at=now)))
        return links

    def _person(
        self, role: Role, email: str | None, name: str | None, flag: str, who: str, *, needed: bool, but: User | None = None
    ) -> User | None:
        """The person who has the role already, or a new one. Without a terminal and without flags, nobody where `needed` is false."""
        if email is None:
            holders = queries.key_holders(on=clock.today()) if flag == "second" else queries.people_with(role, on=clock.today())
            found = (holders.exclude(pk=but.pk) if but else holders).first()
            if found is not None:
                return found
            if not needed and self.ask_nothing:
                return None
        email = self._ask(email, f"--{flag}-email", f"E-mail of the {who}").lower()
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email!r} is not an e-mail address.") from None
        if but is not None and email == but.email:
            raise CommandError("The second key holder must be another person than the first admin.")
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            if RoleAssignment.objects.filter(queries.in_force(clock.today()), role=role).exists():
                raise CommandError(
                    "There is a person in this role already; make others on the page People, where two people give powerful roles."
                )
            user = accounts.make(email=email, name=self._ask(name, f"--{flag}-name", f"Name of the {who}"), by=None, at=clock.now())
        if role not in queries.roles_of(user, on=clock.today()):
            if RoleAssignment.objects.filter(queries.in_force(clock.today()), role=role).exists():
                raise CommandError(
                    "There is a person in this role already; give roles to others on the page People, where two people give powerful ones."
                )
            roles.give(user=user, role=role, school=None, starts_on=clock.today(), ends_on=None, by=None, at=clock.now())
        return user

    def _ask(self, value: str | None, flag: str, question: str) -> str:
        if value:
            return value.strip()
        if self.ask_nothing:
            raise CommandError(f"{flag} is missing.")
        while True:
            answer = input(f"{question}: ").strip()
            if answer:
                return answer
