"""The record of disclosures (34 CFR 99.32), among the guarded tables, with the door's functions that write and read it."""

from django.db import migrations

from portal.base import sql

_FUNCTIONS = (
    "door.disclose(jsonb, jsonb, bytea[], bigint, text, text, inet), door.disclosures(date, bigint, integer),"
    " door.disclosures_made(date, bigint, integer), door.disclosure_counts(), door.disclosure_mistaken(uuid, timestamptz, text),"
    " door.disclosures_outlived(integer), door.disclosures_destroy(bigint[], bigint, text)"
)


class Migration(migrations.Migration):
    dependencies = [("trail", "0005_proofs"), ("records", "0007_proofs")]
    operations = [
        sql.run(
            __file__,
            "0001_disclosures.sql",
            reverse=f"DROP FUNCTION IF EXISTS {_FUNCTIONS}; DROP TABLE IF EXISTS records.disclosed, records.disclosure",
        )
    ]
