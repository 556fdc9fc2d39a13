"""Who opens the audit pages in these tests, and how an answer is read."""

import html
import re
from typing import Any

from django.test import Client

from governance.trail import search
from governance.vocabulary import Role
from tests.governance.situations import person


def client_of(name: str) -> Client:
    """A browser in which the persona is signed in."""
    client = Client()
    client.force_login(person(name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def text_of(response: Any) -> str:
    """What somebody reads on the page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def newest(**filters: Any) -> search.Line:
    """The newest entry that fits, as the compliance officer finds it; the look itself is the one after."""
    lines = search.page(by=person("compliance"), hat=Role.COMPLIANCE_OFFICER, filters=search.Filters(**filters)).lines
    return next(
        line
        for line in lines
        if not (line.kind == "trail.searched" and line.additional_data == {"filters": search.Filters(**filters).as_told()})
    )
