from django.apps import AppConfig


class ConsentsConfig(AppConfig):
    """What families are asked, what they answered, and what the gate may send because of it."""

    name = "vendors.consents"
    label = "consents"

    def ready(self) -> None:
        from vendors.consents import notices  # registers its handlers
