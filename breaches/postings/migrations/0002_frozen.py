"""What the application's login may no longer do with texts, approvals, postings and packs."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("postings", "0001_initial"), ("trail", "0005_proofs")]
    operations = [
        sql.run(
            __file__,
            "0002_frozen.sql",
            reverse="GRANT UPDATE, DELETE ON public.postings_version, public.postings_approval TO portal_app;"
            " GRANT DELETE ON public.postings_posting, public.postings_pack TO portal_app",
        )
    ]
