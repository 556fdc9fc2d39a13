"""The Celery application. The schedule lives here, in code."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "portal.base",
        "governance.trail",
        "governance.people",
        "governance.records",
        "governance.requests",
        "governance.authority",
        "governance.auditors",
        "governance.retention",
        "governance.audit",
        "governance.alerts",
        "governance.exports",
        "governance.packs",
        "governance.checkpoints",
        "vendors.agreements",
        "vendors.providers",
        "vendors.consents",
        "vendors.reviews",
        "breaches.notices",
        "breaches.letters",
        "breaches.clocks",
        "breaches.postings",
        "vendors.ends",
        "vendors.ways",
        "vendors.drops",
        "vendors.earlier",
        "vendors.register",
    ]
)
app.conf.beat_schedule = {
    # at night by the server's clock (UTC); a run that is missed is made up by the next one
    "retention-values": {"task": "governance.retention.tasks.let_values_go", "schedule": crontab(hour="8", minute="10")},
    "retention-months": {"task": "governance.retention.tasks.let_months_go", "schedule": crontab(day_of_month="3", hour="8", minute="40")},
    "checkpoints": {"task": "governance.checkpoints.tasks.look_round", "schedule": 300.0, "options": {"expires": 300}},
    "trail-check": {"task": "governance.checkpoints.tasks.check_at_night", "schedule": crontab(hour=8, minute=17)},  # UTC
    "packs": {"task": "governance.packs.tasks.sweep", "schedule": 30.0, "options": {"expires": 30}},
    "exports": {"task": "governance.exports.tasks.sweep", "schedule": 30.0, "options": {"expires": 30}},
    "audits-over": {"task": "governance.auditors.tasks.end_over", "schedule": 60.0, "options": {"expires": 60}},
    # There is work on the first of a month.
    "trail-words": {"task": "governance.audit.tasks.index_months", "schedule": crontab(hour=9, minute=5)},  # UTC
    "agreements-ahead": {"task": "vendors.agreements.tasks.look_ahead", "schedule": crontab(minute=20)},
    "reviews-due": {"task": "vendors.reviews.tasks.open_what_falls_due", "schedule": crontab(minute=50)},
    "register-changes": {"task": "vendors.register.tasks.note_changes", "schedule": 600.0, "options": {"expires": 600}},
    "consents-mail": {"task": "vendors.consents.tasks.tell_families", "schedule": 30.0, "options": {"expires": 30}},
    "consents-round": {"task": "vendors.consents.tasks.look_round", "schedule": crontab(minute=35)},
    "deletions": {"task": "vendors.ends.tasks.look_round", "schedule": crontab(minute="*/10")},
    "contacts-over": {"task": "vendors.providers.tasks.end_contacts", "schedule": crontab(minute=25)},
    "earlier": {"task": "vendors.earlier.tasks.tidy", "schedule": crontab(minute=45)},
    "drops": {"task": "vendors.drops.tasks.look_round", "schedule": 60.0, "options": {"expires": 60}},
    "ways": {"task": "vendors.ways.tasks.look_round", "schedule": crontab(minute="3-59/10")},
    "clocks": {"task": "breaches.clocks.tasks.run", "schedule": 60.0, "options": {"expires": 60}},
    "state-packs": {"task": "breaches.postings.tasks.sweep", "schedule": 30.0, "options": {"expires": 30}},
    "outbox": {"task": "portal.base.tasks.relay", "schedule": 15.0, "options": {"expires": 15}},
    "notices": {"task": "breaches.notices.tasks.drain", "schedule": 10.0, "options": {"expires": 10, "queue": "keeper"}},
    "letters": {"task": "breaches.letters.tasks.sweep", "schedule": 30.0, "options": {"expires": 30, "queue": "keeper"}},
    "imports": {"task": "governance.records.tasks.run_imports", "schedule": 30.0, "options": {"expires": 30}},
    "keeper-alive": {"task": "portal.base.tasks.keeper_alive", "schedule": 30.0, "options": {"expires": 30, "queue": "keeper"}},
    # A look that is odd is told of within 60 seconds: at most 20 until it is found, 15 until the mail goes.
    "odd-looks": {"task": "governance.alerts.tasks.look", "schedule": 20.0, "options": {"expires": 20}},
}
app.conf.task_routes = {
    "governance.records.tasks.*": {"queue": "keeper"},
    "breaches.notices.tasks.*": {"queue": "keeper"},
    "breaches.letters.tasks.*": {"queue": "keeper"},
    "governance.alerts.tasks.*": {"queue": "keeper"},
    "governance.audit.tasks.*": {"queue": "keeper"},
    "governance.retention.tasks.*": {"queue": "keeper"},
}
app.conf.task_default_queue = "portal"
