from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RemediesConfig(AppConfig):
    """What the district does for those whom an incident touched: offered, answered and carried out for each of them."""

    name = "breaches.remedies"
    label = "remedies"

    def ready(self) -> None:
        from breaches.incidents import actions as incidents
        from breaches.incidents import pages
        from breaches.letters import offers
        from breaches.remedies import queries

        incidents.keeps_open(queries.what_is_not_done)
        offers.offers(queries.offered_to_recipient)
        pages.register("remedies:remedies", _("Remedies"))
