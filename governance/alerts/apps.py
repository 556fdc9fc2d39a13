from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Odd looks, and what becomes of them."""

    name = "governance.alerts"
    label = "alerts"

    def ready(self) -> None:
        from governance.alerts import notices  # noqa: F401  (registers its outbox handlers)
