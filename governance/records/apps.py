from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The student anchor, the roster, and the one door to guarded values."""

    name = "governance.records"
    label = "records"

    def ready(self) -> None:
        from governance.records import notices  # registers its outbox handlers
