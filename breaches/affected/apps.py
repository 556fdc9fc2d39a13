from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AffectedConfig(AppConfig):
    """Whom an incident touched: lists of opaque ids, computed in the database and frozen."""

    name = "breaches.affected"
    label = "affected"

    def ready(self) -> None:
        from breaches.affected import actions  # registers the handler of the outbox
        from breaches.incidents import pages

        pages.register("affected:lists", _("Who was affected"))
