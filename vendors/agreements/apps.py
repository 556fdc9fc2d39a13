from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """Agreements with providers: their texts as data, signatures, notices before they expire."""

    name = "vendors.agreements"
    label = "agreements"

    def ready(self) -> None:
        from vendors.agreements import history, notices  # they register kinds and outbox handlers
