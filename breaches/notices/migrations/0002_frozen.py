"""What the application's login may no longer do with texts, approvals and recipients, and the one row of the pace."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]
    operations = [
        sql.run(
            __file__,
            "0002_frozen.sql",
            reverse="DELETE FROM public.notices_pace; GRANT UPDATE, DELETE ON public.notices_version, public.notices_approval TO portal_app;"
            " GRANT DELETE ON public.notices_recipient, public.notices_notice TO portal_app",
        )
    ]
