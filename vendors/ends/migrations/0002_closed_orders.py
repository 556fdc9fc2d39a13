"""Orders that were sent are closed, certificates stay: held by triggers. And of whom a tool received something."""

from django.db import migrations

from portal.base import sql

_REVERSE = "DROP FUNCTION door.received(text, text[], bigint[]); DROP FUNCTION ends_keep_order, ends_keep_ordered, ends_keep_certificate CASCADE"


class Migration(migrations.Migration):
    dependencies = [("ends", "0001_initial"), ("disclosures", "0001_disclosures")]
    operations = [sql.run(__file__, "0002_closed_orders.sql", reverse=_REVERSE)]
