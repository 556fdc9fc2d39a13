"""The door's search by student number, for lists that name students by it."""

from django.db import migrations

from portal.base import sql

_REVERSE = """DROP FUNCTION IF EXISTS door.match_numbers(bytea, text);
DROP FUNCTION IF EXISTS door.wish_numbers_for(text[], bigint, text, text, text, inet, bigint[], bytea);
DROP TABLE IF EXISTS door.wish_numbers;"""


class Migration(migrations.Migration):
    dependencies = [("earlier", "0001_initial"), ("records", "0007_proofs"), ("trail", "0007_limits")]
    operations = [sql.run(__file__, "0002_numbers.sql", reverse=_REVERSE)]
