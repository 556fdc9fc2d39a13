"""The request of a view that only people with an account may open."""

from django.http import HttpRequest

from governance.people.models import User


class SignedInRequest(HttpRequest):
    """For the type checker: `policies.allow` and `policies.signed_in` let nobody else in, so the user is always one of ours."""

    user: User
