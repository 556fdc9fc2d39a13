"""What outside auditors read through the door, held to their scope; work papers and samples that cannot be rewritten."""

from django.db import migrations

from portal.base import sql

_BACK = """
GRANT UPDATE, DELETE ON auditors_sample, auditors_sampleitem, auditors_paperversion, auditors_paperanswer TO portal_app;
DROP TRIGGER append_only ON auditors_paperversion; DROP TRIGGER append_only_all ON auditors_paperversion;
DROP TRIGGER append_only ON auditors_paperanswer; DROP TRIGGER append_only_all ON auditors_paperanswer;
DROP FUNCTION door.audit_entries, door.sample_draw, door.sample_population, door.stratum, door.population_condition, door.scope_condition;
"""


class Migration(migrations.Migration):
    dependencies = [("auditors", "0001_initial"), ("trail", "0005_proofs"), ("records", "0007_proofs")]
    operations = [sql.run(__file__, "0002_scope.sql", reverse=_BACK)]
