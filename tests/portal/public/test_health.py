"""/healthz says the process answers, /readyz whether it can serve."""

from django.db import connection


def test_alive_asks_nothing(client, database, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert response.json() == {"ok": True, "words": "The web process answers."}
    assert "no-store" in response["Cache-Control"]


def test_ready_tells_each_part_in_words(client, database):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"]["database"] == {"ok": True, "words": "The database answers and is up to date."}
    assert response.json()["checks"]["cache"]["ok"] is True


def test_without_its_database_it_is_not_ready(client, database):
    host = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        response = client.get("/readyz")
    finally:
        connection.settings_dict["HOST"] = host
    assert response.status_code == 503
    assert response.json()["checks"]["database"]["words"] == "The database does not answer."


def test_a_lost_cache_is_told_and_stops_nobody(client, database, settings):
    settings.CACHES = {"default": {"BACKEND": "portal.base.cache.Forgiving", "LOCATION": "redis://localhost:1/0"}}
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"]["cache"]["ok"] is False
