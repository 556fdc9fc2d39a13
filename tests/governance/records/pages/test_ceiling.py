"""When the database's hourly ceiling is reached, people read what it is."""

from typing import Any

from django.db import connections

from tests.governance.records.readers import browser, classes_of, last_entry, trail, words


def test_the_ceiling_has_a_page_of_its_own_and_opens_nothing(district: Any) -> None:
    section, client = classes_of("teacher")[0], browser("teacher")
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE door.ceiling SET an_hour = 1")
    before = last_entry()
    answer = client.get(f"/students/?class={section.public_id}")
    assert answer.status_code == 503
    assert "Too many student records were opened in this hour" in words(answer)
    assert trail(after=before) == []
