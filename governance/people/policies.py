"""Every view says who may open it, and the middleware holds it to that. A view without a policy is a programming error."""

import dataclasses
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from governance.people import permissions, queries
from governance.people.http import SignedInRequest
from governance.vocabulary import Permission
from portal.base import clock, logs

log = logs.get(__name__)
View = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Policy:
    """Who may open a view: everyone (`reason`), everyone signed in, or who holds one of `permissions`."""

    permissions: tuple[Permission, ...] = ()
    reason: str = ""
    signed_in: bool = True


def public(*, reason: str) -> Callable[[View], View]:
    """Anybody may open it, signed in or not; `reason` says why that is right."""

    def declare(view: View) -> View:
        view.policy = Policy(reason=reason, signed_in=False)  # type: ignore[attr-defined]  # a function may carry more
        return login_not_required(view)

    return declare


def signed_in(view: View) -> View:
    """Anybody with an account may open it."""
    view.policy = Policy(reason="every account")  # type: ignore[attr-defined]  # a function may carry more
    return view


def allow(*wanted: Permission) -> Callable[[View], View]:
    """Whoever holds one of the permissions may open it; others get 403."""

    def declare(view: View) -> View:
        view.policy = Policy(permissions=wanted)  # type: ignore[attr-defined]  # a function may carry more
        return view

    return declare


def may(request: SignedInRequest, *wanted: Permission) -> bool:
    """Whether the signed-in person holds one of the permissions today: for what a page offers, beside what it shows."""
    roles = queries.roles_of(request.user, on=clock.today())
    return any(permissions.holds(roles, permission) for permission in wanted)


def policy_of(view: View) -> Policy | None:
    """The declared policy of a view function or of a class-based view's function."""
    return getattr(view, "policy", None) or getattr(getattr(view, "view_class", None), "policy", None)


def check(request: HttpRequest, view: View, *, names_object: bool) -> None:
    """Raises PermissionDenied where the signed-in person may not open the view; Http404 where its address names a person or an object,
    so that a page one may not see answers like one that is not there.
    """
    policy = policy_of(view)
    if policy is None or not policy.permissions or not request.user.is_authenticated:
        return
    roles = queries.roles_of(request.user, on=clock.today())
    if not any(permissions.holds(roles, permission) for permission in policy.permissions):
        log.warning("page refused", person=str(request.user.public_id), page=f"{view.__module__}.{view.__name__}", method=request.method)
        if names_object:
            raise Http404
        raise PermissionDenied
