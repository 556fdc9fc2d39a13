from django.apps import AppConfig


class DropsConfig(AppConfig):
    """Deliveries as files on a schedule, into a folder that an old system fetches from."""

    name = "vendors.drops"
    label = "drops"

    def ready(self) -> None:
        from vendors.drops import following, notices  # they register followers and outbox handlers
