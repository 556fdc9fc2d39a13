"""People of the demo district, signed in or not."""

from django.test import Client

from governance.people.models import User
from tests.harness.databases import Clone

PASSWORD = "Riverbend-demo-2026"


def person(name: str) -> User:
    """The persona's account, read afresh."""
    return User.objects.get(email=f"{name}@riverbend.example")


def signed_in(name: str) -> Client:
    """A client with the persona's session, without the sign-in form."""
    client = Client()
    client.force_login(person(name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def by_password(name: str, *, password: str = PASSWORD) -> Client:
    """A client that signed in through the form and gave the password again, as acts with consequences ask for it."""
    client = Client()
    client.post("/accounts/login/", {"login": f"{name}@riverbend.example", "password": password})
    client.post("/accounts/reauthenticate/", {"password": password})
    return client


def entries(clone: Clone, kind: str) -> list[dict]:
    """The entries of one kind, oldest first, as the owner of the database sees them."""
    owner = clone.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e) FROM trail.entry e WHERE kind = %s ORDER BY id", [kind])
        found = [row[0] for row in cursor.fetchall()]
    owner.close()
    return found
