"""The door's function that makes a list, and what the application's login may no longer do with lists and members."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [
        ("affected", "0001_initial"), ("trail", "0005_proofs"), ("records", "0007_proofs"), ("disclosures", "0001_disclosures"), ("alerts", "0002_watch"),
    ]  # fmt: skip
    operations = [
        sql.run(
            __file__,
            "0002_fill.sql",
            reverse="DROP VIEW IF EXISTS public.affected_current; DROP FUNCTION IF EXISTS door.affected_fill(bigint, text);"
            " GRANT INSERT, UPDATE, DELETE ON public.affected_member TO portal_app; GRANT UPDATE, DELETE ON public.affected_affectedlist TO portal_app",
        )
    ]
