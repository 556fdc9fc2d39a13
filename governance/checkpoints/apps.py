from django.apps import AppConfig


class CheckpointsConfig(AppConfig):
    """What outsiders get of the seals and give back: witnesses, cosignatures, declared restores and keys, checks of the trail."""

    name = "governance.checkpoints"
    label = "checkpoints"

    def ready(self) -> None:
        from governance.checkpoints import notices  # registers the outbox's handlers
