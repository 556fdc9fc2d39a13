from django.apps import AppConfig


class AffectedConfig(AppConfig):
    """Whom an incident touched: lists of opaque ids, computed in the database and frozen."""

    name = "breaches.affected"
    label = "affected"

    def ready(self) -> None:
        from breaches.affected import actions  # noqa: F401 - registers the handler of the outbox
