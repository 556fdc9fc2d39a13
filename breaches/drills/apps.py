from django.apps import AppConfig


class DrillsConfig(AppConfig):
    """Exercises: a library of scenarios, the road of a real incident with nothing going outside, and how it did against the clocks."""

    name = "breaches.drills"
    label = "drills"

    def ready(self) -> None:
        from breaches.drills import board, queries
        from breaches.incidents import actions
        from governance.exports import board as report

        actions.keeps_open(queries.why_open)
        report.also(board.part)
