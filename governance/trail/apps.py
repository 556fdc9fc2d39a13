from django.apps import AppConfig


class TrailConfig(AppConfig):
    """The trail: one entry for each access and each change, append-only."""

    name = "governance.trail"
    label = "trail"

    def ready(self) -> None:
        from governance.trail import registry

        registry.register()
