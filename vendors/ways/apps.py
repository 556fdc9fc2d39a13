from django.apps import AppConfig


class WaysConfig(AppConfig):
    """How data really travels: agreed against sent, who stops a way, and the tasks that take single children off one."""

    name = "vendors.ways"
    label = "ways"

    def ready(self) -> None:
        from vendors.ways import families, following, notices  # they register tellers, followers and outbox handlers
