"""An agreement from the first text to the end, on the real database with the application's own login."""

import datetime as dt
import json
import zoneinfo
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction

from portal.base import clock, outbox
from tests.governance.situations import person
from tests.vendors.situations import (
    DISTRICT,
    PROVIDER,
    contact_of,
    day,
    document,
    drafted,
    in_force,
    sent,
    sign,
    signed,
    tool,
    trail,
)
from vendors.agreements import actions, notices, queries, texts
from vendors.agreements.actions import CannotChange, CannotSign
from vendors.agreements.models import Agreement, Clause, ExpiryNotice, Version
from vendors.agreements.states import State

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True  # nobody in the demo has a second factor; what happens without is tried below


def state(agreement: Agreement, at: dt.datetime | None = None) -> State:
    held = queries.find(agreement.public_id, at=at or clock.now())
    assert held is not None
    return held.standing.state


# -- From the draft to the signatures ----------------------------------------------------------------------------------------------


def test_a_text_is_written_sent_and_signed_by_both_sides() -> None:
    agreement = drafted(tool())
    contact = contact_of(agreement.provider)
    assert state(agreement) is State.DRAFT
    version = sent(agreement)
    assert state(agreement) is State.WAITING_PROVIDER
    assert texts.hash_of(version.text) == version.sha256
    sign(agreement, PROVIDER, by=contact)
    assert state(agreement) is State.WAITING_DISTRICT
    assert queries.in_force(agreement, clock.now()) is None
    sign(agreement, DISTRICT, by=person("leader"))
    assert state(agreement) is State.IN_FORCE
    assert queries.in_force(agreement, clock.now()) == version
    assert [entry["data"]["complete"] for entry in trail("vendors.agreement.signed", agreement.public_id)] == [False, True]


def test_the_text_says_everything_that_was_agreed() -> None:
    reader = tool()
    agreement = drafted(reader, breach_words="within three days")
    actions.add_clause(
        agreement=agreement.public_id,
        part=Clause.Part.STATE,
        heading="Wisconsin",
        words="s. 118.125",
        state="US-WI",
        by=person("admin"),
        at=clock.now(),
    )
    actions.attach(agreement=agreement.public_id, document=document(), by=person("admin"), at=clock.now())
    form, content = json.loads(sent(agreement).text)
    assert form == "agreement/1"
    assert content["terms"]["breach_hours"] == 72 and content["terms"]["breach_words"] == "within three days"
    assert content["services"][0]["tool"] == str(reader.public_id)
    assert [line[0] for line in content["services"][0]["schedule"]] == ["grade", "local-id", "name"]
    assert content["clauses"] == [["G", "Wisconsin", "s. 118.125", "US-WI"]]
    assert len(content["document"]) == 64


def test_what_is_not_complete_is_not_sent() -> None:
    agreement = drafted(tool(), elements=())
    with pytest.raises(CannotChange) as refusal:
        sent(agreement)
    assert refusal.value.code == "no_schedule"
    assert state(agreement) is State.DRAFT


def test_a_text_that_was_sent_is_closed_by_the_database_too() -> None:
    reader = tool()
    agreement = drafted(reader)
    version = sent(agreement)
    with pytest.raises(CannotChange) as refusal:
        actions.write_terms(agreement=agreement.public_id, breach_hours=500, by=person("admin"), at=clock.now())
    assert refusal.value.code == "closed"
    for sql in (
        "UPDATE agreements_version SET breach_hours = 500 WHERE id = %s",
        "DELETE FROM agreements_version WHERE id = %s",
        "UPDATE agreements_service SET words = 'more' WHERE version_id = %s",
        "DELETE FROM agreements_service WHERE version_id = %s",
        "DELETE FROM agreements_scheduleline WHERE service_id IN (SELECT id FROM agreements_service WHERE version_id = %s)",
        "INSERT INTO agreements_clause (version_id, part, heading, words, state, \"order\") VALUES (%s, 'H', 'x', 'y', '', 0)",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [version.pk])


def test_a_text_nobody_signed_can_be_taken_back_and_changed() -> None:
    agreement = drafted(tool())
    first = sent(agreement).sha256
    actions.take_back(agreement=agreement.public_id, by=person("admin"), at=clock.now())
    actions.write_terms(agreement=agreement.public_id, breach_hours=48, by=person("admin"), at=clock.now())
    assert sent(agreement).sha256 != first
    sign(agreement, PROVIDER, by=contact_of(agreement.provider))
    with pytest.raises(CannotChange) as refusal:
        actions.take_back(agreement=agreement.public_id, by=person("admin"), at=clock.now())
    assert refusal.value.code == "signed"


def test_a_signature_under_an_old_text_is_refused_with_words_and_recorded() -> None:
    agreement = drafted(tool())
    contact = contact_of(agreement.provider)
    old = sent(agreement).sha256
    actions.take_back(agreement=agreement.public_id, by=person("admin"), at=clock.now())
    actions.write_terms(agreement=agreement.public_id, breach_hours=240, by=person("admin"), at=clock.now())
    sent(agreement)
    with pytest.raises(CannotSign) as refusal:
        sign(agreement, PROVIDER, by=contact, sha256=old)
    assert refusal.value.code == "other_text" and "has changed" in refusal.value.what_to_do
    assert not Version.objects.get(agreement=agreement).signatures.exists()
    (entry,) = trail("vendors.agreement.signature_refused", agreement.public_id)
    assert entry["data"] == {"why": "other_text", "side": "provider"} and entry["actor"] == contact.pk


def test_an_amendment_signed_against_the_text_before_it_is_refused() -> None:
    agreement = in_force(tool())
    before = agreement.versions.get().sha256
    actions.amend(agreement=agreement.public_id, by=person("admin"), at=clock.now())
    actions.write_terms(agreement=agreement.public_id, breach_hours=24, by=person("admin"), at=clock.now())
    sent(agreement)
    with pytest.raises(CannotSign) as refusal:
        sign(agreement, DISTRICT, by=person("admin"), sha256=before)
    assert refusal.value.code == "other_text"
    assert trail("vendors.agreement.signature_refused", agreement.public_id)


def test_a_forged_signature_is_refused_by_the_database() -> None:
    agreement = drafted(tool())
    version = sent(agreement)
    insert = (
        "INSERT INTO agreements_signature (public_id, version_id, side, method, text_sha256, name, title, signed_on, signed_at, signed_by_id, second_factor)"
        " VALUES (gen_random_uuid(), %s, 'district', 'portal', %s, 'x', '', current_date, now(), %s, true)"
    )
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(insert, [version.pk, "0" * 64, person("admin").pk])
    sign(agreement, DISTRICT, by=person("admin"))
    for sql in ("UPDATE agreements_signature SET name = 'Somebody'", "DELETE FROM agreements_signature", "TRUNCATE agreements_signature"):
        with pytest.raises(Exception), transaction.atomic(), connection.cursor() as cursor:  # noqa: B017 - trigger, or no right at all
            cursor.execute(sql)
    assert version.signatures.get().name == person("admin").name


@pytest.mark.parametrize(("name", "code"), [("teacher", "no_role"), ("steward", "no_role"), ("provider", "no_role")])
def test_who_does_not_sign_for_the_district(name: str, code: str) -> None:
    agreement = drafted(tool())
    sent(agreement)
    with pytest.raises(CannotSign) as refusal:
        sign(agreement, DISTRICT, by=person(name))
    assert refusal.value.code == code


def test_only_a_contact_of_this_very_provider_who_may_sign_signs_for_it() -> None:
    agreement = drafted(tool())
    sent(agreement)
    for stranger in (contact_of(tool().provider), contact_of(agreement.provider, may_sign=False), person("admin")):
        with pytest.raises(CannotSign) as refusal:
            sign(agreement, PROVIDER, by=stranger)
        assert refusal.value.code == "not_the_provider"


def test_without_a_second_factor_nobody_signs(settings: Any) -> None:
    settings.DEMO = False
    agreement = drafted(tool())
    sent(agreement)
    with pytest.raises(CannotSign) as refusal:
        sign(agreement, DISTRICT, by=person("admin"))
    assert refusal.value.code == "no_second_factor"


def test_a_signature_on_paper_has_its_scan() -> None:
    agreement = drafted(tool())
    version = sent(agreement)
    scan = document("Signature page")
    for side in (PROVIDER, DISTRICT):
        actions.register_paper(
            agreement=agreement.public_id, text_sha256=version.sha256, side=side, name="Pat Reed", title="Director", signed_on=day(-2), scan=scan,
            by=person("admin"), at=clock.now(),
        )  # fmt: skip
    assert state(agreement) is State.IN_FORCE
    assert {signature.scan_id for signature in version.signatures.all()} == {scan.pk}


def test_clicked_terms_need_the_district_alone_and_say_their_risk() -> None:
    with pytest.raises(CannotChange) as refusal:
        drafted(tool(), kind="terms")
    assert refusal.value.code == "no_risk"
    terms = drafted(tool(), kind="terms", risk="medium", risk_words="They may change at any time.")
    sent(terms)
    sign(terms, DISTRICT, by=person("admin"))
    assert state(terms) is State.IN_FORCE
    assert terms.versions.get().signatures.get().method == "accepted"


def test_an_action_whose_entry_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    agreement = in_force(tool())

    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError("the trail is away")

    monkeypatch.setattr("governance.trail.entries.append", fail)
    with pytest.raises(RuntimeError):
        actions.end(agreement=agreement.public_id, because="No more need", by=person("admin"), at=clock.now())
    assert Agreement.objects.get(pk=agreement.pk).ended_at is None


# -- Ends ------------------------------------------------------------------------------------------------------------------------


def test_ended_means_ended_at_that_moment() -> None:
    agreement = in_force(tool())
    at = clock.now()
    actions.end(agreement=agreement.public_id, because="The company was sold", by=person("admin"), at=at)
    agreement.refresh_from_db()
    assert queries.in_force(agreement, at - dt.timedelta(microseconds=1)) is not None
    assert queries.in_force(agreement, at) is None
    assert state(agreement) is State.ENDED
    actions.end(agreement=agreement.public_id, because="Again", by=person("admin"), at=clock.now())
    assert len(trail("vendors.agreement.ended", agreement.public_id)) == 1


def test_the_last_day_ends_at_the_districts_midnight() -> None:
    agreement = in_force(tool(), ends=5)
    last = day(5)
    chicago = dt.datetime.combine(last, dt.time(23, 59, 59), tzinfo=zoneinfo.ZoneInfo("America/Chicago"))
    assert queries.in_force(agreement, chicago) is not None
    assert queries.in_force(agreement, chicago + dt.timedelta(seconds=1)) is None


def test_an_agreement_in_force_is_held_until_the_release_has_committed(district: Any) -> None:
    """The gate holds the row: whoever ends the agreement waits until the release is committed, and does not slip in between."""
    agreement = in_force(tool())
    other = district.connect()
    try:
        with transaction.atomic():
            assert queries.in_force(agreement, clock.now(), lock=True) is not None
            with other.cursor() as cursor:
                cursor.execute("SET lock_timeout = '200ms'")
                with pytest.raises(Exception, match="lock timeout"):
                    cursor.execute("UPDATE agreements_agreement SET ended_because = 'now' WHERE id = %s", [agreement.pk])
            other.rollback()
            with other.cursor() as cursor:  # another release may hold it at the same time
                cursor.execute("SELECT 1 FROM agreements_agreement WHERE id = %s FOR SHARE", [agreement.pk])
            other.rollback()
    finally:
        other.close()


def test_a_renewal_goes_on_where_the_first_text_ends() -> None:
    agreement = in_force(tool(), ends=20)
    assert state(agreement) is State.EXPIRING
    renewal = actions.renew(agreement=agreement.public_id, ends_on=day(400), by=person("admin"), at=clock.now())
    assert renewal.starts_on == day(21)
    assert {line.element_id for line in renewal.services.get().schedule.all()} == {"name", "grade", "local-id"}
    signed(agreement)
    assert state(agreement) is State.IN_FORCE
    after = clock.now() + dt.timedelta(days=25)
    held = queries.in_force(agreement, after)
    assert held is not None and held.number == 2


def test_two_texts_are_never_on_the_table() -> None:
    agreement = in_force(tool())
    actions.amend(agreement=agreement.public_id, by=person("admin"), at=clock.now())
    with pytest.raises(CannotChange) as refusal:
        actions.renew(agreement=agreement.public_id, ends_on=None, by=person("admin"), at=clock.now())
    assert refusal.value.code == "open_text"
    actions.drop(agreement=agreement.public_id, by=person("admin"), at=clock.now())
    assert queries.in_force(agreement, clock.now()) is not None


# -- Notices ---------------------------------------------------------------------------------------------------------------------


def test_the_district_is_told_120_90_60_and_30_days_ahead_each_once(settings: Any) -> None:
    ExpiryNotice.objects.all().delete()
    agreement = in_force(tool(), ends=119)
    told = []
    for left in (119, 118, 90, 89, 60, 30, 29, 1):
        at = clock.now() + dt.timedelta(days=119 - left)
        notices.look_ahead(at=at)
        notices.look_ahead(at=at)
        told.append(sorted(ExpiryNotice.objects.filter(version__agreement=agreement).values_list("days", flat=True), reverse=True))
    assert told == [[120], [120], [120, 90], [120, 90], [120, 90, 60], [120, 90, 60, 30], [120, 90, 60, 30], [120, 90, 60, 30]]
    outbox.run()
    assert [entry["data"]["days"] for entry in trail("vendors.agreement.expiry_told", agreement.public_id)] == [120, 90, 60, 30]


def test_of_days_that_were_missed_only_the_nearest_is_told() -> None:
    agreement = in_force(tool(), ends=45)
    notices.look_ahead(at=clock.now())
    assert list(ExpiryNotice.objects.filter(version__agreement=agreement).values_list("days", flat=True)) == [60]


def test_the_mail_names_the_day_and_is_not_sent_for_what_was_renewed() -> None:
    agreement = in_force(tool(), ends=45)
    notices.look_ahead(at=clock.now())
    version = agreement.versions.get()
    mail.outbox = []
    notices.tell_of_expiry({"version": str(version.public_id), "days": 60})
    assert mail.outbox and agreement.title in mail.outbox[0].body
    assert all(agreement.title not in message.subject for message in mail.outbox)
    actions.renew(agreement=agreement.public_id, ends_on=day(400), by=person("admin"), at=clock.now())
    signed(agreement)
    mail.outbox = []
    notices.tell_of_expiry({"version": str(version.public_id), "days": 60})
    assert mail.outbox == []


def test_who_follows_hears_once_that_an_agreement_expired() -> None:
    agreement = in_force(tool(), ends=1)
    at = clock.now() + dt.timedelta(days=3)
    notices.look_ahead(at=at)
    notices.look_ahead(at=at)
    assert len(trail("vendors.agreement.ended", agreement.public_id)) == 1
