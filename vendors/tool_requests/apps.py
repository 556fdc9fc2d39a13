from django.apps import AppConfig


class ToolRequestsConfig(AppConfig):
    """What teachers find, ask for and use."""

    name = "vendors.tool_requests"
    label = "tool_requests"

    def ready(self) -> None:
        from vendors.tool_requests import notices  # registers its handlers and followers
