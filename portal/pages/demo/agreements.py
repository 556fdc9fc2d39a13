"""The agreements of the demo's tools: their texts, and who signed them."""

import datetime as dt
import hashlib

from governance.vocabulary import Action, Event
from portal.pages.demo.catalogue import MOST_DAYS, PURPOSE, SAFE, DemoTool, Kind
from portal.pages.demo.past import Past
from vendors.agreements import texts
from vendors.agreements.models import Agreement, Clause, ScheduleLine, Service, Signature, Version
from vendors.providers.models import (
    Document,
    DocumentContent,
    Tool,
)


class Agreements:
    """Writes the agreements; `of_tool` keeps them by the tool's name."""

    def __init__(self, past: Past):
        self.past = past
        self.of_tool: dict[str, Agreement] = {}

    def write(self, one: DemoTool, tool: Tool) -> None:
        """The agreement on which a tool's data may go, signed, and ended where it was."""
        began = min(one.decided + 10, MOST_DAYS)
        signed = self.past.ago(began)
        titles = {
            Kind.NDPA: f"National Data Privacy Agreement with {tool.provider.name}",
            Kind.OFFER: f"General offer of {tool.provider.name}",
            Kind.CONTRACT: f"Contract with {tool.provider.name}",
            Kind.TERMS: f"Terms of use of {one.name}",
        }
        agreement = Agreement(
            public_id=self.past.id_of(f"agreements/{tool.slug}"),
            provider=tool.provider,
            kind=one.agreed,
            title=titles[Kind(one.agreed)] + (f": {one.name}" if one.provider == "Trailhead Learning" else ""),
            originator="Cedar Falls School District" if one.agreed == Kind.OFFER else "",
            risk=one.risk,
            risk_words="The provider may change the terms with 30 days' notice, and no clock runs for breaches." if one.risk else "",
            made_at=self.past.ago(min(began + 6, MOST_DAYS)),
            made_by_id=self.past.users["admin"],
        )
        agreement.save(using=self.past.using)
        self.of_tool[one.name] = agreement
        version = Version(
            public_id=self.past.id_of(f"agreements/{tool.slug}/1"),
            agreement=agreement,
            number=1,
            starts_on=signed.date(),
            ends_on=self.past.plan.today + dt.timedelta(days=one.ends) if one.ends is not None else None,
            purposes=[PURPOSE],
            breach_hours=None if one.risk else 72,
            breach_words="" if one.risk else "Within 72 hours of confirming an incident, with what is known.",
            disposition_days=None if one.risk else 60,
            inspection_days=None if one.risk else 45,
            audit_days=None if one.risk else 10,
            safeguards=["encrypted-in-transit", "no-sale"] if one.risk else SAFE,
            written_at=agreement.made_at,
            written_by_id=self.past.users["admin"],
        )
        version.save(using=self.past.using)
        service = Service(version=version, tool=tool, words=one.summary)
        service.save(using=self.past.using)
        for key in (*one.collects, *one.optional):
            self.past.new(ScheduleLine, service=service, element_id=key, required=key in one.collects)
        if one.agreed in {Kind.NDPA, Kind.OFFER}:
            self.past.new(
                Clause, version=version, part=Clause.Part.STATE, heading="Pupil records", state="US-WI",
                words="The provider keeps to Wis. Stat. s. 118.125. Behavioral records go no later than one year after the student leaves.",
            )  # fmt: skip
            self.past.new(
                Clause, version=version, part=Clause.Part.DEFINITION, heading="Student data",
                words="Any data that the provider gets from the district or from students and that can be tied to one student.",
            )  # fmt: skip
        version.document = self._document(agreement.title, signed)
        version.text = texts.canonical(version)
        version.sha256 = texts.hash_of(version.text)
        version.sent_at, version.sent_by_id = self.past.ago(min(began + 4, MOST_DAYS)), self.past.users["admin"]
        version.save(using=self.past.using)
        self._sign(version, one, signed)
        version.signed_at = signed
        if one.ended is not None:
            agreement.ended_at, agreement.ended_by_id = self.past.ago(one.ended), self.past.users["admin"]
            agreement.ended_because = "The provider began to train its picture models with students' pictures."
            agreement.save(using=self.past.using)
            self.past.tell(self.past.ago(one.ended), Event.AGREEMENT_ENDED, self.past.users["admin"], agreement, Action.UPDATE)
        version.save(using=self.past.using)

    def _sign(self, version: Version, one: DemoTool, at: dt.datetime) -> None:
        agreement = version.agreement
        if agreement.kind in {Kind.NDPA, Kind.CONTRACT}:
            portal = one.provider == "Reading Journey"
            self.past.new(
                Signature,
                public_id=self.past.id_of(f"signatures/{agreement.public_id}/provider"),
                version=version,
                side=Signature.Side.PROVIDER,
                method=Signature.Method.PORTAL if portal else Signature.Method.PAPER,
                text_sha256=version.sha256,
                name="Alex Moreno" if portal else "Privacy office",
                title="",
                signed_on=at.date(),
                signed_at=at - dt.timedelta(hours=2),
                signed_by_id=self.past.users["provider" if portal else "admin"],
                second_factor=portal,
                scan=None if portal else self._document(f"{agreement.title}: signature", at),
            )
        self.past.new(
            Signature,
            public_id=self.past.id_of(f"signatures/{agreement.public_id}/district"),
            version=version,
            side=Signature.Side.DISTRICT,
            method=Signature.Method.ACCEPTED if agreement.kind == Kind.TERMS else Signature.Method.PORTAL,
            text_sha256=version.sha256,
            name="Ellen Brandt",
            title="Superintendent",
            signed_on=at.date(),
            signed_at=at,
            signed_by_id=self.past.users["leader"],
            second_factor=True,
        )
        self.past.tell(at, Event.AGREEMENT_SIGNED, self.past.users["leader"], agreement, Action.UPDATE)

    def _document(self, title: str, at: dt.datetime) -> Document:
        content = _pdf(title)
        digest = hashlib.sha256(content).hexdigest()
        document = Document(
            public_id=self.past.id_of(f"documents/{title}"),
            title=title[:160],
            sha256=digest,
            size=len(content),
            received_at=at,
            received_by_id=self.past.users["admin"],
        )
        document.save(using=self.past.using)
        self.past.new(DocumentContent, document=document, content=content)
        return document


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
