from django.apps import AppConfig


class FoldersConfig(AppConfig):
    """A folder of agreements as PDF files, matched by their names with the agreements that are being written."""

    name = "vendors.folders"
    label = "folders"
