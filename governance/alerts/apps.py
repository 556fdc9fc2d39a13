from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Odd looks, and what becomes of them."""

    name = "governance.alerts"
    label = "alerts"

    def ready(self) -> None:
        from governance.alerts import notices  # registers its outbox handlers
