"""Writing entries: in the transaction of the change, or committed ahead of the read, and nothing in between."""

import json
import uuid

import psycopg2.errors
import pytest
from django.db import connection, transaction

from governance.people.models import District, User
from governance.trail import addresses, context, entries
from governance.trail.models import AppendOnly, Entry
from governance.vocabulary import Action, Event
from tests.governance.situations import trail

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def somebody() -> User:
    return User.objects.create_user("somebody@riverbend.example", name="Some Body")


def opened(by: User, **more) -> entries.Written:
    facts = {"students": [1, 2], "elements": {"name"}, "purpose": "classroom-instruction", "hat": "teacher"}
    return entries.append_ahead(Event.STUDENT_OPENED, by=by, **(facts | more))


class TestAhead:
    def test_it_is_committed_before_it_returns(self, somebody) -> None:
        written = opened(somebody)
        (entry,) = trail("records.student.opened")
        assert (entry["id"], entry["actor_id"], entry["record_ids"], entry["elements"]) == (written.id, somebody.pk, [1, 2], ["name"])

    def test_it_does_not_open_inside_a_transaction(self, somebody) -> None:
        with transaction.atomic(), pytest.raises(entries.InsideTransaction):
            opened(somebody)
        with transaction.atomic(), pytest.raises(entries.InsideTransaction):
            entries.open_with(entries.Written(1, None, "x"), "SELECT 1")

    def test_an_element_of_odd_letters_stays_one_element(self, somebody) -> None:
        odd = ['a"b', "c,d", "e\\f", "{g}", "NULL", " h "]
        opened(somebody, elements=odd)
        assert trail("records.student.opened")[0]["elements"] == sorted(odd)

    def test_an_unknown_fact_is_refused(self, somebody) -> None:
        with pytest.raises(TypeError, match="no such column"):
            opened(somebody, mood="good")
        assert trail("records.student.opened") == []

    def test_two_round_trips_open_a_page(self, somebody, django_assert_num_queries) -> None:
        with django_assert_num_queries(2):
            written = opened(somebody)
            entries.open_with(written, "SELECT * FROM door.read_identity()")


class TestWithAChange:
    def test_it_needs_the_changes_transaction(self, somebody) -> None:
        with pytest.raises(entries.NoTransaction):
            entries.append(Event.ROLE_GIVEN, action=Action.CREATE, by=somebody)

    def test_it_goes_with_the_change(self, somebody) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            entries.append(Event.ROLE_GIVEN, action=Action.CREATE, by=somebody, about=somebody)
            raise ZeroDivisionError
        assert trail("people.role.given") == []

    def test_it_names_what_changed_by_its_opaque_id(self, somebody) -> None:
        with transaction.atomic():
            entries.append(Event.ROLE_GIVEN, action=Action.CREATE, by=None, about=somebody, data={"role": "teacher"})
        (entry,) = trail("people.role.given")
        assert entry["object_pk"] == str(somebody.public_id)
        assert json.loads(entry["additional_data"]) == {"role": "teacher"}
        assert entry["actor_id"] is None

    def test_a_change_whose_entry_is_refused_does_not_happen(self, somebody) -> None:
        with pytest.raises(Exception, match="shape"), transaction.atomic():
            User.objects.filter(pk=somebody.pk).update(name="Changed")
            entries.append(Event.ROLE_GIVEN, action=Action.CREATE, by=somebody, students=range(1001))
        assert User.objects.get(pk=somebody.pk).name == "Some Body"


class TestTheRequestsContext:
    def test_entries_carry_who_from_where_and_in_which_request(self, somebody) -> None:
        with context.acting(actor_id=somebody.pk, address="10.1.2.3", request_id="abc"), transaction.atomic():
            entries.append(Event.DISTRICT_CHANGED, action=Action.UPDATE, by=None)
        with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
            cursor.execute("SELECT remote_addr FROM trail.entry")
        (entry,) = trail("people.district.changed")
        assert entry["actor_id"] == somebody.pk

    def test_the_actor_is_asked_only_when_an_entry_is_written(self) -> None:
        def nobody() -> int:
            raise AssertionError("nobody asked")

        token = context.set_current(context.Context(actor=nobody, address=None, request_id="r"))
        try:
            assert User.objects.count() == 0
        finally:
            context.reset(token)


def changes() -> list[dict]:
    """What django-auditlog wrote, oldest first. (Loading the reference data left an entry without changes.)"""
    return [json.loads(entry["changes"]) for entry in trail("model.changed") if entry["changes"]]


class TestTheLibrary:
    def test_a_watched_model_leaves_an_entry_field_by_field(self) -> None:
        district = District.objects.create(name="North", short_name="N")
        district.contact_phone = "555-0100"
        with context.acting(actor_id=None, address="10.1.2.3", request_id="abc"):
            district.save()
        assert changes()[-1] == {"contact_phone": ["", "555-0100"]}

    def test_an_e_mail_is_told_as_changed_and_no_more(self, somebody) -> None:
        somebody.email = "new@riverbend.example"
        somebody.is_active = False
        somebody.save()
        text = str(trail("model.changed"))
        assert changes()[-1] == {"email": ["…", "…"], "is_active": ["True", "False"]}
        assert "riverbend.example" not in text
        assert "Some Body" not in text

    def test_a_password_never_reaches_the_trail(self, somebody) -> None:
        somebody.set_password("correct horse battery staple")
        somebody.save()
        assert "argon2" not in str(trail("model.changed"))

    def test_the_entry_is_of_the_change_by_the_login_that_made_it(self) -> None:
        with transaction.atomic(using="owner"):
            User.objects.using("owner").create(email="owner@riverbend.example")
            transaction.set_rollback(True, using="owner")
        assert changes() == []

    def test_there_is_no_second_save_and_no_delete(self) -> None:
        entry = Entry(action=1, kind="model.changed", object_pk="x")
        entry.save()
        with pytest.raises(AppendOnly):
            entry.save()
        with pytest.raises(AppendOnly):
            entry.delete()


class TestAddresses:
    def test_an_address_leads_back_and_tells_nothing(self, somebody) -> None:
        written = opened(somebody)
        address = addresses.address_of(written.timestamp, written.id)
        assert addresses.entry_at(address) == (written.timestamp, written.id)
        following = addresses.address_of(written.timestamp, written.id + 1)
        assert sum(a == b for a, b in zip(address.hex, following.hex, strict=True)) < 16

    def test_a_made_up_address_leads_nowhere(self) -> None:
        found = [addresses.entry_at(uuid.UUID(int=number)) for number in range(200)]
        assert all(place is None or place[1] > 1_000_000 for place in found)

    def test_another_secret_makes_other_addresses(self, somebody, settings) -> None:
        written = opened(somebody)
        address = addresses.address_of(written.timestamp, written.id)
        settings.SECRET_KEY = "another"
        assert addresses.entry_at(address) != (written.timestamp, written.id)


class TestTheShapeOfAnEntry:
    @pytest.mark.parametrize(
        ("columns", "values"),
        [
            ("record_ids", "ARRAY(SELECT generate_series(1, 1001))"),
            ("record_ids, held, held_until", "ARRAY(SELECT generate_series(1, 1001)), 'silent', '2030-01-01'"),
        ],
    )
    def test_the_database_refuses_a_wrong_one(self, database, columns: str, values: str) -> None:
        with database.connect("owner") as owner, owner.cursor() as cursor, pytest.raises(psycopg2.errors.CheckViolation):
            cursor.execute(f"INSERT INTO trail.entry(action, kind, {columns}) VALUES (3, 'x', {values})")
