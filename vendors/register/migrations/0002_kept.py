"""Changes of the register are appended and nothing else: held by triggers."""

from django.db import migrations

from portal.base import sql

_REVERSE = "DROP FUNCTION register_keep_change CASCADE"


class Migration(migrations.Migration):
    dependencies = [("register", "0001_initial")]
    operations = [sql.run(__file__, "0002_kept.sql", reverse=_REVERSE)]
