from django.apps import AppConfig


class PacksConfig(AppConfig):
    """Proof packs: every look of a year at one student's record with its proof, to be checked without the portal."""

    name = "governance.packs"
    label = "packs"

    def ready(self) -> None:
        from governance.packs import making  # registers its outbox handler
