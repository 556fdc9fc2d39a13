"""What beat asks: send what waits, and look after open campaigns."""

from celery import shared_task

from portal.base import clock
from vendors.consents import campaigns, notices, scans


@shared_task
def tell_families() -> None:
    """Send e-mail that campaigns have put into the queue. Safe to run twice at the same time."""
    notices.send_waiting()


@shared_task
def look_round() -> None:
    """Ask families who came new, put reminders that are due into the queue, sweep scans that nobody names. Safe to run twice at the same time."""
    campaigns.look_round(at=clock.now())
    scans.sweep()
