"""A district's first month, tile by tile: what is done, what is not, and why it matters. Reads only; worked out afresh each time."""

import dataclasses
import datetime as dt

from allauth.mfa.models import Authenticator
from django.db.models import Exists, F, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.alerts.queries import is_somebody
from governance.authority import queries as authority
from governance.authority import stewards
from governance.authority.models import RuleVersion
from governance.people import queries as people
from governance.people.models import District, RoleAssignment, User
from governance.records.models import Guardianship, ImportRun, Student
from governance.vocabulary import Role
from portal.base.components import Status
from portal.pages import navigation

STALE = dt.timedelta(hours=36)
CHECKED_WITHIN = dt.timedelta(days=365)
KINDS = {"green": "ok", "amber": "warn", "red": "stop"}


@dataclasses.dataclass(frozen=True)
class Tile:
    """One thing to do. `color` is green, amber or red; `why` says how it stands; `href` leads to where it is mended, `more` to what is
    told further there, for whoever only reads this page too.
    """

    key: str
    title: str
    color: str
    why: str
    href: str = ""
    label: str = ""
    more: str = ""
    more_label: str = ""

    @property
    def status(self) -> Status:
        """The color in shape and words."""
        return Status(KINDS[self.color], {"green": _("Done"), "amber": _("Look at this"), "red": _("To do")}[self.color])


def all_tiles(*, at: dt.datetime) -> list[Tile]:
    """Every tile, in the order in which a district does them."""
    today = people.day_of(at)
    district = people.district() or District(name="")
    return [
        _facts(district),
        _first_admin(today),
        _second_key(today),
        _contact(district, today),
        _source(district),
        _import(at),
        _guardians(),
        _stewards(today),
        _rules(district),
        _limits(district, today),
        _families(district),
        _legal(district, today),
    ]


def _part(part: str) -> str:
    return reverse("setup:facts", args=[part])


def _facts(district: District) -> Tile:
    title, href, label = _("District facts"), _part("district"), _("Fill in")
    if not district.name:
        return Tile("facts", title, "red", _("The district has no name yet; every page and letter uses it."), href, label)
    wanted = {
        _("address"): district.address, _("website"): district.website, _("office hours"): district.office_hours,
        _("superintendent"): district.superintendent, _("school board's clerk"): district.board_clerk, _("languages"): district.languages,
        _("people with access to the server"): district.server_access_count is not None,
    }  # fmt: skip
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        return Tile("facts", title, "amber", _("Still missing: %(facts)s.") % {"facts": ", ".join(missing)}, href, label)
    return Tile("facts", title, "green", _("Name, address, office hours and officers are set."), href, _("Change"))


def _with_second_factor(users):
    return users.filter(Exists(Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)))


def _first_admin(today: dt.date) -> Tile:
    title, href, label = _("First admin"), reverse("people:people"), _("People")
    admins = people.people_with(Role.DISTRICT_ADMIN, on=today)
    able = [user for user in admins if user.has_usable_password()]
    if not able:
        return Tile("admin", title, "red", _("No district admin has opened the invitation yet."), href, label)
    if not _with_second_factor(admins).exists():
        return Tile(
            "admin",
            title,
            "amber",
            _("A district admin signs in with a password alone; a second step is missing."),
            reverse("mfa_index"),
            _("Second step"),
        )
    return Tile("admin", title, "green", _("A district admin signs in with a second step."), href, label)


def _second_key(today: dt.date) -> Tile:
    title, href, label = _("Second key holder"), reverse("people:people"), _("People")
    holders = [user for user in people.key_holders(on=today) if user.has_usable_password()]
    if len(holders) < 2:
        return Tile("second-key", title, "red", _("Powerful roles take two people, and only one can turn a key."), href, label)
    alone = RoleAssignment.objects.filter(ended_at=None, proposal__decided_by=F("proposal__proposed_by"))
    if alone.exists():
        return Tile(
            "second-key",
            title,
            "amber",
            _("A powerful role was given with one key; let a second person look at it."),
            reverse("people:proposals"),
            _("Proposed roles"),
        )
    return Tile("second-key", title, "green", _("%(count)s people can turn a key.") % {"count": len(holders)}, href, label)


def _contact(district: District, today: dt.date) -> Tile:
    title, href = _("Privacy contact"), _part("contact")
    if not (district.contact_name and (district.contact_phone or district.contact_email)):
        return Tile("contact", title, "red", _("Families are told to ask somebody, and nobody is named."), href, _("Name one"))
    if district.contact_checked_on is None or today - district.contact_checked_on > CHECKED_WITHIN:
        return Tile("contact", title, "amber", _("Nobody checked within a year that phone and e-mail reach this person."), href, _("Check"))
    if not district.deputy_name:
        return Tile("contact", title, "amber", _("There is no deputy for days of absence."), href, _("Name one"))
    return Tile(
        "contact",
        title,
        "green",
        _("%(name)s answers families; the deputy is %(deputy)s.") % {"name": district.contact_name, "deputy": district.deputy_name},
        href,
        _("Change"),
    )


def _source(district: District) -> Tile:
    title, href = _("Roster source"), _part("roster")
    if not district.roster_source:
        return Tile("source", title, "red", _("Nobody wrote down where rosters come from."), href, _("Write it down"))
    return Tile("source", title, "green", district.roster_source, href, _("Change"))


def _import(at: dt.datetime) -> Tile:
    title, href, label = _("First import"), _roster(), _("Roster")
    last = ImportRun.objects.filter(kind=ImportRun.Kind.ROSTER, state=ImportRun.State.APPLIED).order_by("-applied_at").first()
    students = Student.objects.filter(is_somebody(), left_on=None).count()
    if not students:
        return Tile("import", title, "red", _("There are no students yet."), href, label)
    found = ngettext("%(count)s student", "%(count)s students", students) % {"count": f"{students:,}"}
    if last is None or last.applied_at is None:
        return Tile(
            "import", title, "amber", _("%(students)s, and no import that the portal made itself.") % {"students": found}, href, label
        )
    if at - last.applied_at > STALE:
        return Tile(
            "import", title, "amber", _("%(students)s, but the last import is more than 36 hours old.") % {"students": found}, href, label
        )
    return Tile("import", title, "green", _("%(students)s; the last import is fresh.") % {"students": found}, href, label)


def _roster() -> str:
    return navigation.here("/roster/") or ""


def _guardians() -> Tile:
    title, href, label = _("Guardians"), _roster(), _("Roster")
    present = Student.objects.filter(is_somebody(), left_on=None)
    total = present.count()
    if not total:
        return Tile("guardians", title, "red", _("There are no students yet."), href, label)
    linked = Guardianship.objects.filter(student=OuterRef("pk"), ended_at=None)
    reached = present.filter(Exists(linked)).count()
    accounts = present.filter(Exists(linked.filter(user__isnull=False))).count()
    color = "green" if reached >= total * 0.98 else "amber" if reached >= total * 0.8 else "red"
    words = _("%(reached)s of %(total)s students have a guardian in the roster; %(accounts)s have one with an account.")
    return Tile(
        "guardians", title, color, words % {"reached": f"{reached:,}", "total": f"{total:,}", "accounts": f"{accounts:,}"}, href, label
    )


def _stewards(today: dt.date) -> Tile:
    title = _("Data stewards")
    href, label = navigation.here("/authority/stewards/") or "", _("Stewards")
    gaps = stewards.gaps(today)
    if not stewards.in_term(today).exists():
        return Tile("stewards", title, "red", _("Nobody is designated to decide on requests."), href, label)
    if gaps:
        names = ", ".join(dict.fromkeys(gap.category for gap in gaps))
        return Tile("stewards", title, "amber", _("No steward yet for: %(categories)s.") % {"categories": names}, href, label)
    return Tile("stewards", title, "green", _("Every kind of data that is held has a steward."), href, label)


def _rules(district: District) -> Tile:
    title, href = _("Rules adopted"), _part("rules")
    count = RuleVersion.objects.filter(approved_at__isnull=False, in_force_until=None).count()
    if not count:
        return Tile("rules", title, "red", _("No authorization rule is in force: nobody may see anything."), href, _("Say when"))
    if district.rules_adopted_on is None:
        return Tile(
            "rules",
            title,
            "amber",
            _("%(count)s starter rules are in force, but the district did not adopt them yet.") % {"count": count},
            href,
            _("Say when"),
        )
    return Tile("rules", title, "green", _("%(count)s rules are in force, adopted by the district.") % {"count": count}, href, _("Change"))


def _limits(district: District, today: dt.date) -> Tile:
    title, href = _("Court limits"), reverse("setup:families")
    limits = Guardianship.objects.filter(ended_at=None).exclude(limit="")
    overdue = limits.filter(limit_papers_due_on__lt=today).count()
    count = limits.count()
    found = ngettext("%(count)s limit is loaded", "%(count)s limits are loaded", count) % {"count": count}
    if not district.family_sign_in_open:
        return Tile(
            "limits",
            title,
            "red",
            _("%(limits)s; nobody attested that they are complete and checked.") % {"limits": found},
            href,
            _("Attest"),
        )
    if overdue:
        words = ngettext("%(count)s limit waits for its papers too long.", "%(count)s limits wait for their papers too long.", overdue)
        return Tile("limits", title, "amber", words % {"count": overdue}, href, _("See"))
    return Tile("limits", title, "green", _("%(limits)s, checked by a named person.") % {"limits": found}, href, _("See"))


def _families(district: District) -> Tile:
    title, href = _("Family sign-in"), reverse("setup:families")
    if not district.family_sign_in_open:
        return Tile("families", title, "red", _("Closed: it opens when somebody attests the court limits."), href, _("Open"))
    count = (
        User.objects.filter(is_active=True, role_assignments__role=Role.GUARDIAN, role_assignments__ended_at=None, last_login__isnull=False)
        .distinct()
        .count()
    )
    return Tile("families", title, "green", _("Open; %(count)s parents or guardians signed in so far.") % {"count": count}, href, _("See"))


def _legal(district: District, today: dt.date) -> Tile:
    title, href = _("Legal texts reviewed"), _part("legal")
    color, why, label = "green", _("Read by %(counsel)s.") % {"counsel": district.legal_texts_reviewed_by or _("counsel")}, _("Change")
    if district.legal_texts_reviewed_on is None:
        color, why, label = "amber", _("Counsel has not read rights, rules and clocks yet; pages say so."), _("Say when")
    elif today - district.legal_texts_reviewed_on > CHECKED_WITHIN:
        color, why, label = "amber", _("Counsel's reading is more than a year old."), _("Say when")
    total, unchecked = authority.to_check_at_home()
    if not unchecked:
        return Tile("legal", title, color, why, href, label)
    found = _("%(unchecked)s of %(total)s laws, time limits and reasons in law were written down without a source: check before relying.")
    more = f"{reverse('authority:laws')}?state=unchecked"
    words = f"{why} {found % {'unchecked': unchecked, 'total': total}}"
    return Tile("legal", title, color, words, href, label, more, _("See which"))
