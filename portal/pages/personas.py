"""The people of the demo district, as its sign-in page introduces them."""

import dataclasses

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclasses.dataclass(frozen=True)
class Persona:
    """A demo account: who it is, in a few words."""

    name: str
    who: str | Promise

    @property
    def email(self) -> str:
        """The address that signs in."""
        return f"{self.name}@riverbend.example"


PERSONAS = (
    Persona("admin", _("district admin")),
    Persona("steward", _("data steward of instruction records")),
    Persona("deputy", _("the steward's deputy")),
    Persona("health.steward", _("data steward of health records")),
    Persona("teacher", _("teacher")),
    Persona("colleague", _("teacher at another school")),
    Persona("counselor", _("school counselor")),
    Persona("principal", _("principal")),
    Persona("secretary", _("school office")),
    Persona("parent", _("parent of two children")),
    Persona("other.parent", _("parent of another child")),
    Persona("limited.parent", _("parent whose access a court order limits")),
    Persona("eligible", _("student aged 18")),
    Persona("student", _("student aged 14")),
    Persona("compliance", _("compliance officer")),
    Persona("security", _("incident lead")),
    Persona("leader", _("superintendent")),
    Persona("provider", _("contact person of a provider")),
    Persona("auditor", _("outside auditor, who only reads")),
)
