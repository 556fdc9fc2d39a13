from django.apps import AppConfig


class EndsConfig(AppConfig):
    """Deletion orders to providers: with a clock, reminders, and the certificate that answers them."""

    name = "vendors.ends"
    label = "ends"

    def ready(self) -> None:
        from vendors.ends import following, history, notices  # they register followers, a kind and outbox handlers
