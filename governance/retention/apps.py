from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """How long the trail and students' values are kept, what holds them longer, and what has left."""

    name = "governance.retention"
    label = "retention"
