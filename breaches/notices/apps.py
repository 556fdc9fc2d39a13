from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    """Notices of incidents: their texts, two approvals, and the engine that sends each recipient one."""

    name = "breaches.notices"
    label = "notices"

    def ready(self) -> None:
        from breaches.incidents import actions as incidents
        from breaches.incidents import pages
        from breaches.notices import mail, outgoing, queries  # they register handlers of the outbox

        incidents.keeps_open(queries.what_is_not_out)
        pages.register("notices:notices", _("Notices"))
