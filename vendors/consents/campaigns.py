"""Asking many families at once. All of it is set-based and can be run again: each family is asked once, told once a round."""

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from governance.people.models import User
from governance.people.queries import day_of
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base.errors import CannotDo
from vendors.consents.models import Campaign, Form

MOST_REMINDERS = 3
LONGEST_DAYS = 120


class CannotAsk(CannotDo):
    """Families were not asked."""


@transaction.atomic
def start(
    *, form: Form, sections: Collection[int], answer_by: dt.date, remind_on: Collection[dt.date], key: UUID, by: User, at: dt.datetime
) -> Campaign:
    """Ask the families of these classes (of all students without any) about the text in use. The same `key` again gives the same campaign.

    Every family gets one e-mail for all its children, without a name in it; who has no account stands on the list for paper. Raises CannotAsk
    for a text that is no longer in use, days that do not fit, and more than three reminders.
    """
    found = Campaign.objects.filter(key=key).first()
    if found is not None:
        if found.started_by_id != by.pk:
            raise CannotAsk(_("This page was sent already by somebody else."), code="key_used")
        return found
    on = day_of(at)
    days = sorted(set(remind_on))
    Form.objects.select_for_update().get(pk=form.pk)
    form.refresh_from_db()
    if form.replaced_at is not None:
        raise CannotAsk(_("The text has changed meanwhile. Open the page again."), code="old_text")
    if not on < answer_by <= on + dt.timedelta(days=LONGEST_DAYS):
        raise CannotAsk(_("Give families a day from tomorrow on, at most 120 days ahead."), code="answer_by")
    if form.window_days and answer_by < on + dt.timedelta(days=form.window_days):
        raise CannotAsk(_("Families have %(count)s days to say no. Choose a later day.") % {"count": form.window_days}, code="window")
    if len(days) > MOST_REMINDERS or any(not on < day <= answer_by for day in days):
        raise CannotAsk(_("At most three reminders, each between tomorrow and the day by which you need an answer."), code="reminders")
    made = Campaign.objects.create(
        key=key,
        matter=form.matter,
        form=form,
        sections=sorted(set(sections)),
        answer_by=answer_by,
        remind_on=days,
        started_at=at,
        started_by=by,
    )
    asked = ask(made, at=at)
    entries.append(
        Event.CAMPAIGN_STARTED,
        action=Action.CREATE,
        by=by,
        about=made,
        data={"matter": str(form.matter.public_id), "sha256": form.sha256, "classes": len(made.sections), "students": asked},
    )
    return made


@transaction.atomic
def end(*, campaign: UUID, by: User, at: dt.datetime) -> Campaign:
    """No more reminders, and nobody new is asked. What was answered stands. Twice changes nothing."""
    found = Campaign.objects.select_for_update(of=("self",)).get(public_id=campaign)
    if found.ended_at is None:
        found.ended_at, found.ended_by = at, by
        found.save(update_fields=["ended_at", "ended_by"])
        entries.append(Event.CAMPAIGN_ENDED, action=Action.UPDATE, by=by, about=found)
    return found


def ask(campaign: Campaign, *, at: dt.datetime) -> int:
    """Ask whoever belongs to the campaign and was not asked yet: at the start everybody, later who came new, with the whole time to say no.

    Answers how many students were new. In the open transaction; again, or twice at the same time, asks nobody twice.
    """
    on = day_of(at)
    facts: dict[str, Any] = {
        "campaign": campaign.pk,
        "matter": campaign.matter_id,
        "sections": campaign.sections,
        "everybody": not campaign.sections,
        "on": on,
        "at": at,
        # Each family has the whole window from the day on which it is asked (34 CFR 99.37(a)(3); Wis. Stat. 118.125(2)(j)).
        "closes_on": max(campaign.answer_by, on + dt.timedelta(days=campaign.form.window_days)) if campaign.form.window_days else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ASK, facts)
        new = cursor.rowcount
        if new:
            cursor.execute(_STANDINGS, facts)
            cursor.execute(_TELL_NEW, facts)
    return new


@transaction.atomic
def remind(*, campaign: Campaign, at: dt.datetime) -> int:
    """Put the reminder that is due into the queue, for families with a child that waits for an answer; each once a round. Answers how many."""
    held = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    on = day_of(at)
    number = sum(day <= on for day in held.remind_on)
    if held.ended_at is not None or not number or held.answer_by < on:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_REMIND, {"campaign": held.pk, "matter": held.matter_id, "round": number, "on": on, "at": at})
        told = cursor.rowcount
    if told:
        entries.append(Event.CAMPAIGN_REMINDED, action=Action.UPDATE, by=None, about=held, data={"round": number, "families": told})
    return told


def look_round(*, at: dt.datetime) -> None:
    """What beat asks: of every open campaign, who came new, and which reminder is due."""
    on = day_of(at)
    for campaign in Campaign.objects.filter(ended_at=None, answer_by__gte=on).select_related("form").order_by("pk"):
        with transaction.atomic():
            ask(campaign, at=at)
        remind(campaign=campaign, at=at)


# Who may be written to about a student: guardians with an account, the right to consent and to be contacted, and no order in force that takes
# the record away; from 18 on the student alone.
_TO_TELL = """
    SELECT link.user_id, link.student_id FROM records_guardianship link
    WHERE link.ended_at IS NULL AND link.user_id IS NOT NULL AND link.may_consent AND link.may_be_contacted
      AND NOT (link."limit" = 'placement_denied' AND (link.limit_ends_on IS NULL OR link.limit_ends_on >= %(on)s))
      AND NOT EXISTS (SELECT FROM records_ownrecord own WHERE own.student_id = link.student_id AND own.eligible_since <= %(on)s)
    UNION ALL
    SELECT own.user_id, own.student_id FROM records_ownrecord own WHERE own.eligible_since <= %(on)s
"""
_ASK = f"""
    INSERT INTO consents_asked (campaign_id, student_id, on_paper, asked_at)
    SELECT %(campaign)s, student.id, NOT EXISTS (SELECT FROM ({_TO_TELL}) told WHERE told.student_id = student.id), %(at)s
    FROM records_student student
    WHERE student.left_on IS NULL
      AND (%(everybody)s OR EXISTS (
        SELECT FROM records_enrollment e WHERE e.student_id = student.id AND e.section_id = ANY(%(sections)s::bigint[])
          AND (e.begins IS NULL OR e.begins <= %(on)s) AND (e.ends IS NULL OR e.ends >= %(on)s)))
      AND NOT EXISTS (SELECT FROM consents_asked asked WHERE asked.campaign_id = %(campaign)s AND asked.student_id = student.id)
    ORDER BY student.id
    ON CONFLICT DO NOTHING
"""  # nosec B608 - our own text
_STANDINGS = """
    INSERT INTO consents_standing (student_id, matter_id, told_at, closes_on)
    SELECT asked.student_id, %(matter)s, %(at)s, %(closes_on)s FROM consents_asked asked
    WHERE asked.campaign_id = %(campaign)s AND asked.asked_at = %(at)s
    ORDER BY asked.student_id
    ON CONFLICT (student_id, matter_id) DO UPDATE SET told_at = excluded.told_at, closes_on = excluded.closes_on
    WHERE consents_standing.told_at IS NULL
"""
_TELL_NEW = f"""
    INSERT INTO consents_telling (campaign_id, user_id, round, queued_at)
    SELECT DISTINCT %(campaign)s::bigint, told.user_id, 0, %(at)s::timestamptz
    FROM consents_asked asked JOIN ({_TO_TELL}) told ON told.student_id = asked.student_id
    WHERE asked.campaign_id = %(campaign)s AND asked.asked_at = %(at)s
    ON CONFLICT DO NOTHING
"""  # nosec B608 - our own text
_REMIND = f"""
    INSERT INTO consents_telling (campaign_id, user_id, round, queued_at)
    SELECT DISTINCT %(campaign)s::bigint, told.user_id, %(round)s, %(at)s::timestamptz
    FROM consents_asked asked JOIN ({_TO_TELL}) told ON told.student_id = asked.student_id
    WHERE asked.campaign_id = %(campaign)s
      AND NOT EXISTS (SELECT FROM consents_standing s WHERE s.student_id = asked.student_id AND s.matter_id = %(matter)s AND s.state <> '')
    ON CONFLICT DO NOTHING
"""  # nosec B608 - our own text
