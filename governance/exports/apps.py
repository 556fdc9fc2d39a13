from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Taking the trail out of the portal: asked for, made in the background, downloaded, gone again; and the report for the school board."""

    name = "governance.exports"
    label = "exports"

    def ready(self) -> None:
        from governance.exports import notices  # registers its outbox handlers
