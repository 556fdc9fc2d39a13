from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    """Providers, their tools and what is known of them; documents."""

    name = "vendors.providers"
    label = "providers"

    def ready(self) -> None:
        from vendors.providers import history, lastdays  # register kinds and a handler of the outbox
