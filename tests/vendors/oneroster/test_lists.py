"""A tool's system gets the agreed elements of the permitted children and nothing else, each page with its lines before it is sent."""

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connections

from governance.records import scope
from governance.records.models import Enrollment, ImportRun, Student
from governance.trail import entries
from portal.base import clock
from tests.governance.disclosures.written import rows
from tests.governance.situations import person
from tests.governance.situations import trail as entries_of
from tests.vendors.oneroster.system import System, connected, fault
from tests.vendors.sharing.made import class_of_the_teacher, opened, seen, used
from vendors.agreements import actions as agreements
from vendors.agreements.models import Agreement
from vendors.consents import actions as consents
from vendors.consents.models import Standing
from vendors.oneroster import limits
from vendors.oneroster.models import Census, Client, Fetch, Seat
from vendors.sharing import actions as sharing
from vendors.sharing import bundles, queries, rules

pytestmark = pytest.mark.usefixtures("district")


def id_at(system: System, student: Student) -> str:
    return bundles.id_of(system.delivery.tool.public_id, student.public_id)


def lines_since(number: int) -> dict[int, set[str]]:
    """Elements by child, of lines of the record of disclosures written after that one."""
    found: dict[int, set[str]] = {}
    for student, elements in rows("SELECT student_id, elements FROM records.disclosed WHERE disclosure_id > %s", number):
        found.setdefault(student, set()).update(elements)
    return found


def newest() -> int:
    return rows("SELECT coalesce(max(id), 0) FROM records.disclosure", None)[0][0]


def say_no(system: System, student: Student) -> None:
    """The family says no."""
    tool = system.delivery.tool
    form = consents.publish_for_tool(tool=tool, by=person("steward"), at=clock.now())
    Standing.objects.update_or_create(
        student=student, matter=form.matter, defaults={"state": "refused", "form": form, "changed_at": clock.now()}
    )


def rename(student: Student, **columns: Any) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE portal_door")
        for name, value in columns.items():
            cursor.execute(f"UPDATE records.identity SET {name} = %s, changed_at = now() WHERE student_id = %s", [value, student.pk])
        cursor.execute("RESET ROLE")


# -- What is listed ----------------------------------------------------------------------------------------------------------------


def test_children_of_the_classes_with_a_line_each_before_the_page_is_sent() -> None:
    system, before, children = connected(), newest(), class_of_the_teacher()
    students = system.all("students", limit=1)
    assert [each["sourcedId"] for each in students] == sorted(id_at(system, each) for each in children)
    assert all(each["givenName"] and each["grades"] and each["primaryOrg"] and "phone" not in each for each in students)
    about_users = {"name", "grade", "local-id", "username", "email", "school"}
    assert lines_since(before) == {each.pk: about_users for each in children}
    entry = entries_of("records.disclosure.made")[-1]
    account = Client.objects.get(tool=system.delivery.tool).account
    assert (entry["actor_id"], entry["hat"]) == (account.pk, "provider_contact") and '"connection"' in entry["additional_data"]
    release = Fetch.objects.get(client__tool=system.delivery.tool).release
    assert release.children == len(children) and len(release.disclosures) == len(students)
    assert queries.last_delivery(system.delivery.tool).children == len(children)
    system.all("users")
    release.refresh_from_db()
    assert release.children == len(children), "each child counts once"


def test_fields_narrow_what_is_read_and_recorded() -> None:
    system, before = connected(), newest()
    students = system.get("students", fields="sourcedId,grades")
    assert all(each.keys() == {"sourcedId", "grades"} for each in students)
    assert set(map(frozenset, lines_since(before).values())) == {frozenset({"grade"})}


def test_everything_around_the_children_fits_together() -> None:
    system = connected()
    [school] = system.get("schools")
    [course], [klass] = system.get("courses"), system.get("classes")
    assert (
        klass["school"]["sourcedId"] == school["sourcedId"] == course["org"]["sourcedId"]
        and klass["course"]["sourcedId"] == course["sourcedId"]
    )
    students = {each["sourcedId"] for each in system.get("students")}
    [teacher] = system.get("teachers")
    enrolled = system.get("enrollments")
    assert {each["user"]["sourcedId"] for each in enrolled} == students | {teacher["sourcedId"]}
    own, section, place = teacher["sourcedId"], klass["sourcedId"], school["sourcedId"]
    assert {each["sourcedId"] for each in system.get(f"classes/{section}/students")} == students
    assert {each["sourcedId"] for each in system.get(f"schools/{place}/classes/{section}/students")} == students
    assert [each["sourcedId"] for each in system.get(f"teachers/{own}/classes")] == [section]
    child, before = min(students), newest()
    assert [each["sourcedId"] for each in system.get(f"students/{child}/classes")] == [section]
    assert list(lines_since(before).values()) == [{"schedule"}]
    assert (
        len(system.get(f"schools/{place}/enrollments"))
        == len(enrolled)
        == len(system.get(f"schools/{place}/classes/{section}/enrollments"))
    )
    assert system.get(f"users/{child}")["sourcedId"] == system.get(f"demographics/{child}")["sourcedId"] == child
    assert system.get(f"enrollments/{enrolled[0]['sourcedId']}") == enrolled[0]
    [term] = system.get("academicSessions")
    assert [each["sourcedId"] for each in system.get(f"terms/{term['sourcedId']}/classes")] == [section]


def test_pages_have_links_and_a_total() -> None:
    system, count = connected(), len(class_of_the_teacher())
    answer = system.ask("students", limit=1, offset=1, filter="status='active'")
    assert answer["X-Total-Count"] == str(count)
    assert {part.split('rel="')[1].rstrip('"') for part in answer["Link"].split(", ")} == {"first", "last", "next", "prev"}
    assert "filter=status" in answer["Link"] and "no-store" in answer["Cache-Control"]
    beyond = system.ask("students", offset=1000)
    assert beyond.json() == {"users": []} and beyond["X-Total-Count"] == str(count)
    names = [each["familyName"].casefold() for each in system.get("students", sort="familyName", orderBy="desc")]
    assert names == sorted(names, reverse=True)


def test_a_delta_holds_what_changed_since() -> None:
    system = connected()
    system.get("students")
    asked_at, child = clock.now(), class_of_the_teacher()[0]
    since = f"dateLastModified>'{asked_at.isoformat()}'"
    assert system.get("students", filter=since) == []
    rename(child, given_name="Anna")
    Census.objects.update(made_at=clock.now() - dt.timedelta(hours=2))  # counted anew within an hour
    [changed] = system.get("students", filter=since)
    assert (changed["sourcedId"], changed["givenName"]) == (id_at(system, child), "Anna")
    assert system.get("classes", filter=since) == []
    assert ImportRun.objects.filter(state="applied").exists()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica; UPDATE records_importrun SET applied_at = now(); SET session_replication_role = DEFAULT"
        )
    assert len(system.get("classes", filter=since)) == 1


def marked(system: System, path: str = "students", **more: Any) -> list[dict[str, str]]:
    """The marks of deletion in a list that is asked for what changed."""
    found = system.all(path, **({"filter": "dateLastModified>'2001-01-01'"} | more))
    return [each for each in found if each["status"] == "tobedeleted"]


def anew() -> None:
    """The children are counted anew, as within an hour."""
    Census.objects.update(made_at=clock.now() - dt.timedelta(hours=2))


def test_whoever_was_sent_and_is_gone_is_marked_in_deltas_with_an_entry_and_nothing_tells_why() -> None:
    system, (said_no, moved, stays, *_more) = connected(), class_of_the_teacher()
    told = {each["sourcedId"] for each in system.get("students")}
    assert marked(system) == []
    asked_at = clock.now()
    say_no(system, said_no)
    Enrollment.objects.filter(student=moved, section__in=scope.sections_taught_by(person("teacher"), on=clock.today())).delete()
    anew()
    since, gone = f"dateLastModified>'{asked_at.isoformat()}'", {id_at(system, each): each.pk for each in (said_no, moved)}
    before, answer = newest(), system.ask("students", filter=since, fields="sourcedId,grades")
    found = answer.json()["users"]
    assert answer["X-Total-Count"] == "2" and {each["sourcedId"] for each in found} == gone.keys() <= told
    assert all(each.keys() == {"sourcedId", "status", "dateLastModified"} and each["status"] == "tobedeleted" for each in found)
    assert newest() == before, "no value left, so nothing stands in the record of disclosures"
    entry = entries_of("vendors.release.deletions")[-1]
    assert sorted(entry["record_ids"]) == sorted(gone.values()) and entry["hat"] == "provider_contact"
    assert entry["object_pk"] == str(Fetch.objects.get(client__tool=system.delivery.tool).release.public_id)
    for path, query in (
        ("users", {"filter": f"role='student' AND {since}"}), ("students", {"filter": "status='tobedeleted'"}),
        ("demographics", {"filter": since}), ("students", {"filter": since, "sort": "familyName", "limit": 1}),
    ):  # fmt: skip
        assert {each["sourcedId"] for each in marked(system, path, **query)} == gone.keys()
    assert system.get("teachers", filter=since) == [] == marked(system, filter=f"familyName~'a' AND {since}")
    for own in gone:
        assert own not in str(system.get("students")) + str(system.all("enrollments", filter="dateLastModified>'2001-01-01'"))
        assert fault(system.ask(f"students/{own}")) == (404, "unknownobject")
    assert id_at(system, stays) in {each["sourcedId"] for each in system.get("students", filter="status='active'")}


def test_a_child_who_was_never_sent_is_never_marked() -> None:
    system, child = connected(), class_of_the_teacher()[0]
    system.get("classes")  # counts the children, and sends none
    say_no(system, child)
    assert marked(system) == [] and id_at(system, child) not in str(system.all("students", filter="dateLastModified>'2001-01-01'"))
    anew()
    assert marked(system) == []


def test_whoever_comes_back_or_is_new_is_in_the_next_delta() -> None:
    system, (child, late, *_more) = connected(), class_of_the_teacher()
    matter = consents.publish_for_tool(tool=system.delivery.tool, by=person("steward"), at=clock.now()).matter
    kept = Enrollment.objects.filter(student=late, section__in=scope.sections_taught_by(person("teacher"), on=clock.today())).first()
    assert kept is not None
    kept.delete()
    system.get("students")
    say_no(system, child)
    assert [each["sourcedId"] for each in marked(system)] == [id_at(system, child)]
    asked_at = clock.now()
    Standing.objects.filter(student=child, matter=matter).update(state="", form=None, changed_at=None)
    Enrollment.objects.create(**{f.attname: getattr(kept, f.attname) for f in Enrollment._meta.concrete_fields if not f.primary_key})
    anew()
    changed = system.get("students", filter=f"dateLastModified>'{asked_at.isoformat()}'")
    assert {(each["sourcedId"], each["status"]) for each in changed} == {(id_at(system, each), "active") for each in (child, late)}
    assert marked(system) == []


def test_names_stay_as_they_are_written() -> None:
    system, child = connected(), class_of_the_teacher()[0]
    odd = {"given_name": '=Zoë "O\'" <b>&amp;', "family_name": "Nguyễn\u2028–\\ 李"}
    rename(child, **odd)
    found = system.get(f"students/{id_at(system, child)}")
    assert (found["givenName"], found["familyName"]) == (odd["given_name"], odd["family_name"])
    quoted = odd["given_name"].replace("'", "''")
    assert [each["sourcedId"] for each in system.get("students", filter=f"givenName='{quoted}'")] == [found["sourcedId"]]


# -- What is not -------------------------------------------------------------------------------------------------------------------


def test_a_child_whose_family_says_no_is_not_there_by_any_question() -> None:
    system, child = connected(), class_of_the_teacher()[0]
    own, all_of = id_at(system, child), len(class_of_the_teacher())
    family = system.get(f"students/{own}")["familyName"].replace("'", "''")
    say_no(system, child)
    before = newest()
    for path, query in (
        ("students", {}), ("users", {"filter": "role='student'"}), ("students", {"sort": "familyName"}), ("students", {"fields": "sourcedId"}),
        ("demographics", {}), ("students", {"filter": "dateLastModified>'2001-01-01' AND status='active'"}),
    ):  # fmt: skip
        answer = system.ask(path, **query)
        assert answer["X-Total-Count"] == str(all_of - 1) and own not in answer.content.decode()
    assert not [each for each in system.get("enrollments") if own in json.dumps(each)]
    for query in ({"filter": f"sourcedId='{own}'"}, {"filter": f"familyName='{family}' AND sourcedId='{own}'"}):
        answer = system.ask("students", **query)
        assert answer.json() == {"users": []} and answer["X-Total-Count"] == "0"
    for path in ("students/{}", "users/{}", "demographics/{}", "students/{}/classes", "enrollments/{}-1"):
        withheld, unknown = system.ask(path.format(own)), system.ask(path.format("00000000-0000-4000-8000-000000000000"))
        assert fault(withheld) == fault(unknown) == (404, "unknownobject") and withheld.content == unknown.content
    assert child.pk not in lines_since(before)


def test_what_is_not_agreed_is_in_no_object_and_cannot_be_asked_for() -> None:
    system, before = connected(seen(elements=("name", "grade"))), newest()
    assert all(not each.keys() & {"email", "identifier", "primaryOrg", "phone", "metadata"} for each in system.get("students"))
    assert set(map(frozenset, lines_since(before).values())) == {frozenset({"name", "grade"})}
    assert all(each["username"] == each["sourcedId"] for each in system.get("students"))
    for text in ("email='x'", "birthDate='x'", "metadata='x'", "nothing='x'", "username='x'"):
        assert fault(system.ask("students", filter=text)) == (400, "invalid_filter_field")
    assert system.get("classes") == system.get("enrollments") == system.get("teachers") == []
    assert fault(system.ask("demographics")) == (403, "forbidden")  # no scope: none of it is agreed


def test_an_agreement_that_ends_between_two_pages_ends_it_there() -> None:
    system = connected()
    system.get("students", limit=1)
    agreement = Agreement.objects.get(versions__services__tool=system.delivery.tool)
    agreements.end(agreement=agreement.public_id, because="Sold", by=person("admin"), at=clock.now())
    before, written = newest(), len(entries_of("records.disclosure.made"))
    answer = system.ask("students", limit=1, offset=1)
    assert fault(answer) == (403, "forbidden") and b"agreement is not in force" in answer.content
    assert lines_since(before) == {} and len(entries_of("records.disclosure.made")) == written
    assert '"not_approved"' in entries_of("vendors.release.refused", about=str(system.delivery.public_id))[-1]["additional_data"]
    assert system.sign_in().json()["error"] == "unauthorized_client"


def test_nothing_before_the_preview_and_nothing_after_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    system = connected(opened(used()))
    assert fault(system.ask("students")) == (403, "forbidden") and not Seat.objects.filter(delivery=system.delivery).exists()
    decided = sharing.preview(delivery=system.delivery, by=person("admin"), at=clock.now())
    sharing.confirm(delivery=system.delivery, children=len(decided.given), by=person("admin"), at=clock.now())
    assert len(system.get("students")) == len(decided.given)
    monkeypatch.setattr(rules, "SMALL", 0)
    system.delivery.refresh_from_db()
    type(system.delivery).objects.filter(pk=system.delivery.pk).update(seen_children=1, seen_at=clock.now())
    assert fault(system.ask("students")) == (403, "forbidden"), "many more children than somebody saw"
    sharing.stop_delivery(delivery=system.delivery, by=person("admin"), at=clock.now())
    assert fault(system.ask("orgs")) == (403, "forbidden")


def test_where_the_lines_cannot_be_written_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    system = connected()
    system.get("orgs")

    def fails(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("no line")

    monkeypatch.setattr("vendors.sharing.gate._tell_withheld", fails)
    read = []
    monkeypatch.setattr(entries, "open_with", lambda *args, **more: read.append(args))
    before = newest()
    with pytest.raises(RuntimeError):
        system.ask("students")
    assert not read and newest() == before


# -- Too much ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("redis", [True, False], ids=["redis", "no redis"])
def test_fifty_thousand_rows_in_a_minute_are_refused_and_told(redis: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    system = connected()
    if not redis:
        monkeypatch.setattr(limits.cache, "add", lambda *args, **more: False)
        monkeypatch.setattr(limits.cache, "incr", _no_redis)
    monkeypatch.setattr(limits, "_span", lambda minutes: 1)  # all of it within one minute
    monkeypatch.setattr(limits, "REQUESTS_A_MINUTE", 3)
    assert [system.ask("orgs").status_code for _ in range(4)] == [200, 200, 200, 429]
    monkeypatch.setattr(limits, "REQUESTS_A_MINUTE", 100)
    answer = system.ask("students", limit=50_000)
    assert fault(answer) == (429, "server_busy") and 0 < int(answer["Retry-After"]) <= 60 and b"At most 20000 rows" in answer.content
    client = Client.objects.get(tool=system.delivery.tool)
    told = [json.loads(each["additional_data"]) for each in entries_of("records.limit.reached", about=str(client.public_id))]
    assert [(each["what"], each["asked"]) for each in told] == [("requests", 4), ("rows", 50_000 + 6)]


def test_children_of_an_hour_leave_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    system, count = connected(), len(class_of_the_teacher())
    monkeypatch.setattr(limits, "_span", lambda minutes: 1)
    monkeypatch.setattr(limits, "CHILDREN_AN_HOUR", 1)
    assert [system.ask("students").status_code for _ in range(3)] == [200, 200, 429], "twice those whom it may be told of"
    before, answer = newest(), system.ask("students", filter="familyName~'a'")
    assert fault(answer) == (429, "server_busy") and f"At most {2 * count} children in one hour".encode() in answer.content
    assert newest() == before and system.ask("classes").status_code == 200


def _no_redis(*_args: Any, **_more: Any) -> int:
    raise ValueError
