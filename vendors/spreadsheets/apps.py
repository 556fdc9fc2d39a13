from django.apps import AppConfig


class SpreadsheetsConfig(AppConfig):
    """Lists of tools and agreements that come as spreadsheets, and go out as such."""

    name = "vendors.spreadsheets"
    label = "spreadsheets"
