"""What an emergency opens, and for how long."""

import datetime as dt

OPEN_FOR = dt.timedelta(hours=2)
# What helpers ask first: who it is, what to mind, whom to call, and in which language. Nothing on grades, conduct or services.
ELEMENTS = frozenset(
    {
        "name",
        "preferred-name",
        "grade",
        "birth-date",
        "school",
        "health-alerts",
        "allergy-plan",
        "emergency-card",
        "emergency-contact",
        "medication-log",
        "guardian-name",
        "guardian-phone",
        "family-language",
    }
)
# Whose steward is told: what is opened then is mostly about health.
CATEGORY = "Health"
PURPOSE = "school-safety"
BASIS = "ferpa-emergency"
# What stands in the trail where otherwise a rule does: the law itself opens.
RULE = "34-cfr-99-36"
