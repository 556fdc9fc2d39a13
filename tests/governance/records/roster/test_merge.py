"""What a delivery makes of the portal's roster: added, changed, ended, back; and who is whose guardian."""

import datetime as dt
from typing import Any

from governance.people.models import School, User
from governance.records.models import Enrollment, Guardianship, Section, StaffMember, Student, Teaching, Term
from portal.base import clock
from tests.governance.records.roster.bundles import Bundle, large, small
from tests.governance.records.roster.looking import everything, rows, staged
from tests.harness.databases import Clone

DAY = dt.date(2026, 11, 24)


def anchors(clone: Clone) -> dict[str, int]:
    return dict(rows(clone, "SELECT sourced_id, student_id FROM records.identity"))


def test_a_first_delivery_fills_the_roster(database: Clone, load: Any) -> None:
    report = load(small(), on=DAY)
    assert not report.refused, report.faults
    assert {kind: report.counts[kind]["added"] for kind in report.counts} == {
        "schools": 3, "terms": 1, "sections": 3, "staff": 2, "students": 4, "guardians": 2, "links": 3, "enrollments": 4, "teachings": 2,
    }  # fmt: skip
    assert rows(database, "SELECT given_name, middle_name, family_name, local_id, state_id, email, username, phone, grade, birth_date::text, birth_place, gender, ethnicity"
                " FROM records.identity WHERE sourced_id = 'u1'") == [
        ("Given1", "M", "Family1", "L1", "991", "u1@x.example", "login1", "555-0001", "04", "2016-03-01", "Ashland", "female", ["Asian"])
    ]  # fmt: skip
    student = Student.objects.get(pk=anchors(database)["u1"])
    assert (student.school.sourced_id, student.since, student.left_on) == ("s1", DAY, None)
    section = Section.objects.get(sourced_id="c1")
    assert (section.title, section.subjects, section.begins, section.ends) == (
        "Class 1",
        ["Reading", "Writing"],
        dt.date(2026, 9, 1),
        dt.date(2027, 6, 10),
    )
    assert list(Teaching.objects.values_list("staff_member__sourced_id", "section__sourced_id").order_by("sourced_id")) == [
        ("t1", "c1"),
        ("t2", "c3"),
    ]
    assert Enrollment.objects.filter(section=section).count() == 2
    assert staged(database) == 0


def test_guardians_come_from_either_side_and_a_relative_has_no_right_to_inspect(database: Clone, load: Any) -> None:
    load(small())
    ids = anchors(database)
    names = dict(rows(database, "SELECT id, sourced_id FROM records.guardian"))
    found = {
        (row.student_id, names[row.guardian_id]): (row.relation, row.may_inspect, row.may_consent) for row in Guardianship.objects.all()
    }
    assert found == {
        (ids["u1"], "g1"): ("parent", True, True),
        (ids["u1"], "g2"): ("relative", False, False),
        (ids["u2"], "g2"): ("relative", False, False),
    }


def test_the_password_is_nowhere(database: Clone, load: Any) -> None:
    load(small())
    tables = rows(
        database, "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname IN ('public', 'records')"
    )
    assert len(tables) > 50
    for table in tables:
        assert not rows(database, f"SELECT 1 FROM {table} t WHERE t::text LIKE '%Secret-pass%'"), table


def test_the_same_delivery_again_changes_nothing(database: Clone, load: Any) -> None:
    first = small()
    load(first)
    before = everything(database)
    again = load(first)
    assert again.identical and again.unchanged
    first.manifest["source.systemCode"] = "t1"
    first.rows["users"].reverse()  # other bytes, the same facts
    again = load(first)
    assert not again.identical and again.unchanged
    assert everything(database) == before


def test_unchanged_rows_are_not_written(database: Clone, load: Any) -> None:
    bundle = small()
    load(bundle)
    query = "SELECT sourced_id, xmin::text FROM {} ORDER BY 1"
    tables = [
        "public.records_enrollment",
        "public.records_section",
        "public.people_school",
        "public.records_staffmember",
        "records.identity",
        "records.guardian",
    ]
    before = {table: rows(database, query.format(table)) for table in tables}
    bundle.row("users", "u2")["givenName"] = "Other"
    report = load(bundle)
    assert report.counts["students"]["changed"] == 1 and report.changes_of("enrollments") == 0
    after = {table: rows(database, query.format(table)) for table in tables}
    changed = {row[0] for row in set(after["records.identity"]) - set(before["records.identity"])}
    assert changed == {"u2"}
    assert {table: found for table, found in after.items() if table != "records.identity"} == {
        table: found for table, found in before.items() if table != "records.identity"
    }


def test_what_changed_is_told_by_element_and_never_by_value(database: Clone, load: Any) -> None:
    bundle = small()
    load(bundle)
    ids = anchors(database)
    bundle.row("users", "u1").update(givenName="Renamed", grades="05")
    bundle.row("users", "u2").update(orgSourcedIds="s2")
    bundle.row("users", "g1").update(phone="555-9999")
    bundle.row("demographics", "u2").update(birthDate="2016-04-02")
    bundle.row("enrollments", "e3").update(endDate="2026-12-01")
    load(bundle)
    entries = rows(
        database,
        "SELECT elements, record_ids, additional_data FROM trail.entry WHERE kind = 'records.students.changed' AND additional_data ->> 'what' = 'changed' ORDER BY record_ids",
    )
    assert {tuple(ids_): elements for elements, ids_, _ in entries} == {
        (ids["u1"],): ["grade", "guardian-phone", "name"],
        (ids["u2"],): ["birth-date", "school"],
        (ids["u3"],): ["schedule"],
    }
    whole = rows(database, "SELECT string_agg(e::text, ' ') FROM trail.entry e")[0]
    assert not any(word in whole for word in ("Renamed", "Given1", "555-", "2016-04-02", "u1@x"))


def test_a_summary_entry_holds_counts_and_elements(database: Clone, load: Any) -> None:
    load(small())
    elements, data, login = rows(
        database, "SELECT elements, additional_data, login FROM trail.entry WHERE kind = 'records.roster.imported'"
    )[0]
    assert "birth-date" in elements and data["students"]["added"] == 4 and login == "portal_keeper"


def test_added_students_stand_in_entries_of_at_most_a_thousand(database: Clone, load: Any) -> None:
    load(large(2100))
    counts = rows(database, "SELECT cardinality(record_ids) FROM trail.entry WHERE kind = 'records.students.changed' ORDER BY id")
    assert sorted(counts) == [100, 1000, 1000]


def test_what_is_missing_in_a_bulk_file_ends_and_comes_back(database: Clone, load: Any) -> None:
    bundle = small()
    load(bundle)
    ids = anchors(database)
    public_id = Student.objects.get(pk=ids["u2"]).public_id
    less = small()
    less.remove("users", "u2")
    less.remove("enrollments", "e2")
    less.remove("users", "t2")
    less.remove("enrollments", "et2")
    less.remove("classes", "c2")
    less.rows["demographics"] = [row for row in less.rows["demographics"] if row["sourcedId"] != "u2"]
    less.row("users", "g2")["agentSourcedIds"] = "u1"
    report = load(less, on=DAY)
    assert {
        kind: report.counts[kind].get("ended") for kind in ("students", "sections", "staff", "enrollments", "teachings")
    } == dict.fromkeys(("students", "sections", "staff", "enrollments", "teachings"), 1)
    assert Student.objects.get(pk=ids["u2"]).left_on == DAY
    assert Enrollment.objects.get(sourced_id="e2").ends == DAY
    assert not Section.objects.get(sourced_id="c2").active and not StaffMember.objects.get(sourced_id="t2").active
    assert Teaching.objects.get(sourced_id="et2").ends == DAY
    assert rows(database, "SELECT family_name FROM records.identity WHERE sourced_id = 'u2'") == ["Family2"]
    assert load(less, on=DAY).unchanged

    report = load(small(), on=DAY + dt.timedelta(days=30))
    assert report.counts["students"]["returned"] == 1
    back = Student.objects.get(pk=ids["u2"])
    assert (back.left_on, back.public_id) == (None, public_id)
    assert Enrollment.objects.get(sourced_id="e2").ends is None
    assert (
        Section.objects.get(sourced_id="c2").active
        and StaffMember.objects.get(sourced_id="t2").active
        and Teaching.objects.get(sourced_id="et2").ends is None
    )


def test_a_link_that_is_gone_ends_and_a_former_students_guardian_keeps_the_right_to_inspect(database: Clone, load: Any) -> None:
    bundle = small()
    load(bundle)
    ids = anchors(database)
    bundle.row("users", "u1")["agentSourcedIds"] = ""
    bundle.remove("users", "u2")
    bundle.remove("enrollments", "e2")
    bundle.rows["demographics"].pop()
    report = load(bundle)
    assert report.counts["links"]["ended"] == 1
    open_links = Guardianship.objects.filter(ended_at=None).values_list("student_id", "relation")
    assert set(open_links) == {(ids["u1"], "relative"), (ids["u2"], "relative")}
    bundle.row("users", "u1")["agentSourcedIds"] = "g1"
    assert load(bundle).counts["links"]["returned"] == 1
    assert Guardianship.objects.filter(ended_at=None).count() == 3


def test_a_limit_outlives_every_delivery(database: Clone, load: Any) -> None:
    bundle = small()
    load(bundle)
    link = Guardianship.objects.get(relation="parent")
    Guardianship.objects.filter(pk=link.pk).update(limit="no_contact", limit_set_at=clock.now(), limit_elements=["address"])
    bundle.row("users", "u1")["agentSourcedIds"] = ""
    load(bundle)
    bundle.row("users", "u1")["agentSourcedIds"] = "g1"
    load(bundle)
    link.refresh_from_db()
    assert (link.limit, link.limit_elements, link.ended_at) == ("no_contact", ["address"], None)


def test_tobedeleted_ends_in_a_bulk_file_too(database: Clone, load: Any) -> None:
    bundle = small()
    load(bundle)
    ids = anchors(database)
    bundle.row("users", "u3")["status"] = "tobedeleted"
    bundle.row("classes", "c1")["status"] = "tobedeleted"
    bundle.row("orgs", "s2")["status"] = "tobedeleted"
    report = load(bundle, on=DAY)
    assert not report.refused, report.faults
    assert Student.objects.get(pk=ids["u3"]).left_on == DAY
    assert Enrollment.objects.get(sourced_id="e3").ends == DAY and Enrollment.objects.get(sourced_id="e1").ends == DAY
    assert not School.objects.get(sourced_id="s2").active
    assert load(bundle, on=DAY).unchanged


def test_a_delta_changes_what_it_names_and_ends_only_what_it_says(database: Clone, load: Any) -> None:
    load(small())
    ids = anchors(database)
    delta = Bundle()
    delta.modes = {"users": "delta", "enrollments": "delta"}
    delta.add(
        "users",
        sourcedId="u1",
        status="active",
        orgSourcedIds="s1",
        role="student",
        givenName="New",
        familyName="Family1",
        agentSourcedIds="",
    )
    delta.add("users", sourcedId="u2", status="tobedeleted", role="student", givenName="Given2", familyName="Family2")
    delta.add(
        "users",
        sourcedId="u9",
        status="active",
        orgSourcedIds="s2",
        role="student",
        givenName="Ninth",
        familyName="Family9",
        agentSourcedIds="g1",
    )
    delta.add(
        "enrollments", sourcedId="e9", status="active", classSourcedId="c3", userSourcedId="u9", role="student", beginDate="2026-10-01"
    )
    report = load(delta, on=DAY)
    assert not report.refused, report.faults
    assert report.counts["students"] == {"added": 1, "changed": 1, "ended": 1, "returned": 0, "before": 4}
    assert report.counts["enrollments"]["ended"] == 0
    assert Enrollment.objects.get(sourced_id="e2").ends == DAY  # a student who left is in no class
    assert Student.objects.filter(left_on=None).count() == 4 and Student.objects.get(pk=ids["u2"]).left_on == DAY
    assert Guardianship.objects.filter(ended_at=None).count() == 4
    assert Enrollment.objects.get(sourced_id="e9").section.sourced_id == "c3"


def test_a_change_of_demographics_alone(database: Clone, load: Any) -> None:
    load(small())
    delta = Bundle()
    delta.modes = {"demographics": "delta"}
    delta.add("demographics", sourcedId="u3", status="active", birthDate="2015-05-05", sex="male", asian="false", white="true")
    delta.add("demographics", sourcedId="nobody", birthDate="2015-05-05")
    report = load(delta)
    assert not report.refused and report.counts["students"]["changed"] == 1
    assert rows(database, "SELECT birth_date::text, gender, ethnicity FROM records.identity WHERE sourced_id = 'u3'") == [
        ("2015-05-05", "male", ["White"])
    ]
    assert load(delta).unchanged


def test_each_file_may_come_alone_as_a_change(database: Clone, load: Any) -> None:
    load(small())
    for file in ("orgs", "academicSessions", "classes", "users", "enrollments"):
        delta = small()
        delta.rows = {file: delta.rows[file]}
        delta.modes = {file: "delta"}
        report = load(delta)
        assert not report.refused, report.faults
        assert report.unchanged, (file, report.counts)


def test_a_column_that_was_not_delivered_stays_as_it_was(database: Clone, load: Any) -> None:
    bundle = small()
    load(bundle)
    bundle.headers["users"] = [name for name in bundle.headers["users"] if name not in {"phone", "sms", "grades", "agentSourcedIds"}]
    del bundle.rows["demographics"]
    report = load(bundle)
    assert not report.refused and report.unchanged, report.counts
    assert rows(database, "SELECT phone, grade, birth_date::text FROM records.identity WHERE sourced_id = 'u1'") == [
        ("555-0001", "04", "2016-03-01")
    ]


def test_another_source_ends_nothing_of_this_one(database: Clone, load: Any) -> None:
    """A delivery of one system says nothing about the students that another one brought."""
    load(small())
    report = load(large(20, source="Another SIS", prefix="other-"))
    assert report.counts["students"] == {"added": 20, "changed": 0, "ended": 0, "returned": 0, "before": 0}
    assert Student.objects.filter(left_on=None).count() == 4 + 20
    assert School.objects.filter(active=True).count() == 3 + 1
    assert Section.objects.filter(active=True).count() == 3 + 1 and Term.objects.get().active
    assert not Enrollment.objects.exclude(ends=None).exists() and StaffMember.objects.filter(active=True).count() == 2


def test_staff_are_joined_to_their_account_by_the_rosters_id_alone(database: Clone, load: Any) -> None:
    by_number = User.objects.create_user("someone@x.example", staff_number="t1")
    User.objects.create_user("t2@x.example")
    load(small())
    assert StaffMember.objects.get(sourced_id="t1").user == by_number
    assert StaffMember.objects.get(sourced_id="t2").user is None
    User.objects.filter(email="t2@x.example").update(staff_number="t2")
    bundle = small()
    bundle.rows["users"].reverse()
    assert load(bundle).counts["staff"]["changed"] == 1
    assert StaffMember.objects.get(sourced_id="t2").user.email == "t2@x.example"


def test_only_a_member_of_staff_enrolled_as_teacher_gets_a_class(database: Clone, load: Any) -> None:
    bundle = small()
    bundle.add("enrollments", sourcedId="x1", classSourcedId="c1", userSourcedId="u3", role="teacher")
    bundle.add("enrollments", sourcedId="x2", classSourcedId="c1", userSourcedId="g1", role="teacher")
    bundle.add("enrollments", sourcedId="x3", classSourcedId="c1", userSourcedId="t2", role="proctor")
    bundle.add("enrollments", sourcedId="x4", classSourcedId="c1", userSourcedId="t2", role="student")
    report = load(bundle)
    assert not report.refused
    assert (
        Teaching.objects.filter(sourced_id__startswith="x").count() == 0
        and Enrollment.objects.filter(sourced_id__startswith="x").count() == 0
    )
    assert {notice.code for notice in report.notices} >= {"role_differs", "role_without_access"}


def test_in_1_2_the_roles_stand_in_their_own_file(database: Clone, load: Any) -> None:
    bundle = small()
    bundle.version = "1.2"
    bundle.headers["users"] = [name for name in bundle.headers["users"] if name not in {"role", "orgSourcedIds"}] + [
        "primaryOrgSourcedId",
        "preferredFirstName",
        "pronouns",
        "userMasterIdentifier",
    ]
    for number, row in enumerate(bundle.rows["users"]):
        bundle.add(
            "roles",
            sourcedId=f"r{number}",
            userSourcedId=row["sourcedId"],
            roleType="primary",
            role=row["role"],
            orgSourcedId=row["orgSourcedIds"],
        )
        row["primaryOrgSourcedId"] = row["orgSourcedIds"]
    bundle.add("roles", sourcedId="rx", userSourcedId="t1", roleType="secondary", role="guardian", orgSourcedId="s1")
    bundle.row("users", "u3").update(agentSourcedIds="t1", preferredFirstName="Nick", pronouns="they/them", userMasterIdentifier="M3")
    report = load(bundle)
    assert not report.refused, report.faults
    assert report.counts["students"]["added"] == 4 and report.counts["staff"]["added"] == 2 and report.counts["guardians"]["added"] == 3
    assert Guardianship.objects.filter(student_id=anchors(database)["u3"], relation="guardian").count() == 1
    assert rows(database, "SELECT preferred_name, pronouns, state_id FROM records.identity WHERE sourced_id = 'u3'") == [
        ("Nick", "they/them", "M3")
    ]
    assert Student.objects.get(pk=anchors(database)["u3"]).school.sourced_id == "s2"


def test_terms_give_classes_their_dates_and_a_missing_term_gives_none(database: Clone, load: Any) -> None:
    bundle = small()
    bundle.add("academicSessions", sourcedId="q", title="Quarter", type="term", startDate="2026-11-01", endDate="2027-07-01")
    bundle.row("classes", "c1")["termSourcedIds"] = "y,q"
    bundle.row("classes", "c2")["termSourcedIds"] = "nowhere"
    report = load(bundle)
    assert not report.refused
    assert Section.objects.get(sourced_id="c1").ends == dt.date(2027, 7, 1) and Section.objects.get(sourced_id="c2").begins is None
    assert Term.objects.count() == 2
    assert any(notice.code == "unknown_term" and notice.line == 3 for notice in report.notices)


def test_a_student_without_a_known_school_has_it_from_a_class(database: Clone, load: Any) -> None:
    bundle = small()
    bundle.row("users", "u4")["orgSourcedIds"] = "nowhere"
    report = load(bundle)
    assert not report.refused and any(notice.code == "unknown_org" for notice in report.notices)
    assert Student.objects.get(pk=anchors(database)["u4"]).school.sourced_id == "s2"


def test_the_school_comes_before_the_district_in_a_list_of_organizations(database: Clone, load: Any) -> None:
    bundle = small()
    bundle.row("users", "u4")["orgSourcedIds"] = "d,s2"
    load(bundle)
    assert Student.objects.get(pk=anchors(database)["u4"]).school.sourced_id == "s2"


def test_no_link_dangles_after_any_import(database: Clone, load: Any) -> None:
    """The big tables have no foreign keys: the import's own joins hold them (docs/adr/0005)."""
    less = small()
    less.remove("users", "u2")
    less.remove("enrollments", "e2")
    less.rows["demographics"].pop()
    for bundle in (small(), less, large(30, source="Another SIS", prefix="x"), small()):
        assert not load(bundle).refused
        dangling = rows(
            database,
            """SELECT (SELECT count(*) FROM records_enrollment e LEFT JOIN records_student s ON s.id = e.student_id LEFT JOIN records_section c ON c.id = e.section_id
                 WHERE s.id IS NULL OR c.id IS NULL)
               + (SELECT count(*) FROM records_guardianship l LEFT JOIN records_student s ON s.id = l.student_id LEFT JOIN records.guardian g ON g.id = l.guardian_id
                 WHERE s.id IS NULL OR l.guardian_id IS NOT NULL AND g.id IS NULL)
               + (SELECT count(*) FROM records_student s LEFT JOIN people_school o ON o.id = s.school_id WHERE s.school_id IS NOT NULL AND o.id IS NULL)
               + (SELECT count(*) FROM records_student s FULL JOIN records.identity i ON i.student_id = s.id WHERE s.id IS NULL OR i.student_id IS NULL)""",
        )
        assert dangling == [0]


def test_a_dry_run_tells_the_same_and_changes_nothing(database: Clone, load: Any) -> None:
    before = everything(database)
    tried = load(small(), dry_run=True)
    assert everything(database) == before and staged(database) == 0
    assert load(small()).counts == tried.counts
