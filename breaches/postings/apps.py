from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PostingsConfig(AppConfig):
    """What the public is told of closed incidents, the report of a year, and the evidence pack for the state."""

    name = "breaches.postings"
    label = "postings"

    def ready(self) -> None:
        from breaches.incidents import pages
        from breaches.postings import pack_making  # registers a handler of the outbox

        pages.register("postings:posting", _("Public posting"))
        pages.register("postings:packs", _("Evidence pack for the state"))
