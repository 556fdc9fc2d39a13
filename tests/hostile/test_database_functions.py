"""Every function of the database: what it runs as, and who may run it. A new one is closed until somebody wrote its name here."""

import pytest

from tests.harness.databases import Clone

OURS = ("door", "records", "retention", "seal", "trail", "trail_parts")
# What the application's login may run, and what each leaves behind.
THE_APPLICATIONS = {
    "enter", "enter_counted", "counted",  # the entry of an access, with the hash of its key, against the ceiling and the person's own limit
    "audit", "audit_days", "canonical_entry", "export", "looks", "look_months", "own_looks",  # lines of the trail, by a committed entry
    "read_identity", "read_values", "read_guardians",  # values, by a committed entry that names student and element
    "change_value",  # writes by a committed entry, and answers nothing
    "wish_for", "match", "wish_numbers_for", "match_numbers",  # a search by name or by student numbers, in committed steps
    "changed",  # when the data of the children of one committed entry last changed: times alone
    "released", "released_together",  # values of the children and elements of committed parts of a disclosure
    "disclose",  # writes lines of the record of disclosures together with their entries
    "object_history",  # lines about one object, by a committed entry that names it
    "pack_lines", "pack_count",  # lines of one student with their canonical bytes, by a committed entry of this kind
    "disclosures", "disclosures_made", "disclosure_counts",  # lines and counts of it, by a committed entry
    "disclosure_mistaken",  # marks a line by a committed entry, and answers nothing
    "run_decide",  # starts or approves an import, with its entry
    "intake_put", "intake_drop",  # an upload goes in and is forgotten; none comes back
    "named_in", "facets",  # words of the values they are given; the index of a month asks them of whoever writes
    "plant_wish", "without_planted",  # what a planted record shall be called goes in; which ids of a list belong to somebody
    "alert_close",  # ends an alert, with its entry, and answers nothing
    "reporter_put", "reporter_of",  # who reported goes in and answers nothing; comes out by a committed entry of one of two roles
    "affected_fill",  # writes the list of an incident once, with its entry, and answers nothing
    "trail_health", "trail_count",  # counts and times alone
    "declared_entry",  # entries that declare a restore or a key: they name nobody and are for everybody
    "sample_population", "sample_draw", "audit_entries",  # counts, a draw and lines within an audit's scope, by a committed entry
    "received",  # of which students a tool received something: ids alone
    "board_totals", "export_size", "export_leaves", "export_sealed",  # counts, leaves and sealed lines of what a committed entry's filters say
    "retention_due", "months",  # how many are due by a rule; which months there are and when each may leave
}  # fmt: skip
_FUNCTIONS = """SELECT n.nspname, p.proname, p.prosecdef, p.proconfig, r.rolname,
    has_function_privilege('portal_app', p.oid, 'EXECUTE') AS app, has_function_privilege('public', p.oid, 'EXECUTE') AS everybody
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles r ON r.oid = p.proowner
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')"""


@pytest.fixture(scope="module")
def functions(database_module: Clone) -> list[tuple]:
    owner = database_module.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute(_FUNCTIONS)
        found = cursor.fetchall()
    owner.close()
    assert {"door", "trail"} <= {row[0] for row in found}
    return found


def test_one_that_runs_as_its_owner_looks_for_names_where_nobody_else_writes(functions: list[tuple]) -> None:
    for schema, name, definer, settings, owner, *_ in functions:
        if definer:
            path = next((each for each in settings or () if each.startswith("search_path=")), "")
            assert path == "search_path=pg_catalog, pg_temp", f"{schema}.{name}"
            assert owner == "portal_door" or schema != "door", f"{schema}.{name} runs as {owner}"


def test_everybody_may_run_none(functions: list[tuple]) -> None:
    assert not [f"{schema}.{name}" for schema, name, *_, everybody in functions if everybody]


def test_the_application_runs_those_that_are_named_here(functions: list[tuple]) -> None:
    assert {name for schema, name, *_, app, _ in functions if app and schema in OURS} == THE_APPLICATIONS
