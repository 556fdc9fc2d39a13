from django.apps import AppConfig


class DisclosuresConfig(AppConfig):
    """The record of disclosures: who outside the schools received or asked for what about a student (34 CFR 99.32)."""

    name = "governance.disclosures"
    label = "disclosures"
