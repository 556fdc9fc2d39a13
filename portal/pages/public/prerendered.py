"""Which public pages may stand on the shelf of `portal.base.shelf`, and how one knows that they changed."""

import hashlib

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from breaches.postings.models import Posting
from breaches.postings.models import Version as PostingVersion
from governance.coverage.models import System
from governance.people.models import District
from portal.base import clock
from portal.base.changes import mark_of
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
    told = mark_of(District, System, Posting, PostingVersion)
    return hashlib.sha256(repr((told, register.current_stamp(clock.now()))).encode()).hexdigest()
