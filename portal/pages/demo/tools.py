"""The tools of the demo district: the catalog, reviews and what teachers asked for, in every state."""

import datetime as dt

from django.conf import settings

from governance.vocabulary import Action, Event, Role
from portal.base import workdays
from portal.pages.demo.agreements import Agreements
from portal.pages.demo.catalogue import GUIDANCE, MOST_DAYS, PURPOSE, ROSTER, TOOLS, WISHES, DemoTool, Wish
from portal.pages.demo.looks import Look
from portal.pages.demo.past import Past
from portal.pages.demo.plan import Plan
from vendors.providers.models import (
    Address,
    AutomatedDecision,
    Channel,
    Collects,
    Contact,
    Mark,
    Provider,
    Subprocessor,
    Tool,
    ToolVersion,
)
from vendors.reviews import checklist
from vendors.reviews.models import Alternative, Approval, Check, ConsentNeeded, Guidance, Review
from vendors.tool_requests.models import ToolRequest, ToolUse


def make(plan: Plan, users: dict[str, int], *, now: dt.datetime, using: str) -> list[Look]:
    """Write the rows; the entries of the trail that go with them."""
    return _Maker(Past(plan, users, now=now, using=using, address="10.20.4.18", hour=11)).make()


class _Maker:
    def __init__(self, past: Past):
        self.past = past
        self.agreements = Agreements(past)
        self.providers: dict[str, Provider] = {}
        self.tools: dict[str, Tool] = {}
        self.reviews: dict[str, Review] = {}

    def make(self) -> list[Look]:
        """See `make` of the module."""
        for one in TOOLS:
            self._tool(one)
        for one in TOOLS:
            if one.agreed:
                self.agreements.write(one, self.tools[one.name])
            if one.state in {"approved", "refused", "waiting"}:
                self._review(one)
        for one in TOOLS:
            for name in one.instead:
                self.past.new(Alternative, tool=self.tools[one.name], instead=self.tools[name], why="For the same lessons.")
        for name, words in GUIDANCE.items():
            self.past.new(Guidance, tool=self.tools[name], written_at=self.past.ago(60), written_by_id=self.past.users["steward"], **words)
        self._details()
        for number, wish in enumerate(WISHES):
            self._wish(number, wish)
        self._use("teacher", "Reading Journey", 2, days=68)
        self._use("teacher", "Lab Bench", 3, days=225)
        self._use("colleague", "Check-In Cards", 2, days=80)
        return self.past.looks

    def _tool(self, one: DemoTool) -> None:
        listed = min(one.decided + 30, MOST_DAYS)
        provider = self.providers.get(one.provider)
        if provider is None:
            provider = self.providers[one.provider] = self._provider(one.provider, listed)
        slug = one.name.lower().replace(" ", "-")
        nothing = not one.collects and not one.optional
        retired = one.state == "retired"
        tool = Tool(
            public_id=self.past.id_of(f"tools/{slug}"),
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
            decides_nothing_on=self.past.ago(one.decided).date() if one.state == "approved" else None,
            listed_at=self.past.ago(listed),
            listed_by_id=self.past.users["admin"],
            retired_at=self.past.ago(200) if retired else None,
            retired_by_id=self.past.users["admin"] if retired else None,
            retired_because="The provider stopped it." if retired else "",
        )
        tool.save(using=self.past.using)
        self.tools[one.name] = tool
        self.past.new(Address, tool=tool, kind=Address.Kind.DOMAIN, value=f"{slug}.example")
        self.past.new(ToolVersion, tool=tool, form=ToolVersion.Form.WEB, seen_on=self.past.ago(listed).date())
        for key in one.collects:
            self.past.new(Collects, tool=tool, element_id=key, required=True, why="")
        for key in one.optional:
            self.past.new(Collects, tool=tool, element_id=key, required=False, why="To show progress.")
        self.past.tell(self.past.ago(listed), Event.TOOL_LISTED, self.past.users["admin"], tool, Action.CREATE)

    def _provider(self, name: str, listed: int) -> Provider:
        slug = name.lower().replace(" ", "-")
        provider = Provider(
            public_id=self.past.id_of(f"providers/{slug}"),
            slug=slug,
            name=name,
            legal_name=f"{name}, Inc.",
            domain=f"{slug}.example",
            country="US",
            region="Wisconsin" if len(slug) % 2 else "Minnesota",
            privacy_contact="Privacy office",
            privacy_email=f"privacy@{slug}.example",
            security_email=f"security@{slug}.example",
            listed_at=self.past.ago(listed, 10),
            listed_by_id=self.past.users["admin"],
        )
        provider.save(using=self.past.using)
        self.past.tell(self.past.ago(listed, 10), Event.PROVIDER_LISTED, self.past.users["admin"], provider, Action.CREATE)
        if name == "Reading Journey":
            contact = Contact(
                public_id=self.past.id_of("contacts/reading-journey"),
                provider=provider,
                user_id=self.past.users["provider"],
                may_sign=True,
                since=self.past.ago(listed, 12),
                invited_by_id=self.past.users["admin"],
            )
            contact.save(using=self.past.using)
            self.past.tell(self.past.ago(listed, 12), Event.PROVIDER_CONTACT_INVITED, self.past.users["admin"], contact, Action.CREATE)
        return provider

    def _details(self) -> None:
        """Suppliers, certificates, ways of data and a tool that scores: what the pages show beside the rest."""
        reading, tutor, chimes = self.tools["Reading Journey"], self.tools["Pocket Tutor"], self.tools["Class Chimes"]
        self.past.new(
            ToolVersion,
            tool=reading,
            form=ToolVersion.Form.APPLE,
            label="4.2",
            seen_on=self.past.ago(70).date(),
            note="Asks for no location.",
        )
        self.past.new(Address, tool=reading, kind=Address.Kind.APPLE, value="1234567890")
        self.past.new(
            Subprocessor,
            tool=reading,
            name="Great Lakes Hosting",
            country="US",
            does="Keeps the data.",
            elements=sorted(ROSTER),
            since=self.past.ago(400).date(),
        )
        self.past.new(
            Subprocessor,
            tool=reading,
            name="Mailbird Relay",
            country="US",
            does="Sends messages to teachers.",
            elements=[],
            since=self.past.ago(400).date(),
        )
        self.past.new(
            Mark, tool=reading, kind=Mark.Kind.RATING, issuer="Common Schools Rating", title="Privacy rating", result="81 of 100",
            given_on=self.past.ago(150).date(), verified=Mark.Verified.ISSUER, verified_at=self.past.ago(75), verified_by_id=self.past.users["steward"],
        )  # fmt: skip
        self.past.new(
            Channel, tool=reading, kind=Channel.Kind.PORTAL, name="", elements=sorted(ROSTER), switched_off_by="The portal, by itself",
            checked_on=self.past.ago(20).date(), checked_by_id=self.past.users["admin"], evidence_note="Preview compared with the schedule",
            opened_at=self.past.ago(68), opened_by_id=self.past.users["admin"],
        )  # fmt: skip
        self.past.new(
            Channel, tool=reading, kind=Channel.Kind.SIGN_IN, name="School sign-in", elements=["email", "name"], switched_off_by="Technology office, 715-555-0150",
            checked_on=self.past.ago(31).date(), checked_by_id=self.past.users["admin"], evidence_note="Attributes of the sign-in test page",
            opened_at=self.past.ago(68), opened_by_id=self.past.users["admin"],
        )  # fmt: skip
        self.past.new(
            Channel, tool=chimes, kind=Channel.Kind.ROSTER_SERVICE, name="Nightly roster",
            elements=["grade", "guardian-email", "guardian-name", "guardian-phone", "name"],
            switched_off_by="Technology office, 715-555-0150", checked_on=self.past.ago(12).date(), checked_by_id=self.past.users["admin"],
            evidence_note="File of the night before", opened_at=self.past.ago(190), opened_by_id=self.past.users["admin"],
        )  # fmt: skip
        self.past.new(
            AutomatedDecision, tool=tutor, kind=AutomatedDecision.Kind.PREDICTS, about="Which exercise fits next, from answers so far",
            educator="The mathematics teacher", notice="The program suggests exercises; the teacher decides what counts.",
            objection="Tell the teacher or call the office. Your child gets exercises chosen by the teacher.",
            reviewed_on=self.past.ago(6).date(), review_due_on=self.past.plan.today + dt.timedelta(days=359),
        )  # fmt: skip

    def _review(self, one: DemoTool) -> None:
        tool = self.tools[one.name]
        waiting = one.state == "waiting"
        opened = self.past.ago(min(one.decided + (0 if waiting else 9), MOST_DAYS), 9)
        decided = self.past.ago(one.decided, 14)
        outcomes = Review.Outcome
        limited = one.youngest or one.no_names or one.conditions or one.consent != ConsentNeeded.INFORM
        outcome = "" if waiting else outcomes.REFUSED if one.state == "refused" else outcomes.LIMITED if limited else outcomes.APPROVED
        review = Review(
            public_id=self.past.id_of(f"reviews/{tool.slug}"),
            tool=tool,
            because=Review.Because.REQUEST,
            opened_at=opened,
            opened_by_id=self.past.users["teacher"],
            askers=[self.past.users["teacher"]],
            reviewer_id=self.past.users["steward"],
            due_on=workdays.after(opened.date(), 15),
            outcome=outcome,
            reason="" if waiting else one.reason,
            closed_at=None if waiting else decided,
            closed_by_id=None if waiting else self.past.users["steward"],
        )
        review.save(using=self.past.using)
        self.reviews[one.name] = review
        self.past.tell(opened, Event.REVIEW_OPENED, self.past.users["teacher"], review, Action.CREATE)
        items = checklist.items_for(settings.DISTRICT_STATE, collects=not tool.collects_nothing)
        for item in items[:5] if waiting else items:
            unwanted = one.state == "refused" and item.id in {"commercial-use", "automated-decisions", "coppa-school-purpose"}
            unwanted |= item.id == "coppa-under-13" and one.youngest is None and "name" in one.collects
            answer = {"yes": "no", "no": "yes"}[item.wanted] if unwanted else item.wanted
            self.past.new(Check, review=review, item=item.id, answer=answer, answered_at=decided, answered_by_id=self.past.users["steward"])
        if waiting:
            return
        if one.state == "refused":
            self.past.tell(decided, Event.TOOL_REFUSED, self.past.users["steward"], review, Action.UPDATE)
            return
        approval = Approval(
            public_id=self.past.id_of(f"approvals/{tool.slug}"),
            tool=tool,
            review=review,
            agreement=self.agreements.of_tool.get(one.name),
            purposes=[PURPOSE],
            elements=sorted({*one.collects, *one.optional}),
            youngest_age=one.youngest,
            consent=one.consent,
            consent_basis="ferpa-outsourced-official" if one.agreed else "",
            no_names=one.no_names,
            conditions=one.conditions,
            starts_on=decided.date(),
            ends_on=self.past.plan.today + dt.timedelta(days=365 - one.decided % 90),
            decided_at=decided,
            decided_by_id=self.past.users["steward"],
        )
        approval.save(using=self.past.using)
        self.past.tell(decided, Event.TOOL_APPROVED, self.past.users["steward"], approval, Action.CREATE, elements=tuple(approval.elements))

    def _wish(self, number: int, wish: Wish) -> None:
        tool = self.tools.get(wish.tool)
        asked = self.past.ago(wish.asked, 16)
        roles = {"colleague": Role.TEACHER, "teacher": Role.TEACHER, "counselor": Role.COUNSELOR, "principal": Role.PRINCIPAL}
        row = ToolRequest(
            public_id=self.past.id_of(f"wishes/{number}"),
            asker_id=self.past.users[wish.persona],
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
        row.save(using=self.past.using)
        self.past.tell(asked, Event.TOOL_REQUESTED, self.past.users[wish.persona], row, Action.CREATE)

    def _use(self, persona: str, name: str, classes: int, *, days: int) -> None:
        use = ToolUse(
            public_id=self.past.id_of(f"uses/{persona}/{name}"),
            tool=self.tools[name],
            teacher_id=self.past.users[persona],
            sections=self._sections(persona, classes),
            starts_on=self.past.ago(days).date(),
            ends_on=self.past.plan.today + dt.timedelta(days=26 if name == "Lab Bench" else 200),
            begun_at=self.past.ago(days),
        )
        use.save(using=self.past.using)
        self.past.tell(self.past.ago(days), Event.TOOL_USE_BEGUN, self.past.users[persona], use, Action.UPDATE)

    def _sections(self, persona: str, most: int) -> list[int]:
        staff = self.past.plan.person(persona)
        return [section.id for section in self.past.plan.sections if section.teacher is staff and section.year is self.past.plan.year][
            :most
        ]
