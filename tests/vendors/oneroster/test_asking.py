"""The filter language of the standard, and what else stands in a query. No database."""

import contextlib
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vendors.oneroster import asking, standard
from vendors.oneroster.asking import NotUnderstood, read

AGREED = frozenset({"name", "grade", "school", "email"})
EMILY = {
    "sourcedId": "e", "status": "active", "dateLastModified": "2026-11-20T06:00:00.000Z", "enabledUser": "true", "givenName": "Emily", "familyName": "O'Hara",
    "grades": ["06"], "roles": [{"roleType": "primary", "role": "student"}],
}  # fmt: skip


def fits(text: str, known: Any = EMILY) -> bool:
    return asking.holds(read({"filter": text}, standard.USER, AGREED), known)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("givenName='emily'", True),
        ("givenName!='Emily'", False),
        ("familyName='O''Hara'", True),
        ("familyName~'har'", True),
        ("grades='06'", True),
        ("grades!='07'", True),
        ("role='student'", True),
        ("roles.role='teacher'", False),
        ("email='x'", False),
        ("email!='x'", True),
        ("dateLastModified>'2026-11-19'", True),
        ("dateLastModified>='2026-11-20T00:00:00-06:00'", True),
        ("dateLastModified<'2026-11-20T06:00:00Z'", False),
        ("givenName='x' OR grades='06' AND familyName='O''Hara'", True),
        ("givenName='x' OR grades='06' AND familyName='y'", False),
        ("givenName>'d' AND givenName<'f'", True),
    ],
)
def test_a_filter_says_what_fits(text: str, expected: bool) -> None:
    assert fits(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "", "givenName", "givenName=Emily", "givenName='a' XOR status='b'", "givenName='a' AND", "nickname='a'", "phone='a'", "username='a'", "metadata='a'",
        "metadata.state-id='1'", "roles='a'", "dateLastModified>'yesterday'", "givenName='a' AND " * 11 + "status='b'", "status='\x00'", "status='" + "x" * 1001 + "'",
    ],
)  # fmt: skip
def test_a_filter_that_is_not_understood_or_names_what_is_not_agreed_is_refused_alike(text: str) -> None:
    with pytest.raises(NotUnderstood) as fault:
        fits(text)
    assert fault.value.code == "invalid_filter_field" and fault.value.words and "nickname" not in fault.value.words


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": "0"}, "invaliddata"),
        ({"limit": "-1"}, "invaliddata"),
        ({"limit": "x"}, "invaliddata"),
        ({"offset": "-1"}, "invaliddata"),
        ({"offset": "1" * 10}, "invaliddata"),
        ({"orderBy": "up"}, "invaliddata"),
        ({"fields": ""}, "invalid_selection_field"),
        ({"fields": "sourcedId,nickname"}, "invalid_selection_field"),
    ],
)
def test_faults_have_their_code(query: dict[str, str], code: str) -> None:
    with pytest.raises(NotUnderstood) as fault:
        read(query, standard.USER, AGREED)
    assert fault.value.code == code


def test_an_unknown_sort_is_left_out_and_a_large_limit_is_cut() -> None:
    question = read({"sort": "nickname", "limit": "5000"}, standard.USER, AGREED)
    assert (question.sort, question.limit, question.asked) == ("", standard.MOST_ROWS, 5000)
    assert read({"sort": "username"}, standard.USER, AGREED).sort == ""  # not agreed


@given(some.text(max_size=60))
def test_whatever_is_typed_it_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(NotUnderstood):
        asking.holds(read({"filter": text, "sort": text, "limit": text}, standard.USER, AGREED), EMILY)


@given(some.text(alphabet=some.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=80))
def test_a_value_is_itself_whatever_stands_in_it(value: str) -> None:
    quoted = value.replace("'", "''")
    assert fits(f"givenName='{quoted}'", EMILY | {"givenName": value})


def test_times_without_a_zone_are_utc() -> None:
    assert asking._moment("2026-11-20T06:00:00") == dt.datetime(2026, 11, 20, 6, tzinfo=dt.UTC)
