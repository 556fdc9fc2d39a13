"""The watch over the trail, under attack by the application's own login; and addresses that must not appear anywhere."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection

from governance.alerts import homes, runner
from governance.alerts.models import Alert
from governance.vocabulary import Role
from tests.governance.alerts.cast import alert_about, as_owner, end_by_sql, forget_the_demos, look, watch
from tests.governance.situations import person, trail
from tests.harness.databases import Clone

HOME = "4417 Hemlock Hollow Road, Riverbend, WI 54000"
KEEPERS = {
    "watch_now": "SELECT door.watch_now()",
    "watch_looks": "SELECT door.watch_looks(NULL, pg_current_snapshot()::text, '2020-01-01', 'UTC', '{nurse}', 14, 3, 30, 60)",
    "watch_refused": "SELECT door.watch_refused('198.51.100.7', now())",
    "watch_around": "SELECT door.watch_around(1, now())",
    "watch_homes": "SELECT door.watch_homes('[]')",
    "plant": "SELECT door.plant(current_date)",
}
WRITES = {
    "an alert taken away": "DELETE FROM alerts_alert",
    "a look taken away": "DELETE FROM alerts_alertlook",
    "an alert of one's own": "INSERT INTO alerts_alert(public_id, detector) VALUES (gen_random_uuid(), 'burst')",
    "an alert ended without an entry": "UPDATE alerts_alert SET reason = 'work', words = 'fine', closed_by_id = 1, closed_at = now()",
    "an alert led away": "UPDATE alerts_alert SET incident = gen_random_uuid()",
    "facts changed": "UPDATE alerts_alert SET facts = '{}'",
    "another person named": "UPDATE alerts_alert SET actor_id = 1",
    "the mark moved on": "UPDATE alerts_watch SET snapshot = pg_current_snapshot()::text",
    "the numbers taken away": "DELETE FROM alerts_limits",
    "all at once": "TRUNCATE alerts_alert CASCADE",
}


class TestTheApplicationsLogin:
    @pytest.mark.parametrize("name", sorted(KEEPERS))
    def test_it_cannot_call_what_the_keeper_calls(self, name: str, database: Clone) -> None:
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(KEEPERS[name])

    @pytest.mark.parametrize("name", sorted(WRITES))
    def test_it_cannot_hide_an_alert(self, name: str, district: Clone) -> None:
        alert_about("teacher")
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(WRITES[name])

    def test_it_ends_an_alert_only_with_an_entry_that_cannot_be_left_out(self, district: Clone) -> None:
        """With the login in hand, and in somebody's name: the alert is closed, and the trail says which, how and in whose name."""
        alert, name = alert_about("teacher"), person("compliance").pk
        with pytest.raises(IntegrityError):  # by the person concerned: neither alert nor entry
            end_by_sql(alert, who=person("teacher").pk)
        assert trail("alerts.alert.closed", about=str(alert.public_id)) == []
        end_by_sql(alert, who=name)
        (entry,) = trail("alerts.alert.closed", about=str(alert.public_id))
        assert entry["actor_id"] == name
        assert json.loads(entry["additional_data"]) == {"detector": "no_class", "reason": "work", "incident": None}
        with pytest.raises(DatabaseError, match="no such alert is open"):
            end_by_sql(alert, who=name)
        assert len(trail("alerts.alert.closed", about=str(alert.public_id))) == 1

    @pytest.mark.parametrize("schema", ["watch", "records", "trail_parts"])
    def test_it_cannot_name_what_is_behind(self, schema: str, database: Clone) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_schema_privilege('portal_app', %s, 'USAGE')", [schema])
            assert cursor.fetchone()[0] is False

    def test_a_family_hat_hides_no_look(self, district: Clone) -> None:
        """A stolen login names a hat that would explain everything: without the tie it explains nothing."""
        forget_the_demos()
        runner.run()
        student = as_owner(
            "SELECT min(id) FROM records_student WHERE id NOT IN (SELECT student_id FROM records_guardianship WHERE user_id = %s)",
            (person("teacher").pk,),
        )
        look("teacher", [student[0][0]], hat=Role.GUARDIAN, event="records.family.viewed")
        taught = as_owner("SELECT count(*) FROM records_enrollment e JOIN records_teaching t USING (section_id) JOIN records_staffmember m ON m.id = t.staff_member_id"
                          " WHERE e.student_id = %s AND m.user_id = %s", (student[0][0], person("teacher").pk))[0][0]  # fmt: skip
        assert watch() == ([] if taught else [("no_class", person("teacher").pk)])


class TestTheKeepersLogin:
    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT * FROM watch.home",
            "SELECT * FROM records.value",
            "SELECT * FROM trail.entry",
            "SELECT watch.digest('x')",
            "SELECT * FROM watch.planted",
        ],
    )
    def test_it_gets_counts_and_no_value(self, sql: str, database: Clone) -> None:
        keeper = database.connect("keeper")
        with pytest.raises(Exception, match="permission denied"), keeper.cursor() as cursor:
            cursor.execute(sql)
        keeper.close()

    def test_what_it_learns_of_a_look_names_no_student(self, database: Clone) -> None:
        keeper = database.connect("keeper")
        with keeper.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM door.watch_looks(NULL, pg_current_snapshot()::text, '2020-01-01', 'UTC', '{nurse}', 14, 3, 30, 60)"
            )
            columns = {column.name for column in cursor.description}
        keeper.close()
        assert columns == {
            "id", "at", "kind", "actor_id", "hat", "address", "students", "unrelated", "departed", "same_address", "planted", "in_ten", "in_hour",
            "usual_ten", "usual_hour", "schools", "hour",
        }  # fmt: skip


class TestAddresses:
    def everywhere(self) -> str:
        told = as_owner(
            "SELECT coalesce((SELECT string_agg(e::text, ' ') FROM trail.entry e), '') || coalesce((SELECT string_agg(a::text, ' ') FROM alerts_alert a), '')"
            " || coalesce((SELECT string_agg(l::text, ' ') FROM alerts_alertlook l), '') || coalesce((SELECT string_agg(m::text, ' ') FROM base_outbox m), '')"
        )[0][0]
        as_owner("SET ROLE portal_door")
        kept = as_owner("SELECT string_agg(h::text, ' ') FROM watch.home h")[0][0]
        as_owner("RESET ROLE")
        return (told + (kept or "")).lower()

    def test_no_address_stands_in_entries_alerts_messages_or_logs(self, district: Clone, caplog: pytest.LogCaptureFixture) -> None:
        forget_the_demos()
        runner.run()
        student = as_owner(
            "SELECT min(s.id) FROM records_student s JOIN people_school c ON c.id = s.school_id WHERE c.sourced_id = 'middle'"
        )[0][0]
        as_owner("SET ROLE portal_door")
        as_owner("UPDATE records.value SET value = %s WHERE student_id = %s AND element = 'address'", (HOME, student))
        as_owner("RESET ROLE")
        with caplog.at_level(logging.DEBUG):
            assert homes.load([{"staff": person("counselor").staff_number, "address": HOME.upper()}]) == (1, 1)
            look("counselor", [student], hat=Role.COUNSELOR)
            assert watch() == [("same_address", person("counselor").pk)]
        assert Alert.objects.count() == 1
        assert "hemlock" not in self.everywhere()
        assert "hemlock" not in caplog.text.lower()

    def test_a_file_with_a_fault_is_told_by_line_and_without_what_stands_there(self, district: Clone, tmp_path: Path, capsys: Any) -> None:
        homes.load([{"staff": person("counselor").staff_number, "address": HOME}])
        file = tmp_path / "homes.csv"
        file.write_text(f"staff,address\nT-1,{HOME}\n,{HOME}\n", encoding="utf-8")
        with pytest.raises(CommandError) as told:
            call_command("alerts", "homes", str(file))
        assert str(told.value) == "Line 3, column staff: it is empty. Give the roster's number of the member of staff."
        as_owner("SET ROLE portal_door")
        assert as_owner("SELECT count(*) FROM watch.home WHERE user_id = %s", (person("counselor").pk,)) == [(1,)]
        as_owner("RESET ROLE")

    @pytest.mark.parametrize(
        ("content", "words"),
        [(b"name;home\nx;y\n", "must name the columns"), (b"staff,address\n\xff\xfe,x\n", "could not be read")],
        ids=["columns", "encoding"],
    )
    def test_another_file_is_refused(self, content: bytes, words: str, database: Clone, tmp_path: Path) -> None:
        file = tmp_path / "homes.csv"
        file.write_bytes(content)
        with pytest.raises(CommandError, match=words):
            call_command("alerts", "homes", str(file))
