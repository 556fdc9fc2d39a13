from django.apps import AppConfig


class DiscoveryConfig(AppConfig):
    """Tools in use that nobody approved, found in a log's domains without keeping who used them."""

    name = "vendors.discovery"
    label = "discovery"
