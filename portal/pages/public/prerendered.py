"""Which public pages may stand on the shelf of `portal.base.shelf`, and how one knows that they changed."""

import hashlib

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from breaches.postings import queries as postings
from governance.coverage import queries as coverage
from governance.people.models import District
from portal.base import clock
from vendors.register import book as register

ROUTES = (
    "public:home",
    "public:rights",
    "public:rights-print",
    "public:limits",
    "register:register",
    "register:print",
    "postings:register",
)
FILES = ("register-files:json", "register-files:csv", "register-files:jsonld", "postings-files:json")


def paths() -> dict[str, str]:
    """Path -> language code of each page in each language."""
    found = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            for route in ROUTES:
                found[reverse(route)] = code
    return found | {reverse(route): settings.LANGUAGE_CODE for route in FILES}


def stamp() -> str:
    """A digest of the district's facts, other systems, register and published incidents: whoever changes them, by a form or by SQL, changes it."""
    facts = sorted((District.objects.values().first() or {}).items())
    return hashlib.sha256(repr((facts, coverage.systems(), register.current_stamp(clock.now()), postings.stamp())).encode()).hexdigest()
