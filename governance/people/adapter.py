"""How allauth behaves here: nobody signs up by themselves, and families come in once the district opened the door."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from portal.base import clock


class AccountAdapter(DefaultAccountAdapter):
    """Closed sign-up; e-mail goes out through the portal's own texts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user, **kwargs):
        """Stop a family's sign-in while court limits are not attested (people.md A1)."""
        from django.shortcuts import render

        from governance.people import queries
        from governance.vocabulary import Role

        roles = queries.roles_of(user, on=clock.today())
        if roles and roles <= {Role.GUARDIAN, Role.STUDENT}:
            district = queries.district()
            if district is None or not district.family_sign_in_open:
                return render(request, "account/family_sign_in_closed.html", {"district": district}, status=403)
        return super().pre_login(request, user, **kwargs)
