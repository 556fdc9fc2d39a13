"""`campaign_20k`: seconds until a campaign has every family in the queue, each once; begun again in the middle, it asks nobody twice."""

import datetime as dt
import time
import uuid
from contextlib import closing
from typing import Any

from django.db import connection, transaction

from governance.people.models import User
from portal.base import clock
from tests.bench import harness, seeds
from vendors.consents import actions, campaigns
from vendors.consents.models import Asked, Campaign, Matter, Telling

BAR = 60.0


class _Killed(Exception):
    pass


def run(full: bool) -> list[harness.Line]:
    """Families of one child each, all with an account. The first start is cut off before it commits, the second one counts."""
    families = 20_000 if full else 4_000
    with closing(harness.owner()) as owner, owner.cursor() as cursor:
        seeds.students(cursor, families, names=False)
        families_of(cursor, families)
    by, at = User.objects.order_by("pk").first(), clock.now()
    assert by is not None
    form = actions.publish_for_everybody(subject=Matter.Subject.DIRECTORY, by=by, at=at)
    key = uuid.uuid4()

    def start() -> Campaign:
        answer_by = clock.today() + dt.timedelta(days=20)
        return campaigns.start(form=form, sections=[], answer_by=answer_by, remind_on=[], key=key, by=by, at=clock.now())

    try:
        with transaction.atomic():
            start()
            raise _Killed
    except _Killed:
        connection.close()
    begun = time.perf_counter()
    made = start()
    seconds = time.perf_counter() - begun
    start()
    assert Asked.objects.filter(campaign=made).count() == families
    queued = Telling.objects.filter(campaign=made).count()
    assert queued == Telling.objects.values("user").distinct().count() == families
    return [
        harness.line(
            "campaign_20k", seconds, "s until every family is queued", bar=BAR, better="lower", n=1, spread=[seconds, seconds],
            families=families, queued=queued, twice=0,
        )
    ]  # fmt: skip


def families_of(cursor: Any, number: int) -> None:
    """A guardian with an account for each student, from the account 1,000,001 on."""
    cursor.execute(
        f"""
        INSERT INTO people_user(id, password, is_superuser, public_id, email, name, title, staff_number, language, is_active, joined_at, session_era)
          SELECT 1000000 + n, '', false, gen_random_uuid(), 'family' || n || '@bench.example', 'Family ' || n, '', '', 'en', true, now(), 0
          FROM generate_series(1, {number}) n;
        INSERT INTO records_guardianship(student_id, guardian_id, user_id, limit_elements)
          SELECT n, n, 1000000 + n, '{{}}' FROM generate_series(1, {number}) n;
        """
    )
    cursor.execute("VACUUM ANALYZE")
