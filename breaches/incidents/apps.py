from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """Incidents: what happened, what was done about it, and how it ended."""

    name = "breaches.incidents"
    label = "incidents"

    def ready(self) -> None:
        from breaches.incidents import actions
        from governance.alerts import misuse

        misuse.register(actions.from_misuse, page="incidents:incident")
