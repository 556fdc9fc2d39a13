"""The database is away before a public page was shown for the first time."""

import pytest
from django.db import connections
from django.test import Client

from tests.harness.databases import Clone


@pytest.mark.parametrize("path", ["/", "/rights/", "/limits/", "/rights/print/", "/es/"])
def test_a_plain_page_says_so(database: Clone, path: str) -> None:
    default = connections["default"]
    default.close()
    place = default.settings_dict["HOST"], default.settings_dict["PORT"]
    default.settings_dict["HOST"], default.settings_dict["PORT"] = "127.0.0.1", "1"
    try:
        answer = Client(raise_request_exception=False).get(path)
    finally:
        default.settings_dict["HOST"], default.settings_dict["PORT"] = place
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert "Try this page again in a minute" in answer.content.decode() or path == "/es/"
