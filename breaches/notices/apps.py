from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Notices of incidents: their texts, two approvals, and the engine that sends each recipient one."""

    name = "breaches.notices"
    label = "notices"

    def ready(self) -> None:
        from breaches.incidents import actions as incidents
        from breaches.notices import mail, queries  # noqa: F401 - registers a handler of the outbox

        incidents.keeps_open(queries.what_is_not_out)
