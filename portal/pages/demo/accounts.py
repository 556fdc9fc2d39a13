"""The accounts of the demo district, with their roles; the personas share one printed password."""

import datetime as dt
import secrets
import uuid

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission

from governance.people.models import RoleAssignment, SchoolPermission, User
from governance.people.permissions import SECOND_FACTOR_ROLES
from governance.vocabulary import Role
from portal.pages.demo import audits, cast
from portal.pages.demo.plan import Plan


class Accounts:
    """Who signs in. `ids` maps "teacher", "staff 7", "guardian 12" to the id of an account."""

    def __init__(self, plan: Plan, began: dt.datetime, *, using: str):
        self.plan, self.began, self.using = plan, began, using
        self.ids: dict[str, int] = {}

    def write(self, password: str) -> None:
        """The accounts of staff, of the families that sign in, of a provider and of two auditors."""
        people: list[tuple[str, str, User]] = []
        for staff in self.plan.staff:
            user = User(email=staff.email, name=staff.name, title=staff.title, staff_number=staff.sourced_id)
            people.append((f"staff {staff.id}", staff.persona if staff.persona in cast.PERSONAS else "", user))
        languages = {"Spanish": "es", "Hmong": "hmn"}
        for guardian in self.plan.guardians:
            if guardian.email and (guardian.persona or guardian.has_account):
                language = languages.get(guardian.language, "en")
                user = User(email=guardian.email, name=f"{guardian.given} {guardian.family}", language=language)
                people.append((f"guardian {guardian.id}", guardian.persona or "", user))
        people += [
            (f"student {student.id}", student.cast.persona, User(email=f"{student.cast.persona}@riverbend.example"))
            for student in self.plan.students
            if student.cast and student.cast.persona
        ]
        persona, name, title = cast.PROVIDER
        people.append((persona, persona, User(email=f"{persona}@riverbend.example", name=name, title=title)))
        persona, name, title = audits.AUDITOR
        people.append((persona, persona, User(email=f"{persona}@riverbend.example", name=name, title=title)))
        past, name, title = audits.LAST_YEARS
        people.append((past, "", User(email="jo.underhill@audit.example", name=name, title=title)))
        # Hashing is slow on purpose. The personas share one printed password, so its hash too; the others' password nobody knows.
        shared, unknown = make_password(password), make_password(secrets.token_hex())
        for number, (key, persona, user) in enumerate(people, start=1):
            user.pk, user.joined_at = number, self.began
            user.public_id = uuid.uuid5(uuid.NAMESPACE_DNS, user.email)
            user.password = shared if persona else unknown
            self.ids[key] = number
            if persona:
                self.ids[persona] = number
        User.objects.using(self.using).bulk_create(user for _, _, user in people)
        EmailAddress.objects.using(self.using).bulk_create(
            EmailAddress(user_id=user.pk, email=user.email, verified=True, primary=True) for _, _, user in people
        )
        self._roles()

    def _roles(self) -> None:
        given: list[RoleAssignment] = []

        def give(user: int, role: Role, school: int | None = None) -> None:
            by = self.ids["admin"] if user != self.ids["admin"] else None
            given.append(
                RoleAssignment(user_id=user, role=role, school_id=school, starts_on=self.began.date(), given_by_id=by, given_at=self.began)
            )

        roles = {member.persona: member.role for member in cast.STAFF}
        for staff in self.plan.staff:
            role = roles[staff.persona] if staff.persona else Role.TEACHER
            give(self.ids[f"staff {staff.id}"], role, staff.school.id if staff.school else None)
        for key, user in self.ids.items():
            if key.startswith("guardian "):
                give(user, Role.GUARDIAN)
            elif key.startswith("student "):
                give(user, Role.STUDENT)
        give(self.ids["provider"], Role.PROVIDER_CONTACT)
        RoleAssignment.objects.using(self.using).bulk_create(given)
        act = Permission.objects.using(self.using).get(codename="act_in_role", content_type__app_label="people")
        SchoolPermission.objects.using(self.using).bulk_create(
            SchoolPermission(user_id=one.user_id, permission=act, content_object_id=one.school_id) for one in given if one.school_id
        )
        self._second_factors(given)

    def _second_factors(self, given: list[RoleAssignment]) -> None:
        """With PORTAL_DEMO_TOTP the powerful personas share one authenticator secret."""
        if not settings.PORTAL_DEMO_TOTP:
            return
        personas = {self.ids[persona] for persona in cast.PERSONAS}
        for user in sorted({one.user_id for one in given if one.role in SECOND_FACTOR_ROLES} & personas):
            secret = mfa_adapter().encrypt(settings.PORTAL_DEMO_TOTP)
            Authenticator.objects.using(self.using).create(user_id=user, type=Authenticator.Type.TOTP, data={"secret": secret})
