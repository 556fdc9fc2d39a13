"""Texts that were sent for signing are closed, signatures stay: held by triggers."""

from django.db import migrations

from portal.base import sql

_REVERSE = "DROP FUNCTION agreements_keep_version, agreements_keep_part, agreements_keep_signature CASCADE"


class Migration(migrations.Migration):
    dependencies = [("agreements", "0002_text")]
    operations = [sql.run(__file__, "0003_closed_texts.sql", reverse=_REVERSE)]
