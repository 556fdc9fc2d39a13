"""What the keeper's worker does for the search: a month that is over gets its index of words."""

from celery import shared_task
from django.db import connections

KEEPER = "keeper"


@shared_task
def index_months() -> None:
    """One month after the other, until each that is over has its index. Twice at the same time, or killed in between, changes nothing."""
    if KEEPER not in connections:
        return
    with connections[KEEPER].cursor() as cursor:
        left = 1
        while left:
            cursor.execute("SELECT trail.index_closed_month()")
            left = cursor.fetchone()[0]
