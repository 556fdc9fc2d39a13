"""Words of the record of disclosures: names, no behaviour."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Outcome(TextChoices):
    """Whether the party received it. The record keeps also who asked in vain (34 CFR 99.32(a)(1))."""

    GIVEN = "given", _("It was given")
    REFUSED = "refused", _("It was asked for and not given")


class PartyKind(TextChoices):
    """Who it was, in a word fit for the trail."""

    SCHOOL = "school", _("Another school or college")
    PROVIDER = "provider", _("Company that works for the schools")
    COURT = "court", _("Court, or a lawyer with a court’s order")
    POLICE = "police", _("Police or prosecutor")
    CHILD_WELFARE = "child_welfare", _("Child welfare or foster care agency")
    HEALTH = "health", _("Doctor, hospital or health department")
    STATE = "state", _("State or federal agency")
    RESEARCHER = "researcher", _("Researcher")
    PARENT = "parent", _("Parent or guardian")
    STUDENT = "student", _("The student, 18 or over")
    PRESS = "press", _("Yearbook, newspaper, team or club")
    RECRUITER = "recruiter", _("Military recruiter")
    OTHER = "other", _("Somebody else")


class Channel(TextChoices):
    """How it left."""

    PAPER = "paper", _("On paper, by mail or by hand")
    EMAIL = "email", _("By e-mail")
    SPOKEN = "spoken", _("By phone or in a talk")
    FILE = "file", _("As a file")
    CONNECTION = "connection", _("From computer to computer")
    SEEN = "seen", _("Shown, without a copy")
    NONE = "none", _("Nothing left")


class Notice(TextChoices):
    """Telling the family ahead of a subpoena or order (34 CFR 99.31(a)(9)(ii))."""

    GIVEN = "given", _("We told the family before")
    PARTY = "party", _("The parent is a party to this case and was told by the court")
    FORBIDDEN = "forbidden", _("The court forbids us to tell")
    NOT_REACHED = "not_reached", _("We tried and reached nobody")


class HeldBecause(TextChoices):
    """Why the family does not see a line yet."""

    GRAND_JURY = "grand_jury", _("A grand jury or a court ordered silence (34 CFR 99.31(a)(9)(ii))")
    ABUSE = "abuse", _("A report of child abuse or neglect (s. 48.981)")
    SAFETY = "safety", _("Somebody would be in danger")


class MistakenBecause(TextChoices):
    """Why a line is wrong."""

    WRONG_STUDENT = "wrong_student", _("It is about another student")
    NEVER_LEFT = "never_left", _("Nothing left in the end")
    TWICE = "twice", _("It was written down twice")
    WRONG_FACTS = "wrong_facts", _("The facts are wrong; a new line says it right")
