"""What a test sees of the database from outside: as its owner."""

from typing import Any

from tests.harness.databases import Clone


def rows(clone: Clone, query: str, *parameters: Any) -> list[Any]:
    """The rows of a query as the owner of the server, whom nothing is hidden from. One column: bare values."""
    owner = clone.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute(query, parameters or None)
        found = cursor.fetchall()
    owner.close()
    return [row[0] if len(row) == 1 else row for row in found]


def everything(clone: Clone) -> dict[str, str]:
    """A print of every table that an import may touch, to tell whether anything changed."""
    tables = [
        "public.people_school", "public.records_student", "public.records_term", "public.records_section", "public.records_enrollment",
        "public.records_staffmember", "public.records_teaching", "public.records_guardianship",
    ]  # fmt: skip
    found = {}
    for table in tables:
        found[table] = rows(clone, f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t.id), '')) FROM {table} t")[0]
    for table, key in (("records.identity", "student_id"), ("records.guardian", "id"), ("records.value", "student_id, element, item")):
        found[table] = rows(clone, f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY {key}), '')) FROM {table} t")[0]
    found["trail"] = rows(clone, "SELECT count(*)::text FROM trail.entry WHERE kind <> 'model.changed'")[0]
    return found


def staged(clone: Clone) -> int:
    """How many rows lie in all staging tables together."""
    names = rows(
        clone, "SELECT relname FROM pg_class WHERE relnamespace = 'records'::regnamespace AND relkind = 'r' AND relname ~ '^(stage|delta)_'"
    )
    assert len(names) > 10
    return sum(rows(clone, f"SELECT count(*) FROM records.{name}")[0] for name in names)
