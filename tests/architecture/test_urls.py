"""Every address says who may open it, and is held to that: URL × role × foreign object, generated from the resolver."""

import dataclasses
import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from breaches.affected.actions import ask_by_hand, propose
from breaches.affected.models import AffectedList
from breaches.incidents.actions import give_task, open_incident
from breaches.incidents.evidence import take as take_evidence
from breaches.incidents.models import Incident
from breaches.notices.actions import make as make_notice
from breaches.notices.addressees import add as name_addressee
from breaches.postings.packing import ask as ask_for_pack
from governance.audit.models import SavedSearch
from governance.auditors.models import Sample, WorkPaper
from governance.exports.models import Export
from governance.people import permissions, policies
from governance.people.models import User
from governance.people.queries import roles_of
from governance.records.models import EmergencyOpening, Guardianship, LookQuestion, Student
from governance.records.scope import own_students
from governance.requests.models import DataRequest
from governance.trail import addresses
from portal.base import clock, outbox
from portal.pages.personas import PERSONAS
from tests.breaches.remedies.situations import offered
from tests.breaches.reports.cast import reported
from tests.governance.alerts.cast import alert_about
from tests.vendors.consents.situations import campaign, form_for, paper_of
from vendors.agreements.models import Agreement
from vendors.earlier.models import EarlierSheet
from vendors.ends.models import Order
from vendors.providers.models import Provider
from vendors.reviews.models import Questionnaire, Review
from vendors.tool_requests.models import ToolRequest, ToolUse

# The sign-in library and Django's language switch guard themselves.
LIBRARIES = ("allauth.", "django.views.i18n", "django.views.generic.base")
UNKNOWN = uuid.UUID("00000000-0000-4000-8000-000000000000")
# What a holder of the permission may be answered: shown, sent on, method not allowed, gone, or not found (somebody else's row).
ANSWERED = {200, 302, 400, 404, 405, 410}


@dataclasses.dataclass(frozen=True)
class Route:
    """One address of the portal: its name, its view and the kinds of its variable parts."""

    name: str
    path: str
    view: Callable[..., Any]
    parts: tuple[tuple[str, str], ...]

    def address(self, **given: object) -> str:
        """A full path, with an example for each part that is not given."""
        examples: dict[str, object] = {"uuid": UNKNOWN, "slug": "example", "str": "example", "path": "/example", "int": 1}
        return reverse(self.name, kwargs={name: given.get(name, examples[kind]) for name, kind in self.parts})

    @property
    def names_object(self) -> bool:
        """True where a part of the address is an opaque id."""
        return any(kind == "uuid" for _, kind in self.parts)


def routes(resolver: URLResolver | None = None, path: str = "", spaces: tuple[str, ...] = ()) -> Iterator[Route]:
    """Every address, the included ones too."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            parts = tuple(
                (name, type(kind).__name__.removesuffix("Converter").lower().replace("string", "str"))
                for name, kind in pattern.pattern.converters.items()
            )
            yield Route(":".join((*spaces, pattern.name or "")), path + str(pattern.pattern), pattern.callback, parts)
        else:
            yield from routes(pattern, path + str(pattern.pattern), (*spaces, pattern.namespace) if pattern.namespace else spaces)


def is_library(route: Route) -> bool:
    return route.view.__module__.startswith(LIBRARIES)


OWN = [route for route in routes() if not is_library(route)]
GUARDED = [route for route in OWN if (policy := policies.policy_of(route.view)) is not None and policy.signed_in]


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True  # no second factor, so that each persona stands at the door itself


def client_of(persona: str) -> Client:
    client = Client()
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def person(persona: str) -> User:
    return User.objects.get(email=f"{persona}@riverbend.example")


# -- Declared --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", OWN, ids=lambda route: route.path or "/")
def test_it_declares_a_policy(route: Route) -> None:
    policy = policies.policy_of(route.view)
    assert policy, f"{route.path} needs @allow(...), @signed_in or @public(reason=...)"
    assert policy.permissions or policy.reason, f"{route.path} is open to all and says no reason"


def test_what_declares_nothing_is_a_library() -> None:
    assert {route.view.__module__.split(".")[0] for route in routes() if policies.policy_of(route.view) is None} <= {"allauth", "django"}


# -- Held to it ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.path)
def test_signed_out_it_leads_to_the_sign_in_page(route: Route, district_module: Any) -> None:
    answer = Client().get(route.address())
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("persona", [persona.name for persona in PERSONAS])
def test_a_role_opens_what_its_permissions_say(persona: str, district_module: Any) -> None:
    client = client_of(persona)
    roles = roles_of(person(persona), on=clock.today())
    wrong = []
    for route in GUARDED:
        policy = policies.policy_of(route.view)
        assert policy is not None
        may = not policy.permissions or any(permissions.holds(roles, permission) for permission in policy.permissions)
        status = client.get(route.address()).status_code
        expected = ANSWERED if may else {404 if route.parts else 403}
        if status not in expected:
            wrong.append(f"{route.path}: {status}, not {sorted(expected)}")
    assert not wrong


@pytest.mark.parametrize("persona", ["admin", "steward", "teacher", "counselor", "secretary", "parent", "student", "compliance", "leader"])
def test_pages_of_people_are_kept_nowhere(persona: str, district_module: Any) -> None:
    client = client_of(persona)
    kept = [route.path for route in GUARDED if "no-store" not in client.get(route.address()).headers.get("Cache-Control", "")]
    assert not kept


# -- Foreign objects answer as missing ones do -----------------------------------------------------------------------------


def foreign_student_of_staff(user: User) -> uuid.UUID:
    """A student at another school, whom the person does not teach."""
    school = user.staff_member.school_id
    own = set(own_students(user, on=clock.today()).values_list("pk", flat=True))
    return Student.objects.exclude(school=school).exclude(pk__in=own).order_by("pk").values_list("public_id", flat=True)[0]


def classmate_not_taught(user: User) -> uuid.UUID:
    """A student of the own school who is in none of the person's classes."""
    own = set(own_students(user, on=clock.today()).values_list("pk", flat=True))
    return (
        Student.objects.filter(school=user.staff_member.school_id).exclude(pk__in=own).order_by("pk").values_list("public_id", flat=True)[0]
    )


def foreign_child(user: User) -> uuid.UUID:
    """A child of another family."""
    own = Guardianship.objects.filter(user=user).values("student")
    return Student.objects.exclude(pk__in=own).exclude(own_account__user=user).order_by("pk").values_list("public_id", flat=True)[0]


def link_at_another_school(user: User) -> uuid.UUID:
    return Guardianship.objects.exclude(student__school=user.staff_member.school_id).order_by("pk").values_list("public_id", flat=True)[0]


def somebody_elses_request(user: User) -> uuid.UUID:
    return DataRequest.objects.exclude(asker=user).order_by("pk").values_list("public_id", flat=True)[0]


def somebody_elses_question(user: User) -> uuid.UUID:
    return LookQuestion.objects.exclude(asked_of=user).order_by("pk").values_list("public_id", flat=True)[0]


def somebody_elses_emergency(user: User) -> uuid.UUID:
    return EmergencyOpening.objects.exclude(opened_by=user).order_by("pk").values_list("public_id", flat=True)[0]


def search_kept_by_somebody_else(user: User) -> uuid.UUID:
    """A saved search that its owner does not share."""
    kept = SavedSearch.objects.create(
        owner=User.objects.exclude(pk=user.pk).order_by("pk")[0], name=str(uuid.uuid4()), saved_at=clock.now()
    )
    return kept.public_id


def somebody_elses_export(user: User) -> uuid.UUID:
    """An export that another person asked for, which waits for nobody."""
    asker = User.objects.exclude(pk=user.pk).filter(email="security@riverbend.example").get()
    found, _made = Export.objects.get_or_create(
        asked_by=asker,
        defaults={
            "idempotency_key": uuid.uuid4(), "asked_at": clock.now(), "until": clock.now(), "hat": "compliance_officer", "purpose": "review",
            "reason": "Ours", "form": "csv", "entries": 1, "lines": 1, "students": 1, "whole_schools": 0, "all_counted": True,
            "needs_second": False, "state": "gone",
        },
    )  # fmt: skip
    return found.public_id


def request_on_another_desk(user: User) -> uuid.UUID:
    """A request that another steward holds."""
    return (
        DataRequest.objects.exclude(stewardship__steward=user)
        .exclude(stewardship__deputy=user)
        .order_by("pk")
        .values_list("public_id", flat=True)[0]
    )


def somebody_elses_sample(user: User) -> uuid.UUID:
    return Sample.objects.exclude(engagement__user=user).order_by("pk").values_list("public_id", flat=True)[0]


def somebody_elses_paper(user: User) -> uuid.UUID:
    return WorkPaper.objects.exclude(engagement__user=user).order_by("pk").values_list("public_id", flat=True)[0]


def paper_that_is_not_shared(user: User) -> uuid.UUID:
    return WorkPaper.objects.filter(shared_at=None).order_by("pk").values_list("public_id", flat=True)[0]


def line_about_another_child(user: User) -> uuid.UUID:
    """The address of an entry that names one student alone, who is not the person's."""
    own = list(Guardianship.objects.filter(user=user).values_list("student", flat=True))
    own += list(Student.objects.filter(own_account__user=user).values_list("pk", flat=True))
    alone = "cardinality(record_ids) = 1 AND NOT record_ids && %s::bigint[]"
    with connections["owner"].cursor() as cursor:
        cursor.execute(f'SELECT "timestamp", id FROM trail.entry WHERE {alone} ORDER BY id LIMIT 1', [own])
        return addresses.address_of(*cursor.fetchone())


def alert_about_oneself(user: User) -> uuid.UUID:
    """Nobody handles an alert about themselves."""
    return alert_about(user.email.split("@")[0]).public_id


def alert_about_somebody_else(user: User) -> uuid.UUID:
    """A question about an alert is for the person concerned alone."""
    return alert_about("colleague", asked_at=clock.now(), asked_by_id=person("compliance").pk, question="Why?").public_id


def somebody_elses_wish(user: User) -> uuid.UUID:
    return ToolRequest.objects.exclude(asker=user).order_by("pk").values_list("public_id", flat=True)[0]


def tool_in_somebody_elses_classes(user: User) -> uuid.UUID:
    return ToolUse.objects.exclude(teacher=user).order_by("pk").values_list("public_id", flat=True)[0]


def list_that_somebody_else_brought(user: User) -> uuid.UUID:
    """What families said is seen by who brought the list."""
    made = EarlierSheet.objects.create(
        form=form_for(), covers="x", lines=0, received_at=clock.now(), received_by=User.objects.exclude(pk=user.pk).order_by("pk")[0]
    )
    return made.public_id


def paper_that_somebody_else_registered(user: User) -> uuid.UUID:
    """Who registered a paper takes it back, or a steward."""
    return paper_of(by=User.objects.exclude(pk=user.pk).order_by("pk")[0]).public_id


def somebody_elses_campaign(user: User) -> uuid.UUID:
    return campaign(form_for(), by="colleague").public_id


def report_about_safety(user: User) -> uuid.UUID:
    """Those who handle incidents do not read worries about safety."""
    return reported(topic="safety")[0].public_id


def report_about_privacy(user: User) -> uuid.UUID:
    """A counselor reads worries about safety alone."""
    return reported(topic="looked")[0].public_id


def incident_about_oneself(user: User) -> uuid.UUID:
    """Nobody handles an incident about themselves."""
    lead, now = person("security" if user.email != "security@riverbend.example" else "admin"), clock.now()
    return open_incident(title="Theirs", kind="misuse", severity=2, discovered_at=now, account=user, by=lead, at=now).public_id


def task_about_oneself(user: User) -> uuid.UUID:
    about, now = incident_about_oneself(user), clock.now()
    lead = person("leader")
    return give_task(incident=about, title="Ask", owner=lead, due_at=now + dt.timedelta(days=1), by=lead, at=now).public_id


def evidence_about_oneself(user: User) -> uuid.UUID:
    about = incident_about_oneself(user)
    return take_evidence(
        incident=about, title="A file", came_from="A log", media_type="", pieces=[b"x"], by=person("leader"), at=clock.now()
    ).public_id


def remedy_about_oneself(user: User) -> uuid.UUID:
    """A remedy of an incident about the person."""
    about, leader = Incident.objects.get(public_id=incident_about_oneself(user)), person("leader")
    which = AffectedList.objects.create(
        incident=about, how="hand", asked_at=clock.now(), asked_by=leader, made_at=clock.now(), sha256="0" * 64
    )
    return offered(which, "counseling", by=leader).public_id


def pack_about_oneself(user: User) -> uuid.UUID:
    """An evidence pack of an incident about the person."""
    about = Incident.objects.get(public_id=incident_about_oneself(user))
    assert about.lead is not None
    return ask_for_pack(incident=about.public_id, to="The state", reason="They asked.", by=about.lead, at=clock.now()).public_id


def list_about_oneself(user: User) -> uuid.UUID:
    """A list of whom an incident touched that is about the person."""
    return ask_by_hand(incident=incident_about_oneself(user), by=person("leader"), at=clock.now()).public_id


def change_about_oneself(user: User) -> uuid.UUID:
    which = list_about_oneself(user)
    outbox.run()
    child = Student.objects.order_by("pk")[0].public_id
    return propose(affected=which, student=child, kind="add", elements=(), reason="Seen", by=person("leader"), at=clock.now()).public_id


def notice_about_oneself(user: User) -> uuid.UUID:
    return make_notice(incident=incident_about_oneself(user), audience="media", by=person("leader"), at=clock.now()).public_id


def addressee_about_oneself(user: User) -> uuid.UUID:
    given = {"name": "A paper", "way": "letter", "address": "1 Main Street"}
    return name_addressee(notice=notice_about_oneself(user), by=person("leader"), at=clock.now(), **given).public_id


def another_companys_agreement(user: User) -> uuid.UUID:
    return Agreement.objects.exclude(provider__contacts__user=user).order_by("pk").values_list("public_id", flat=True)[0]


def another_companys_questionnaire(user: User) -> uuid.UUID:
    review = Review.objects.exclude(tool__provider__contacts__user=user).order_by("pk")[0]
    found, _made = Questionnaire.objects.get_or_create(
        review=review, defaults={"provider": review.tool.provider, "edition": "1", "sent_at": clock.now(), "due_on": clock.today()}
    )
    return found.public_id


def another_companys_order(user: User) -> uuid.UUID:
    tool = Provider.objects.exclude(contacts__user=user).exclude(tools=None).order_by("pk")[0].tools.order_by("pk")[0]
    found = Order.objects.filter(tool=tool).first() or Order.objects.create(
        tool=tool,
        whole=True,
        because="approval_ended",
        opened_at=clock.now(),
        days=60,
        due_on=clock.today(),
        sent_at=clock.now(),
        sha256="0" * 64,
    )
    return found.public_id


def another_companys_document(user: User) -> uuid.UUID:
    found = Agreement.objects.exclude(provider__contacts__user=user).exclude(versions__document=None).order_by("pk")[0]
    return found.versions.exclude(document=None).values_list("document__public_id", flat=True)[0]


def another_companys_tool(user: User) -> uuid.UUID:
    return Provider.objects.exclude(contacts__user=user).exclude(tools=None).order_by("pk")[0].tools.order_by("pk")[0].public_id


# Who tries, and with whose object. Several attempts for one address are several tuples.
FOREIGN: dict[str, tuple[tuple[str, Callable[[User], uuid.UUID]], ...]] = {
    **{
        f"tools:{page}": (("teacher", somebody_elses_wish), ("principal", somebody_elses_wish))
        for page in ("request-detail", "request-withdraw")
    },
    "tools:use": (("teacher", tool_in_somebody_elses_classes),),
    **{f"company:{page}": (("provider", another_companys_agreement),) for page in ("agreement", "sign")},
    "company:questionnaire": (("provider", another_companys_questionnaire),),
    "company:deletion": (("provider", another_companys_order),),
    "oneroster-company:connection": (("provider", another_companys_tool),),
    "company:document": (("provider", another_companys_document),),
    "company:breach-notice": (("provider", another_companys_order),),
    **{f"exports:{page}": (("compliance", somebody_elses_export),) for page in ("detail", "approve", "refuse", "cancel", "file", "proof")},
    "records:student": (
        ("teacher", foreign_student_of_staff),
        ("teacher", classmate_not_taught),
        ("colleague", foreign_student_of_staff),
        ("counselor", foreign_student_of_staff),
        ("principal", foreign_student_of_staff),
    ),
    "families:child": (("secretary", foreign_student_of_staff),),
    "families:code": (("secretary", link_at_another_school),),
    "families:limit": (("secretary", link_at_another_school),),
    "families:papers": (("secretary", link_at_another_school),),
    "families:question": (("secretary", link_at_another_school),),
    **{
        f"family:{page}": tuple((persona, foreign_child) for persona in ("parent", "other.parent", "limited.parent", "student", "eligible"))
        for page in ("overview", "looks", "ask", "data", "download")
    },
    **{
        f"family-disclosures:{page}": tuple((persona, foreign_child) for persona in ("parent", "other.parent", "limited.parent", "student"))
        for page in ("disclosures", "print", "download")
    },
    **{f"consents:{page}": (("secretary", foreign_student_of_staff),) for page in ("paper", "scan")},
    "consents:mistake": tuple((persona, paper_that_somebody_else_registered) for persona in ("secretary", "teacher", "admin")),
    **{f"earlier:{page}": (("secretary", list_that_somebody_else_brought),) for page in ("sheet", "act")},
    **{
        f"consents:{page}": (("teacher", somebody_elses_campaign), ("secretary", somebody_elses_campaign))
        for page in ("campaign", "campaign-end", "campaign-paper")
    },
    **{
        f"consents-family:{page}": tuple(
            (persona, foreign_child) for persona in ("parent", "other.parent", "limited.parent", "student", "eligible")
        )
        for page in ("consents", "answer", "receipt", "scan", "tools")
    },
    **{
        f"packs:{page}": tuple((persona, foreign_child) for persona in ("parent", "limited.parent", "student"))
        for page in ("family", "family-file")
    },
    **{f"disclosures:{page}": (("secretary", foreign_student_of_staff),) for page in ("student", "student-print", "mistake")},
    "requests:decide": (("health.steward", request_on_another_desk), ("steward", request_on_another_desk)),
    **{f"auditors:{page}": (("auditor", somebody_elses_sample),) for page in ("sample", "sample-draw", "sample-file")},
    **{f"auditors:{page}": (("auditor", somebody_elses_paper),) for page in ("paper-edit", "paper-move")},
    **{
        f"auditors:{page}": (
            ("auditor", somebody_elses_paper),
            ("compliance", paper_that_is_not_shared),
            ("leader", paper_that_is_not_shared),
        )
        for page in ("paper", "paper-print", "paper-file")
    },
    "auditors:paper-answer": (("compliance", paper_that_is_not_shared), ("admin", paper_that_is_not_shared)),
    "retention:family": tuple((persona, foreign_child) for persona in ("parent", "other.parent", "limited.parent", "student", "eligible")),
    "records:question": (
        ("teacher", somebody_elses_question),
        ("colleague", somebody_elses_question),
        ("secretary", somebody_elses_question),
    ),
    "records:emergency-sheet": (("teacher", somebody_elses_emergency), ("principal", somebody_elses_emergency)),
    **{
        f"alerts:{page}": tuple((persona, alert_about_oneself) for persona in ("compliance", "admin")) for page in ("alert", "ask", "close")
    },
    **{
        f"incidents:{page}": tuple((persona, incident_about_oneself) for persona in ("security", "compliance", "admin"))
        for page in ("incident", "act", "contain", "moment", "close")
    },
    "letters:family": tuple((persona, foreign_child) for persona in ("parent", "other.parent", "limited.parent", "student", "eligible")),
    "letters:incident": tuple((persona, incident_about_oneself) for persona in ("security", "compliance", "admin")),
    "affected:lists": (("security", incident_about_oneself), ("admin", incident_about_oneself)),
    **{f"affected:{page}": (("security", list_about_oneself),) for page in ("list", "names", "grades", "propose")},
    "affected:decide": (("security", change_about_oneself),),
    **{f"notices:{page}": (("security", incident_about_oneself), ("admin", incident_about_oneself)) for page in ("notices", "new")},
    **{
        f"notices:{page}": (("security", notice_about_oneself),)
        for page in ("notice", "write", "versions", "act", "add-addressee", "recipients", "returns")
    },
    "notices:addressee": (("security", addressee_about_oneself),),
    "incidents:finish": (("security", task_about_oneself), ("admin", task_about_oneself)),
    "incidents:custody": (("security", evidence_about_oneself), ("admin", evidence_about_oneself)),
    **{
        f"remedies-family:{page}": tuple((persona, foreign_child) for persona in ("parent", "limited.parent", "student"))
        for page in ("remedies", "answer", "code")
    },
    **{f"remedies:{page}": tuple((persona, incident_about_oneself) for persona in ("security", "admin")) for page in ("remedies", "new")},
    **{
        f"remedies:{page}": tuple((persona, remedy_about_oneself) for persona in ("security", "admin"))
        for page in ("remedy", "act", "names", "offer")
    },
    **{
        f"postings:{page}": tuple((persona, incident_about_oneself) for persona in ("security", "admin"))
        for page in ("posting", "write", "act", "packs")
    },
    **{f"postings:{page}": tuple((persona, pack_about_oneself) for persona in ("security", "admin")) for page in ("decide", "file")},
    "incidents:from-report": (("security", report_about_safety), ("leader", report_about_safety)),
    **{
        f"reports:{page}": (("security", report_about_safety), ("admin", report_about_safety), ("counselor", report_about_privacy))
        for page in ("report", "ask", "reveal", "move", "close")
    },
    "alerts:answer": (("teacher", alert_about_somebody_else), ("compliance", alert_about_somebody_else)),
    "audit:saved-run": (("compliance", search_kept_by_somebody_else),),
    "audit:saved-delete": (("compliance", search_kept_by_somebody_else),),
    "checkpoint-files:proof": tuple((persona, line_about_another_child) for persona in ("parent", "limited.parent", "student")),
    **{
        f"requests:{page}": (("teacher", somebody_elses_request),)
        for page in ("detail", "edit", "check", "send", "answer", "withdraw", "grant-end")
    },
}

# Addresses whose objects belong to the whole district: whoever holds the permission may open each of them.
OF_THE_DISTRICT = {
    **{
        f"providers:{page}": "the catalogue is the district's; it names no student"
        for page in (
            "provider",
            "edit",
            "tool-new",
            "contact-invite",
            "contact-end",
            "contact-last-day",
            "tool",
            "tool-edit",
            "tool-retire",
            "part",
            "document",
        )
    },
    **{
        f"agreements:{page}": "agreements are the district's"
        for page in ("detail", "terms", "services", "schedule", "clauses", "document", "sign", "paper", "join", "act")
    },
    **{
        f"reviews:{page}": "reviews are the district's; who may decide is asked when somebody does"
        for page in ("detail", "decide", "questionnaire")
    },
    **{f"advice:{page}": "reviews and trusted keys are the district's" for page in ("key", "give")},
    **{f"discovery:{page}": "domains of logs, which name nobody, are the district's" for page in ("upload", "domain")},
    **{f"folders:{page}": "folders of agreements are the district's" for page in ("folder", "act")},
    **{f"spreadsheets:{page}": "lists of tools and agreements are the district's" for page in ("sheet", "act")},
    **{
        f"sharing:{page}": "what is sent to tools is the district's; the pages name no student"
        for page in ("delivery", "preview", "send", "stop", "task")
    },
    "oneroster:connection": "credentials of a tool's system are the district's; the page names no student",
    **{f"ways:{page}": "ways of data are the district's; names are opened with an entry for each child" for page in ("way", "children")},
    **{f"drops:{page}": "what is sent to tools is the district's; the pages name no student" for page in ("drop", "start", "stop")},
    "ends:detail": "deletion orders are the district's; their pages name no student",
    **{f"announcements:{page}": "what providers tell the district" for page in ("take", "breach")},
    "checkpoints:witness-decide": "the district's witnesses; what takes two people is held by the action",
    "checkpoints:sending-returned": "mails to the district's witnesses",
    "checkpoints:declaration-decide": "the district's trail; what takes two people is held by the action",
    **{
        f"assessment:{page}": "incidents are the district's; whom one is about finds nothing (tests/breaches/assessment/test_pages.py)"
        for page in ("assessment", "facts", "law", "clocks", "moment-decide", "meet")
    },
    "readiness:missing": "those who handle incidents see the whole district; each page of names is an entry that its families see",
    **{f"drills:{page}": "drills are the district's; they name no student" for page in ("start", "drill", "act", "result", "task")},
    **{
        f"letters:{page}": "incidents are the district's; whom one is about finds nothing (tests/breaches/letters)"
        for page in ("notice", "handle", "print", "returned", "calls", "file", "posted")
    },
    "coverage:system": "the district's systems",
    "coverage:system-end": "the district's systems",
    "people:person": "a district admin manages every account",
    "people:give-role": "a district admin manages every account",
    "people:end-role": "a district admin manages every account",
    "people:invite": "a district admin manages every account",
    "people:change-account": "a district admin manages every account",
    "people:decide": "a key holder confirms every proposal but those of their own",
    "people:reset-second-step": "a district admin manages every account",
    "people:decide-reset": "a key holder confirms every lost second step but their own",
    **{f"auditors:{page}": "admins, compliance officers and key holders oversee every audit" for page in ("auditor", "decide")},
    **{f"retention:{page}": "rules and holds are the district's" for page in ("decide", "end-hold")},
    **{f"roster:{page}": "an import is the district's" for page in ("run", "columns", "faults", "apply", "approve", "drop")},
    "history:history": "each kind lets in whom the object's own page lets in (tests/governance/history)",
    "packs:audit": "who checks the trail takes the proofs of any student; the family sees it",
    "packs:audit-file": "a file that was made for the person; anybody else's answers as a missing one (tests/governance/packs)",
    "audit:person": "the compliance officer reads the whole trail; each timeline that is opened is an entry",
    "audit:student": "the compliance officer reads the whole trail; each timeline that is opened is an entry, and its name another one",
    "audit:entry": "the compliance officer reads the whole trail; each entry that is opened is an entry",
    "authority:version": "rules are the district's, and public to whoever works with them",
    "authority:version-approve": "rules are the district's",
    "authority:version-drop": "rules are the district's",
    "authority:version-end": "rules are the district's",
    "requests:rule-simulation": "rules are the district's; it shows counts and own decisions alone",
    "authority:stewardship": "who decides on what is known to whoever works with it",
    "authority:stewardship-end": "a district admin designates and ends every steward",
    **{f"alerts:limits-{page}": "what counts as odd is the district's" for page in ("confirm", "drop")},
    **{f"alerts:planting-{page}": "planted records are the district's" for page in ("confirm", "end")},
    "records:emergency-review": "stewards and compliance review every opening but their own",
}


@pytest.mark.parametrize("route", [route for route in GUARDED if route.names_object], ids=lambda route: route.path)
def test_an_unknown_object_is_not_found(route: Route, district_module: Any) -> None:
    """By GET and by POST, whoever asks."""
    for persona in ("admin", "steward", "teacher", "secretary", "parent", "compliance", "leader"):
        client = client_of(persona)
        assert client.get(route.address()).status_code in {404, 405, 302}, persona
        answer = client.post(route.address(), {})
        again = (
            answer.status_code == 302 and "/reauthenticate/" in answer["Location"]
        )  # asked for the password before anything is looked up
        assert answer.status_code in {404, 405} or again, f"{persona}: {answer.status_code}"


def bare(page: bytes, asked_for: uuid.UUID) -> bytes:
    """A page without what differs by chance: the form's token and the address itself."""
    plain = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]*"', b"", page)
    return plain.replace(str(asked_for).encode(), b"").replace(str(UNKNOWN).encode(), b"")  # an address may name two objects


CASES = [(name, persona, whose) for name, tries in FOREIGN.items() for persona, whose in tries]


@pytest.mark.parametrize(("name", "persona", "whose"), CASES, ids=[f"{name}-{persona}-{whose.__name__}" for name, persona, whose in CASES])
def test_somebody_elses_object_answers_like_a_missing_one(
    name: str, persona: str, whose: Callable[[User], uuid.UUID], district_module: Any
) -> None:
    route = next(route for route in OWN if route.name == name)
    client, user = client_of(persona), person(persona)
    part = next(part for part, kind in route.parts if kind == "uuid")
    theirs = {part: whose(user)}
    for method in (client.get, client.post):
        foreign, missing = method(route.address(**theirs)), method(route.address())
        assert foreign.status_code in {404, 405}
        assert foreign.status_code == missing.status_code
        assert bare(foreign.content, theirs[part]) == bare(missing.content, UNKNOWN)


def test_every_address_with_an_object_is_tried_with_a_foreign_one() -> None:
    named = {route.name for route in GUARDED if route.names_object}
    assert named - set(FOREIGN) - set(OF_THE_DISTRICT) == set()
