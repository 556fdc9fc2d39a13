"""Declared restores and keys, refusals of the sealer, runs of verifying."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("trail", "0005_proofs")]
    operations = [
        sql.run(
            __file__,
            "0006_restores.sql",
            reverse="DROP FUNCTION IF EXISTS door.declared_entry; DROP TABLE seal.verify_run, seal.verify_request, seal.refusal, seal.declaration;"
            " ALTER TABLE seal.epoch DROP declared_by; ALTER TABLE seal.public_key DROP declared_by",
        )
    ]
