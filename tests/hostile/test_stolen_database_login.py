"""Somebody holds the application's own database password. What can they learn without leaving a line? (design.md section 3)

Every attack runs directly and through PgBouncer in transaction mode. `Maya Ruiz` is student 1; nobody may learn it unseen.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import psycopg2.errors
import pytest

from tests.harness.bouncer import bouncer
from tests.harness.databases import Clone

REFUSED = psycopg2.errors.InsufficientPrivilege
ENTER = """SELECT id, at FROM door.enter('records.student.opened', 7, NULL, 'classroom-instruction', NULL, NULL, NULL, NULL, NULL,
  %s, %s::bigint[], %s, %s, %s)"""


@pytest.fixture(scope="module", params=["directly", "through PgBouncer"])
def address(request: pytest.FixtureRequest, database_module: Clone) -> Iterator[str]:
    with database_module.connect("owner") as owner, owner.cursor() as cursor:
        cursor.execute("INSERT INTO people_school(id, public_id, sourced_id, name, identifier, kind, active) VALUES (1, gen_random_uuid(), 's1', 'North', '', 'school', true)"
                       " ON CONFLICT DO NOTHING")  # fmt: skip
        cursor.execute("INSERT INTO records_student(id, school_id) SELECT n, 1 FROM generate_series(1, 1200) n ON CONFLICT DO NOTHING")
        cursor.execute(
            "INSERT INTO records.identity(student_id, sourced_id, given_name, family_name, grade, birth_date)"
            " SELECT n, 'x' || n, CASE n WHEN 1 THEN 'Maya' ELSE 'Given' || n END, CASE n WHEN 1 THEN 'Ruiz' ELSE 'Family' || n END, '7', date '2013-04-05' + n"
            " FROM generate_series(1, 1200) n ON CONFLICT DO NOTHING"
        )
        cursor.execute(
            "INSERT INTO records.value(student_id, element, value) SELECT n, 'el-status', 'level 3' FROM generate_series(1, 20) n ON CONFLICT DO NOTHING"
        )
        cursor.execute("ANALYZE records.identity; UPDATE door.ceiling SET an_hour = 1000000")
    owner.close()
    if request.param == "directly":
        yield database_module.addresses["DATABASE_URL"]
    else:
        with bouncer(database_module) as through:
            yield through


@pytest.fixture
def thief(address: str) -> Iterator[Any]:
    connection = psycopg2.connect(address)
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.fixture
def ask(thief: Any) -> Callable[..., list[tuple]]:
    def run(sql: str, parameters: Any = None) -> list[tuple]:
        with thief.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    return run


def new_key(
    ask: Callable, *, elements: list[str], students: list[int] | None, places: list[int] | None = None, data: str | None = None
) -> str:
    token = secrets.token_hex(16)
    entry_id, at = ask(ENTER, [elements, students, places, data, hashlib.sha256(token.encode()).digest()])[0]
    return f"{entry_id} {at.isoformat()} {token}"


def read(ask: Callable, key: str, what: str = "SELECT * FROM door.identity") -> list[tuple]:
    return ask(f"SELECT set_config('portal.key', %s, true); {what}", [key])


class TestAnHonestRead:
    def test_it_opens_exactly_the_students_and_elements_of_its_entry(self, ask: Callable) -> None:
        rows = read(
            ask,
            new_key(ask, elements=["name"], students=[1, 2]),
            "SELECT student_id, family_name, grade, birth_date FROM door.identity ORDER BY 1",
        )
        assert rows == [(1, "Ruiz", None, None), (2, "Family2", None, None)]

    def test_values_are_given_element_by_element(self, ask: Callable) -> None:
        assert read(ask, new_key(ask, elements=["name"], students=[1]), "SELECT value FROM door.element_value") == []
        assert read(ask, new_key(ask, elements=["el-status"], students=[1]), "SELECT value FROM door.element_value") == [("level 3",)]

    def test_it_leaves_nothing_open_on_the_connection(self, ask: Callable) -> None:
        read(ask, new_key(ask, elements=["name"], students=[1]))
        assert ask("SELECT current_setting('portal.key', true)") in ([("",)], [(None,)])
        assert ask("SELECT count(*) FROM door.identity") == [(0,)]


class TestNoEntryNoData:
    @pytest.mark.parametrize(
        "what", ["door.identity", "door.element_value", "door.guardian", "door.looks(NULL, NULL, 50)", "door.audit(NULL, NULL, 50)"]
    )
    def test_without_a_key_everything_is_empty(self, ask: Callable, what: str) -> None:
        assert ask(f"SELECT count(*) FROM {what}") == [(0,)]

    @pytest.mark.parametrize(
        "table", ["records.identity", "records.value", "records.guardian", "trail_parts.p202611", "door.wish", "door.meter", "door.ceiling"]
    )
    def test_the_tables_are_closed(self, ask: Callable, table: str) -> None:
        with pytest.raises(REFUSED):
            ask(f"SELECT * FROM {table}")

    def test_the_trail_cannot_be_read_around_the_door(self, ask: Callable) -> None:
        with pytest.raises(REFUSED):
            ask("SELECT actor_id, record_ids FROM trail.entry")

    def test_an_entry_of_ones_own_open_transaction_opens_nothing(self, thief: Any, ask: Callable) -> None:
        thief.autocommit = False
        key = new_key(ask, elements=["name"], students=[1])
        assert read(ask, key) == []
        thief.rollback()

    def test_a_savepoint_changes_nothing_about_that(self, thief: Any, ask: Callable) -> None:
        thief.autocommit = False
        ask("SAVEPOINT a")
        key = new_key(ask, elements=["name"], students=[1])
        ask("RELEASE SAVEPOINT a")
        ask("SAVEPOINT b")
        assert read(ask, key) == []
        ask("ROLLBACK TO SAVEPOINT b")
        thief.rollback()
        thief.autocommit = True
        assert read(ask, key) == []

    def test_an_old_entry_opens_nothing(self, ask: Callable, database_module: Clone) -> None:
        token = secrets.token_hex(16)
        with database_module.connect("owner") as owner, owner.cursor() as cursor:
            cursor.execute(
                'INSERT INTO trail.entry("timestamp", login, action, kind, actor_id, purpose, elements, record_ids, key_hash)'
                " VALUES (clock_timestamp() - interval '11 seconds', 'portal_app', 3, 'records.student.opened', 7, 'p', '{name}', '{1}', %s)"
                ' RETURNING id, "timestamp"',
                [hashlib.sha256(token.encode()).digest()],
            )
            entry_id, at = cursor.fetchone()
        owner.close()
        assert read(ask, f"{entry_id} {at.isoformat()} {token}") == []

    def test_anothers_entry_does_not_open_without_its_token(self, ask: Callable) -> None:
        number, day, hour, _ = new_key(ask, elements=["name"], students=[1]).replace("T", " ").split(" ")
        for guess in ("", "0" * 32, hashlib.sha256(b"").hexdigest()):
            assert read(ask, f"{number} {day}T{hour} {guess}") == []

    def test_the_keepers_entry_opens_nothing_to_the_application(self, ask: Callable, database_module: Clone) -> None:
        token = secrets.token_hex(16)
        with database_module.connect("keeper") as keeper, keeper.cursor() as cursor:
            cursor.execute(ENTER, [["name"], [1], None, None, hashlib.sha256(token.encode()).digest()])
            entry_id, at = cursor.fetchone()
        keeper.close()
        assert read(ask, f"{entry_id} {at.isoformat()} {token}") == []

    def test_an_entry_that_opens_must_show_on_the_childs_page(self, ask: Callable) -> None:
        hash_ = hashlib.sha256(b"t").digest()
        for elements, students, places in (
            (["name"], None, None),
            (["name"], [], None),
            (["name"], [1], [1]),
            (["name", "audit"], [1], None),
            (["search"], [1], [1]),
        ):
            with pytest.raises(psycopg2.errors.CheckViolation):
                ask(ENTER, [elements, students, places, None, hash_])
        for odd in ("{{1,2},{3,4}}", "{1,NULL}"):
            with pytest.raises(psycopg2.errors.CheckViolation):
                ask(ENTER, [["name"], odd, None, None, hash_])

    def test_an_entry_names_at_most_a_thousand_students(self, ask: Callable) -> None:
        assert len(read(ask, new_key(ask, elements=["name"], students=list(range(1, 1001))))) == 1000
        with pytest.raises(psycopg2.errors.CheckViolation):
            new_key(ask, elements=["name"], students=list(range(1, 1002)))

    def test_an_auditors_entry_opens_no_child(self, ask: Callable) -> None:
        key = new_key(ask, elements=["audit"], students=[1], data='{"filters": {}}')
        assert read(ask, key) == []
        assert read(ask, key, "SELECT * FROM door.element_value") == []


class TestLearningWithoutReading:
    """An answer that depends on a value is a read. None may come without an entry."""

    QUESTIONS = ("family_name = 'Ruiz'", "family_name = 'Nobody'", "birth_date < date '2013-04-07'", "birth_date < date '1900-01-01'")
    BROKEN = ("", "x", "1 2 3", "9999999999999999999999 now t", "1 2026-01-01 t", "1 infinity t")

    @pytest.mark.parametrize("key", BROKEN)
    def test_a_broken_key_answers_every_question_alike(self, thief: Any, key: str) -> None:
        answers = set()
        for question in self.QUESTIONS:
            with thief.cursor() as cursor:
                try:
                    cursor.execute(f"SELECT set_config('portal.key', %s, true); SELECT count(*) FROM door.identity WHERE {question}", [key])
                    answers.add(str(cursor.fetchall()))
                except psycopg2.Error as error:
                    answers.add(type(error).__name__)
        assert len(answers) == 1

    def test_a_plan_tells_nothing(self, ask: Callable) -> None:
        def plan(question: str) -> list[str]:
            rows = ask(f"EXPLAIN (ANALYZE, COSTS, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT 1 FROM door.identity WHERE {question}")
            return [line for (line,) in rows if "Filter:" not in line]

        plans = [plan(question) for question in ("family_name = 'Ruiz'", "family_name = 'Nobody'")]
        assert plans[0] == plans[1]
        assert "identity_family_name" not in str(plans)

    def test_a_division_by_zero_is_never_reached(self, ask: Callable) -> None:
        assert ask("SELECT 1 FROM door.identity WHERE 1 / (CASE WHEN family_name = 'Ruiz' THEN 0 ELSE 1 END) = 1") == []

    def test_statistics_are_hidden(self, ask: Callable) -> None:
        assert ask("SELECT * FROM pg_stats WHERE schemaname = 'records'") == []
        with pytest.raises(REFUSED):
            ask("SELECT * FROM pg_statistic")

    def test_other_sessions_statements_are_hidden(self, ask: Callable, address: str) -> None:
        other = psycopg2.connect(address)
        with other.cursor() as cursor:
            cursor.execute("SELECT 'secret-token-of-another-session'")
            seen = str(ask("SELECT query FROM pg_stat_activity"))
        other.close()
        assert "secret-token" not in seen
        with pytest.raises(REFUSED):
            ask("SET track_activities = on")

    def test_writing_tells_nothing(self, ask: Callable) -> None:
        for table in (
            "records.identity(student_id, sourced_id) VALUES (1, 'x1')",
            "records.value(student_id, element, value) VALUES (1, 'el-status', '')",
        ):
            with pytest.raises(REFUSED):
                ask(f"INSERT INTO {table}")
        key = new_key(ask, elements=["language.change"], students=[1])
        known = read(ask, key, "SELECT door.change_value(1, 'language', '', 'es', NULL, '')")
        key = new_key(ask, elements=["language.change"], students=[1])
        unknown = read(ask, key, "SELECT door.change_value(99999, 'language', '', 'es', NULL, '')")
        assert known == unknown == [("",)]

    def test_a_correction_needs_its_own_entry(self, ask: Callable) -> None:
        read(ask, new_key(ask, elements=["el-status"], students=[1]), "SELECT door.change_value(1, 'el-status', '', 'none', NULL, '')")
        ask("SELECT door.change_value(1, 'el-status', '', 'none', NULL, '')")
        assert read(ask, new_key(ask, elements=["el-status"], students=[1]), "SELECT value FROM door.element_value") == [("level 3",)]


class TestSearch:
    def wish(self, ask: Callable, term: str) -> str:
        token = secrets.token_hex(16)
        row = ask(
            "SELECT id, at FROM door.wish_for(%s, 7, 'principal', 'p', NULL, NULL, '{1}', %s)",
            [term, hashlib.sha256(token.encode()).digest()],
        )[0]
        return f"{row[0]} {row[1].isoformat()} {token}"

    def match(self, ask: Callable, key: str) -> tuple:
        return read(ask, key, "SELECT id, found_count, too_many FROM door.match(decode(repeat('ab', 32), 'hex'), 'b', 'r')")[0]

    def test_one_wish_is_worth_one_term(self, ask: Callable) -> None:
        key = self.wish(ask, "rui")
        assert self.match(ask, key)[1] == 1
        assert self.match(ask, key)[:2] == (None, 0)

    def test_a_wish_that_is_not_committed_finds_nothing(self, thief: Any, ask: Callable) -> None:
        thief.autocommit = False
        key = self.wish(ask, "rui")
        assert self.match(ask, key)[:2] == (None, 0)
        thief.rollback()

    def test_more_than_a_page_is_said_without_showing(self, ask: Callable) -> None:
        assert self.match(ask, self.wish(ask, "fam")) == (None, 0, True)

    def test_wildcards_are_letters(self, ask: Callable) -> None:
        assert self.match(ask, self.wish(ask, "%%"))[:2] == (None, 0)

    @pytest.mark.parametrize("term", ["r", "x" * 61])
    def test_too_short_and_too_long_terms_are_refused(self, ask: Callable, term: str) -> None:
        with pytest.raises(psycopg2.errors.CheckViolation):
            self.wish(ask, term)


class TestTheTrailStays:
    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE trail.entry SET actor_id = 8",
            "DELETE FROM trail.entry",
            "TRUNCATE trail.entry",
            "TRUNCATE trail_parts.p202611",
            "DROP TABLE trail.entry",
            "ALTER TABLE trail.entry DISABLE TRIGGER ALL",
            "ALTER TABLE trail.entry DETACH PARTITION trail_parts.p202611",
            "CALL trail.make_partition('2020-01-01')",
            "SET session_replication_role = replica",
            "INSERT INTO trail_parts.p202611(action, kind) VALUES (3, 'x')",
            "INSERT INTO trail.entry(\"timestamp\", action, kind) VALUES (now(), 3, 'x')",
            "INSERT INTO trail.entry(id, action, kind) OVERRIDING SYSTEM VALUE VALUES (1, 3, 'x')",
            "INSERT INTO trail.entry(xid, action, kind) VALUES ('1', 3, 'x')",
            "INSERT INTO trail.entry(login, action, kind) VALUES ('portal_keeper', 3, 'x')",
            "INSERT INTO trail.entry(key_hash, action, kind) VALUES (sha256('x'), 3, 'x')",
            "INSERT INTO trail.entry(nonce, action, kind) VALUES (gen_random_uuid(), 3, 'x')",
            "INSERT INTO trail.entry(held, held_until, action, kind) VALUES ('silent', 'infinity', 3, 'x')",
            "UPDATE door.ceiling SET an_hour = 99999999",
            "SELECT setval('door.ones_of_app', 1)",
            "SELECT nextval('door.ones_of_app')",
        ],
    )
    def test_it_cannot_be_changed(self, ask: Callable, sql: str) -> None:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(sql)

    @pytest.mark.parametrize(
        "sql",
        [
            "CREATE TEMP TABLE entry(id bigint)",
            "CREATE TABLE public.entry(id bigint)",
            "CREATE SCHEMA mine",
            "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'",
            "SET ROLE portal_door",
            "SET ROLE portal_owner",
            "SET SESSION AUTHORIZATION portal_owner",
            "SELECT * FROM pg_authid",
            "SELECT pg_read_file('PG_VERSION')",
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "SELECT lo_import('/etc/hostname')",
            "CREATE EXTENSION dblink",
            "ALTER ROLE portal_app SUPERUSER",
        ],
    )
    def test_there_is_no_way_up(self, ask: Callable, sql: str) -> None:
        with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.UndefinedFile, psycopg2.errors.FeatureNotSupported)):
            ask(sql)

    def test_reset_role_leads_nowhere(self, ask: Callable) -> None:
        assert ask("RESET ROLE; SELECT current_user") == [("portal_app",)]


class TestTheCeiling:
    def test_a_login_opens_only_so_many_in_an_hour(self, ask: Callable, database_module: Clone) -> None:
        with database_module.connect("owner") as owner, owner.cursor() as cursor:
            cursor.execute("SELECT coalesce(sum(opened), 0) FROM door.meter WHERE login = 'portal_app'")
            cursor.execute("UPDATE door.ceiling SET an_hour = %s + 150 WHERE login = 'portal_app'", [cursor.fetchone()[0]])
        try:
            new_key(ask, elements=["name"], students=list(range(1, 101)))
            with pytest.raises(psycopg2.errors.ConfigurationLimitExceeded):
                new_key(ask, elements=["name"], students=list(range(1, 101)))
            assert len(read(ask, new_key(ask, elements=["name"], students=list(range(1, 41))))) == 40
        finally:
            with owner, owner.cursor() as cursor:
                cursor.execute("UPDATE door.ceiling SET an_hour = 1000000")
            owner.close()

    def test_the_actors_name_does_not_matter(self, ask: Callable, database_module: Clone) -> None:
        with database_module.connect("owner") as owner, owner.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM trail.entry WHERE key_hash IS NOT NULL")
            entries = cursor.fetchone()[0]
            cursor.execute("SELECT count(DISTINCT login) FROM door.meter")
            logins = cursor.fetchone()[0]
        owner.close()
        assert entries > 0
        assert logins <= 2


def test_two_clients_of_a_pool_keep_their_keys_apart(address: str) -> None:
    """Interleaved entries and reads of several clients over few server connections: each gets its own students, always."""
    clients = [psycopg2.connect(address) for _ in range(4)]
    for client in clients:
        client.autocommit = True

    def asker(client: Any) -> Callable:
        def run(sql: str, parameters: Any = None) -> list[tuple]:
            with client.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall()

        return run

    for turn in range(25):
        keys = [new_key(asker(client), elements=["name"], students=[number + 1 + turn]) for number, client in enumerate(clients)]
        for number, (client, key) in enumerate(zip(clients, keys, strict=True)):
            assert [row[0] for row in read(asker(client), key)] == [number + 1 + turn]
    for client in clients:
        client.close()
