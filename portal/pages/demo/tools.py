"""The tools of the demo district: providers, agreements, reviews and what teachers asked for, in every state."""

import dataclasses
import datetime as dt
import hashlib
import uuid

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from governance.vocabulary import Action, Event, Role
from portal.base import workdays
from portal.pages.demo.looks import Look
from portal.pages.demo.plan import Plan
from vendors.agreements import texts
from vendors.agreements.models import Agreement, Clause, ScheduleLine, Service, Signature, Version
from vendors.providers.models import (
    Address,
    AutomatedDecision,
    Channel,
    Collects,
    Contact,
    Document,
    DocumentContent,
    Mark,
    Provider,
    Subprocessor,
    Tool,
    ToolVersion,
)
from vendors.reviews import checklist
from vendors.reviews.models import Alternative, Approval, Check, ConsentNeeded, Guidance, Review
from vendors.tool_requests.models import ToolRequest, ToolUse

Kind = Agreement.Kind
PURPOSE = "online-learning-tool"
BASE = ("name", "grade", "local-id", "username")
ROSTER = (*BASE, "email", "school", "schedule", "teachers")
WORK = ("student-work", "app-performance", "app-use")
SAFE = ["encrypted-in-transit", "encrypted-at-rest", "access-limited", "staff-trained", "subprocessors-bound", "no-advertising", "no-sale"]
MOST_DAYS = 360  # how far back the demo's trail reaches


@dataclasses.dataclass(frozen=True)
class DemoTool:
    """A tool with what was decided about it. Days count back from today. `agreed`: kind of the agreement, empty for none; `ends`: days until
    its last day; `ended`: ended so many days ago. `decided`: approved or refused so many days ago; neither where `state` says so."""

    name: str
    provider: str
    subject: str
    summary: str
    state: str  # approved, refused, waiting, listed, retired
    accounts: str = "students"
    collects: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    agreed: str = ""
    ends: int | None = 580
    ended: int | None = None
    decided: int = 90
    consent: str = ConsentNeeded.INFORM
    youngest: int | None = None
    no_names: bool = False
    conditions: str = ""
    reason: str = ""
    instead: tuple[str, ...] = ()
    risk: str = ""


TOOLS = (
    DemoTool(
        "Reading Journey", "Reading Journey", "reading", "Texts at each student's own reading level, with questions.", "approved",
        collects=ROSTER, optional=WORK, agreed=Kind.NDPA, decided=70, consent=ConsentNeeded.OPT_IN,
        conditions="Use only the texts that you assign. The open library stays switched off.",
        reason="It follows the reading curriculum, keeps data in the United States and deletes it within 60 days.",
    ),
    DemoTool(
        "Math Trails", "Trailhead Learning", "mathematics", "Practice in small steps, with hints.", "approved",
        collects=BASE, optional=("app-performance",), agreed=Kind.NDPA, decided=120,
        reason="It takes little data and its reports help teachers plan.",
    ),
    DemoTool(
        "Lab Bench", "Open Science Collective", "science", "Simulated experiments in the browser, without accounts.", "approved",
        accounts="none", decided=150, reason="It collects nothing about students.",
    ),
    DemoTool(
        "Star Atlas", "Open Science Collective", "science", "The night sky over Wisconsin, any day of the year.", "approved",
        accounts="none", decided=150, reason="It collects nothing about students.",
    ),
    DemoTool(
        "Civic Voices", "Civic Voices Fund", "social-studies", "Debates in writing between classes.", "approved",
        collects=BASE, optional=("student-work",), agreed=Kind.OFFER, decided=60, youngest=13, consent=ConsentNeeded.OPT_OUT,
        reason="Good practice in writing. The provider's terms begin at 13.",
    ),
    DemoTool(
        "Hola Amigo", "Polyglot Press", "world-languages", "Spanish and French with pictures and games.", "approved",
        collects=("username", "app-performance"), agreed=Kind.CONTRACT, decided=100, no_names=True,
        reason="It works with made-up names, so nothing points at a student.",
    ),
    DemoTool(
        "Check-In Cards", "Trailhead Learning", "assessment", "Three questions at the end of a lesson.", "approved",
        collects=BASE, optional=("student-work",), agreed=Kind.NDPA, decided=110, reason="It does what exit tickets do, and no more.",
    ),
    DemoTool(
        "Class Chimes", "Chime Works", "communication", "Short messages between teachers and families.", "approved",
        collects=("name", "grade", "guardian-name", "guardian-email"), agreed=Kind.NDPA, ends=74, decided=200,
        reason="Families asked for one way to hear from school.",
    ),
    DemoTool(
        "Code Meadow", "Code Meadow", "computing", "First steps in programming with blocks.", "approved",
        collects=("username", "student-work"), agreed=Kind.TERMS, ends=None, decided=45, no_names=True, risk="medium",
        reason="No negotiated agreement, but no names either. The terms were read and can change: looked at again each year.",
    ),
    DemoTool(
        "QuizParade", "Parade Games", "assessment", "Quizzes as a race, with points and ranks.", "refused",
        collects=BASE, decided=80, instead=("Check-In Cards",),
        reason="Its terms allow advertising by what students do, and it ranks them before the class.",
    ),
    DemoTool(
        "Pocket Tutor", "Pocket Tutor", "mathematics", "A tutor that answers in writing and suggests the next exercise.", "waiting",
        collects=(*BASE, "ai-prompts", "derived-score"), decided=6, instead=("Math Trails",),
    ),
    DemoTool(
        "Photo Diary", "Snapleaf", "arts", "Pictures and captions, one page a week.", "approved",
        collects=(*BASE, "photograph"), agreed=Kind.CONTRACT, ended=41, decided=230, instead=("Civic Voices",),
        reason="A portfolio that families could see.",
    ),
    DemoTool("Essay Mirror", "Inkwell Labs", "reading", "Marks repeated words and long sentences.", "listed", collects=("student-work",)),
    DemoTool("Field Notes", "Snapleaf", "science", "Notes and pictures from outdoors.", "retired", collects=BASE, decided=300),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Wish:
    """A request for a tool. Days count back; `days` is how long the answer took, None while it waits. Without `tool` it is unlisted."""

    persona: str
    asked: int
    days: int | None
    activity: str
    tool: str = ""
    name: str = ""


WISHES = (
    Wish("colleague", 330, 6, "Exit tickets", "Check-In Cards"),
    Wish("counselor", 290, 12, "Sign-up for talks", "Class Chimes"),
    Wish("teacher", 240, 4, "Lab simulations before the real lab", "Lab Bench"),
    Wish("colleague", 170, 9, "Debates with the class in Cedar Falls", "Civic Voices"),
    Wish("principal", 130, 15, "Messages home", "Class Chimes"),
    Wish("teacher", 88, 8, "A race at the end of the unit", "QuizParade"),
    Wish("teacher", 78, 8, "Science texts at each reading level", "Reading Journey"),
    Wish("teacher", 6, None, "Help with homework problems between lessons", "Pocket Tutor"),
    Wish("colleague", 3, None, "Clubs meet and argue in writing", "", "Debate Club Online"),
)

GUIDANCE = {
    "Reading Journey": {
        "setup": (
            "Sign in with your school account, not with a password of its own.\n"
            "Check that the open library is switched off.\n"
            "Choose the class that the portal made. Do not type students in."
        ),
        "without_account": (
            "Print the text of the day for everybody and let those who have an account answer on screen. Pairs read one text on one device, "
            "so that nobody sees who has an account."
        ),
        "families_en": (
            "Hello families,\nin science we read texts at each student's own level with Reading Journey. It gets your child's name, grade, "
            "school e-mail and class, and what your child reads and answers. It sells nothing and shows no advertising. You find it under "
            "“My children” in the portal, where you can say OK. Without your OK, your child reads the same text on paper."
        ),
        "families_es": (
            "Hola, familias:\nen ciencias leemos textos al nivel de cada estudiante con Reading Journey. Recibe el nombre de su hijo o hija, el "
            "grado, el correo escolar y la clase, y lo que lee y responde. No vende nada ni muestra publicidad. En el portal, en «Mis hijos», "
            "puede dar su permiso. Sin su permiso, su hijo o hija lee el mismo texto en papel."
        ),
        "whom_to_call": "Andrea Thao, Director of instruction, 715-555-0140",
    },
    "Hola Amigo": {
        "setup": "Make one class code.\nGive each student a made-up name from the list in the teachers' folder.\nKeep the list on paper.",
        "without_account": "The cards can be printed. Groups of three play with one set.",
    },
}  # fmt: skip


def make(plan: Plan, users: dict[str, int], *, now: dt.datetime, using: str) -> list[Look]:
    """Write the rows; the entries of the trail that go with them."""
    return _Maker(plan, users, now, using).make()


class _Maker:
    def __init__(self, plan: Plan, users: dict[str, int], now: dt.datetime, using: str):
        self.plan, self.users, self.now, self.using = plan, users, now, using
        self.looks: list[Look] = []
        self.providers: dict[str, Provider] = {}
        self.tools: dict[str, Tool] = {}
        self.agreements: dict[str, Agreement] = {}
        self.reviews: dict[str, Review] = {}

    def make(self) -> list[Look]:
        """See `make` of the module."""
        for one in TOOLS:
            self._tool(one)
        for one in TOOLS:
            if one.agreed:
                self._agreement(one)
            if one.state in {"approved", "refused", "waiting"}:
                self._review(one)
        for one in TOOLS:
            for name in one.instead:
                self._new(Alternative, tool=self.tools[one.name], instead=self.tools[name], why="For the same lessons.")
        for name, words in GUIDANCE.items():
            self._new(Guidance, tool=self.tools[name], written_at=self._ago(60), written_by_id=self.users["steward"], **words)
        self._details()
        for number, wish in enumerate(WISHES):
            self._wish(number, wish)
        self._use("teacher", "Reading Journey", 2, days=68)
        self._use("teacher", "Lab Bench", 3, days=225)
        self._use("colleague", "Check-In Cards", 2, days=80)
        return self.looks

    def _ago(self, days: int, hour: int = 11) -> dt.datetime:
        day = self.plan.today - dt.timedelta(days=days)
        return min(self.now, dt.datetime.combine(day, dt.time(hour, days * 7 % 60), tzinfo=timezone.get_default_timezone()))

    def _new(self, model: type[models.Model], **values: object) -> models.Model:
        return model._default_manager.using(self.using).create(**values)

    def _id(self, words: str) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"riverbend.example/{words}")

    # -- The catalogue -----------------------------------------------------------------------------------------------
    def _tool(self, one: DemoTool) -> None:
        listed = min(one.decided + 30, MOST_DAYS)
        provider = self.providers.get(one.provider)
        if provider is None:
            provider = self.providers[one.provider] = self._provider(one.provider, listed)
        slug = one.name.lower().replace(" ", "-")
        nothing = not one.collects and not one.optional
        retired = one.state == "retired"
        tool = Tool(
            public_id=self._id(f"tools/{slug}"),
            slug=slug,
            provider=provider,
            name=one.name,
            summary=one.summary,
            purposes=[PURPOSE],
            subjects=[one.subject],
            youngest_age=one.youngest,
            accounts=one.accounts,
            collects_nothing=nothing,
            commercial_use=True if one.state == "refused" else False if one.state == "approved" else None,
            held_in=[] if nothing else ["US"],
            held_by="" if nothing else "Great Lakes Hosting",
            accessibility="Works with a keyboard and a screen reader, by the provider's own report.",
            decides_nothing_on=self._ago(one.decided).date() if one.state == "approved" else None,
            listed_at=self._ago(listed),
            listed_by_id=self.users["admin"],
            retired_at=self._ago(200) if retired else None,
            retired_by_id=self.users["admin"] if retired else None,
            retired_because="The provider stopped it." if retired else "",
        )
        tool.save(using=self.using)
        self.tools[one.name] = tool
        self._new(Address, tool=tool, kind=Address.Kind.DOMAIN, value=f"{slug}.example")
        self._new(ToolVersion, tool=tool, form=ToolVersion.Form.WEB, seen_on=self._ago(listed).date())
        for key in one.collects:
            self._new(Collects, tool=tool, element_id=key, required=True, why="")
        for key in one.optional:
            self._new(Collects, tool=tool, element_id=key, required=False, why="To show progress.")
        self._tell(self._ago(listed), Event.TOOL_LISTED, "admin", tool, Action.CREATE)

    def _provider(self, name: str, listed: int) -> Provider:
        slug = name.lower().replace(" ", "-")
        provider = Provider(
            public_id=self._id(f"providers/{slug}"),
            slug=slug,
            name=name,
            legal_name=f"{name}, Inc.",
            domain=f"{slug}.example",
            country="US",
            region="Wisconsin" if len(slug) % 2 else "Minnesota",
            privacy_contact="Privacy office",
            privacy_email=f"privacy@{slug}.example",
            security_email=f"security@{slug}.example",
            listed_at=self._ago(listed, 10),
            listed_by_id=self.users["admin"],
        )
        provider.save(using=self.using)
        self._tell(self._ago(listed, 10), Event.PROVIDER_LISTED, "admin", provider, Action.CREATE)
        if name == "Reading Journey":
            contact = Contact(
                public_id=self._id("contacts/reading-journey"),
                provider=provider,
                user_id=self.users["provider"],
                may_sign=True,
                since=self._ago(listed, 12),
                invited_by_id=self.users["admin"],
            )
            contact.save(using=self.using)
            self._tell(self._ago(listed, 12), Event.PROVIDER_CONTACT_INVITED, "admin", contact, Action.CREATE)
        return provider

    def _details(self) -> None:
        """Suppliers, certificates, ways of data and a tool that scores: what the pages show beside the rest."""
        reading, tutor, chimes = self.tools["Reading Journey"], self.tools["Pocket Tutor"], self.tools["Class Chimes"]
        self._new(
            ToolVersion, tool=reading, form=ToolVersion.Form.APPLE, label="4.2", seen_on=self._ago(70).date(), note="Asks for no location."
        )
        self._new(Address, tool=reading, kind=Address.Kind.APPLE, value="1234567890")
        self._new(
            Subprocessor,
            tool=reading,
            name="Great Lakes Hosting",
            country="US",
            does="Keeps the data.",
            elements=sorted(ROSTER),
            since=self._ago(400).date(),
        )
        self._new(
            Subprocessor,
            tool=reading,
            name="Mailbird Relay",
            country="US",
            does="Sends messages to teachers.",
            elements=[],
            since=self._ago(400).date(),
        )
        self._new(
            Mark, tool=reading, kind=Mark.Kind.RATING, issuer="Common Schools Rating", title="Privacy rating", result="81 of 100",
            given_on=self._ago(150).date(), verified=Mark.Verified.ISSUER, verified_at=self._ago(75), verified_by_id=self.users["steward"],
        )  # fmt: skip
        self._new(
            Channel, tool=reading, kind=Channel.Kind.PORTAL, name="", elements=sorted(ROSTER), switched_off_by="The portal, by itself",
            checked_on=self._ago(20).date(), checked_by_id=self.users["admin"], evidence_note="Preview compared with the schedule",
            opened_at=self._ago(68), opened_by_id=self.users["admin"],
        )  # fmt: skip
        self._new(
            Channel, tool=reading, kind=Channel.Kind.SIGN_IN, name="School sign-in", elements=["email", "name"], switched_off_by="Technology office, 715-555-0150",
            checked_on=self._ago(31).date(), checked_by_id=self.users["admin"], evidence_note="Attributes of the sign-in test page",
            opened_at=self._ago(68), opened_by_id=self.users["admin"],
        )  # fmt: skip
        self._new(
            Channel, tool=chimes, kind=Channel.Kind.ROSTER_SERVICE, name="Nightly roster",
            elements=["grade", "guardian-email", "guardian-name", "guardian-phone", "name"],
            switched_off_by="Technology office, 715-555-0150", checked_on=self._ago(12).date(), checked_by_id=self.users["admin"],
            evidence_note="File of the night before", opened_at=self._ago(190), opened_by_id=self.users["admin"],
        )  # fmt: skip
        self._new(
            AutomatedDecision, tool=tutor, kind=AutomatedDecision.Kind.PREDICTS, about="Which exercise fits next, from answers so far",
            educator="The mathematics teacher", notice="The program suggests exercises; the teacher decides what counts.",
            objection="Tell the teacher or call the office. Your child gets exercises chosen by the teacher.",
            reviewed_on=self._ago(6).date(), review_due_on=self.plan.today + dt.timedelta(days=359),
        )  # fmt: skip

    # -- Agreements --------------------------------------------------------------------------------------------------
    def _agreement(self, one: DemoTool) -> None:
        began = min(one.decided + 10, MOST_DAYS)
        signed = self._ago(began)
        tool = self.tools[one.name]
        titles = {
            Kind.NDPA: f"National Data Privacy Agreement with {tool.provider.name}",
            Kind.OFFER: f"General offer of {tool.provider.name}",
            Kind.CONTRACT: f"Contract with {tool.provider.name}",
            Kind.TERMS: f"Terms of use of {one.name}",
        }
        agreement = Agreement(
            public_id=self._id(f"agreements/{tool.slug}"),
            provider=tool.provider,
            kind=one.agreed,
            title=titles[Kind(one.agreed)] + (f": {one.name}" if one.provider == "Trailhead Learning" else ""),
            originator="Cedar Falls School District" if one.agreed == Kind.OFFER else "",
            risk=one.risk,
            risk_words="The provider may change the terms with 30 days' notice, and no clock runs for breaches." if one.risk else "",
            made_at=self._ago(min(began + 6, MOST_DAYS)),
            made_by_id=self.users["admin"],
        )
        agreement.save(using=self.using)
        self.agreements[one.name] = agreement
        version = Version(
            public_id=self._id(f"agreements/{tool.slug}/1"),
            agreement=agreement,
            number=1,
            starts_on=signed.date(),
            ends_on=self.plan.today + dt.timedelta(days=one.ends) if one.ends is not None else None,
            purposes=[PURPOSE],
            breach_hours=None if one.risk else 72,
            breach_words="" if one.risk else "Within 72 hours of confirming an incident, with what is known.",
            disposition_days=None if one.risk else 60,
            inspection_days=None if one.risk else 45,
            audit_days=None if one.risk else 10,
            safeguards=["encrypted-in-transit", "no-sale"] if one.risk else SAFE,
            written_at=agreement.made_at,
            written_by_id=self.users["admin"],
        )
        version.save(using=self.using)
        service = Service(version=version, tool=tool, words=one.summary)
        service.save(using=self.using)
        for key in (*one.collects, *one.optional):
            self._new(ScheduleLine, service=service, element_id=key, required=key in one.collects)
        if one.agreed in {Kind.NDPA, Kind.OFFER}:
            self._new(
                Clause, version=version, part=Clause.Part.STATE, heading="Pupil records", state="US-WI",
                words="The provider keeps to Wis. Stat. s. 118.125. Behavioral records go no later than one year after the student leaves.",
            )  # fmt: skip
            self._new(
                Clause, version=version, part=Clause.Part.DEFINITION, heading="Student data",
                words="Any data that the provider gets from the district or from students and that can be tied to one student.",
            )  # fmt: skip
        version.document = self._document(agreement.title, signed)
        version.text = texts.canonical(version)
        version.sha256 = texts.hash_of(version.text)
        version.sent_at, version.sent_by_id = self._ago(min(began + 4, MOST_DAYS)), self.users["admin"]
        version.save(using=self.using)
        self._sign(version, one, signed)
        version.signed_at = signed
        if one.ended is not None:
            agreement.ended_at, agreement.ended_by_id = self._ago(one.ended), self.users["admin"]
            agreement.ended_because = "The provider began to train its picture models with students' pictures."
            agreement.save(using=self.using)
            self._tell(self._ago(one.ended), Event.AGREEMENT_ENDED, "admin", agreement, Action.UPDATE)
        version.save(using=self.using)

    def _sign(self, version: Version, one: DemoTool, at: dt.datetime) -> None:
        agreement = version.agreement
        if agreement.kind in {Kind.NDPA, Kind.CONTRACT}:
            portal = one.provider == "Reading Journey"
            self._new(
                Signature,
                public_id=self._id(f"signatures/{agreement.public_id}/provider"),
                version=version,
                side=Signature.Side.PROVIDER,
                method=Signature.Method.PORTAL if portal else Signature.Method.PAPER,
                text_sha256=version.sha256,
                name="Alex Moreno" if portal else "Privacy office",
                title="",
                signed_on=at.date(),
                signed_at=at - dt.timedelta(hours=2),
                signed_by_id=self.users["provider" if portal else "admin"],
                second_factor=portal,
                scan=None if portal else self._document(f"{agreement.title}: signature", at),
            )
        self._new(
            Signature,
            public_id=self._id(f"signatures/{agreement.public_id}/district"),
            version=version,
            side=Signature.Side.DISTRICT,
            method=Signature.Method.ACCEPTED if agreement.kind == Kind.TERMS else Signature.Method.PORTAL,
            text_sha256=version.sha256,
            name="Ellen Brandt",
            title="Superintendent",
            signed_on=at.date(),
            signed_at=at,
            signed_by_id=self.users["leader"],
            second_factor=True,
        )
        self._tell(at, Event.AGREEMENT_SIGNED, "leader", agreement, Action.UPDATE)

    def _document(self, title: str, at: dt.datetime) -> Document:
        content = _pdf(title)
        digest = hashlib.sha256(content).hexdigest()
        document = Document(
            public_id=self._id(f"documents/{title}"),
            title=title[:160],
            sha256=digest,
            size=len(content),
            received_at=at,
            received_by_id=self.users["admin"],
        )
        document.save(using=self.using)
        self._new(DocumentContent, document=document, content=content)
        return document

    # -- Reviews -----------------------------------------------------------------------------------------------------
    def _review(self, one: DemoTool) -> None:
        tool = self.tools[one.name]
        waiting = one.state == "waiting"
        opened = self._ago(min(one.decided + (0 if waiting else 9), MOST_DAYS), 9)
        decided = self._ago(one.decided, 14)
        outcomes = Review.Outcome
        limited = one.youngest or one.no_names or one.conditions or one.consent != ConsentNeeded.INFORM
        outcome = "" if waiting else outcomes.REFUSED if one.state == "refused" else outcomes.LIMITED if limited else outcomes.APPROVED
        review = Review(
            public_id=self._id(f"reviews/{tool.slug}"),
            tool=tool,
            because=Review.Because.REQUEST,
            opened_at=opened,
            opened_by_id=self.users["teacher"],
            askers=[self.users["teacher"]],
            reviewer_id=self.users["steward"],
            due_on=workdays.after(opened.date(), 15),
            outcome=outcome,
            reason="" if waiting else one.reason,
            closed_at=None if waiting else decided,
            closed_by_id=None if waiting else self.users["steward"],
        )
        review.save(using=self.using)
        self.reviews[one.name] = review
        self._tell(opened, Event.REVIEW_OPENED, "teacher", review, Action.CREATE)
        items = checklist.items_for(settings.DISTRICT_STATE, collects=not tool.collects_nothing)
        for item in items[:5] if waiting else items:
            unwanted = one.state == "refused" and item.id in {"commercial-use", "automated-decisions", "coppa-school-purpose"}
            unwanted |= item.id == "coppa-under-13" and one.youngest is None and "name" in one.collects
            answer = {"yes": "no", "no": "yes"}[item.wanted] if unwanted else item.wanted
            self._new(Check, review=review, item=item.id, answer=answer, answered_at=decided, answered_by_id=self.users["steward"])
        if waiting:
            return
        if one.state == "refused":
            self._tell(decided, Event.TOOL_REFUSED, "steward", review, Action.UPDATE)
            return
        approval = Approval(
            public_id=self._id(f"approvals/{tool.slug}"),
            tool=tool,
            review=review,
            agreement=self.agreements.get(one.name),
            purposes=[PURPOSE],
            elements=sorted({*one.collects, *one.optional}),
            youngest_age=one.youngest,
            consent=one.consent,
            consent_basis="ferpa-outsourced-official" if one.agreed else "",
            no_names=one.no_names,
            conditions=one.conditions,
            starts_on=decided.date(),
            ends_on=self.plan.today + dt.timedelta(days=365 - one.decided % 90),
            decided_at=decided,
            decided_by_id=self.users["steward"],
        )
        approval.save(using=self.using)
        self._tell(decided, Event.TOOL_APPROVED, "steward", approval, Action.CREATE, elements=tuple(approval.elements))

    # -- What teachers do --------------------------------------------------------------------------------------------
    def _wish(self, number: int, wish: Wish) -> None:
        tool = self.tools.get(wish.tool)
        asked = self._ago(wish.asked, 16)
        roles = {"colleague": Role.TEACHER, "teacher": Role.TEACHER, "counselor": Role.COUNSELOR, "principal": Role.PRINCIPAL}
        row = ToolRequest(
            public_id=self._id(f"wishes/{number}"),
            asker_id=self.users[wish.persona],
            hat=roles[wish.persona],
            tool=tool,
            review=self.reviews.get(wish.tool) if wish.days is None else None,
            name=wish.name or wish.tool,
            link="" if tool else "https://debate-club.example",
            activity=wish.activity,
            accounts=ToolRequest.Accounts.STUDENTS if tool is None or not tool.collects_nothing else ToolRequest.Accounts.NONE,
            sections=self._sections(wish.persona, 2),
            wanted_by=asked.date() + dt.timedelta(days=14),
            used_now="",
            asked_at=asked,
            answered_at=asked + dt.timedelta(days=wish.days) if wish.days is not None else None,
        )
        row.save(using=self.using)
        self._tell(asked, Event.TOOL_REQUESTED, wish.persona, row, Action.CREATE)

    def _use(self, persona: str, name: str, classes: int, *, days: int) -> None:
        use = ToolUse(
            public_id=self._id(f"uses/{persona}/{name}"),
            tool=self.tools[name],
            teacher_id=self.users[persona],
            sections=self._sections(persona, classes),
            starts_on=self._ago(days).date(),
            ends_on=self.plan.today + dt.timedelta(days=26 if name == "Lab Bench" else 200),
            begun_at=self._ago(days),
        )
        use.save(using=self.using)
        self._tell(self._ago(days), Event.TOOL_USE_BEGUN, persona, use, Action.UPDATE)

    def _sections(self, persona: str, most: int) -> list[int]:
        staff = self.plan.person(persona)
        return [section.id for section in self.plan.sections if section.teacher is staff and section.year is self.plan.year][:most]

    def _tell(
        self, at: dt.datetime, event: Event, persona: str, about: models.Model, action: Action, *, elements: tuple[str, ...] | None = None
    ) -> None:
        public = str(getattr(about, "public_id", ""))
        self.looks.append(
            Look(
                at=at,
                event=event,
                actor=self.users[persona],
                hat=None,
                address="10.20.4.18",
                request_id=uuid.uuid5(uuid.NAMESPACE_OID, f"{event} {public} {at.isoformat()}").hex[:16],
                elements=elements,
                action=int(action),
                content_type=ContentType.objects.db_manager(self.using).get_for_model(about).pk,
                object_pk=public,
                object_id=about.pk,
            )
        )


def _pdf(title: str) -> bytes:
    """A one-page PDF that says what it stands for."""
    words = title.encode("ascii", "replace").replace(b"\\", b"").replace(b"(", b"").replace(b")", b"")
    stream = b"BT /F1 16 Tf 60 740 Td (" + words + b") Tj 0 -28 Td /F1 11 Tf (A document of the demo district.) Tj ET"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 4 0 R>>>>/Contents 5 0 R>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length " + str(len(stream)).encode() + b">>\nstream\n" + stream + b"\nendstream",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(content))
        content += str(number).encode() + b" 0 obj\n" + part + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        content
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n"
        + str(len(content)).encode()
        + b"\n%%EOF\n"
    )
