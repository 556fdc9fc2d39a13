"""`manage.py load_reference`: laws, clocks, bases, elements, purposes and, on the first load, the starter rules."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, connections

from governance.authority import reference
from portal.base import clock


class Command(BaseCommand):
    """Prints one line a table: how many rows were added, changed, and already right."""

    help = "Load the reference data that the portal ships. Safe to run again: changes only what differs."

    def handle(self, *args: Any, **options: Any) -> None:
        using = "owner" if "owner" in connections else DEFAULT_DB_ALIAS
        for each in reference.load(using=using, at=clock.now()):
            self.stdout.write(f"{each.table:8} {each.added:4} added {each.changed:4} changed {each.same:4} as they were")
