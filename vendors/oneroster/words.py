"""Words of connections: the scopes of OneRoster 1.2, and why a system was not let in. The words themselves stand in the trail."""

from django.utils.translation import gettext_lazy as _

_SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
ROSTER = f"{_SCOPE}roster.readonly"
CORE = f"{_SCOPE}roster-core.readonly"
DEMOGRAPHICS = f"{_SCOPE}roster-demographics.readonly"
SCOPES = (ROSTER, CORE, DEMOGRAPHICS)

# Why a system was not let in.
NOT_LET_IN = {
    "unknown": _("no such client"),
    "secret": _("the secret is wrong"),
    "ended": _("its credentials were ended"),
    "rotated": _("its secret was replaced"),
    "closed": _("the gate is closed for the tool"),
    "too_often": _("too many tries that failed"),
}

# Why credentials ended.
ENDS = {
    "asked": _("somebody asked for it"),
    "incident": _("an incident"),
}
