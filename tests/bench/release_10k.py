"""`release_10k`: 10,000 students with 12 elements through the sharing gate, each with its line, against COPY of the same columns by the owner.

Both sides read the same elements of the same students in the same database, in turn. The gate's side is the whole release: permit, families' word,
lines and entries on disk, then the bundle as a tool gets it (users, demographics and roles of OneRoster with ids made for the tool, compressed). The
other side is one SELECT into one plain file: no line, no id, no second file, no zip. So what the format costs counts against the gate.
"""

import datetime as dt
import io
import itertools
import uuid
from contextlib import closing

from django.utils import timezone

from governance.people.models import User
from governance.vocabulary import Role
from portal.base import clock
from tests.bench import harness, seeds
from vendors.agreements.models import Agreement, ScheduleLine, Service, Signature, Version
from vendors.providers.models import Channel, Provider, Tool
from vendors.reviews.models import Approval, Review
from vendors.sharing import bundles, gate
from vendors.sharing.models import Delivery, Release

BAR, MEMORY_BAR = 6.0, 150.0
PURPOSE = "online-learning-tool"
VALUES = ("language", "graduation-year", "attendance", "programs")
ELEMENTS = ("name", "preferred-name", "local-id", "email", "username", "grade", "birth-date", "school", *VALUES)
# The same columns, by a login that may read them all and records nothing.
_COPY = f"""COPY (
  SELECT s.public_id, i.given_name, i.middle_name, i.family_name, i.preferred_name, i.local_id, i.email, i.username, i.grade, i.birth_date, s.school_id,
    {", ".join(f"max(v.value) FILTER (WHERE v.element = '{key}')" for key in VALUES)}
  FROM records_student s JOIN records.identity i ON i.student_id = s.id LEFT JOIN records.value v ON v.student_id = s.id AND v.element IN {VALUES}
  GROUP BY s.id, i.student_id) TO STDOUT (FORMAT csv, HEADER)"""


def run(full: bool) -> list[harness.Line]:
    """The whole of a release and the bare COPY in turn."""
    students, rounds = (10_000, 9) if full else (3_000, 5)
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, students)
        cursor.execute("GRANT portal_door TO CURRENT_USER")
        cursor.execute("SET ROLE portal_door")
        for key in VALUES:
            cursor.execute(
                "INSERT INTO records.value(student_id, element, item, value, source) SELECT n, %s, '', 'Value ' || n %% 97, 'bench' FROM generate_series(1, %s) n",
                [key, students],
            )
        cursor.execute("RESET ROLE")
        cursor.execute("VACUUM ANALYZE")
    harness.lift_ceiling()
    delivery = _delivery()
    reach = gate.Reach((), tuple(range(1, students + 1)), ())
    numbers = itertools.count(1)

    def by_gate() -> None:
        release = Release.objects.create(delivery=delivery, asked_at=clock.now(), asked_by=delivery.opened_by)
        batches = gate.release(delivery, release, reach.students, by=delivery.opened_by)
        content = bundles.make(delivery.tool, reach, batches, at=clock.now())
        assert release.children == students and len(content) > 10 * students, next(numbers)

    with closing(harness.owner()) as reader, reader.cursor() as copy:
        copy.execute("SET ROLE portal_door")

        def by_copy() -> None:
            target = io.BytesIO()
            copy.copy_expert(_COPY, target)
            assert target.getvalue().count(b"\n") == students + 1

        by_gate()
        before = harness.memory()
        taken = harness.interleaved({"gate": by_gate, "copy": by_copy}, rounds)
    ratio, spread = harness.ratios(taken["gate"], taken["copy"])
    more = {"students": students, "elements": len(ELEMENTS)}
    grown = max(0.0, harness.peak_memory() - before)
    return [
        harness.line("release_10k", ratio, "x COPY of the same columns", bar=BAR, better="lower", n=rounds, spread=spread, **more),
        harness.line(
            "release_10k_memory", harness.peak_memory(), "MiB of the process", bar=MEMORY_BAR, better="lower", n=1,
            spread=(grown, harness.peak_memory()), **more,
        ),
    ]  # fmt: skip


def _delivery() -> Delivery:
    """A tool with an agreement in force, an approval, and a delivery, as rows."""
    now, today, someone = timezone.now(), clock.today(), User.objects.order_by("pk")[0]
    provider = Provider.objects.create(slug="bench", name="Bench", listed_at=now)
    tool = Tool.objects.create(slug="bench", provider=provider, name="Bench", purposes=[PURPOSE], listed_at=now)
    agreement = Agreement.objects.create(provider=provider, kind="ndpa", title="Bench", made_at=now)
    version = Version.objects.create(
        agreement=agreement, number=1, starts_on=today - dt.timedelta(days=9), purposes=[PURPOSE], written_at=now
    )  # fmt: skip
    service = Service.objects.create(version=version, tool=tool)
    for key in ELEMENTS:
        ScheduleLine.objects.create(service=service, element_id=key)
    version.text, version.sha256, version.sent_at, version.sent_by, version.signed_at = "x", "0" * 64, now, someone, now
    version.save()
    for side in Signature.Side.values:
        Signature.objects.create(
            version=version,
            side=side,
            method="portal",
            text_sha256="0" * 64,
            name="Bench",
            signed_on=today,
            signed_at=now,
            signed_by=someone,
        )
    review = Review.objects.create(
        tool=tool, because="district", opened_at=now, due_on=today, outcome="approved", reason="x", closed_at=now, closed_by=someone
    )
    Approval.objects.create(
        tool=tool, review=review, agreement=agreement, purposes=[PURPOSE], elements=list(ELEMENTS), starts_on=today, ends_on=today, decided_at=now,
        decided_by=someone,
    )  # fmt: skip
    channel = Channel.objects.create(tool=tool, kind="portal", switched_off_by="The portal", opened_at=now)
    return Delivery.objects.create(
        public_id=uuid.uuid4(), tool=tool, channel=channel, purpose=PURPOSE, opened_at=now, opened_by=someone, hat=Role.DISTRICT_ADMIN
    )
