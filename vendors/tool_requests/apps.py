from django.apps import AppConfig


class ToolRequestsConfig(AppConfig):
    """What teachers find, ask for and use."""

    name = "vendors.tool_requests"
    label = "tool_requests"
