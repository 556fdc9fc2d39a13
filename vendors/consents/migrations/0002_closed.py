"""Published texts are closed, answers stay: held by triggers."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("consents", "0001_initial")]
    operations = [sql.run(__file__, "0002_closed.sql", reverse="DROP FUNCTION consents_keep_form, consents_keep_answer CASCADE")]
